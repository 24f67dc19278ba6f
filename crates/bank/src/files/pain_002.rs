//! A bank's answers to our payments: pain.002, every version from .03 on, read by local names. Pure.
//!
//! A status says something about everything below it that has none of its own: a transaction without `TxSts` has its
//! payment's, one whose payment has none the group's. `RJCT` above counts for all below in any case, whatever stands
//! there too: then two words are told, and whoever reads them sees the contradiction.

use money::Money;
use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::event::fields::{Faults, clean};
use crate::event::{MAX_REFERENCE, ParseError};
use crate::iso20022::node::Node;
use crate::iso20022::xml;

/// A document is larger only by mistake or on purpose.
pub const MAX_BYTES: usize = 8 << 20;

/// ISO 20022: a reason was not given.
const UNSPECIFIED: &str = "MS03";

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// When the bank made it; none if it doesn't say so in a readable way. A time without an offset counts as UTC.
    pub created_at: Option<OffsetDateTime>,
    /// What it says, in the document's order.
    pub answers: Vec<Answer>,
    /// Transactions about which it says something that can't be read.
    pub unreadable: usize,
}

/// What is said about one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Ours, as the bank repeats it.
    pub reference: String,
    /// What.
    pub status: Status,
}

/// A status, as far as it tells us anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// `ACSC`, `ACCC`: the money has left.
    Paid {
        /// What was sent, where the bank repeats it.
        amount: Option<Money>,
        /// The bank's own reference.
        bank_reference: Option<String>,
    },
    /// `RJCT`.
    Failed {
        /// The reason's code; `NARR` where the bank used words.
        reason: String,
    },
    /// Anything else (`ACTC`, `ACCP`, `ACSP`, `ACWC`, `PDNG`, `RCVD`, …): the bank has it.
    Pending,
}

/// Reads one document; `None` is another message.
///
/// # Errors
/// `MalformedXml` for what is no whole document, or a hostile one; `Invalid` for a pain.002 that answers nothing.
pub fn parse(body: &[u8]) -> Result<Option<StatusReport>, ParseError> {
    if body.len() > MAX_BYTES {
        return Err(ParseError::MalformedXml(format!("longer than {MAX_BYTES} bytes")));
    }
    let root = xml::parse(body).map_err(|error| ParseError::MalformedXml(error.to_string()))?;
    let document = Node::new(&root, String::new());
    let report = (document.name() == "Document").then(|| document.find(&["CstmrPmtStsRpt"])).flatten();
    let Some(report) = report else { return Ok(None) };
    let mut faults = Faults::default();
    let group = report.required("OrgnlGrpInfAndSts", &mut faults);
    let Some(group) = group.filter(|_| faults.is_empty()) else {
        return Err(ParseError::Invalid(faults.into_errors()));
    };
    let mut read = Reading { answers: Vec::new(), unreadable: 0 };
    read.group(&report, &group);
    Ok(Some(StatusReport {
        created_at: report.text_at(&["GrpHdr", "CreDtTm"]).and_then(moment),
        answers: read.answers,
        unreadable: read.unreadable,
    }))
}

/// `xs:dateTime`: its offset may be left out.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Iso8601::DEFAULT)
        .or_else(|_| PrimitiveDateTime::parse(text, &Iso8601::DEFAULT).map(PrimitiveDateTime::assume_utc))
        .ok()
}

struct Reading {
    answers: Vec<Answer>,
    unreadable: usize,
}

/// What stands above a transaction.
#[derive(Clone, Default)]
struct Above<'x> {
    status: Option<&'x str>,
    /// Of the rejection, if one of them is one.
    rejected: Option<String>,
    /// Our names of the message and the payment, the narrower first.
    reference: Option<String>,
}

impl<'x> Above<'x> {
    fn with(&self, node: &Node<'x>, status: &str, reference: &str) -> Above<'x> {
        let own = node.text_at(&[status]);
        Above {
            status: own.or(self.status),
            rejected: rejection(node, own).or_else(|| self.rejected.clone()),
            reference: named(node, reference).or_else(|| self.reference.clone()),
        }
    }
}

impl Reading {
    fn group(&mut self, report: &Node<'_>, group: &Node<'_>) {
        let above = Above::default().with(group, "GrpSts", "OrgnlMsgId");
        let payments = report.all("OrgnlPmtInfAndSts");
        // Up to .02 a message has transactions only, directly below the report; later ones never have.
        if payments.is_empty() {
            self.below(report, &above);
        }
        for payment in payments {
            self.below(&payment, &above.with(&payment, "PmtInfSts", "OrgnlPmtInfId"));
        }
    }

    fn below(&mut self, node: &Node<'_>, above: &Above<'_>) {
        let transactions = node.all("TxInfAndSts");
        if transactions.is_empty() {
            self.say(above.reference.clone(), above, None, None);
        }
        for transaction in transactions {
            let reference = named(&transaction, "OrgnlEndToEndId")
                .or_else(|| named(&transaction, "OrgnlInstrId"))
                .or_else(|| above.reference.clone());
            self.say(reference, above, Some(&transaction), transaction.text_at(&["TxSts"]));
        }
    }

    /// `own` is the transaction's own status.
    fn say(
        &mut self,
        reference: Option<String>,
        above: &Above<'_>,
        transaction: Option<&Node<'_>>,
        own: Option<&str>,
    ) {
        let Some(reference) = reference else { return };
        let of_its_own = transaction.and_then(|node| rejection(node, own));
        let failed = of_its_own.or_else(|| above.rejected.clone());
        let mut faults = Faults::default();
        let status = match own.or(above.status) {
            Some("ACSC" | "ACCC") => Some(Status::Paid {
                amount: transaction.and_then(|node| sent(node, &mut faults)),
                bank_reference: transaction.and_then(|node| node.code(&["AcctSvcrRef"])),
            }),
            Some("RJCT") | None => None,
            Some(_) => Some(Status::Pending),
        };
        if !faults.is_empty() {
            self.unreadable += 1;
            return;
        }
        let pending_only = failed.is_some() && status == Some(Status::Pending);
        let answers = [status.filter(|_| !pending_only), failed.map(|reason| Status::Failed { reason })];
        for status in answers.into_iter().flatten() {
            self.answers.push(Answer { reference: reference.clone(), status });
        }
    }
}

/// What the bank repeats of our order.
fn sent(transaction: &Node<'_>, faults: &mut Faults) -> Option<Money> {
    let amounts = transaction.find(&["OrgnlTxRef", "Amt"])?;
    amounts.one("InstdAmt", faults)?.own_amount(faults)
}

/// The reason, if this is a rejection.
fn rejection(node: &Node<'_>, status: Option<&str>) -> Option<String> {
    (status == Some("RJCT")).then(|| {
        let given = node.all("StsRsnInf").iter().find_map(Node::reason);
        given.unwrap_or_else(|| UNSPECIFIED.to_owned())
    })
}

/// A reference of ours is short; what is longer is another's.
fn named(node: &Node<'_>, name: &str) -> Option<String> {
    node.reference(&[name])
        .filter(|text| text.chars().count() <= MAX_REFERENCE)
        .map(|text| clean(&text, MAX_REFERENCE))
}

#[cfg(test)]
mod tests;

//! One payout as a customer credit transfer initiation, pain.001.001.09: one payment, one transaction. Pure.
//!
//! Our reference stands in every place that the bank may name in its answer: MsgId, PmtInfId, InstrId and EndToEndId.

use quick_xml::escape::escape;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use super::party::{self, Agent, Scheme, Unwritable};
use super::settings::Settings;
use crate::connector::PayoutOrder;
use crate::hidden::Hidden;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// The document. The same order at the same time gives the same bytes.
///
/// # Errors
/// What of the order a bank's file can't hold.
pub(super) fn write(
    order: &PayoutOrder,
    settings: &Settings,
    now: OffsetDateTime,
) -> Result<Hidden, Unwritable> {
    let creditor = Creditor::of(order)?;
    let mut xml = Xml::new();
    let head = format!("Document xmlns=\"{NAMESPACE}\"");
    xml.element(&head, |xml| {
        xml.element("CstmrCdtTrfInitn", |xml| {
            group(xml, order, settings, now);
            xml.element("PmtInf", |xml| {
                payment(xml, order, settings, now);
                xml.element("CdtTrfTxInf", |xml| creditor.write(xml, order));
            });
        });
    });
    Ok(Hidden::new(xml.text))
}

fn group(xml: &mut Xml, order: &PayoutOrder, settings: &Settings, now: OffsetDateTime) {
    let second = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    xml.element("GrpHdr", |xml| {
        xml.leaf("MsgId", &order.reference);
        xml.leaf("CreDtTm", &now.to_offset(UtcOffset::UTC).format(second).unwrap_or_default());
        xml.leaf("NbOfTxs", "1");
        xml.leaf("CtrlSum", &order.amount.to_string());
        xml.element("InitgPty", |xml| xml.leaf("Nm", settings.debtor_name.trim()));
    });
}

fn payment(xml: &mut Xml, order: &PayoutOrder, settings: &Settings, now: OffsetDateTime) {
    let day = format_description!("[year]-[month]-[day]");
    xml.leaf("PmtInfId", &order.reference);
    xml.leaf("PmtMtd", "TRF");
    xml.leaf("NbOfTxs", "1");
    xml.leaf("CtrlSum", &order.amount.to_string());
    xml.element("ReqdExctnDt", |xml| {
        xml.leaf("Dt", &now.to_offset(settings.offset()).format(day).unwrap_or_default());
    });
    xml.element("Dbtr", |xml| xml.leaf("Nm", settings.debtor_name.trim()));
    xml.element("DbtrAcct", |xml| {
        let upper = settings.debtor_account.to_ascii_uppercase();
        match party::is_iban(&upper) {
            true => account(xml, Scheme::Iban, &upper),
            false => account(xml, Scheme::Other, &settings.debtor_account),
        }
    });
    xml.element("DbtrAgt", |xml| agent(xml, &Agent::Bic(settings.debtor_bic.clone())));
    xml.leaf("ChrgBr", settings.charges.code());
}

/// What of the order was looked at and can be written.
struct Creditor<'o> {
    name: &'o str,
    country: Option<&'o str>,
    scheme: Scheme,
    account: String,
    agent: Option<Agent>,
    remittance: Option<String>,
}

impl<'o> Creditor<'o> {
    fn of(order: &'o PayoutOrder) -> Result<Creditor<'o>, Unwritable> {
        let to = &order.beneficiary;
        let (scheme, account) = party::account(to.account_number.expose())?;
        Ok(Creditor {
            name: party::name(to.name.expose())?,
            country: party::country(&to.country),
            scheme,
            account,
            agent: party::agent(&to.bank_code, &to.country, scheme)?,
            remittance: order.remittance.as_deref().and_then(party::words),
        })
    }

    fn write(&self, xml: &mut Xml, order: &PayoutOrder) {
        xml.element("PmtId", |xml| {
            xml.leaf("InstrId", &order.reference);
            xml.leaf("EndToEndId", &order.reference);
        });
        xml.element("Amt", |xml| {
            let amount = format!("InstdAmt Ccy=\"{}\"", order.amount.currency().code());
            xml.leaf(&amount, &order.amount.to_string());
        });
        if let Some(bank) = &self.agent {
            xml.element("CdtrAgt", |xml| agent(xml, bank));
        }
        xml.element("Cdtr", |xml| {
            xml.leaf("Nm", self.name);
            if let Some(country) = self.country {
                xml.element("PstlAdr", |xml| xml.leaf("Ctry", country));
            }
        });
        xml.element("CdtrAcct", |xml| account(xml, self.scheme, &self.account));
        if let Some(words) = &self.remittance {
            xml.element("RmtInf", |xml| xml.leaf("Ustrd", words));
        }
    }
}

fn account(xml: &mut Xml, scheme: Scheme, number: &str) {
    xml.element("Id", |xml| match scheme {
        Scheme::Iban => xml.leaf("IBAN", number),
        Scheme::Other => xml.element("Othr", |xml| xml.leaf("Id", number)),
    });
}

fn agent(xml: &mut Xml, bank: &Agent) {
    xml.element("FinInstnId", |xml| match bank {
        Agent::Bic(bic) => xml.leaf("BICFI", bic),
        Agent::Member { system, member } => xml.element("ClrSysMmbId", |xml| {
            xml.element("ClrSysId", |xml| xml.leaf("Cd", system));
            xml.leaf("MmbId", member);
        }),
        Agent::Other(code) => xml.element("Othr", |xml| xml.leaf("Id", code)),
    });
}

/// Writes elements, each on a line of its own. Tags are ours, texts are escaped.
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn new() -> Xml {
        Xml { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 0 }
    }

    /// `tag` with its attributes.
    fn element(&mut self, tag: &str, inside: impl FnOnce(&mut Xml)) {
        self.line(&format!("<{tag}>"));
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line(&format!("</{}>", name(tag)));
    }

    fn leaf(&mut self, tag: &str, text: &str) {
        self.line(&format!("<{tag}>{}</{}>", escape(text), name(tag)));
    }

    fn line(&mut self, line: &str) {
        let indent = self.depth * 2;
        self.text.push_str(&format!("{:indent$}{line}\n", ""));
    }
}

fn name(tag: &str) -> &str {
    tag.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;

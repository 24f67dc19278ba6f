//! What a camt.054 means: pure.
//!
//! Money is credited only for an entry that is a credit, booked and no reversal. Its transactions are booked one by
//! one if they sum up to it; else the entry is booked once, with its own amount, and reviewed (R6). So is a credit among the
//! transactions of a debit entry.

use std::collections::HashMap;

use money::Money;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use super::message::{Detail, Direction, Entry, Notification, Refs, Report, Status};
use crate::event::{FundsReceived, FundsReturned, MAX_REFERENCE, PayoutReport};

/// Our payouts' references begin like this.
const PAYOUT: &str = "po_";

/// One thing that a notification reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Money arrived.
    Received(ReceivedLine),
    /// Money that had arrived is taken back (R8).
    Returned(FundsReturned),
    /// A payout's result.
    Payout {
        /// What became of it.
        outcome: PayoutOutcome,
        /// Which, and how much.
        report: PayoutReport,
    },
    /// Nothing to act on.
    Kept {
        /// The entry's reference, as far as it has one.
        reference: String,
        /// Why.
        reason: KeptReason,
    },
}

/// Money that arrived, as a document reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedLine {
    /// As in the event of the same name.
    pub funds: FundsReceived,
    /// Its place among equal references of this document and account.
    pub position: u32,
    /// It is a whole entry, whose transactions don't sum up to it, or a credit among the transactions of a debit entry: a
    /// person looks at it (R6).
    pub sum_mismatch: bool,
    /// The entry that it is a transaction of, where the line's own reference and place are not that entry's: such an entry may
    /// have been booked whole before (R4).
    pub entry: Option<OfEntry>,
}

/// An entry as its transactions name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfEntry {
    /// The bank's reference of it.
    pub reference: String,
    /// All of it, where its transaction has another reference: what was booked under the entry's and is as much is the entry.
    pub whole: Option<Money>,
}

/// What became of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutOutcome {
    /// Its debit is booked.
    Paid,
    /// It came back.
    Returned,
}

/// Why a line is only kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptReason {
    /// Pending, for information, or in the future: no money has moved.
    NotBooked,
    /// Nothing that payments or payouts know: the statement's reconciliation is where it belongs.
    ForReconciliation,
}

impl KeptReason {
    /// As a bank is told it.
    pub fn as_str(self) -> &'static str {
        match self {
            KeptReason::NotBooked => "not_booked",
            KeptReason::ForReconciliation => "for_reconciliation",
        }
    }
}

/// Everything that a notification reports, in its order.
pub fn lines(notification: &Notification) -> Vec<Line> {
    let mut places = Places::default();
    let mut lines = Vec::new();
    for report in &notification.reports {
        for entry in &report.entries {
            of_entry(report, entry, &mut places, &mut lines);
        }
    }
    lines
}

/// Counts equal references within one document and account: the position of R4's key.
#[derive(Debug, Default)]
struct Places(HashMap<(String, String), u32>);

impl Places {
    fn next(&mut self, account: &str, reference: &str) -> u32 {
        let place = self.0.entry((account.to_owned(), reference.to_owned())).or_default();
        let position = *place;
        *place += 1;
        position
    }
}

fn of_entry(report: &Report, entry: &Entry, places: &mut Places, lines: &mut Vec<Line>) {
    let whole = Detail::default();
    let single = std::slice::from_ref(entry.details.first().unwrap_or(&whole));
    // An amount of zero moves nothing, however it is booked.
    if entry.status != Status::Booked || entry.amount.minor() == 0 {
        lines.push(kept(report, entry, KeptReason::NotBooked));
        return;
    }
    let (details, sums) = match entry.details.as_slice() {
        [] | [_] if details_sum(entry).is_none_or(|sum| sum == i128::from(entry.amount.minor())) => {
            (single, true)
        }
        details if details_sum(entry) == Some(i128::from(entry.amount.minor())) => (details, true),
        _ => (single, false),
    };
    for detail in details {
        let amount = if sums { detail.amount.unwrap_or(entry.amount) } else { entry.amount };
        let Some(amount) = Some(amount).filter(|amount| amount.minor() > 0) else { continue };
        lines.push(of_detail(report, entry, detail, amount, !sums, places));
    }
}

/// The details' amounts, those of the other direction taken off; nothing where one has none or is in another currency.
/// A single detail without an amount is the entry's.
fn details_sum(entry: &Entry) -> Option<i128> {
    let mut sum = 0i128;
    if entry.details.is_empty() {
        return None;
    }
    for detail in &entry.details {
        let amount = detail.amount.filter(|amount| amount.currency() == entry.amount.currency());
        let minor = match (amount, entry.details.len()) {
            (Some(amount), _) => i128::from(amount.minor()),
            (None, 1) if detail.amount.is_none() => i128::from(entry.amount.minor()),
            (None, _) => return Some(-1),
        };
        let same = detail.direction.is_none_or(|direction| direction == entry.direction);
        sum += if same { minor } else { -minor };
    }
    Some(sum)
}

fn of_detail(
    report: &Report,
    entry: &Entry,
    detail: &Detail,
    amount: Money,
    sum_mismatch: bool,
    places: &mut Places,
) -> Line {
    let direction = if sum_mismatch { entry.direction } else { detail.direction.unwrap_or(entry.direction) };
    let back = entry.reversal || detail.returned;
    let payout = payout_of(detail);
    match (direction, payout, back) {
        // A payout that comes back: as a credit with its return's reasons, or as the reversal of its debit.
        (Direction::Credit, Some(reference), true) if !sum_mismatch => Line::Payout {
            outcome: PayoutOutcome::Returned,
            report: payout_report(entry, detail, reference, amount),
        },
        (Direction::Debit, Some(reference), false) if !sum_mismatch => Line::Payout {
            outcome: PayoutOutcome::Paid,
            report: payout_report(entry, detail, reference, amount),
        },
        (Direction::Debit, None, true) if !sum_mismatch => returned(report, entry, detail, amount, places),
        // Money is never lost (R5): a credit that returns what we don't know is money that arrived.
        (Direction::Credit, _, _) if !entry.reversal => {
            received(report, entry, detail, amount, sum_mismatch, places)
        }
        _ => kept(report, entry, KeptReason::ForReconciliation),
    }
}

fn received(
    report: &Report,
    entry: &Entry,
    detail: &Detail,
    amount: Money,
    sum_mismatch: bool,
    places: &mut Places,
) -> Line {
    // A whole entry is known by its own reference, never by that of one of its transactions.
    let reference = own_reference(report, entry, Some(detail).filter(|_| !sum_mismatch));
    let position = places.next(&report.account_number, &reference);
    let of = entry.reference.as_deref().map(fitting).filter(|_| !sum_mismatch);
    let of = of.filter(|of| *of != reference || position > 0);
    let whole = |of: &String| Some(entry.amount).filter(|_| *of != reference);
    let of = of.map(|of| OfEntry { whole: whole(&of), reference: of });
    let funds = FundsReceived {
        reference,
        account_number: report.account_number.clone(),
        amount,
        value_date: entry.value_date.or(entry.booking_date),
        remitter_name: detail.debtor_name.clone(),
        remitter_account: detail.debtor_account.clone(),
        remittance_information: detail.remittance.clone(),
        end_to_end_id: detail.refs.end_to_end.clone(),
        uetr: detail.refs.uetr.clone(),
    };
    // Only entries that are credits credit by themselves.
    let sum_mismatch = sum_mismatch || entry.direction == Direction::Debit;
    Line::Received(ReceivedLine { funds, position, sum_mismatch, entry: of })
}

fn returned(report: &Report, entry: &Entry, detail: &Detail, amount: Money, places: &mut Places) -> Line {
    // Where the entry has no reference, its transaction's is the return's own. A reversal repeats its original's there.
    let names_itself = entry.reference.is_none() && !entry.reversal && detail.refs.bank.is_some();
    let own = own_reference(report, entry, Some(detail).filter(|_| names_itself));
    let Some(original) = original_of(entry, &detail.refs, &own) else {
        return kept(report, entry, KeptReason::ForReconciliation);
    };
    let position = places.next(&format!("return of {}", report.account_number), &format!("{own} {original}"));
    Line::Returned(FundsReturned {
        reference: own,
        original_reference: original,
        account_number: Some(report.account_number.clone()),
        amount,
        reason: detail.return_reason.clone(),
        position,
    })
}

/// The payment that is taken back is named by the transaction's own bank reference if that is not the return's own. A bank
/// that gives references gave the payment one too, which comes back as `TxId`; at any other the payment is
/// kept under its UETR, and under no other name that comes back ([`own_reference`]). An entry that is reversed is booked
/// again under its own reference: where nothing else is the bank's or the network's, that is the payment's. What the remitter wrote
/// names it last, and where there is nothing else at all, the return's one reference may be the payment's.
fn original_of(entry: &Entry, refs: &Refs, own: &str) -> Option<String> {
    let Refs { bank, transaction, uetr, instruction, end_to_end, clearing, .. } = refs;
    let numbers = entry.reference.is_some() || bank.is_some();
    let [first, second] = if numbers { [transaction, uetr] } else { [uetr, transaction] };
    let other = |named: [&Option<String>; 3]| {
        named.into_iter().flatten().map(|reference| fitting(reference)).find(|reference| reference != own)
    };
    other([bank, first, second])
        .or_else(|| Some(own.to_owned()).filter(|_| entry.reversal && entry.reference.is_some()))
        .or_else(|| other([instruction, end_to_end, clearing]))
        .or_else(|| bank.as_deref().filter(|_| entry.reference.is_none()).map(fitting))
}

fn payout_of(detail: &Detail) -> Option<&str> {
    let refs = &detail.refs;
    let named = [&refs.end_to_end, &refs.instruction, &refs.payment_information, &refs.transaction];
    named.into_iter().flatten().map(String::as_str).find(|reference| reference.starts_with(PAYOUT))
}

fn payout_report(entry: &Entry, detail: &Detail, reference: &str, amount: Money) -> PayoutReport {
    PayoutReport {
        reference: fitting(reference),
        bank_reference: detail.refs.bank.as_ref().or(entry.reference.as_ref()).map(|text| fitting(text)),
        amount,
        amount_received: None,
        reason: detail.return_reason.clone(),
    }
}

fn kept(report: &Report, entry: &Entry, reason: KeptReason) -> Line {
    Line::Kept { reference: own_reference(report, entry, entry.details.first()), reason }
}

/// R4: the reference under which the same movement is known again, in any version and under any file name.
///
/// The bank's own references are unique; the transaction's comes before its entry's, since a JSON event carries it too.
/// What remitters and networks else write (EndToEndId, TxId) is not: it counts only with the day and the amount beside
/// it. Where name or day is missing the report's id counts too: the same file again is the same money again, another
/// file is not.
fn own_reference(report: &Report, entry: &Entry, detail: Option<&Detail>) -> String {
    let refs = detail.map(|detail| &detail.refs);
    if let Some(reference) = refs.and_then(|refs| refs.bank.as_ref()).or(entry.reference.as_ref()) {
        return fitting(reference);
    }
    let uetr = refs.and_then(|refs| refs.uetr.as_ref()).and_then(|uetr| Uuid::try_parse(uetr).ok());
    if let Some(uetr) = uetr {
        return uetr.to_string();
    }
    let network = refs.and_then(|refs| refs.transaction.as_ref().or(refs.clearing.as_ref()));
    let remitter = refs.and_then(|refs| refs.end_to_end.as_ref().or(refs.instruction.as_ref()));
    let name = network.or(remitter);
    let day = entry.booking_date.or(entry.value_date).map(|day| day.to_string()).unwrap_or_default();
    let beside = if name.is_some() && !day.is_empty() { "" } else { report.id.as_str() };
    // The entry's number within its report is no name: with each report it begins anew.
    let named = name.or(entry.entry_ref.as_ref());
    let amount = detail.and_then(|detail| detail.amount).unwrap_or(entry.amount);
    let words = [
        report.account_number.as_str(),
        named.map_or("", String::as_str),
        beside,
        &day,
        &amount.to_string(),
        amount.currency().code(),
        detail.and_then(|detail| detail.debtor_name.as_deref()).unwrap_or_default(),
    ];
    hashed(&words.join("\u{1f}"))
}

/// As it came if it fits and is plain, else its hash.
fn fitting(reference: &str) -> String {
    let plain = reference.chars().count() <= MAX_REFERENCE && !reference.chars().any(char::is_control);
    if plain { reference.to_owned() } else { hashed(reference) }
}

fn hashed(text: &str) -> String {
    let hash = hex::encode(digest(&SHA256, text.as_bytes()));
    format!("camt-{}", &hash[..48])
}

#[cfg(test)]
mod tests;

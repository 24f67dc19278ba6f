//! What a bank says, as JSON: parsed into one typed event or refused with every wrong field named.
//!
//! Unknown fields are ignored, unknown types too ([`Event::Ignored`]): banks add to their messages without asking.

pub(crate) mod fields;

use money::{Currency, Money};
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::json::{self, Json};
use fields::{Faults, Section};

/// Longest reference and account number, in characters.
pub const MAX_REFERENCE: usize = 64;
/// Free text is cut here, in characters; the vault keeps the whole of it.
pub const MAX_FREE_TEXT: usize = 1000;
/// Rates in one message.
pub const MAX_RATES: usize = 500;
/// What banks write where a reference must stand and they have none.
const NO_REFERENCE: [&str; 3] = ["NOTPROVIDED", "NONREF", "NOTAVAILABLE"];

/// Whether a text stands for no reference, in whatever case and however padded.
pub(crate) fn is_placeholder(text: &str) -> bool {
    NO_REFERENCE.iter().any(|none| text.trim().eq_ignore_ascii_case(none))
}

/// One thing a bank says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `funds.received`: money arrived in a receiving account.
    FundsReceived(FundsReceived),
    /// `funds.returned`: the bank took money back that had arrived.
    FundsReturned(FundsReturned),
    /// `payout.paid`
    PayoutPaid(PayoutReport),
    /// `payout.failed`
    PayoutFailed(PayoutReport),
    /// `payout.returned`: money that was paid came back.
    PayoutReturned(PayoutReport),
    /// `rates.published`
    RatesPublished(RatesPublished),
    /// A type that we don't know or don't act on.
    Ignored {
        /// The type, cut to 64 characters, without control characters.
        kind: String,
    },
}

/// Money that a bank received for one of our accounts.
#[derive(Clone, PartialEq, Eq)]
pub struct FundsReceived {
    /// The bank's reference of this payment: 1–64 characters, as it came.
    pub reference: String,
    /// The receiving account's number: 1–64 characters, as it came. May be nobody's (R5).
    pub account_number: String,
    /// What arrived; above zero.
    pub amount: Money,
    /// The day the bank counts the money from.
    pub value_date: Option<Date>,
    /// Who sent it, as the bank names them.
    pub remitter_name: Option<String>,
    /// The account it came from.
    pub remitter_account: Option<String>,
    /// The remitter's words.
    pub remittance_information: Option<String>,
    /// The remitter's reference.
    pub end_to_end_id: Option<String>,
    /// SWIFT's reference of the transfer, a lowercase UUID version 4; `None` where a bank wrote anything else.
    pub uetr: Option<String>,
}

impl std::fmt::Debug for FundsReceived {
    /// Without account numbers and the remitter's data (R37).
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FundsReceived")
            .field("reference", &self.reference)
            .field("amount", &self.amount)
            .field("value_date", &self.value_date)
            .finish_non_exhaustive()
    }
}

/// Money that had arrived, taken back: a return or a recall.
#[derive(Clone, PartialEq, Eq)]
pub struct FundsReturned {
    /// The bank's reference of the return.
    pub reference: String,
    /// Its reference of the payment that is taken back.
    pub original_reference: String,
    /// The receiving account, where the bank names it.
    pub account_number: Option<String>,
    /// How much of the payment; above zero.
    pub amount: Money,
    /// Why: a code, ISO 20022's as a rule (`AC04`); `NARR` where the bank used words.
    pub reason: Option<String>,
    /// Its place among equal references within one document.
    pub position: u32,
}

impl std::fmt::Debug for FundsReturned {
    /// Without the account number (R37).
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FundsReturned")
            .field("reference", &self.reference)
            .field("original_reference", &self.original_reference)
            .field("amount", &self.amount)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// What a bank says about a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutReport {
    /// Our reference of the payout (`po_…`).
    pub reference: String,
    /// The bank's own reference of it.
    pub bank_reference: Option<String>,
    /// Paid and failed: the payout's amount. Returned: what came back to us, perhaps less (R29).
    pub amount: Money,
    /// What arrived at the payee, where the bank knows; same currency as `amount` (R23).
    pub amount_received: Option<Money>,
    /// Why it failed or was returned: a code, ISO 20022's as a rule (`AC01`); `NARR` where the bank used words.
    pub reason: Option<String>,
}

/// Rates a bank offers from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatesPublished {
    /// At least one; no pair twice.
    pub rates: Vec<PublishedRate>,
    /// From when on they hold, by the bank's clock, in UTC. May lie in the future; who uses it decides.
    pub as_of: OffsetDateTime,
}

/// One pair's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRate {
    /// The currency of which one unit is priced.
    pub base: Currency,
    /// The currency of the price.
    pub quote: Currency,
    /// What the bank pays for one `base`, in `quote`; above zero, exactly as published.
    pub bid: Decimal,
    /// What the bank takes for one `base`, in `quote`; above zero, exactly as published. Who uses it passes over one that is below
    /// `bid`.
    pub ask: Decimal,
}

/// Why a body is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not one JSON value, or equal keys (answered 400).
    #[error("malformed JSON: {0}")]
    Malformed(String),
    /// Not one XML document that we read (answered 400).
    #[error("malformed XML: {0}")]
    MalformedXml(String),
    /// A known type with wrong or missing fields: all of them (answered 422).
    #[error("{} wrong or missing fields", .0.len())]
    Invalid(Vec<FieldError>),
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Its path, `data.rates[0].bid`; empty for the whole body.
    pub field: String,
    /// What is wrong with it. Never quotes the value.
    pub message: String,
}

/// Reads one body.
pub fn parse(body: &[u8]) -> Result<Event, ParseError> {
    let json = json::parse(body).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let mut faults = Faults::default();
    match event(&json, &mut faults) {
        Some(event) if faults.is_empty() => Ok(event),
        _ => Err(ParseError::Invalid(faults.into_errors())),
    }
}

fn event(json: &Json<'_>, faults: &mut Faults) -> Option<Event> {
    let root = Section::root(json, faults)?;
    let kind = root.text("type", faults)?;
    let read: fn(&Section<'_, '_>, &mut Faults) -> Option<Event> = match kind {
        "funds.received" => |data, faults| funds_received(data, faults).map(Event::FundsReceived),
        "funds.returned" => |data, faults| funds_returned(data, faults).map(Event::FundsReturned),
        "payout.paid" => |data, faults| payout_report(data, faults).map(Event::PayoutPaid),
        "payout.failed" => |data, faults| payout_report(data, faults).map(Event::PayoutFailed),
        "payout.returned" => |data, faults| payout_report(data, faults).map(Event::PayoutReturned),
        "rates.published" => |data, faults| rates_published(data, faults).map(Event::RatesPublished),
        _ => return Some(Event::Ignored { kind: fields::clean(kind, MAX_REFERENCE) }),
    };
    read(&root.section("data", faults)?, faults)
}

fn funds_received(data: &Section<'_, '_>, faults: &mut Faults) -> Option<FundsReceived> {
    let reference = data.reference("reference", faults);
    let account_number = data.code("account_number", MAX_REFERENCE, faults);
    let amount = data.money(faults);
    let value_date = data.optional_date("value_date", faults);
    let remitter = data.optional_section("remitter", faults);
    let remitter_name = remitter.as_ref().and_then(|remitter| remitter.free_text("name", faults));
    let remitter_account =
        remitter.as_ref().and_then(|remitter| remitter.free_text("account_number", faults));
    let remittance_information = data.free_text("remittance_information", faults);
    let end_to_end_id = data.free_text("end_to_end_id", faults).filter(|text| !is_placeholder(text));
    let uetr = data.optional_text("uetr", faults).filter(|text| is_uetr(text)).map(str::to_owned);
    Some(FundsReceived {
        reference: reference?,
        account_number: account_number?,
        amount: amount?,
        value_date,
        remitter_name,
        remitter_account,
        remittance_information,
        end_to_end_id,
        uetr,
    })
}

fn funds_returned(data: &Section<'_, '_>, faults: &mut Faults) -> Option<FundsReturned> {
    let reference = data.reference("reference", faults);
    let original_reference = data.reference("original_reference", faults);
    let account_number = data.optional_code("account_number", MAX_REFERENCE, faults);
    let amount = data.money(faults);
    let reason = data.reason("reason", faults);
    Some(FundsReturned {
        reference: reference?,
        original_reference: original_reference?,
        account_number,
        amount: amount?,
        reason,
        position: 0,
    })
}

fn payout_report(data: &Section<'_, '_>, faults: &mut Faults) -> Option<PayoutReport> {
    let reference = data.reference("reference", faults);
    let bank_reference = data.optional_code("bank_reference", MAX_REFERENCE, faults);
    let amount = data.money(faults);
    let amount_received = match amount {
        Some(amount) => data.optional_amount("amount_received", amount.currency(), faults),
        None => None,
    };
    let reason = data.reason("reason", faults);
    Some(PayoutReport {
        reference: reference?,
        bank_reference: bank_reference.filter(|text| !is_placeholder(text)),
        amount: amount?,
        amount_received,
        reason,
    })
}

fn rates_published(data: &Section<'_, '_>, faults: &mut Faults) -> Option<RatesPublished> {
    let as_of = data.moment("as_of", faults);
    let rows = data.list("rates", MAX_RATES, faults)?;
    let mut rates: Vec<PublishedRate> = Vec::with_capacity(rows.len());
    for row in &rows {
        let Some(rate) = published_rate(row, faults) else { continue };
        // Which of two prices holds would be a guess.
        if rates.iter().any(|known| (known.base, known.quote) == (rate.base, rate.quote)) {
            faults.add(row.path().to_owned(), "names a pair that was already there");
        }
        rates.push(rate);
    }
    Some(RatesPublished { rates, as_of: as_of? })
}

fn published_rate(row: &Section<'_, '_>, faults: &mut Faults) -> Option<PublishedRate> {
    let base = row.currency("base", faults);
    let quote = row.currency("quote", faults);
    let bid = row.price("bid", faults);
    let ask = row.price("ask", faults);
    let rate = PublishedRate { base: base?, quote: quote?, bid: bid?, ask: ask? };
    if rate.base == rate.quote {
        faults.add(row.field("quote"), "must differ from base");
    }
    Some(rate)
}

/// A lowercase UUID, version 4, variant 1.
pub(crate) fn is_uetr(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests;

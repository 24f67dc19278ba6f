//! What the bank says about payouts, and how it goes on saying it until the gateway has taken it.
//!
//! An event's id and bytes follow from the journal alone, so after a restart the same event goes on.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::book::{Payout, Status};
use crate::chance;
use crate::journal::{Record, Report, WriteError};
use crate::sandbox::Bank;

/// One attempt as a whole.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(10);

/// Makes sure that the gateway has taken a report; returns when it has, and the journal knows.
pub(crate) async fn report(bank: &Bank, reference: &str, report: Report) -> Result<(), WriteError> {
    let Some(payout) = bank.book.get(reference) else { return Ok(()) };
    if payout.delivered.contains(&report) {
        return Ok(());
    }
    let Some(body) = body(&payout, report) else { return Ok(()) };
    deliver(bank, &event_id(&payout, report), body).await;
    bank.record(Record::Delivered { reference: reference.to_owned(), report }).await
}

/// Posts until the answer is 2xx, at growing intervals, without end.
async fn deliver(bank: &Bank, event_id: &str, body: Bytes) {
    let mut pause = bank.timing.retry_first;
    loop {
        let Ok(permit) = bank.delivering.acquire().await else { return };
        let answer = bank.webhooks.post(event_id, body.clone(), Instant::now() + ATTEMPT).await;
        drop(permit);
        match answer {
            Ok(answer) if answer.status.is_success() => return,
            Ok(answer) => tracing::debug!(event_id, status = answer.status.as_u16(), "event not taken"),
            Err(error) => tracing::debug!(event_id, %error, "event not taken"),
        }
        sleep(chance::around(pause)).await;
        pause = (pause * 2).min(bank.timing.retry_most);
    }
}

/// The bank's reference is unique for ever, so this is.
fn event_id(payout: &Payout, report: Report) -> String {
    let report = match report {
        Report::Paid => "paid",
        Report::PaidAgain => "paid-again",
        Report::Failed => "failed",
        Report::Returned => "returned",
    };
    format!("{}-{report}", payout.bank_reference)
}

/// Keys stand in alphabetical order, so that the bytes don't hang on how the JSON library is built: the same event id
/// must never come with other bytes (R3). Nothing if the payout isn't what the report says.
fn body(payout: &Payout, report: Report) -> Option<Bytes> {
    let (reference, bank_reference) = (&payout.reference, &payout.bank_reference);
    let (amount, currency) = (payout.amount.to_string(), payout.amount.currency().code().to_owned());
    let event = match (report, &payout.status) {
        (Report::Paid | Report::PaidAgain, Status::Paid | Status::Returned { .. }) => json!({"data": {
            "amount": amount, "amount_received": amount, "bank_reference": bank_reference,
            "currency": currency, "reference": reference}, "type": "payout.paid"}),
        (Report::Failed, Status::Failed { reason }) => json!({"data": {
            "amount": amount, "bank_reference": bank_reference,
            "currency": currency, "reason": reason, "reference": reference}, "type": "payout.failed"}),
        (Report::Returned, Status::Returned { amount, reason }) => json!({"data": {
            "amount": amount.to_string(), "bank_reference": bank_reference,
            "currency": currency, "reason": reason, "reference": reference}, "type": "payout.returned"}),
        _ => return None,
    };
    Some(Bytes::from(event.to_string()))
}

//! What the bank says about payouts, and how it goes on saying it until the gateway has taken it.
//!
//! An event's id and bytes follow from the journal alone, so after a restart the same event goes on.

use std::time::Duration;

use bytes::Bytes;
use money::Money;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::behaviour::{other_amount, other_currency};
use crate::book::{Payout, Status};
use crate::chance;
use crate::journal::{Record, Report, WriteError};
use crate::sandbox::Bank;

/// One attempt as a whole.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(10);

/// Makes sure that the gateway has taken a report; returns when it has, and the journal knows.
pub(crate) async fn report(bank: &Bank, payout: &Payout, report: Report) -> Result<(), WriteError> {
    if let Some(body) = body(payout, report) {
        deliver(bank, &event_id(payout, report), body).await;
    }
    bank.record(Record::Delivered { reference: payout.reference.clone(), report }).await
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
        Report::ReturnedAgain => "returned-again",
        Report::OtherAmount => "other-amount",
        Report::OtherCurrency => "other-currency",
        Report::Denied => "denied",
        Report::Stranger => "stranger",
    };
    format!("{}-{report}", payout.bank_reference)
}

/// Keys stand in alphabetical order, so that the bytes don't hang on how the JSON library is built: the same event id
/// must never come with other bytes (R3). Nothing if the payout isn't what the report builds upon.
fn body(payout: &Payout, report: Report) -> Option<Bytes> {
    let (reference, bank_reference) = (&payout.reference, &payout.bank_reference);
    let (amount, currency) = parts(payout.amount);
    let paid = |reference: &str, money: Money| {
        let (amount, currency) = parts(money);
        json!({"data": {
            "amount": amount, "amount_received": amount, "bank_reference": bank_reference,
            "currency": currency, "reference": reference}, "type": "payout.paid"})
    };
    let failed = |reason: &str| {
        json!({"data": {
            "amount": amount, "bank_reference": bank_reference,
            "currency": currency, "reason": reason, "reference": reference}, "type": "payout.failed"})
    };
    let event = match (report, &payout.status) {
        (Report::Failed, Status::Failed { reason }) => failed(reason),
        (Report::Returned | Report::ReturnedAgain, Status::Returned { amount, reason }) => json!({"data": {
            "amount": amount.to_string(), "bank_reference": bank_reference,
            "currency": currency, "reason": reason, "reference": reference}, "type": "payout.returned"}),
        (_, Status::Accepted | Status::Failed { .. }) => return None,
        (Report::Paid | Report::PaidAgain, _) => paid(reference, payout.amount),
        (Report::OtherAmount, _) => paid(reference, other_amount(payout.amount)),
        (Report::OtherCurrency, _) => paid(reference, other_currency(payout.amount)),
        (Report::Stranger, _) => paid(&stranger(reference), payout.amount),
        (Report::Denied, _) => failed("MS03"),
        (Report::Failed | Report::Returned | Report::ReturnedAgain, _) => return None,
    };
    Some(Bytes::from(event.to_string()))
}

fn parts(money: Money) -> (String, String) {
    (money.to_string(), money.currency().code().to_owned())
}

/// A reference of the same form that nobody ordered: another digit among those that tell nothing.
fn stranger(reference: &str) -> String {
    let other = |(at, digit): (usize, char)| match digit {
        _ if at + 6 != reference.len() => digit,
        '0' => '1',
        _ => '0',
    };
    reference.char_indices().map(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_looks_like_one_of_ours() {
        let ours = "po_0190b3c1d2e47f00b8a1c2d3e4f50607";
        assert_eq!(stranger(ours), "po_0190b3c1d2e47f00b8a1c2d3e4050607");
        assert_eq!(stranger(&stranger(ours)), "po_0190b3c1d2e47f00b8a1c2d3e4150607");
    }
}

//! How a row of `payouts` is read.

use std::sync::Arc;

use money::{Currency, Money};

use crate::PayoutId;
use crate::error::Error;
use crate::payout::{HeldBy, Job, JobKind, Lease, Payout};
use crate::state::PayoutState;

pub(crate) fn payout(row: &pg::Row) -> Result<Payout, Error> {
    let id = PayoutId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("the {what} of {id} can't be read"));
    let currency = Currency::from_db(row.get("currency")).map_err(|_| broken("currency"))?;
    let money = |column: &str| {
        let minor: Option<i64> = row.get(column);
        minor.map(|minor| Money::new(minor, currency)).transpose().map_err(|_| broken(column))
    };
    let held_by: Option<&str> = row.get("held_by");
    Ok(Payout {
        id,
        withdrawal: row.get("withdrawal"),
        payment: row.get("payment"),
        merchant: row.get("merchant"),
        bank: Arc::from(row.get::<_, &str>("bank")),
        attempt: row.get("attempt"),
        amount: money("amount_minor")?.ok_or_else(|| broken("amount"))?,
        beneficiary_sealed: row.get("beneficiary_sealed"),
        state: PayoutState::parse(row.get("status")).ok_or_else(|| broken("status"))?,
        held_by: held_by.map(|by| HeldBy::parse(by).ok_or_else(|| broken("holder"))).transpose()?,
        bank_reference: row.get("bank_reference"),
        amount_received: money("amount_received_minor")?,
        returned: money("returned_minor")?,
        reason: row.get("reason"),
        sends: row.get("sends"),
        queries: row.get("queries"),
        delays: row.get("delays"),
        needs_operator: row.get("needs_operator"),
        created_at: row.get("created_at"),
        sent_at: row.get("sent_at"),
        updated_at: row.get("updated_at"),
        job: None,
        notes: Vec::new(),
        names: Vec::new(),
        disputed_from: None,
        judged: None,
        heard: Vec::new(),
    })
}

/// A locked row's: where it stood when it became disputed.
pub(crate) fn disputed_from(row: &pg::Row) -> Result<Option<PayoutState>, Error> {
    let Some(name) = row.get::<_, Option<&str>>("disputed_from") else { return Ok(None) };
    let broken = || Error::Unexpected(format!("a payout was disputed from {name:?}"));
    PayoutState::parse(name).map(Some).ok_or_else(broken)
}

pub(crate) fn job(row: &pg::Row) -> Result<(PayoutId, Job), Error> {
    let payout = PayoutId::from_uuid(row.get("payout"));
    let kind = JobKind::parse(row.get("kind"))
        .ok_or_else(|| Error::Unexpected(format!("the job of {payout} can't be read")))?;
    let lease = match (row.get("token"), row.get("lease_until")) {
        (Some(token), Some(until)) => Some(Lease { token, until }),
        _ => None,
    };
    Ok((payout, Job { kind, run_at: row.get("run_at"), lease }))
}

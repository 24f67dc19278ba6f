//! What operators look at; personal data masked (R35).

use admin_api::{
    ApprovalRow, AuditRow, EventRow, EvidenceLine, MerchantRow, Page, PaymentRow, PayoutDetail, PayoutPayee,
    PayoutRow,
};
use audit::{ApprovalId, ApprovalState};
use deposits::{Payment, PaymentDetails, PaymentId, PaymentState};
use hyper::StatusCode;
use merchants::{MerchantId, MerchantProfile};
use money::Money;
use payouts::{Payout, PayoutState};
use withdrawals::WithdrawalId;

use super::{Answer, balances, reply};
use crate::app::App;
use crate::commands::{open_beneficiary, rfc3339};
use crate::problem::{self, Problem, Refusal};
use crate::request::Request;

/// One more row than the page holds was asked for: whether there is a next page, and where it starts.
fn page<R, T>(
    mut rows: Vec<R>,
    limit: usize,
    cursor: impl Fn(&R) -> String,
    row: impl Fn(&R) -> Result<T, Refusal>,
) -> Result<Page<T>, Refusal> {
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| has_more).map(cursor);
    Ok(Page { data: rows.iter().map(row).collect::<Result<_, _>>()?, next_cursor, has_more })
}

/// `GET /admin/v1/payments?status=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn payments(app: &App, request: &Request) -> Answer {
    let query = request.query(&["status", "limit", "cursor"])?;
    let asked = query.page()?;
    let status = match query.get("status") {
        None => PaymentState::InReview,
        Some(name) => PaymentState::parse(name)
            .ok_or_else(|| unknown_status(&PaymentState::ALL.map(PaymentState::as_str)))?,
    };
    let after = query.cursor::<deposits::Cursor>()?.unwrap_or(deposits::Cursor::START);
    let conn = app.pool.get().await?;
    let rows = deposits::list(&conn, status, after, asked.fetch()).await?;
    let cursor = |payment: &Payment| deposits::Cursor::after(payment).to_string();
    reply::json(StatusCode::OK, &page(rows, asked.limit, cursor, |payment| payment_row(app, payment))?)
}

pub(super) fn payment_row(app: &App, payment: &Payment) -> Result<PaymentRow, Refusal> {
    let details = PaymentDetails::open(&payment.details_sealed, &app.keyring, payment.id)?;
    let reversed = Money::new(payment.reversed_minor, payment.amount.currency())
        .map_err(|_| Refusal::new(Problem::Internal, "a reversal below zero"))?;
    Ok(PaymentRow {
        id: payment.id.to_string(),
        status: payment.status.as_str().to_owned(),
        amount: payment.amount.to_string(),
        currency: payment.amount.currency().code().to_owned(),
        reason: payment.reason.map(|reason| reason.as_str().to_owned()),
        bank: payment.bank.to_string(),
        reference: payment.reference.clone(),
        merchant_id: payment.merchant.map(|id| id.to_string()),
        account_number: privacy::mask_account_number(&details.account_number),
        remitter: details.remitter_name.as_deref().map(privacy::mask_name),
        reversed_amount: reversed.to_string(),
        value_date: payment.value_date.map(|date| date.to_string()),
        received_at: rfc3339(payment.received_at),
        decided_at: payment.decided_at.map(rfc3339),
    })
}

/// `GET /admin/v1/payouts?status=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn payouts(app: &App, request: &Request) -> Answer {
    let query = request.query(&["status", "limit", "cursor"])?;
    let asked = query.page()?;
    let status = match query.get("status") {
        None => None,
        Some(name) => Some(
            PayoutState::parse(name)
                .ok_or_else(|| unknown_status(&PayoutState::ALL.map(PayoutState::as_str)))?,
        ),
    };
    let after = query.cursor::<payouts::Cursor>()?;
    let conn = app.pool.get().await?;
    let rows = payouts::list(&conn, status, after, asked.limit + 1).await?;
    let cursor = |payout: &Payout| payouts::Cursor::after(payout).to_string();
    reply::json(StatusCode::OK, &page(rows, asked.limit, cursor, |payout| Ok(payout_row(app, payout)))?)
}

/// `GET /admin/v1/payouts/{id}`: with everything that was asked and heard about it (R27).
///
/// # Errors
/// `not-found`; the database's.
pub async fn payout(app: &App, request: &Request) -> Answer {
    let id: payouts::PayoutId = request.id_of("payout")?;
    request.query(&[])?;
    let conn = app.pool.get().await?;
    let payout = payouts::get(&conn, id).await?.ok_or_else(|| Refusal::not_found("payout"))?;
    let line = |line: &payouts::Evidence| EvidenceLine {
        at: rfc3339(line.at),
        source: line.source.clone(),
        text: line.text.clone(),
    };
    let evidence = payouts::evidence(&conn, id).await?.iter().map(line).collect();
    reply::json(StatusCode::OK, &PayoutDetail { payout: payout_row(app, &payout), evidence })
}

fn payout_row(app: &App, payout: &Payout) -> PayoutRow {
    PayoutRow {
        id: payout.id.to_string(),
        status: payout.state.as_str().to_owned(),
        amount: payout.amount.to_string(),
        currency: payout.amount.currency().code().to_owned(),
        reason: payout.reason.clone(),
        bank: payout.bank.to_string(),
        bank_reference: payout.bank_reference.clone(),
        attempt: payout.attempt,
        withdrawal_id: payout.withdrawal.map(|id| WithdrawalId::from_uuid(id).to_string()),
        payment_id: payout.payment.map(|id| PaymentId::from_uuid(id).to_string()),
        merchant_id: payout.merchant.map(|id| MerchantId::from_uuid(id).to_string()),
        payee: payee_of(app, payout),
        held_by: payout.held_by.map(|by| by.as_str().to_owned()),
        sends: payout.sends,
        queries: payout.queries,
        needs_operator: payout.needs_operator,
        amount_received: payout.amount_received.map(|amount| amount.to_string()),
        returned_amount: payout.returned.map(|amount| amount.to_string()),
        created_at: rfc3339(payout.created_at),
        sent_at: payout.sent_at.map(rfc3339),
        updated_at: rfc3339(payout.updated_at),
    }
}

/// Where it can't be opened, the list is still shown: the worker says so in the log.
fn payee_of(app: &App, payout: &Payout) -> Option<PayoutPayee> {
    let payee = open_beneficiary(&app.keyring, payout.id, &payout.beneficiary_sealed).ok()?;
    Some(PayoutPayee {
        holder_name: privacy::mask_name(payee.name.expose()),
        account_number: privacy::mask_account_number(payee.account_number.expose()),
        country: payee.country,
        bank_code: payee.bank_code,
    })
}

/// `GET /admin/v1/merchants?query=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn merchants(app: &App, request: &Request) -> Answer {
    let query = request.query(&["query", "limit", "cursor"])?;
    let asked = query.page()?;
    let after = query.cursor::<MerchantId>()?;
    let conn = app.pool.get().await?;
    let sought = query.get("query").unwrap_or_default();
    let rows = merchants::search(&conn, &app.keyring, sought, after, asked.fetch()).await?;
    reply::json(
        StatusCode::OK,
        &page(rows, asked.limit, |row| row.id.to_string(), |row| Ok(merchant_row(row)))?,
    )
}

/// `GET /admin/v1/merchants/{id}`: with what it has.
///
/// # Errors
/// `not-found`; the database's.
pub async fn merchant(app: &App, request: &Request) -> Answer {
    let id = request.id_of("merchant")?;
    let conn = app.pool.get().await?;
    let found = merchants::merchant(&conn, &app.keyring, id).await?;
    let row = merchant_row(&found.ok_or_else(|| Refusal::not_found("merchant"))?);
    let mut shown = serde_json::to_value(row).map_err(|error| problem::internal(&error))?;
    shown["balances"] = balances::of_merchant(app, &conn, id).await?.into();
    reply::json(StatusCode::OK, &shown)
}

fn merchant_row(row: &MerchantProfile) -> MerchantRow {
    MerchantRow {
        id: row.id.to_string(),
        status: row.state.as_str().to_owned(),
        kind: row.kind.clone(),
        name: privacy::mask_name(row.name.reveal()),
        email: privacy::mask_email(row.email.reveal()),
        reason: row.frozen_reason.clone(),
        legal_reference: row.frozen_legal_reference.clone(),
        frozen_until: row.frozen_until.map(rfc3339),
        tier: row.tier.clone(),
        fully_verified: row.fully_verified,
        created_at: rfc3339(row.created_at),
        updated_at: rfc3339(row.updated_at),
    }
}

/// `GET /admin/v1/events?bank=&verdict=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn events(app: &App, request: &Request) -> Answer {
    let query = request.query(&["bank", "verdict", "limit", "cursor"])?;
    let asked = query.page()?;
    if query.get("verdict").is_some_and(|verdict| !vault::VERDICTS.contains(&verdict)) {
        return Err(Refusal::field("verdict", format!("must be one of {}", vault::VERDICTS.join(", "))));
    }
    let filter = vault::EventFilter {
        bank: query.get("bank").map(str::to_owned),
        verdict: query.get("verdict").map(str::to_owned),
        before: query.cursor()?,
    };
    let conn = app.pool.get().await?;
    let rows = vault::list(&conn, &filter, asked.fetch()).await?;
    let row = |row: &vault::EventRow| {
        Ok(EventRow {
            id: row.id.to_string(),
            bank: row.bank.clone(),
            event_id: row.event_id.clone(),
            verdict: row.verdict.clone(),
            status: row.status,
            key_id: row.key_id.clone(),
            received_at: rfc3339(row.received_at),
            redeliveries: row.redeliveries,
        })
    };
    reply::json(StatusCode::OK, &page(rows, asked.limit, |row| row.id.to_string(), row)?)
}

/// `GET /admin/v1/audit?subject=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn audit(app: &App, request: &Request) -> Answer {
    let query = request.query(&["subject", "limit", "cursor"])?;
    let asked = query.page()?;
    let before = query.cursor::<i64>()?;
    let conn = app.pool.get().await?;
    let rows = audit::list(&conn, query.get("subject"), before, asked.fetch()).await?;
    let row = |row: &audit::AuditRow| {
        let entry = row.entry.clone();
        Ok(AuditRow {
            seq: row.seq,
            at: rfc3339(entry.at),
            actor: entry.actor,
            person: entry.person,
            origin: entry.origin,
            action: entry.action,
            subject: entry.subject,
            reason: entry.reason,
            before: entry.before,
            after: entry.after,
        })
    };
    reply::json(StatusCode::OK, &page(rows, asked.limit, |row| row.seq.to_string(), row)?)
}

/// `GET /admin/v1/approvals?status=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn approvals(app: &App, request: &Request) -> Answer {
    let query = request.query(&["status", "limit", "cursor"])?;
    let asked = query.page()?;
    let state = match query.get("status") {
        None => None,
        Some(name) => Some(
            ApprovalState::parse(name)
                .ok_or_else(|| unknown_status(&ApprovalState::ALL.map(ApprovalState::as_str)))?,
        ),
    };
    let before = query.cursor::<ApprovalId>()?;
    let conn = app.pool.get().await?;
    let rows = audit::list_approvals(&conn, state, before, asked.fetch()).await?;
    let row = |row: &audit::Approval| {
        Ok(ApprovalRow {
            id: row.id.to_string(),
            status: row.state.as_str().to_owned(),
            action: row.action.clone(),
            subject: row.subject.clone(),
            reason: row.reason.clone(),
            shown: row.shown.clone(),
            requested_by: row.requested_by.clone(),
            requested_person: row.requested_person.clone(),
            decided_by: row.decided_by.clone(),
            decided_reason: row.decided_reason.clone(),
            created_at: rfc3339(row.created_at),
            expires_at: rfc3339(row.expires_at),
            decided_at: row.decided_at.map(rfc3339),
        })
    };
    reply::json(StatusCode::OK, &page(rows, asked.limit, |row| row.id.to_string(), row)?)
}

fn unknown_status(known: &[&str]) -> Refusal {
    Refusal::field("status", format!("must be one of {}", known.join(", ")))
}

//! Requests for a second person.

use ::audit::{Approval, ApprovalFilter, ApprovalId, ApprovalState};
use admin_api::{ApprovalDetail, ApprovalRow};
use hyper::StatusCode;
use money::{Currency, Money};
use serde_json::Value;

use super::Listing;
use crate::app::App;
use crate::commands::rfc3339;
use crate::config::{Operator, Role, is_same_person};
use crate::handlers::timeline::Timeline;
use crate::handlers::{Answer, reply};
use crate::problem::Refusal;
use crate::request::Request;

const KNOWN: [&str; 7] = ["status", "action", "subject", "requested_by", "sort", "limit", "cursor"];
const OLDEST: &str = "created_at";
const NEWEST: &str = "-created_at";

/// `GET /admin/v1/approvals?status=&action=&subject=&requested_by=&sort=`, newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&KNOWN)?;
    let states = ApprovalState::ALL.map(ApprovalState::as_str);
    let filter = ApprovalFilter {
        state: super::one_of(&query, "status", &states, ApprovalState::parse)?,
        action: query.get("action"),
        subject: query.get("subject"),
        requested_by: query.get("requested_by"),
    };
    let listing = Listing::read(&query, &[NEWEST, OLDEST], NEWEST)?;
    let after: Option<ApprovalId> = listing.cursor()?;
    let conn = app.pool.get().await?;
    let found = ::audit::list_approvals(&conn, filter, listing.sort == OLDEST, after, listing.limit).await?;
    listing.answer(&found, |approval| approval.id.to_string(), |approval| Ok(row(approval)))
}

/// `GET /admin/v1/approvals/{id}`: with what is asked for, what happened to its subject, and whether the caller may decide it.
///
/// # Errors
/// `not-found`; the database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let id: ApprovalId = request.id_of("approval")?;
    request.query(&[])?;
    let operator = request.caller.operator()?;
    let conn = app.pool.get().await?;
    let approval = ::audit::approval(&conn, id).await?.ok_or_else(|| Refusal::not_found("approval"))?;
    let mut timeline = Timeline::default();
    timeline.add_audit(&conn, &approval.subject, &[]).await?;
    let (timeline, timeline_truncated) = timeline.finish();
    let (may_approve, may_reject) = may_decide(&approval, operator);
    let detail = ApprovalDetail {
        request: approval.request.clone(),
        decided_person: approval.decided_person.clone(),
        may_approve,
        may_reject,
        timeline,
        timeline_truncated,
        approval: row(&approval),
    };
    reply::json(StatusCode::OK, &detail)
}

/// Whether the operator may approve it, and whether it may reject it, as it stands. Whoever asked may take it back.
fn may_decide(approval: &Approval, operator: &Operator) -> (bool, bool) {
    let waits = approval.state == ApprovalState::Pending && operator.role >= Role::Approver;
    (waits && !is_same_person(&approval.requested_person, &operator.person), waits)
}

fn row(approval: &Approval) -> ApprovalRow {
    let (amount, currency) = moves(&approval.action, &approval.shown).unzip();
    ApprovalRow {
        id: approval.id.to_string(),
        status: approval.state.as_str().to_owned(),
        action: approval.action.clone(),
        subject: approval.subject.clone(),
        amount,
        currency,
        reason: approval.reason.clone(),
        shown: approval.shown.clone(),
        requested_by: approval.requested_by.clone(),
        requested_person: approval.requested_person.clone(),
        decided_by: approval.decided_by.clone(),
        decided_reason: approval.decided_reason.clone(),
        created_at: rfc3339(approval.created_at),
        expires_at: rfc3339(approval.expires_at),
        decided_at: approval.decided_at.map(rfc3339),
    }
}

/// What an action moves, in major units, and in which currency: by what the requester was shown, where that tells it.
fn moves(action: &str, shown: &str) -> Option<(String, String)> {
    let shown: Value = serde_json::from_str(shown).ok()?;
    let (row, amount, currency) = match action {
        "payment.credit" | "payment.return" => return left(&shown),
        "payout.retry" => (&shown["withdrawal"], "to_send", "currency"),
        "withdrawal.refund" => (&shown, "to_send", "currency"),
        "merchant.charge" => (&shown, "charge", "currency"),
        "cover_deal.book" => (&shown, "sell_amount", "sell_currency"),
        _ => (&shown, "amount", "currency"),
    };
    Some((row[amount].as_str()?.to_owned(), row[currency].as_str()?.to_owned()))
}

/// Of a payment what its bank has not taken back. Nothing is written with zeros, which are no amount to be read.
fn left(payment: &Value) -> Option<(String, String)> {
    let (amount, currency) = (payment["amount"].as_str()?, payment["currency"].as_str()?);
    let taken = payment["reversed_amount"].as_str()?;
    if taken.chars().all(|digit| matches!(digit, '0' | '.')) {
        return Some((amount.to_owned(), currency.to_owned()));
    }
    let known = Currency::parse(currency).ok()?;
    let taken = Money::parse(taken, known).ok()?;
    let left = Money::parse(amount, known).ok()?.checked_sub(taken).ok()?;
    Some((left.to_string(), currency.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r33_an_approvals_row_says_how_much_is_moved() {
        let payment = json!({"amount": "20000.00", "reversed_amount": "500.00", "currency": "USD"});
        let whole = json!({"amount": "125000", "reversed_amount": "0", "currency": "JPY"});
        let payout = json!({"amount": "8847.75", "currency": "CNY", "withdrawal": {"to_send": "8842.75", "currency": "CNY"}});
        let refund = json!({"id": "wd_1", "to_send": "124625", "currency": "JPY"});
        let cover = json!({"sell_amount": "97.00", "sell_currency": "USD", "buy_amount": "689.67", "buy_currency": "CNY"});
        let frozen = json!({"id": "frz_1", "amount": "120.00", "currency": "USD"});
        let merchant = json!({"id": "mer_1", "status": "frozen"});
        for (action, shown, expected) in [
            ("payment.credit", &payment, Some(("19500.00", "USD"))),
            ("payment.return", &payment, Some(("19500.00", "USD"))),
            ("payment.credit", &whole, Some(("125000", "JPY"))),
            ("payout.retry", &payout, Some(("8842.75", "CNY"))),
            ("payout.resolve", &payout, Some(("8847.75", "CNY"))),
            ("withdrawal.refund", &refund, Some(("124625", "JPY"))),
            ("merchant.charge", &json!({"charge": "12.00", "currency": "USD"}), Some(("12.00", "USD"))),
            ("cover_deal.book", &cover, Some(("97.00", "USD"))),
            ("reversal.dismiss", &frozen, Some(("120.00", "USD"))),
            ("amount.unfreeze", &frozen, Some(("120.00", "USD"))),
            ("merchant.unfreeze", &merchant, None),
            ("fee.set", &json!({"id": null, "status": "none"}), None),
            ("payment.credit", &json!({"amount": "1.00", "currency": "USD"}), None),
        ] {
            let found = moves(action, &shown.to_string());
            let found = found.as_ref().map(|(amount, currency)| (amount.as_str(), currency.as_str()));
            assert_eq!(found, expected, "{action}");
        }
        assert_eq!(moves("payment.credit", "not JSON"), None);
    }
}

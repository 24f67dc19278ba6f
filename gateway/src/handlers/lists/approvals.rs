//! Requests for a second person.

use ::audit::{Approval, ApprovalFilter, ApprovalId, ApprovalState};
use admin_api::{ApprovalDetail, ApprovalRow};
use hyper::StatusCode;

use super::Listing;
use crate::app::App;
use crate::commands::rfc3339;
use crate::config::{Operator, Role};
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
    (waits && approval.requested_person != operator.person, waits)
}

fn row(approval: &Approval) -> ApprovalRow {
    ApprovalRow {
        id: approval.id.to_string(),
        status: approval.state.as_str().to_owned(),
        action: approval.action.clone(),
        subject: approval.subject.clone(),
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

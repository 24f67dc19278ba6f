//! One payment as operators look at it, with all that was noted about it, taken back of it and done with it.

use std::collections::HashMap;

use changes::{Changes, Kind};
use deposits::{NewNote, Note, Payment, PaymentId, PaymentState, Reversal};
use hyper::StatusCode;
use ledger::Layout;
use pg::Connection;
use privacy::Sensitive;
use serde_json::{Value, json};

use super::act::{Act, kept};
use super::timeline::Timeline;
use super::{Answer, lists, reply, reversals};
use crate::app::App;
use crate::commands::rfc3339;
use crate::problem::{self, Problem, Refusal};
use crate::request::Request;

/// The audit trail's word for a note.
const NOTED: &str = "payment.note";
/// Notes that one look shows.
const MOST_NOTES: i64 = 500;

/// `GET /admin/v1/payments/{id}`.
///
/// # Errors
/// `not-found`; the database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let id: PaymentId = request.id_of("payment")?;
    let conn = app.pool.get().await?;
    let payment = deposits::get(&conn, id).await?.ok_or_else(|| Refusal::not_found("payment"))?;
    let notes = deposits::notes(&conn, &app.keyring, id, MOST_NOTES).await?;
    let taken_back = deposits::reversals_of(&conn, &[id]).await?;
    let row = lists::payments::row(app, &payment)?;
    let mut shown = serde_json::to_value(row).map_err(|error| problem::internal(&error))?;
    shown["notes"] = notes.iter().map(note_json).collect();
    shown["reversals"] = taken_back.iter().map(reversals::reversal_json).collect();
    let layout = app.engine.facts().layout;
    timeline(&conn, layout, &payment, &notes, &taken_back).await?.tell(&mut shown)?;
    reply::json(StatusCode::OK, &shown)
}

/// The words of notes stand beside it: they may name people.
async fn timeline(
    conn: &Connection,
    layout: Layout,
    payment: &Payment,
    notes: &[Note],
    taken_back: &[Reversal],
) -> Result<Timeline, Refusal> {
    let id = payment.id.to_string();
    let mut timeline = Timeline::default();
    let event = vault::EventId::from_uuid(payment.event).to_string();
    let reported = format!("{} reports it under {}", payment.bank, payment.reference);
    timeline.add(payment.received_at, "event", event, reported);
    let first = match payment.reason {
        Some(reason) => format!("{}: {}", PaymentState::InReview.as_str(), reason.as_str()),
        None => PaymentState::Credited.as_str().to_owned(),
    };
    let amount = format!("{} {}", payment.amount, payment.amount.currency().code());
    timeline.add(payment.received_at, "received", id.clone(), format!("{amount}, {first}"));
    for note in notes {
        timeline.add(note.created_at, "note", note.id.to_string(), format!("by {}", note.author));
    }
    for row in taken_back {
        let (amount, currency) = (row.amount, row.amount.currency().code());
        let text = format!("{} took back {amount} {currency} under {}", row.bank, row.reference);
        timeline.add(row.applied_at.unwrap_or(row.received_at), "reversal", row.id.to_string(), text);
    }
    let mut causes = HashMap::from([(payment.id.uuid(), id.clone())]);
    for payout in payouts::of_payments(conn, &[(payment.id.shard(), payment.id.uuid())]).await? {
        timeline.add_payout(conn, &payout).await?;
        causes.insert(payout.id.uuid(), payout.id.to_string());
    }
    timeline.add_audit(conn, &id, &[NOTED]).await?;
    if let Some(at) = payment.decided_at.filter(|at| *at > payment.received_at) {
        timeline.add(at, "status", id, payment.status.as_str().to_owned());
    }
    let home = payment.merchant.map(|merchant| merchant.shard());
    let shards = home.into_iter().chain([payment.id.shard()]).collect();
    timeline.add_booked(conn, layout, &shards, &causes).await?;
    Ok(timeline)
}

/// `POST /admin/v1/payments/{id}/notes`: the reason is the note.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn note(app: &App, request: Request) -> Answer {
    let id: PaymentId = request.id_of("payment")?;
    let mut act = Act::read(app, &request)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    if deposits::peek(&tx, id).await?.is_none() {
        let answer = act.refused(Problem::NotFound, "there is no such payment");
        return act.finish(tx, answer).await;
    }
    let now = tx.now().await?;
    // The words stay with the payment, sealed: they may name people, and the trail is for ever.
    let text = Sensitive::new(std::mem::replace(&mut act.reason, "note".to_owned()));
    let new = NewNote { payment: id, author: &act.operator.id, text: &text, now };
    let note = deposits::add_note(&tx, &app.keyring, &new).await?;
    let after = json!({"note": note.to_string()});
    let mut changed = Changes::of_a_transaction();
    changed.add(Kind::Payment, id.uuid());
    changes::record(&tx, &changed).await?;
    act.audit(&tx, now, NOTED, id.to_string(), (None, Some(after))).await?;
    let body = json!({"id": note.to_string(), "author": &*act.operator.id, "created_at": rfc3339(now)});
    let answer = kept(201, &body)?;
    act.finish(tx, answer).await
}

fn note_json(note: &Note) -> Value {
    json!({
        "id": note.id.to_string(),
        "author": note.author,
        "text": note.text.reveal().as_str(),
        "created_at": rfc3339(note.created_at),
    })
}

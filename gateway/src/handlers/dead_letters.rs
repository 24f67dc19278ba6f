//! Notices that were given up, and operators who have them sent again.

use audit::Entry;
use idempotency::{Answer as Kept, Claim};
use merchants::MerchantId;
use notifications::{DeadLetter, DeliveryId, Replay};
use serde_json::{Value, json};

use super::{Answer, admin_actions, reply};
use crate::app::App;
use crate::commands::{Operator, Reply, rfc3339};
use crate::problem::{self, Problem, Refusal};
use crate::request::Request;

/// `GET /admin/v1/dead-letters`, the oldest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor::<DeliveryId>()?);
    let conn = app.pool.get().await?;
    let rows = notifications::dead_letters(&conn, after, page.fetch()).await?;
    reply::list(&page, rows, |row| row.id.to_string(), |row| Ok(render(row)))
}

/// `POST /admin/v1/dead-letters/{id}/replay`.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn replay(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let id: DeliveryId = request.id_of("dead letter")?;
    let reason = admin_actions::reason_of(&request)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    match idempotency::claim(&tx, &[&keyed]).await?.into_iter().next() {
        Some(Claim::Repeat(answer)) => {
            tx.commit().await?;
            return Ok(stored(answer, true));
        }
        Some(Claim::OtherRequest) => {
            let detail = "this Idempotency-Key was used before, for another request";
            return Err(Refusal::new(Problem::IdempotencyKeyReused, detail));
        }
        Some(Claim::First | Claim::SameAs(_)) | None => {}
    }
    let answer = match notifications::replay(&tx, id).await? {
        Replay::Done => {
            let entry = entry(&operator, id, reason, &keyed.key, tx.now().await?);
            audit::append(&tx, &[entry]).await?;
            let body = json!({"id": id.to_string(), "status": "pending"}).to_string().into_bytes();
            Kept { status: 200, body }
        }
        Replay::NotFound => refused(&request, Problem::NotFound, "there is no such dead letter"),
        Replay::Not(state) => {
            refused(&request, Problem::IllegalTransition, &format!("the delivery is {}", state.as_str()))
        }
    };
    idempotency::record(&tx, &[(&keyed, answer.clone())]).await?;
    tx.commit().await?;
    app.engine.wake_notices();
    Ok(stored(answer, false))
}

fn entry(operator: &Operator, id: DeliveryId, reason: String, key: &str, at: time::OffsetDateTime) -> Entry {
    Entry {
        at,
        actor: operator.id.to_string(),
        person: operator.person.to_string(),
        origin: operator.origin.clone(),
        action: "dead_letter.replay".to_owned(),
        subject: id.to_string(),
        reason,
        before: Some(json!({"status": "dead"}).to_string()),
        after: Some(json!({"status": "pending"}).to_string()),
        idempotency_key: Some(key.to_owned()),
    }
}

fn refused(request: &Request, problem: Problem, detail: &str) -> Kept {
    Kept { status: problem.status(), body: problem::body(problem, detail, &request.id, &[]).to_vec() }
}

fn stored(answer: Kept, replayed: bool) -> hyper::Response<http_body_util::Full<bytes::Bytes>> {
    reply::stored(Reply { status: answer.status, body: answer.body.into(), replayed })
}

fn render(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id.to_string(),
        "notice_id": letter.notice.to_string(),
        "merchant_id": MerchantId::from_uuid(letter.merchant).to_string(),
        "channel": letter.channel,
        "webhook_id": letter.endpoint.map(|id| id.to_string()),
        "type": letter.event_type,
        "subject": letter.subject,
        "attempts": letter.attempts,
        "replays": letter.replays,
        "last_answer": letter.last_answer,
        "created_at": rfc3339(letter.created_at),
        "died_at": rfc3339(letter.died_at),
    })
}

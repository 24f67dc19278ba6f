//! Notices that were given up, and operators who have them sent again.

use merchants::MerchantId;
use notifications::{DeadLetter, DeliveryId, Replay};
use pg::Place;
use serde_json::{Value, json};

use super::act::{Act, kept};
use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::problem::Problem;
use crate::request::Request;

/// `GET /admin/v1/dead-letters`, the oldest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor::<Place>()?.unwrap_or(Place::START));
    let conn = app.pool.get().await?;
    let rows = notifications::dead_letters(&conn, after, page.fetch()).await?;
    reply::list(&page, rows, |row| row.place().to_string(), |row| Ok(render(row)))
}

/// `POST /admin/v1/dead-letters/{id}/replay`.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn replay(app: &App, request: Request) -> Answer {
    let id: DeliveryId = request.id_of("dead letter")?;
    let act = Act::read(app, &request)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let answer = match notifications::replay(&tx, id).await? {
        Replay::Done => {
            let change = (Some(json!({"status": "dead"})), Some(json!({"status": "pending"})));
            act.audit(&tx, tx.now().await?, "dead_letter.replay", id.to_string(), change).await?;
            kept(200, &json!({"id": id.to_string(), "status": "pending"}))?
        }
        Replay::NotFound => act.refused(Problem::NotFound, "there is no such dead letter"),
        Replay::Not(state) => {
            act.refused(Problem::IllegalTransition, &format!("the delivery is {}", state.as_str()))
        }
    };
    let answered = act.finish(tx, answer).await;
    app.engine.wake_notices();
    answered
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

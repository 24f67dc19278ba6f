//! Where merchants want to be told.

use hyper::StatusCode;
use notifications::{Endpoint, EndpointId, MAX_ENDPOINTS, NoTest};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, reply};
use crate::app::App;
use crate::body;
use crate::commands::rfc3339;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `POST /v1/webhooks`: the secret is in this answer only.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn create(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let Body { url } = body::parse(&request.body)?;
    notifications::target(&url, app.config.notifications.allow_private_addresses)
        .map_err(|why| Refusal::field("url", why))?;
    let id = EndpointId::new(merchant.shard());
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let made = notifications::create_endpoint(&tx, &app.keyring, id, merchant.uuid(), &url).await?;
    tx.commit().await?;
    let Some((endpoint, secret)) = made else {
        let detail = format!("there are {MAX_ENDPOINTS} endpoints already");
        return Err(Refusal::new(Problem::LimitExceeded, detail));
    };
    let mut answer = render(&endpoint);
    answer["secret"] = Value::from(secret.reveal().as_str());
    reply::json(StatusCode::CREATED, &answer)
}

/// `GET /v1/webhooks`: all of them, they are few.
///
/// # Errors
/// The database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    request.query(&[])?;
    let conn = app.pool.get().await?;
    let endpoints = notifications::list_endpoints(&conn, merchant.shard(), merchant.uuid()).await?;
    let data: Vec<Value> = endpoints.iter().map(render).collect();
    reply::json(StatusCode::OK, &json!({"data": data, "next_cursor": null, "has_more": false}))
}

/// `DELETE /v1/webhooks/{id}`.
///
/// # Errors
/// `not-found`; the database's.
pub async fn delete(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id = request.id_of("webhook")?;
    let conn = app.pool.get().await?;
    match notifications::delete_endpoint(&conn, merchant.uuid(), id).await? {
        true => Ok(reply::no_content()),
        false => Err(Refusal::not_found("webhook")),
    }
}

/// `POST /v1/webhooks/{id}/test`: sends `webhook.test` there.
///
/// # Errors
/// `not-found`, also for one that is disabled; `rate-limited` while the last test is on its way; the database's.
pub async fn test(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id = request.id_of("webhook")?;
    body::parse::<Nothing>(&request.body)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let notice = notifications::enqueue_test(&tx, merchant.uuid(), id).await?;
    tx.commit().await?;
    let notice = notice.map_err(|why| match why {
        NoTest::NoSuchEndpoint => Refusal::not_found("active webhook"),
        NoTest::OneUnderWay(wait) => Refusal::rate_limited("the last test is tried until it arrives", wait),
    })?;
    app.engine.wake_notices();
    reply::json(StatusCode::ACCEPTED, &json!({"id": notice.to_string(), "type": "webhook.test"}))
}

pub(super) fn render(endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id.to_string(),
        "url": endpoint.url,
        "status": endpoint.state.as_str(),
        "created_at": rfc3339(endpoint.created_at),
    })
}

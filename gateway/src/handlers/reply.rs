//! Answers that are not problems.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::body::{self, Outgoing};
use crate::commands::Reply;
use crate::problem::{self, Refusal};
use crate::request::Page;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A body of this type.
pub fn typed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Outgoing> {
    let mut response = Response::new(body::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A JSON body.
///
/// # Errors
/// `internal`, should a value not be writable.
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Result<Response<Outgoing>, Refusal> {
    let body = serde_json::to_vec(value).map_err(|error| problem::internal(&error))?;
    Ok(typed(status, "application/json", body))
}

/// No body.
pub fn no_content() -> Response<Outgoing> {
    let mut response = Response::new(body::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A lane's answer, as it was stored.
pub fn stored(reply: Reply) -> Response<Outgoing> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let is_problem = status.is_client_error() || status.is_server_error();
    let kind = if is_problem { problem::CONTENT } else { "application/json" };
    let mut response = marked(typed(status, kind, reply.body), reply.replayed);
    if matches!(reply.status, 429 | 503) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(problem::RETRY_AFTER_SECONDS));
    }
    response
}

/// Says of a repeated answer that it is one.
pub fn marked(mut response: Response<Outgoing>, replayed: bool) -> Response<Outgoing> {
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// A page of a list, from rows of which one more than the page holds was asked for.
///
/// # Errors
/// `internal`, should a row not be writable.
pub fn list<R>(
    page: &Page,
    mut rows: Vec<R>,
    cursor: impl Fn(&R) -> String,
    render: impl FnMut(&R) -> Result<Value, Refusal>,
) -> Result<Response<Outgoing>, Refusal> {
    let has_more = rows.len() > page.limit;
    rows.truncate(page.limit);
    let next = if has_more { rows.last().map(cursor) } else { None };
    let data = rows.iter().map(render).collect::<Result<Vec<_>, _>>()?;
    json(StatusCode::OK, &json!({"data": data, "next_cursor": next, "has_more": has_more}))
}

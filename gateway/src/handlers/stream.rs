//! What changes, as it changes.

use std::sync::Arc;

use http_body_util::Either;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Response};

use super::{Answer, reply};
use crate::app::App;
use crate::request::Request;
use crate::stream;

const LAST_EVENT_ID: &str = "last-event-id";
const KIND: &str = "text/event-stream";
/// Proxies that gather answers before they pass them on are asked not to.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /admin/v1/stream`.
///
/// # Errors
/// What is wrong with the query; `overloaded` when all streams are taken; the database's.
pub async fn open(app: &Arc<App>, request: &Request) -> Answer {
    request.query(&[])?;
    if request.method == Method::HEAD {
        return Ok(reply::typed(hyper::StatusCode::OK, KIND, ""));
    }
    let last = request.headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("unreadable"));
    let last = last.filter(|last| !last.is_empty());
    let operator = request.caller.operator()?.clone();
    let events = stream::join(app, operator, last, request.busy.connection()).await?;
    let mut response = Response::new(Either::Right(Either::Left(events)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(KIND));
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

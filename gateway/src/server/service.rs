//! One request, from its head to its answer.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Either};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, Version};
use tokio::time::{Instant, timeout};

use super::{Busy, PeerCertificate};
use crate::app::App;
use crate::body::{self, Outgoing};
use crate::caller::{self, Caller};
use crate::handlers;
use crate::metrics;
use crate::problem::{self, Problem, Refusal};
use crate::request::{self, Request};
use crate::room::Place;
use crate::route::{self, Entry, Found, Listener};

const NO_SNIFFING: HeaderName = HeaderName::from_static("x-content-type-options");

/// A body that took no longer came along with its head: who sent it was asked a moment ago.
const AT_ONCE: Duration = Duration::from_millis(50);

/// Who is at the other end of a connection.
#[derive(Clone)]
pub struct Peer {
    pub addr: SocketAddr,
    pub certificate: Arc<PeerCertificate>,
}

/// Answers a request, whatever happens.
pub async fn serve(
    app: Arc<App>,
    listener: Listener,
    peer: Peer,
    busy: Busy,
    incoming: hyper::Request<Incoming>,
) -> Response<Outgoing> {
    let start = Instant::now();
    let id = request::request_id(incoming.headers());
    let head = *incoming.method() == Method::HEAD;
    // Who waits to be asked for its body isn't, once it was refused; over HTTP/2 a stream ends without its connection.
    let is_to_be_read = incoming.version() < Version::HTTP_2 && !incoming.headers().contains_key(EXPECT);
    let (parts, body) = incoming.into_parts();
    let mut body = Some(body).filter(|body| !body.is_end_stream());
    let found = route::find(listener, &parts.method, parts.uri.path());
    let label = match &found {
        Found::Route(entry, _) => entry.label,
        Found::OtherMethod(_) | Found::Nothing => "none",
    };
    let answer = match found {
        Found::Route(entry, parameter) => {
            let request = Heads { entry, parameter, listener, peer, busy, id: id.clone() };
            within_limits(&app, request, parts, &mut body).await
        }
        Found::OtherMethod(allow) => Err(Refusal {
            allow: Some(allow),
            ..Refusal::new(Problem::MethodNotAllowed, format!("this path takes {allow}"))
        }),
        Found::Nothing => Err(Refusal::not_found("path")),
    };
    let mut response = answer.unwrap_or_else(|refusal| {
        refusal.log(&id, label);
        refusal.response(&id)
    });
    finish(&mut response, &id, head).await;
    if let Some(unread) = body.filter(|_| is_to_be_read)
        && let Some(place) = app.room.unwanted()
    {
        tokio::spawn(async move {
            body::throw_away(unread).await;
            drop(place);
        });
    }
    metrics::answered(label, response.status(), start.elapsed());
    response
}

/// What is known before the body.
struct Heads {
    entry: &'static Entry,
    parameter: Option<Arc<str>>,
    listener: Listener,
    peer: Peer,
    busy: Busy,
    id: Arc<str>,
}

async fn within_limits(
    app: &Arc<App>,
    heads: Heads,
    parts: Parts,
    body: &mut Option<Incoming>,
) -> Result<Response<Outgoing>, Refusal> {
    let work = AssertUnwindSafe(answer(app, heads, parts, body)).catch_unwind();
    match timeout(app.config.server.request_timeout_ms.duration(), work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(problem::internal(&"a handler panicked")),
        Err(_) => Err(Refusal::new(Problem::LedgerUnavailable, "no answer in time; it may still be done")),
    }
}

/// Who, then what kind of body, then the body, then the handler: strangers cost as little as possible.
async fn answer(
    app: &Arc<App>,
    heads: Heads,
    parts: Parts,
    incoming: &mut Option<Incoming>,
) -> Result<Response<Outgoing>, Refusal> {
    let place = app.room.work(heads.listener)?;
    let caller = who(app, &heads, &parts.headers).await?;
    let (body, caller, _place) = match heads.entry.body_limit {
        0 => (Bytes::new(), caller, place),
        _ => body_of(app, &heads, &parts.headers, incoming, (caller, place)).await?,
    };
    let request = Request {
        entry: heads.entry,
        caller,
        id: heads.id,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        parameter: heads.parameter,
        body,
        peer: heads.peer.addr,
        certificate: heads.peer.certificate,
        busy: heads.busy,
    };
    handlers::handle(app, request).await
}

/// Who calls. A bank is known by its signature only, and so when its event was verified; on the listener of probes, which is this
/// machine's, nobody need say more.
async fn who(app: &App, heads: &Heads, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let caller = caller::authenticate(app, heads.entry, heads.parameter.as_deref(), headers).await?;
    match caller {
        Caller::Merchant(_) | Caller::Operator(_) => heads.busy.is_known()?,
        Caller::Anyone if heads.listener == Listener::Metrics => heads.busy.is_known()?,
        Caller::Anyone | Caller::Bank => {}
    }
    Ok(caller)
}

/// The body, who sent it, and a place to work on it. On the public listener nobody has one while the body is on its way. Who calls
/// is asked once more after a body that was waited for: whoever is deleted, frozen or removed meanwhile moves nothing any more,
/// however long before it has sent the head.
async fn body_of<'a>(
    app: &'a App,
    heads: &Heads,
    headers: &HeaderMap,
    incoming: &mut Option<Incoming>,
    (caller, place): (Caller, Place<'a>),
) -> Result<(Bytes, Caller, Place<'a>), Refusal> {
    let (limit, time) = (heads.entry.body_limit, app.config.server.body_read_timeout_ms.duration());
    request::expect_content_type(headers, heads.entry.content_types())?;
    body::check_announced(headers, limit)?;
    let asked = Instant::now();
    let (body, place) = match app.room.bodies(heads.listener) {
        None => (body::read(incoming, limit, time, None).await?, place),
        Some(places) => {
            drop(place);
            let body = body::read(incoming, limit, time, Some(places)).await?;
            (body, app.room.work(heads.listener)?)
        }
    };
    let caller = if asked.elapsed() > AT_ONCE { who(app, heads, headers).await? } else { caller };
    Ok((body, caller, place))
}

async fn finish(response: &mut Response<Outgoing>, id: &str, head: bool) {
    if head {
        let body = std::mem::replace(response.body_mut(), body::whole(Bytes::new()));
        if let Either::Left(whole) = body {
            let length = whole.collect().await.map(|whole| whole.to_bytes().len()).unwrap_or_default();
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static(request::REQUEST_ID), value);
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(NO_SNIFFING, HeaderValue::from_static("nosniff"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room<F>(_: impl FnOnce(Arc<App>, Listener, Peer, Busy, hyper::Request<Incoming>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_request_is_moved_about_without_the_room_of_its_handler() {
        let room = room(serve);
        assert!(room < 4096, "{room} bytes are moved several times for each request");
    }
}

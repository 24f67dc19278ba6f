//! One request, from its head to its answer.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Either};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, Version};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::PeerCertificate;
use crate::app::App;
use crate::body::{self, Outgoing};
use crate::caller;
use crate::handlers;
use crate::metrics;
use crate::problem::{self, Problem, Refusal};
use crate::request::{self, Request};
use crate::room::Place;
use crate::route::{self, Entry, Found, Listener};

const NO_SNIFFING: HeaderName = HeaderName::from_static("x-content-type-options");

/// Who is at the other end of a connection.
#[derive(Clone)]
pub struct Peer {
    pub addr: SocketAddr,
    pub certificate: Arc<PeerCertificate>,
    /// Ends the connection at once.
    pub connection: CancellationToken,
}

/// Answers a request, whatever happens.
pub async fn serve(
    app: Arc<App>,
    listener: Listener,
    peer: Peer,
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
            let request = Heads { entry, parameter, listener, peer, id: id.clone() };
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
    let caller = caller::authenticate(app, heads.entry, heads.parameter.as_deref(), &parts.headers).await?;
    let (body, _place) = match heads.entry.body_limit {
        0 => (Bytes::new(), place),
        _ => body_of(app, &heads, &parts.headers, incoming, place).await?,
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
        connection: heads.peer.connection,
    };
    handlers::handle(app, request).await
}

/// The body, and a place to work on it. On the public listener nobody has one while the body is on its way.
async fn body_of<'a>(
    app: &'a App,
    heads: &Heads,
    headers: &HeaderMap,
    incoming: &mut Option<Incoming>,
    place: Place<'a>,
) -> Result<(Bytes, Place<'a>), Refusal> {
    let (limit, time) = (heads.entry.body_limit, app.config.server.body_read_timeout_ms.duration());
    request::expect_content_type(headers, heads.entry.content_types())?;
    body::check_announced(headers, limit)?;
    let Some(places) = app.room.bodies(heads.listener) else {
        return Ok((body::read(incoming, limit, time, None).await?, place));
    };
    drop(place);
    let body = body::read(incoming, limit, time, Some(places)).await?;
    Ok((body, app.room.work(heads.listener)?))
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

    fn room<F>(_: impl FnOnce(Arc<App>, Listener, Peer, hyper::Request<Incoming>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_request_is_moved_about_without_the_room_of_its_handler() {
        let room = room(serve);
        assert!(room < 4096, "{room} bytes are moved several times for each request");
    }
}

//! Strangers at the door: whatever they do, it costs little and ends.

mod client_certificates;
mod crowds;
mod early_refusals;
mod reloads;
mod slow_bodies;
mod streams;
mod withheld_bodies;
mod world;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::pending;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Body, Frame};
use hyper::client::conn::http2;
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::route::Listener;
use crate::server::connection::Connection;
use crate::server::seats::Seats;

use self::world::{EVENTS, SOON, World, finish, listens, rest, until};

const OPENAPI: &str = include_str!("../../openapi.yaml");
const GET: &str = "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n";
/// Shorter than any time-out that a test sets, longer than an immediate end takes.
const A_WHILE: Duration = Duration::from_millis(250);

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_let_go() {
    let world = World::start("handshake_timeout_ms = 500").await;
    let begun = Instant::now();
    let mut stream = TcpStream::connect(world.at.public).await.expect("a connection");
    assert_eq!(rest(&mut stream).await, "");
    assert!(begun.elapsed() >= A_WHILE, "not before its time");
    world.end().await;
}

#[tokio::test]
async fn the_public_listener_waits_for_nobodys_threads() {
    let world = World::start("threads = 1").await;
    let request = format!("{GET}Connection: close\r\n\r\n");
    assert_eq!(status(&world.ask(request.as_bytes()).await), "200");
    // A proof of the books, say, holds the only thread of all the rest for as long as a client from outside asks.
    let answer = std::thread::scope(|threads| {
        let ask = || {
            let outside =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let answer = async { timeout(SOON, world.ask(request.as_bytes())).await };
            outside.block_on(answer).expect("an answer in time")
        };
        threads.spawn(ask).join().expect("no panic")
    });
    assert_eq!(status(&answer), "200");
    world.end().await;
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let world = World::start("header_read_timeout_ms = 500").await;
    let begun = Instant::now();
    let (mut read, mut write) = tokio::io::split(world.connect("http/1.1").await);
    let trickle = tokio::spawn(async move {
        let head = format!("{GET}X-Slow: ");
        for byte in head.bytes().chain(std::iter::repeat(b'a')) {
            if write.write_all(&[byte]).await.and(write.flush().await).is_err() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    let answer = rest(&mut read).await;
    assert!(matches!(status(&answer), "none" | "408"), "{answer}");
    assert!(begun.elapsed() >= A_WHILE, "not before its time");
    trickle.abort();
    // The same for a connection that was used once and then falls silent.
    let answer = world.ask(format!("{GET}\r\n").as_bytes()).await;
    assert_eq!(status(&answer), "200");
    world.end().await;
}

#[tokio::test]
async fn heads_have_a_size_and_a_number_of_fields() {
    let world = World::start("max_header_bytes = 8192\nmax_headers = 20").await;
    let many: String = (0..30).map(|number| format!("X-{number}: 1\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "a".repeat(10_000));
    for fields in [many, long] {
        let answer = world.ask(format!("{GET}{fields}\r\n").as_bytes()).await;
        assert_eq!(status(&answer), "431", "{answer}");
    }
    let (mut sender, driver) = http2_client(&world).await;
    let long = Request::get("https://localhost/openapi.yaml").header("x-long", "a".repeat(10_000));
    let answer = sender.send_request(long.body(Empty::<Bytes>::new()).expect("a request")).await;
    assert!(answer.map_or(true, |answer| answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    driver.abort();
    world.end().await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_early_and_late() {
    let world = World::start("").await;
    // Announced: refused with not one byte of it sent.
    let answer = world.ask(format!("{EVENTS}Content-Length: 20971520\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&answer), "413", "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("body-too-large"), "{answer}");
    // Not announced: refused at the first byte too many.
    let length = (2 << 20) + 1;
    let mut request = format!("{EVENTS}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n").into_bytes();
    request.resize(request.len() + length, b'x');
    let answer = world.ask(&request).await;
    assert_eq!(status(&answer), "413", "{answer}");
    world.end().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::start("body_read_timeout_ms = 500").await;
    let begun = Instant::now();
    let answer = world.ask(format!("{EVENTS}Content-Length: 10\r\n\r\n{{").as_bytes()).await;
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(answer.contains("request-timeout"), "{answer}");
    assert!(begun.elapsed() >= A_WHILE, "not before its time");
    world.end().await;
}

#[tokio::test]
async fn r1_a_hundred_thousand_brackets_are_kept_and_answered() {
    let world = World::start("").await;
    let body = "[".repeat(100_000);
    let request = format!("{}{body}", world.head_of_event("evt_deep", &body));
    let first = world.ask(request.as_bytes()).await;
    assert_eq!(status(&first), "400", "{first}");
    assert!(first.contains("malformed-json"), "{first}");
    let again = world.ask(request.as_bytes()).await;
    assert!(again.to_lowercase().contains("idempotency-replayed: true"), "{again}");
    world.end().await;
}

#[tokio::test]
async fn a_self_check_takes_of_its_banks_share_too() {
    let world = World::start("max_requests = 8").await;
    let check = world.head_of_event("evt_1", "{}").replace("/events", "/events?dry_run=true") + "{}";
    let told = world.ask(check.as_bytes()).await;
    assert!(status(&told) == "200" && told.contains("\"verified\":true"), "{told}");
    let share: Vec<_> = std::iter::from_fn(|| world.app.shares.take("alpha")).collect();
    assert_eq!(share.len(), 4);
    let refused = world.ask(check.as_bytes()).await;
    assert!(status(&refused) == "503" && refused.contains("overloaded"), "{refused}");
    drop(share);
    assert_eq!(status(&world.ask(check.as_bytes()).await), "200", "it gave its place back");
    world.end().await;
}

#[tokio::test]
async fn r5_a_verified_event_with_a_day_of_no_calendar_is_kept_and_answered() {
    let world = World::start("").await;
    let body = r#"{"type":"funds.received","data":{"reference":"R1","account_number":"8335001234","amount":"1.00","currency":"USD","value_date":"-9999-01-01"}}"#;
    let request = format!("{}{body}", world.head_of_event("evt_day", body));
    let first = world.ask(request.as_bytes()).await;
    assert!(status(&first) == "422" && first.contains("data.value_date"), "{first}");
    let again = world.ask(request.as_bytes()).await;
    assert!(status(&again) == "422", "{again}");
    assert!(again.to_lowercase().contains("idempotency-replayed: true"), "{again}");
    world.end().await;
}

async fn http2_client<B>(world: &World) -> (http2::SendRequest<B>, JoinHandle<()>)
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    let stream = world.connect("h2").await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    (sender, tokio::spawn(async move { drop(connection.await) }))
}

/// One request; the length of its answer's body.
async fn fetch(mut sender: http2::SendRequest<Empty<Bytes>>) -> Result<usize, hyper::Error> {
    let get = Request::get("https://localhost/openapi.yaml").body(Empty::new()).expect("a request");
    let answer = sender.send_request(get).await?;
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
    Ok(answer.into_body().collect().await?.to_bytes().len())
}

#[tokio::test]
async fn http_2_is_spoken_and_not_for_ever() {
    let world = World::start("max_concurrent_streams = 4\nidle_timeout_seconds = 1").await;
    let (sender, driver) = http2_client(&world).await;
    // With the first answer come the server's settings, which the client keeps to from then on.
    assert_eq!(fetch(sender.clone()).await.expect("an answer"), OPENAPI.len());
    for length in join_all((0..50).map(|_| fetch(sender.clone()))).await {
        assert_eq!(length.expect("an answer"), OPENAPI.len());
    }
    // Nobody asks any more, so the server ends it, although the client would keep it.
    timeout(SOON, driver).await.expect("the connection ends").expect("no panic");
    world.end().await;
}

#[tokio::test]
async fn streams_beyond_the_most_are_not_worked_on() {
    let world = World::start("max_concurrent_streams = 4").await;
    let (sender, driver) = http2_client(&world).await;
    let most = world.bodies_left();
    // Bodies that never end, so that each request stays under way. Whether the client waits with the others or the
    // server refuses them depends on when the client reads how many there may be; more than that there never are.
    let requests = join_all((0..20).map(|_| {
        let mut sender = sender.clone();
        let body = StreamBody::new(pending::<Result<Frame<Bytes>, Infallible>>());
        let post = Request::post("https://localhost/v1/banks/alpha/events");
        let post = post.header("content-type", "application/json").body(body).expect("a request");
        async move { drop(sender.send_request(post).await) }
    }));
    let requests = tokio::spawn(requests);
    until("four are under way", async || world.bodies_left() == most - 4).await;
    for _ in 0..25 {
        sleep(A_WHILE / 25).await;
        assert_eq!(world.bodies_left(), most - 4);
    }
    requests.abort();
    driver.abort();
    world.end().await;
}

#[tokio::test]
async fn requests_beyond_the_most_are_refused_at_once() {
    let world = World::start("max_requests = 1").await;
    let busy = world.app.room.work(Listener::Public).expect("the only place");
    let refused = world.ask(format!("{GET}Connection: close\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&refused), "503", "{refused}");
    assert!(refused.to_lowercase().contains("retry-after: 1") && refused.contains("overloaded"), "{refused}");
    assert_eq!(status(&world.probe("/healthz").await), "200", "probes need no permit");
    drop(busy);
    let answered = world.ask(format!("{GET}Connection: close\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&answered), "200");
    world.end().await;
}

#[tokio::test]
async fn a_drain_says_so_first_and_finishes_what_has_begun() {
    let world = World::start("drain_seconds = 60").await;
    assert_eq!(status(&world.probe("/readyz").await), "200");
    let mut idle = world.connect("http/1.1").await;
    idle.write_all(format!("{GET}\r\n").as_bytes()).await.expect("sent");
    assert_ne!(idle.read(&mut [0; 1]).await.expect("an answer"), 0);
    let busy = world.begin().await;

    world.stop.cancel();
    until("not ready", async || world.probe("/readyz").await.contains("draining")).await;
    assert_eq!(status(&world.probe("/healthz").await), "200");
    until("no new connections", async || !listens(world.at.public).await && !listens(world.at.admin).await)
        .await;
    rest(&mut idle).await;
    assert!(!world.served.is_finished(), "one request is under way");
    assert_eq!(status(&finish(busy).await), "401", "and is answered");
    world.end().await;
}

#[tokio::test]
async fn a_drain_ends_at_its_deadline() {
    let world = World::start("drain_seconds = 1\nbody_read_timeout_ms = 600000\nrequest_timeout_ms = 600000");
    let world = world.await;
    let mut stuck = world.begin().await;
    world.stop.cancel();
    assert_eq!(rest(&mut stuck).await, "", "cut without an answer");
    world.end().await;
}

/// By itself, since a gateway that stops takes the threads of its connections along.
#[tokio::test]
async fn a_connection_finishes_what_has_begun_until_all_must_end() {
    let world = World::start("body_read_timeout_ms = 600000\nrequest_timeout_ms = 600000").await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = tcp.local_addr().expect("its address");
    let (closing, ending) = (CancellationToken::new(), CancellationToken::new());
    let (app, peer, tokens) = (world.app.clone(), at, (closing.clone(), ending.clone()));
    let seat = Seats::new(Listener::Public, 1).take().await;
    let connection =
        Connection { app, listener: Listener::Public, peer, seat, closing: tokens.0, ending: tokens.1 };
    let served = tokio::spawn(async move {
        let (stream, _) = tcp.accept().await.expect("a connection");
        connection.serve(stream).await;
    });
    let mut stuck = world.begin_at(at).await;
    closing.cancel();
    sleep(A_WHILE).await;
    assert!(!served.is_finished(), "one request is under way");
    ending.cancel();
    timeout(SOON, served).await.expect("cut in time").expect("no panic");
    assert_eq!(rest(&mut stuck).await, "", "without an answer");
    world.end().await;
}

#[tokio::test]
async fn without_a_database_it_lives_but_is_not_ready() {
    let world = World::start("").await;
    assert_eq!(status(&world.probe("/readyz").await), "200");
    world.app.pool.close();
    until("not ready", async || status(&world.probe("/readyz").await) == "503").await;
    assert!(world.probe("/readyz").await.to_lowercase().contains("\r\nretry-after: 1\r\n"));
    assert_eq!(status(&world.probe("/healthz").await), "200");
    let answer = world
        .ask(b"GET /v1/balances HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer k\r\n\r\n");
    let answer = answer.await;
    assert_eq!(status(&answer), "401", "what can't be a key takes no connection: {answer}");
    let key = "sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let get = format!(
        "GET /v1/balances HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let answer = world.ask(get.as_bytes()).await;
    assert_eq!(status(&answer), "503", "{answer}");
    world.end().await;
}

#[tokio::test]
async fn every_answer_carries_an_id_and_says_what_is_possible() {
    let world = World::start("").await;
    let ask = async |line: &str| {
        let request =
            format!("{line} HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine-1\r\nConnection: close\r\n\r\n");
        world.ask(request.as_bytes()).await.to_lowercase()
    };
    let head = ask("HEAD /openapi.yaml").await;
    assert!(head.contains(&format!("content-length: {}", OPENAPI.len())), "{head}");
    assert!(head.ends_with("\r\n\r\n") && head.contains("x-request-id: mine-1"), "{head}");
    let other = ask("PUT /v1/payees").await;
    assert!(status(&other) == "405" && other.contains("allow: get, head, post"), "{other}");
    assert!(other.contains(r#""request_id":"mine-1""#), "{other}");
    for elsewhere in ["GET /metrics", "GET /admin/v1/overview", "GET /readyz", "GET /v1/payees/"] {
        assert_eq!(status(&ask(elsewhere).await), "404", "{elsewhere}");
    }
    world.end().await;
}

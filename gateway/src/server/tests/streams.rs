//! Who opens the event stream and doesn't read it is cut off; who reads it is heard of until the gateway stops.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::client::TlsStream;

use super::world::{SOON, World, rest, until};

/// One operator, whose token is "test".
pub const OPERATOR: &str = "[[operators]]\nid = \"op_test\"\nperson = \"Tess\"\nrole = \"viewer\"\n\
    token_sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n";
const STREAM: &str = "GET /admin/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test\r\n\r\n";

async fn world(limits: &str) -> World {
    World::start_in(tempfile::tempdir().expect("a folder"), limits, OPERATOR).await
}

/// A stream whose `hello` was read.
pub async fn open(world: &World) -> TlsStream<TcpStream> {
    let mut stream = world.connect_to(world.at.admin, "http/1.1").await;
    stream.write_all(STREAM.as_bytes()).await.expect("asked");
    read_until(&mut stream, "event: hello").await;
    stream
}

async fn read_until(stream: &mut TlsStream<TcpStream>, wanted: &str) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(wanted) {
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).await.expect("read");
            assert!(count > 0, "it ended: {read}");
            read.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    };
    timeout(SOON, reading).await.unwrap_or_else(|_| panic!("no {wanted}"));
    read
}

fn listens(world: &World) -> bool {
    world.app.hub.still_wanted(&world.app.live.get().operators)
}

#[tokio::test]
async fn who_does_not_read_a_stream_is_cut_off_and_does_not_fill_the_memory() {
    let world = world("").await;
    let mut slow = open(&world).await;
    let chunk = Bytes::from(vec![b'x'; 64 << 10]);
    let mut told = 0;
    while listens(&world) {
        world.app.hub.tell(&chunk);
        told += 1;
        assert!(told < 1000, "{told} messages are kept for one who doesn't read");
        sleep(Duration::from_millis(2)).await;
    }
    // What the kernel took is there; then the connection ends, though nobody asked it to.
    let read = rest(&mut slow).await.len();
    assert!(read < told * chunk.len(), "{read} of {told} messages");
    until("the place is free", async || world.app.hub.free_places() == world.app.config.stream.max_streams)
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_stream_outlives_the_time_of_idle_connections_and_requests() {
    let world =
        world("idle_timeout_seconds = 1\nrequest_timeout_ms = 11000\nheader_read_timeout_ms = 1000").await;
    let mut stream = open(&world).await;
    read_until(&mut stream, "event: overview").await;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(13) {
        // The overview comes each five seconds where nothing happens.
        read_until(&mut stream, "event: overview").await;
    }
    // It ends with the gateway, in its proper form.
    world.stop.cancel();
    assert!(rest(&mut stream).await.ends_with("0\r\n\r\n"));
    world.end().await;
}

#[tokio::test]
async fn head_is_answered_and_a_stream_costs_nothing_once_nobody_listens() {
    let world = world("").await;
    let mut stream = world.connect_to(world.at.admin, "http/1.1").await;
    let head = STREAM.replace("GET", "HEAD").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("asked");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("text/event-stream"), "{answer}");
    let odd =
        STREAM.replace("stream ", "stream?since=1 ").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let mut stream = world.connect_to(world.at.admin, "http/1.1").await;
    stream.write_all(odd.as_bytes()).await.expect("asked");
    let answer = rest(&mut stream).await;
    assert!(answer.contains(StatusCode::UNPROCESSABLE_ENTITY.as_str()), "{answer}");
    let stream = open(&world).await;
    assert!(world.app.hub.is_attended());
    drop(stream);
    until("nobody looks for changes any more", async || !world.app.hub.is_attended()).await;
    world.end().await;
}

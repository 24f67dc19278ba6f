//! Who is refused before the body was read can read why, on a connection that goes on.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use super::world::{EVENTS, SOON, World, rest};
use super::{GET, status};
use crate::route::Listener;

/// More than the kernel takes in unasked, less than is read after a refusal.
const BODY: usize = 200 << 10;

/// Sends the head, waits until the refusal is under way, sends the body, reads, and asks something else.
async fn refused(world: &World, head: &str, length: usize) -> String {
    let mut stream = world.connect("http/1.1").await;
    stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n").as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
    sleep(Duration::from_millis(200)).await;
    for piece in vec![b'x'; length.min(BODY)].chunks(8 << 10) {
        stream.write_all(piece).await.expect("the body is taken");
        stream.flush().await.expect("the body is taken");
        sleep(Duration::from_millis(2)).await;
    }
    let answer = read_answer(&mut stream).await;
    if length <= BODY {
        stream.write_all(format!("{GET}Connection: close\r\n\r\n").as_bytes()).await.expect("sent");
        let next = rest(&mut stream).await;
        assert!(matches!(status(&next), "200" | "503"), "the connection goes on: {next}");
    }
    answer
}

async fn read_answer(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    let reading = async {
        loop {
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).await.expect("no reset");
            assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&bytes[..count]);
            if read.ends_with(b"}") {
                return;
            }
        }
    };
    timeout(SOON, reading).await.expect("an answer in time");
    String::from_utf8(read).expect("text")
}

#[tokio::test]
async fn a_refusal_that_comes_before_the_body_is_read_in_full() {
    let world = World::start("").await;
    let quotes = "POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let plain = "POST /v1/banks/alpha/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n";
    let nowhere = "POST /nowhere HTTP/1.1\r\nHost: x\r\n";
    for (head, length, expected, code) in [
        (quotes, BODY, "401", "unauthenticated"),
        (plain, BODY, "415", "unsupported-media-type"),
        (EVENTS, 3 << 20, "413", "body-too-large"),
        (nowhere, BODY, "404", "not-found"),
    ] {
        let answer = refused(&world, head, length).await;
        assert!(status(&answer) == expected && answer.contains(code), "{answer}");
    }
    let most = world.app.config.server.max_requests;
    let all: Vec<_> = (0..most).map(|_| world.app.room.work(Listener::Public).expect("a place")).collect();
    let answer = refused(&world, EVENTS, BODY).await;
    assert!(status(&answer) == "503" && answer.contains("overloaded"), "{answer}");
    assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
    drop(all);
    world.end().await;
}

#[tokio::test]
async fn what_is_read_after_a_refusal_has_bounds() {
    let world = World::start("").await;
    let head = "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    // A body that never ends: it is cut off after some of it.
    let mut stream = world.connect("http/1.1").await;
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let sending = async {
        let mut sent = 0;
        while stream.write_all(chunk.as_bytes()).await.and(stream.flush().await).is_ok() {
            sent += 0x2000;
            sleep(Duration::from_millis(1)).await;
        }
        sent
    };
    let sent = timeout(SOON, sending).await.expect("it is cut off");
    assert!(sent < 8 << 20, "{sent} bytes were taken of a body that nobody wants");
    // And one that doesn't come, after some time.
    let answer = world.ask(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").await;
    assert_eq!(status(&answer), "404");
    world.end().await;
}

//! Connections of strangers, however many they are and whatever they ask, stand in nobody's way.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::client::TlsStream;

use super::streams::{self, OPERATOR};
use super::world::{SOON, World, rest};
use super::{A_WHILE, GET, status};

const ME: &str = "GET /admin/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test\r\n\r\n";
const NOTHING: &str = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
const ARM: &str = "POST /admin/v1/arm HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
    Authorization: Bearer test\r\n";

async fn world(limits: &str) -> World {
    let operator = OPERATOR.replace("viewer", "operator");
    World::start_in(tempfile::tempdir().expect("a folder"), limits, &operator).await
}

/// One request on a connection that stays; the status of its answer, which is read to its end.
async fn ask(stream: &mut TlsStream<TcpStream>, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut read = String::new();
    let reading = async {
        while !read.ends_with('}') {
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).await.expect("no reset");
            assert!(count > 0, "it ended: {read}");
            read.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    };
    timeout(SOON, reading).await.expect("an answer in time");
    status(&read).to_owned()
}

/// Whether the server has ended it.
async fn ended(stream: &mut TlsStream<TcpStream>) -> bool {
    !matches!(timeout(Duration::from_millis(20), stream.read(&mut [0; 1])).await, Err(_) | Ok(Ok(1..)))
}

/// As many strangers as there is room for, each of whom has asked for something and was refused.
async fn strangers(world: &World, addr: SocketAddr, many: usize) -> Vec<TlsStream<TcpStream>> {
    let mut crowd = Vec::new();
    for _ in 0..many {
        let mut stream = world.connect_to(addr, "http/1.1").await;
        assert_eq!(ask(&mut stream, NOTHING).await, "404");
        crowd.push(stream);
    }
    crowd
}

#[tokio::test]
async fn an_operator_gets_in_among_strangers_who_keep_asking_and_stays() {
    let world = world("admin_max_connections = 4\nheader_read_timeout_ms = 60000").await;
    let mut crowd = strangers(&world, world.at.admin, 4).await;
    let mut operator = world.connect_to(world.at.admin, "http/1.1").await;
    assert_eq!(ask(&mut operator, ME).await, "200");
    assert!(ended(&mut crowd[0]).await, "who came first of them made room");
    for stream in &mut crowd[1..] {
        assert_eq!(ask(stream, NOTHING).await, "404", "nobody else did");
    }
    // Long after the operator's last request, and with one that waits for its body, strangers make room for each other.
    for _ in 0..3 {
        crowd.extend(strangers(&world, world.at.admin, 4).await);
    }
    assert_eq!(ask(&mut operator, ME).await, "200");
    let body = r#"{"minutes":5,"reason":"a crowd"}"#;
    let head = format!("{ARM}Content-Length: {}\r\n\r\n", body.len());
    operator.write_all(head.as_bytes()).await.expect("sent");
    operator.flush().await.expect("sent");
    crowd.extend(strangers(&world, world.at.admin, 4).await);
    assert_eq!(ask(&mut operator, body).await, "200", "and acts");
    drop(crowd);
    world.end().await;
}

#[tokio::test]
async fn who_says_nothing_at_all_makes_room_too() {
    let world = world("max_connections = 2\nhandshake_timeout_ms = 600000").await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(world.at.public).await.expect("a connection"));
    }
    let answer = world.ask(format!("{GET}Connection: close\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&answer), "200");
    assert_eq!(rest(&mut silent[0]).await, "");
    world.end().await;
}

#[tokio::test]
async fn whoever_is_known_makes_room_for_nobody_while_it_asks() {
    let world = world("admin_max_connections = 1").await;
    let stream = streams::open(&world).await;
    let (trust, admin) = (world.handshake_to(world.at.admin, "http/1.1"), world.at.admin);
    let second = tokio::spawn(trust);
    sleep(4 * A_WHILE).await;
    assert!(!second.is_finished(), "there is only one place");
    drop(stream);
    let mut second = timeout(SOON, second).await.expect("its turn").expect("no panic");
    assert_eq!(ask(&mut second, ME).await, "200");
    // It is done, and so makes room, but not before its answer is there.
    let third = timeout(SOON, world.handshake_to(admin, "http/1.1")).await;
    assert_eq!(ask(&mut third.expect("its turn"), ME).await, "200");
    assert!(ended(&mut second).await);
    world.end().await;
}

#[tokio::test]
async fn a_verified_event_is_use_and_a_forged_one_is_not() {
    let world = world("max_connections = 2").await;
    let body = r#"{"type":"something.new"}"#;
    let event =
        |id: &str| format!("{}{body}", world.head_of_event(id, body).replace("Connection: close\r\n", ""));
    let mut bank = world.connect("http/1.1").await;
    assert_eq!(ask(&mut bank, &event("evt_1")).await, "200");
    let mut forger = world.connect("http/1.1").await;
    assert_eq!(ask(&mut forger, &event("evt_2").replace("v1,", "v1,AAAA")).await, "401");
    let mut other = world.connect("http/1.1").await;
    assert!(ended(&mut forger).await, "it came last, and nobody knows it");
    assert_eq!(ask(&mut other, NOTHING).await, "404");
    assert_eq!(ask(&mut bank, &event("evt_3")).await, "200", "the bank's is as it was");
    world.end().await;
}

#[tokio::test]
async fn what_is_refused_keeps_no_connection_open() {
    let world = world("idle_timeout_seconds = 4").await;
    let mut stranger = world.connect_to(world.at.admin, "http/1.1").await;
    let mut operator = world.connect_to(world.at.admin, "http/1.1").await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        assert_eq!(ask(&mut operator, ME).await, "200", "who is known stays");
        drop(stranger.write_all(NOTHING.as_bytes()).await);
        sleep(A_WHILE).await;
    }
    let read = rest(&mut stranger).await;
    assert!(read.matches("HTTP/1.1 404").count() < 28, "it asked until {:?}: {read}", begun.elapsed());
    world.end().await;
}

//! Who begins bodies and never ends them stands in nobody's way, least of all in the operators'.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::client::TlsStream;

use super::status;
use super::streams::OPERATOR;
use super::world::{EVENTS, World, rest, until};
use crate::route::Listener;

const BODY: &str = r#"{"type":"something.new"}"#;

async fn world(limits: &str) -> World {
    World::start_in(tempfile::tempdir().expect("a folder"), limits, OPERATOR).await
}

/// A stranger's request with no byte of its body.
async fn slow(world: &World) -> TlsStream<TcpStream> {
    let mut stream = world.connect("http/1.1").await;
    stream.write_all(format!("{EVENTS}Content-Length: 10\r\n\r\n").as_bytes()).await.expect("sent");
    stream
}

async fn operator_asks(world: &World) -> String {
    let mut stream = world.connect_to(world.at.admin, "http/1.1").await;
    let get =
        "GET /admin/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer test\r\n\r\n";
    stream.write_all(get.as_bytes()).await.expect("sent");
    rest(&mut stream).await
}

#[tokio::test]
async fn slow_bodies_of_strangers_leave_room_for_merchants_banks_and_operators() {
    let world = world("max_requests = 4\nmax_bodies = 4\nbody_read_timeout_ms = 15000").await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(slow(&world).await);
    }
    until("all places are taken", async || world.bodies_left() == 0).await;
    assert_eq!(world.app.room.left(Listener::Public), 4, "nobody works");

    let key = "sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let get = format!(
        "GET /v1/balances HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let merchant = world.ask(get.as_bytes()).await;
    assert_eq!(status(&merchant), "401", "it was looked up: {merchant}");
    let event = world.ask(format!("{}{BODY}", world.head_of_event("evt_1", BODY)).as_bytes()).await;
    assert!(status(&event) == "200" && event.contains("ignored"), "{event}");
    // One whose body comes a little later than its head, beside others that come meanwhile.
    let mut event = world.connect("http/1.1").await;
    event.write_all(world.head_of_event("evt_2", BODY).as_bytes()).await.expect("sent");
    event.flush().await.expect("sent");
    sleep(Duration::from_millis(100)).await;
    crowd.push(slow(&world).await);
    event.write_all(BODY.as_bytes()).await.expect("sent");
    let event = rest(&mut event).await;
    assert!(status(&event) == "200" && event.contains("ignored"), "{event}");
    assert_eq!(status(&operator_asks(&world).await), "200");

    // Who waited longest made room, and was told so.
    let told = rest(&mut crowd[0]).await;
    assert!(status(&told) == "503" && told.contains("overloaded"), "{told}");
    assert!(told.to_lowercase().contains("retry-after: 1"), "{told}");
    drop(crowd);
    world.end().await;
}

#[tokio::test]
async fn operators_have_room_of_their_own() {
    let world = world("max_requests = 1\nadmin_max_requests = 1").await;
    let public = world.app.room.work(Listener::Public).expect("the only place");
    assert_eq!(status(&operator_asks(&world).await), "200");
    drop(public);
    let admin = world.app.room.work(Listener::Admin).expect("the only place");
    let refused = operator_asks(&world).await;
    assert!(status(&refused) == "503" && refused.contains("overloaded"), "{refused}");
    let get = "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&world.ask(get.as_bytes()).await), "200");
    drop(admin);
    world.end().await;
}

//! Who sends a head in time and its body much later is asked again who it is.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream::once;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::Request;
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::streams::OPERATOR;
use super::world::{World, rest};
use super::{A_WHILE, status};
use crate::reload::reload;

const BODY: &str = r#"{"minutes":5,"reason":"the body comes late"}"#;

fn operator(role: &str) -> String {
    OPERATOR.replace("viewer", role)
}

async fn world() -> World {
    World::start_in(tempfile::tempdir().expect("a folder"), "", &operator("operator")).await
}

/// Arms, and the body comes a while after what happens meanwhile; over HTTP/1.
async fn arm(world: &World, meanwhile: impl FnOnce()) -> String {
    let mut stream = world.connect_to(world.at.admin, "http/1.1").await;
    let head = format!(
        "POST /admin/v1/arm HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Authorization: Bearer test\r\nContent-Length: {}\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
    sleep(A_WHILE).await;
    meanwhile();
    stream.write_all(BODY.as_bytes()).await.expect("sent");
    rest(&mut stream).await
}

/// The same over HTTP/2; the status of its answer, and the answer.
async fn arm_by_http_2(world: &World, meanwhile: impl FnOnce()) -> (u16, String) {
    let stream = world.connect_to(world.at.admin, "h2").await;
    let opened = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.expect("HTTP/2");
    let driver = tokio::spawn(connection);
    let (body, later) = oneshot::channel::<Bytes>();
    let frame = async { Ok::<_, Infallible>(Frame::data(later.await.unwrap_or_default())) };
    let post = Request::post("https://localhost/admin/v1/arm")
        .header("content-type", "application/json")
        .header("authorization", "Bearer test")
        .body(StreamBody::new(Box::pin(once(frame))))
        .expect("a request");
    let answer = tokio::spawn(sender.send_request(post));
    sleep(A_WHILE).await;
    meanwhile();
    body.send(Bytes::from_static(BODY.as_bytes())).expect("sent");
    let answer = answer.await.expect("no panic").expect("an answer");
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
    driver.abort();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn r36_an_operator_who_is_removed_or_lowered_before_its_body_came_does_nothing() {
    let world = world().await;
    assert_eq!(status(&arm(&world, || {}).await), "200");
    assert_eq!(arm_by_http_2(&world, || {}).await.0, 200);
    for (left, expected, code) in
        [(operator("viewer"), 403, "forbidden"), (String::new(), 401, "unauthenticated")]
    {
        let back = || reload(&world.app, world.config(&operator("operator")));
        let change = || reload(&world.app, world.config(&left));
        let answer = arm(&world, change).await;
        assert!(status(&answer) == expected.to_string() && answer.contains(code), "{answer}");
        back();
        let (status, answer) = arm_by_http_2(&world, change).await;
        assert!(status == expected && answer.contains(code), "{answer}");
        back();
    }
    world.end().await;
}

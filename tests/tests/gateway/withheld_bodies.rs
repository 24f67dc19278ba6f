//! Who sends the head of a request in time, and its body once its right is gone: nothing moves (R36, R41).

use std::time::Duration;

use bank::https::client_tls;
use rustls_pki_types::ServerName;
use serde_json::{Value, json};
use tests::{Operator, Sluice, World, unique};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Until the gateway has read the head, and waits for the body; the least that it waits is ten seconds.
const READ: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(60);

/// A request whose head was sent, and nothing of its body.
struct Withheld {
    stream: TlsStream<TcpStream>,
    body: String,
}

impl Withheld {
    async fn begin(world: &World, url: &str, path: &str, token: &str, body: &Value) -> Withheld {
        let pem = std::fs::read(world.ca()).unwrap();
        let host = url.strip_prefix("https://").unwrap();
        let name = host.rsplit_once(':').unwrap().0.to_owned();
        let tcp = TcpStream::connect(host).await.unwrap();
        let tls = TlsConnector::from(client_tls(&pem).unwrap());
        let mut stream = tls.connect(ServerName::try_from(name).unwrap(), tcp).await.unwrap();
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nidempotency-key: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            unique("key"),
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        Withheld { stream, body }
    }

    /// Sends the body: the status of the answer, and the answer.
    async fn end(mut self) -> (u16, String) {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut answer)).await.expect("an answer in time");
        drop(read);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
    }
}

/// A new user of the first merchant's: its id and its key.
async fn user(world: &World) -> (String, String) {
    let path = format!("/admin/v1/merchants/{}/users", world.merchant(0).id);
    let body = json!({"label": "till", "reason": "ticket 12"});
    let made = world.act(world.operator("approver", 0), &path, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    (made.text_of("id").to_owned(), made.text_of("api_key").to_owned())
}

fn ten_dollars(world: &World) -> Value {
    let payee = world.merchant(0).payee("CNY");
    json!({"payee_id": payee, "sell_currency": "USD", "sell_amount": "10.00", "buy_currency": "CNY"})
}

#[tokio::test]
async fn r41_a_user_who_is_deleted_or_frozen_before_its_body_came_moves_nothing() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, operator) = (world.merchant(0), world.operator("operator", 0));
    world.pay_in(merchant, "100.00", "USD").await;
    for (verb, expected, code) in
        [("delete", 401, "unauthenticated"), ("freeze", 403, "user-frozen"), ("", 201, "\"status\"")]
    {
        let (id, key) = user(&world).await;
        let order =
            Withheld::begin(&world, world.public_url(), "/v1/withdrawals", &key, &ten_dollars(&world)).await;
        sleep(READ).await;
        if !verb.is_empty() {
            let path = format!("/admin/v1/users/{id}/{verb}");
            let changed = world.act(operator, &path, &json!({"reason": "the till was stolen"})).await;
            assert_eq!(changed.status, 200, "{changed:?}");
            assert_eq!(world.balance(merchant, "USD", "available").await, "100.00");
        }
        let (status, answer) = order.end().await;
        assert!(status == expected && answer.contains(code), "{verb}: {answer}");
    }
    let left = world.public().get(&merchant.api_key, "/v1/withdrawals").await;
    assert_eq!(left.json["data"].as_array().unwrap().len(), 1, "that of the user who stayed: {left:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "90.00");
    sluice.verify().await;
}

/// The configuration without this operator.
fn without(text: &str, operator: &Operator) -> String {
    let start = format!("\n[[operators]]\nid = {:?}", operator.id);
    let (before, own) = text.split_once(&start).expect("the operator");
    let after = own.split_once("\n[[operators]]").map(|(_, after)| format!("\n[[operators]]{after}"));
    format!("{before}\n{}", after.unwrap_or_default())
}

#[tokio::test]
async fn r36_an_operator_who_is_removed_before_its_body_came_does_nothing() {
    let (sluice, world) = Sluice::start().await;
    let (text, merchant) = (sluice.configuration(), world.merchant(0));
    let operator = world.operator("operator", 0);
    let second = sluice.second(&world, "").await;
    let url = second.world.admin_url();
    let path = format!("/admin/v1/merchants/{}/freeze", merchant.id);
    let body = json!({"reason": "court order", "legal_reference": "7 O 12/26"});
    let removed = Withheld::begin(&world, url, &path, &operator.token, &body).await;
    sleep(READ).await;
    second.reload(&without(&text, operator)).await;
    let (status, answer) = removed.end().await;
    assert!(status == 401 && answer.contains("unauthenticated"), "{answer}");
    let shown = world.look(&format!("/admin/v1/merchants/{}", merchant.id)).await;
    assert_eq!(shown.text_of("status"), "active", "{shown:?}");

    second.reload(&text).await;
    let stays = Withheld::begin(&world, url, &path, &operator.token, &body).await;
    sleep(READ).await;
    assert_eq!(stays.end().await.0, 200, "the body may take its time");
    sluice.verify().await;
}

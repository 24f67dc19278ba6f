//! What `sandbox.json` hands out, and what can be done with it, in the words of the field.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use crate::client::{self, Answer, Client};

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Deserialize)]
struct Handout {
    public_url: String,
    admin_url: String,
    metrics_url: String,
    sandbox_bank_url: String,
    ca_cert: PathBuf,
    database_url: String,
    banks: Vec<HandoutBank>,
    merchants: Vec<Merchant>,
    operators: Vec<Operator>,
}

#[derive(Clone, Deserialize)]
struct HandoutBank {
    id: String,
    secret: String,
}

/// A demo merchant.
#[derive(Debug, Clone, Deserialize)]
pub struct Merchant {
    pub id: String,
    pub name: String,
    pub api_key: String,
    pub receiving_accounts: Vec<Receiving>,
    pub payees: Vec<Payee>,
}

/// A receiving account.
#[derive(Debug, Clone, Deserialize)]
pub struct Receiving {
    pub number: String,
    pub currency: String,
}

/// A payee of the demo.
#[derive(Debug, Clone, Deserialize)]
pub struct Payee {
    pub id: String,
    pub currency: String,
}

impl Merchant {
    /// The number of its account in `currency`.
    pub fn account(&self, currency: &str) -> &str {
        let account = self.receiving_accounts.iter().find(|account| account.currency == currency);
        &account.expect("an account in this currency").number
    }

    /// Its payee in `currency`.
    pub fn payee(&self, currency: &str) -> &str {
        &self.payees.iter().find(|payee| payee.currency == currency).expect("a payee").id
    }
}

/// An operator.
#[derive(Debug, Clone, Deserialize)]
pub struct Operator {
    pub id: String,
    pub role: String,
    pub token: String,
}

/// A running gateway, as its users see it.
pub struct World {
    handout: Handout,
    public: Client,
    admin: Client,
}

/// A name that no other call gets, in this process or another.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{}-{}", std::process::id(), client::next())
}

impl World {
    pub(crate) fn read(file: &Path) -> World {
        let text = std::fs::read_to_string(file).expect("sandbox.json");
        let handout: Handout =
            serde_json::from_str(&text).expect("sandbox.json as the gateway's README describes it");
        let public = Client::new(&handout.public_url, &handout.ca_cert);
        let admin = Client::new(&handout.admin_url, &handout.ca_cert);
        World { handout, public, admin }
    }

    /// The same through another gateway.
    pub(crate) fn at(&self, public_url: &str, admin_url: &str, metrics_url: &str) -> World {
        let mut handout = self.handout.clone();
        handout.public_url = public_url.to_owned();
        handout.admin_url = admin_url.to_owned();
        handout.metrics_url = metrics_url.to_owned();
        let public = Client::new(public_url, &handout.ca_cert);
        let admin = Client::new(admin_url, &handout.ca_cert);
        World { handout, public, admin }
    }

    /// The same over connections of its own.
    pub fn reconnected(&self) -> World {
        self.at(&self.handout.public_url, &self.handout.admin_url, &self.handout.metrics_url)
    }

    /// The same as another bank sees it, that signs with this secret.
    pub fn of_bank(&self, id: &str, secret: &str) -> World {
        let mut world = self.reconnected();
        world.handout.banks = vec![HandoutBank { id: id.to_owned(), secret: secret.to_owned() }];
        world
    }

    /// The listener of banks and merchants.
    pub fn public(&self) -> &Client {
        &self.public
    }

    /// The listener of operators.
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// The bank that its demo is configured for.
    pub fn bank(&self) -> &str {
        &self.handout.banks[0].id
    }

    /// Where the listener of banks and merchants is.
    pub fn public_url(&self) -> &str {
        &self.handout.public_url
    }

    /// Where the listener of operators is.
    pub fn admin_url(&self) -> &str {
        &self.handout.admin_url
    }

    /// Who signs its certificate.
    pub fn ca(&self) -> &Path {
        &self.handout.ca_cert
    }

    /// What the bank signs its events with.
    pub fn secret(&self) -> &str {
        &self.handout.banks[0].secret
    }

    /// `host:port`, where its figures are.
    pub fn metrics_address(&self) -> &str {
        self.handout.metrics_url.trim_start_matches("http://").trim_end_matches("/metrics")
    }

    /// Its database, with the owner's rights.
    pub fn database_url(&self) -> &str {
        &self.handout.database_url
    }

    /// One of the demo's merchants.
    pub fn merchant(&self, index: usize) -> &Merchant {
        &self.handout.merchants[index]
    }

    /// The operators of a role, in order.
    pub fn operator(&self, role: &str, index: usize) -> &Operator {
        self.handout
            .operators
            .iter()
            .filter(|operator| operator.role == role)
            .nth(index)
            .expect("an operator")
    }

    /// The bank reports an event, signed.
    pub async fn event(&self, event_id: &str, body: &[u8]) -> Answer {
        self.try_event(event_id, body).await.expect("an answer")
    }

    /// The same, where there may be nobody to answer.
    pub async fn try_event(&self, event_id: &str, body: &[u8]) -> Option<Answer> {
        let headers = client::signed(&self.handout.banks[0].secret, event_id, body);
        self.raw_event(&headers, body).await
    }

    /// An event signed with another secret.
    pub async fn event_with(&self, secret: &str, event_id: &str, body: &[u8]) -> Answer {
        self.raw_event(&client::signed(secret, event_id, body), body).await.expect("an answer")
    }

    /// An event signed at a time of one's own, seconds since 1970.
    pub async fn event_at(&self, event_id: &str, at: i64, body: &[u8]) -> Answer {
        let headers = client::signed_at(&self.handout.banks[0].secret, event_id, at, body);
        self.raw_event(&headers, body).await.expect("an answer")
    }

    /// An event with headers of one's own.
    pub async fn raw_event(&self, headers: &[(&'static str, String)], body: &[u8]) -> Option<Answer> {
        let path = format!("/v1/banks/{}/events", self.handout.banks[0].id);
        self.public.try_send(Method::POST, &path, headers, Bytes::copy_from_slice(body)).await
    }

    /// The same as XML.
    pub async fn xml_event(&self, event_id: &str, body: &[u8]) -> Answer {
        let mut headers = client::signed(&self.handout.banks[0].secret, event_id, body);
        headers.push(("content-type", "application/xml".to_owned()));
        self.raw_event(&headers, body).await.expect("an answer")
    }

    /// A request to a path below the bank's own, as it stands.
    pub async fn event_at_path(&self, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> Answer {
        let path = format!("/v1/banks/{}/{path}", self.handout.banks[0].id);
        self.public.send(Method::POST, &path, headers, Bytes::copy_from_slice(body)).await
    }

    /// The headers of a right event.
    pub fn headers(&self, event_id: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        client::signed(&self.handout.banks[0].secret, event_id, body)
    }

    /// Money arrives from Amazon, under a new event id and reference.
    pub async fn pay_in(&self, merchant: &Merchant, amount: &str, currency: &str) -> Answer {
        let body = funds(&unique("REF"), merchant.account(currency), amount, currency, "AMAZON PAYMENTS INC");
        self.event(&unique("evt"), &body).await
    }

    /// One of the merchant's balances: `available`, `in_transit`, `in_review`, …
    pub async fn balance(&self, merchant: &Merchant, currency: &str, which: &str) -> String {
        let answer = self.public.get(&merchant.api_key, "/v1/balances").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let rows = answer.json["data"].as_array().expect("a list");
        let row = rows.iter().find(|row| row["currency"] == currency).expect("the currency");
        row[which].as_str().expect("an amount").to_owned()
    }

    /// A merchant's POST with a key.
    pub async fn order(&self, merchant: &Merchant, path: &str, key: &str, body: &Value) -> Answer {
        self.public.post(&merchant.api_key, path, Some(key), body).await
    }

    /// A withdrawal at the rate of the moment, under a new key.
    pub async fn withdraw(
        &self,
        merchant: &Merchant,
        payee: &str,
        amount: &str,
        sell: &str,
        buy: &str,
    ) -> Answer {
        let body =
            json!({"payee_id": payee, "sell_currency": sell, "sell_amount": amount, "buy_currency": buy});
        self.order(merchant, "/v1/withdrawals", &unique("key"), &body).await
    }

    /// A quote for selling `amount`.
    pub async fn quote(&self, merchant: &Merchant, amount: &str, sell: &str, buy: &str) -> Answer {
        let body = json!({"sell_currency": sell, "buy_currency": buy, "sell_amount": amount});
        self.public.post(&merchant.api_key, "/v1/quotes", None, &body).await
    }

    /// A new payee of the merchant's own name.
    pub async fn new_payee(&self, merchant: &Merchant, currency: &str, number: &str) -> String {
        let body = json!({"holder_name": merchant.name, "country": "CN", "currency": currency,
            "account_number": number, "bank_code": "102100099996", "bank_name": "A bank"});
        let answer = self.public.post(&merchant.api_key, "/v1/payees", None, &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let (id, begun) = (answer.text_of("id").to_owned(), Instant::now());
        // Its bank is asked again where it was too slow.
        let mut status = answer.text_of("status").to_owned();
        while status == "pending" && begun.elapsed() < PATIENCE {
            sleep(Duration::from_millis(50)).await;
            let shown = self.public.get(&merchant.api_key, &format!("/v1/payees/{id}")).await;
            shown.text_of("status").clone_into(&mut status);
        }
        assert_eq!(status, "verified", "{answer:?}");
        id
    }

    /// The withdrawal as it stands.
    pub async fn withdrawal(&self, merchant: &Merchant, id: &str) -> Answer {
        self.public.get(&merchant.api_key, &format!("/v1/withdrawals/{id}")).await
    }

    /// Waits until the withdrawal has this status.
    pub async fn wait_for(&self, merchant: &Merchant, id: &str, status: &str) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.withdrawal(merchant, id).await;
            if answer.text_of("status") == status {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{id} does not become {status}: {answer:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// What operators read.
    pub async fn look(&self, path: &str) -> Answer {
        self.admin.get(&self.operator("viewer", 0).token, path).await
    }

    /// What operators do.
    pub async fn act(&self, operator: &Operator, path: &str, body: &Value) -> Answer {
        self.admin.post(&operator.token, path, Some(&unique("op")), body).await
    }

    /// What an operator asks and another person approves; the refusal where it can't even be asked.
    pub async fn by_two(&self, path: &str, body: &Value) -> Answer {
        let asked = self.act(self.operator("operator", 0), path, body).await;
        if asked.status != 202 {
            return asked;
        }
        let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
        self.act(self.operator("approver", 0), &approve, &json!({"reason": "seen"})).await
    }

    /// Waits until a row of an operators' list satisfies the condition.
    pub async fn wait_for_row(&self, path: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.look(path).await;
            let rows = answer.json["data"].as_array().cloned().unwrap_or_default();
            if let Some(row) = rows.into_iter().find(|row| condition(row)) {
                return row;
            }
            assert!(begun.elapsed() < PATIENCE, "no such row in {path}: {answer:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The references that the sandbox bank really executed, in order.
    pub async fn journal(&self) -> Vec<String> {
        self.executed().await.into_iter().map(|(reference, _, _)| reference).collect()
    }

    /// The same with amount and currency.
    pub async fn executed(&self) -> Vec<(String, String, String)> {
        let answer = plain(&format!("{}/journal", self.handout.sandbox_bank_url)).await;
        let start = answer.find('{').expect("JSON");
        let end = answer.rfind('}').expect("JSON");
        let json: Value = serde_json::from_str(&answer[start..=end]).expect("JSON");
        let text = |row: &Value, member: &str| row[member].as_str().expect("a text").to_owned();
        let row = |row: &Value| (text(row, "reference"), text(row, "amount"), text(row, "currency"));
        json["data"].as_array().expect("a list").iter().map(row).collect()
    }

    /// How often the bank executed the payouts of this withdrawal.
    pub async fn executions(&self, withdrawal: &Answer) -> usize {
        let journal = self.journal().await;
        let payouts = withdrawal.json["payouts"].as_array().expect("payouts");
        let ids: Vec<&str> = payouts.iter().filter_map(|payout| payout["id"].as_str()).collect();
        journal.iter().filter(|reference| ids.contains(&reference.as_str())).count()
    }

    /// `/metrics`, `/readyz` or `/healthz`.
    pub async fn probe(&self, path: &str) -> String {
        let base = self.handout.metrics_url.trim_end_matches("/metrics");
        plain(&format!("{base}{path}")).await
    }

    /// What a counter or gauge says, summed over its labels.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.probe("/metrics").await;
        let of = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let value = |line: &str| line.rsplit(' ').next().and_then(|text| text.parse::<f64>().ok());
        text.lines().filter(|line| of(line)).filter_map(value).sum()
    }

    /// Its database, with the owner's rights: what is there, or what only time would bring about.
    pub async fn database(&self) -> tokio_postgres::Client {
        let (client, connection) =
            tokio_postgres::connect(self.database_url(), tokio_postgres::NoTls).await.expect("the database");
        tokio::spawn(connection);
        client
    }
}

/// GET over plain HTTP on loopback: the whole answer, head and body. HTTP/1.0 needs no chunks.
pub async fn plain(url: &str) -> String {
    let rest = url.strip_prefix("http://").expect("plain http");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = tokio::net::TcpStream::connect(host).await.expect("connected");
    let request = format!("GET /{path} HTTP/1.0\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("answered");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A `funds.received` event.
pub fn funds(reference: &str, account: &str, amount: &str, currency: &str, remitter: &str) -> Vec<u8> {
    let event = json!({"type": "funds.received", "data": {"reference": reference, "account_number": account,
        "amount": amount, "currency": currency, "value_date": "2026-11-23", "remitter": {"name": remitter}}});
    event.to_string().into_bytes()
}

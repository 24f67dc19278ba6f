//! The sandbox bank as the gateway meets it: over TLS, through the real connector.

#![allow(clippy::expect_used)]

mod gateway;
mod liars;

use std::path::Path;
use std::time::Duration;

use bank::https::{HttpsClient, Limits, client_tls};
use bank::{
    AccountCheck, Beneficiary, CheckOutcome, Connector, Event, Hidden, HttpsJson, PayoutOrder, QueryOutcome,
    SendOutcome, Signer, Verifier,
};
use bytes::Bytes;
use hyper::{Method, StatusCode};
use money::{Currency, Money};
use sandbox_bank::{SandboxBank, Settings, StartError, Timing, TrafficAccount};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use gateway::{Gateway, SECRET, server_tls};

const PAYOUT_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const FAST: Timing = Timing {
    execute_after: Duration::from_millis(30),
    return_after: Duration::from_millis(60),
    hold: Duration::from_millis(300),
    retry_first: Duration::from_millis(10),
    retry_most: Duration::from_millis(50),
};

/// For tests of what comes before what.
const STEADY: Timing = Timing { execute_after: Duration::from_millis(400), ..FAST };

/// A bank with its gateway and its way to be asked.
struct Rig {
    gateway: Gateway,
    bank: SandboxBank,
    connector: HttpsJson,
    ca: String,
    dir: TempDir,
}

async fn start(gateway: &Gateway, dir: &Path, timing: Timing) -> Result<(SandboxBank, String), StartError> {
    let (tls, ca) = server_tls();
    let signer = Signer::from_secrets(&[SECRET]).expect("a signer");
    let keys = [("k", PAYOUT_SECRET)];
    let verifier = Verifier::from_secrets(&keys, Duration::from_secs(300));
    let bank = SandboxBank::start(Settings {
        dir: dir.to_owned(),
        bank_id: "sandbox".into(),
        listen_https: ([127, 0, 0, 1], 0).into(),
        tls,
        listen_http: ([127, 0, 0, 1], 0).into(),
        gateway_url: gateway.url.clone(),
        gateway_tls: client_tls(gateway.ca.as_bytes()).expect("roots"),
        event_signer: signer,
        payout_verifier: verifier.expect("a verifier"),
        timing,
    })
    .await?;
    Ok((bank, ca))
}

fn connector(bank: &SandboxBank, ca: &str) -> HttpsJson {
    let tls = client_tls(ca.as_bytes()).expect("roots");
    let client = HttpsClient::new(&bank.https_url(), tls, Limits::default()).expect("a client");
    let signer = Signer::from_secrets(&[PAYOUT_SECRET]).expect("a signer");
    HttpsJson::new(client, signer, Duration::from_secs(5))
}

impl Rig {
    async fn new(timing: Timing) -> Rig {
        let dir = tempfile::tempdir().expect("a directory");
        let gateway = Gateway::start().await;
        let (bank, ca) = start(&gateway, dir.path(), timing).await.expect("a bank");
        let connector = connector(&bank, &ca);
        Rig { gateway, bank, connector, ca, dir }
    }

    async fn send(&self, order: &PayoutOrder) -> SendOutcome {
        self.connector.send(order, soon()).await
    }

    async fn query(&self, reference: &str) -> QueryOutcome {
        self.connector.query(reference, soon()).await
    }

    /// Waits until it has written down that so many reports were taken: what it is stopped before, it tells again.
    async fn knows_of_taken(&self, count: usize) {
        let known = async || {
            let journal =
                tokio::fs::read_to_string(self.dir.path().join("journal.jsonl")).await.expect("a journal");
            journal.matches(r#""record":"delivered""#).count()
        };
        let all = async {
            while known().await < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), all).await.expect("written down");
    }

    /// What `GET /journal` lists, as (reference, amount).
    async fn journal(&self) -> Vec<(String, String)> {
        let body = plain_get(&self.bank.http_url(), "/journal").await.1;
        let read: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect("a text").to_owned();
        let rows = read["data"].as_array().expect("rows");
        assert!(rows.iter().all(|row| row["executed_at"].is_string() && row["currency"] == "CNY"));
        rows.iter().map(|row| (text(row, "reference"), text(row, "amount"))).collect()
    }

    async fn restart(self, timing: Timing) -> Rig {
        let Rig { gateway, bank, dir, .. } = self;
        bank.stop().await;
        let (bank, ca) = start(&gateway, dir.path(), timing).await.expect("a bank");
        let connector = connector(&bank, &ca);
        Rig { gateway, bank, connector, ca, dir }
    }
}

/// Status line and body of a plain request.
async fn plain_get(url: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    (head.lines().next().expect("a status").to_owned(), body.to_owned())
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn cny(text: &str) -> Money {
    Money::parse(text, Currency::CNY).expect("an amount")
}

fn order(reference: &str, last_four: &str) -> PayoutOrder {
    PayoutOrder {
        reference: reference.into(),
        amount: cny("700.00"),
        beneficiary: Beneficiary {
            name: Hidden::new("ZHANG SAN"),
            account_number: Hidden::new(format!("622202123456{last_four}")),
            bank_code: "102100099996".into(),
            country: "CN".into(),
        },
        remittance: Some("Payout".into()),
    }
}

fn bank_reference(outcome: SendOutcome) -> String {
    match outcome {
        SendOutcome::Accepted { bank_reference } => bank_reference,
        other => panic!("{other:?}"),
    }
}

fn unknown(outcome: SendOutcome) {
    assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
}

fn once(reference: &str) -> Vec<(String, String)> {
    vec![(reference.to_owned(), "700.00".to_owned())]
}

#[tokio::test]
async fn an_ordinary_payee_is_paid_and_reported() {
    let rig = Rig::new(STEADY).await;
    let theirs = bank_reference(rig.send(&order("po_1", "7890")).await);
    assert_eq!(rig.query("po_1").await, QueryOutcome::Pending);
    let heard = rig.gateway.taken(1).await;
    let Event::PayoutPaid(report) = &heard[0].event else { panic!("{heard:?}") };
    assert_eq!(
        (report.reference.as_str(), report.bank_reference.as_deref()),
        ("po_1", Some(theirs.as_str()))
    );
    assert_eq!((report.amount, report.amount_received), (cny("700.00"), Some(cny("700.00"))));
    let paid = QueryOutcome::Paid {
        amount: cny("700.00"),
        amount_received: Some(cny("700.00")),
        bank_reference: Some(theirs),
    };
    assert_eq!(rig.query("po_1").await, paid);
    assert_eq!(rig.journal().await, once("po_1"));
    assert_eq!(rig.query("po_2").await, QueryOutcome::NeverSeen);
}

#[tokio::test]
async fn r21_accounts_match_or_not_or_take_a_while() {
    let rig = Rig::new(FAST).await;
    let ask = async |last_four: &str| {
        let account = order("", last_four).beneficiary;
        let check = AccountCheck { reference: "pye_1".into(), currency: Currency::CNY, account };
        rig.connector.check_account(&check, soon()).await
    };
    assert_eq!(ask("7890").await, CheckOutcome::Matches);
    assert_eq!(ask("0001").await, CheckOutcome::Matches);
    assert_eq!(ask("77770007").await, CheckOutcome::NoMatch { reason: "other_holder".into() });
    assert_eq!(ask("77770008").await, CheckOutcome::Pending);
    assert!(rig.journal().await.is_empty(), "a question moves no money");
    let signer = Signer::from_secrets(&[SECRET]).expect("a signer");
    let tls = client_tls(rig.ca.as_bytes()).expect("roots");
    let client = HttpsClient::new(&rig.bank.https_url(), tls, Limits::default()).expect("a client");
    let stranger = HttpsJson::new(client, signer, Duration::from_secs(5));
    let account = order("", "7890").beneficiary;
    let check = AccountCheck { reference: "pye_2".into(), currency: Currency::CNY, account };
    let refused = stranger.check_account(&check, soon()).await;
    assert!(matches!(refused, CheckOutcome::Unavailable { .. }), "{refused:?}");
}

#[tokio::test]
async fn r27_0001_fails_definitely() {
    let rig = Rig::new(FAST).await;
    bank_reference(rig.send(&order("po_1", "0001")).await);
    let heard = rig.gateway.taken(1).await;
    let Event::PayoutFailed(report) = &heard[0].event else { panic!("{heard:?}") };
    assert_eq!(report.reason.as_deref(), Some("AC01"));
    assert_eq!(rig.query("po_1").await, QueryOutcome::Failed { reason: "AC01".into() });
    assert!(rig.journal().await.is_empty());
}

#[tokio::test]
async fn r27_0002_does_it_and_never_says_so() {
    let rig = Rig::new(FAST).await;
    for _ in 0..2 {
        unknown(rig.send(&order("po_1", "0002")).await);
    }
    assert!(matches!(rig.query("po_1").await, QueryOutcome::Paid { .. }));
    assert_eq!(rig.journal().await, once("po_1"));
    assert!(rig.gateway.all().is_empty());
}

#[tokio::test]
async fn r29_0003_pays_then_returns_it_short() {
    let rig = Rig::new(FAST).await;
    bank_reference(rig.send(&order("po_1", "0003")).await);
    let heard = rig.gateway.taken(2).await;
    assert!(
        matches!(&heard[0].event, Event::PayoutPaid(report) if report.amount == cny("700.00")),
        "{heard:?}"
    );
    assert!(
        matches!(&heard[1].event, Event::PayoutReturned(report) if report.amount == cny("695.00")),
        "{heard:?}"
    );
    let QueryOutcome::Returned { amount, amount_returned, .. } = rig.query("po_1").await else {
        panic!("not returned")
    };
    assert_eq!((amount, amount_returned), (cny("700.00"), cny("695.00")));
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn r27_0004_is_busy_twice_for_each_reference_then_pays() {
    let rig = Rig::new(FAST).await;
    for reference in ["po_1", "po_2"] {
        for _ in 0..2 {
            unknown(rig.send(&order(reference, "0004")).await);
            assert_eq!(rig.query(reference).await, QueryOutcome::NeverSeen);
        }
        let theirs = bank_reference(rig.send(&order(reference, "0004")).await);
        assert_eq!(bank_reference(rig.send(&order(reference, "0004")).await), theirs);
    }
    assert_eq!(rig.gateway.taken(2).await.len(), 2);
    assert_eq!(rig.journal().await.len(), 2);
}

#[tokio::test]
async fn r27_0005_never_gets_it() {
    let rig = Rig::new(FAST).await;
    for _ in 0..5 {
        unknown(rig.send(&order("po_1", "0005")).await);
        assert_eq!(rig.query("po_1").await, QueryOutcome::NeverSeen);
    }
    assert!(rig.journal().await.is_empty() && rig.gateway.all().is_empty());
}

#[tokio::test]
async fn r2_0006_reports_before_it_answers_and_again_after() {
    let rig = Rig::new(STEADY).await;
    bank_reference(rig.send(&order("po_1", "0006")).await);
    let answered = Instant::now();
    let heard = rig.gateway.taken(2).await;
    assert!(heard[0].at <= answered && heard[1].at > answered);
    assert_ne!(heard[0].id, heard[1].id);
    assert_eq!(heard[0].event, heard[1].event);
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn r2_0006_answers_though_its_report_is_refused() {
    let rig = Rig::new(FAST).await;
    rig.gateway.refuse(true);
    bank_reference(rig.send(&order("po_1", "0006")).await);
    rig.gateway.refuse(false);
    assert_eq!(rig.gateway.taken(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn i4_one_execution_for_twenty_concurrent_sends() {
    for last_four in ["7890", "0003", "0006"] {
        let rig = std::sync::Arc::new(Rig::new(FAST).await);
        let sends: Vec<_> = (0..20)
            .map(|_| {
                let rig = rig.clone();
                tokio::spawn(async move { bank_reference(rig.send(&order("po_1", last_four)).await) })
            })
            .collect();
        let mut theirs = Vec::new();
        for send in sends {
            theirs.push(send.await.expect("sent"));
        }
        theirs.dedup();
        assert_eq!(theirs.len(), 1, "{theirs:?}");
        rig.gateway.taken(1).await;
        sleep(Duration::from_millis(150)).await;
        assert_eq!(rig.journal().await, once("po_1"));
    }
}

#[tokio::test]
async fn i4_another_order_under_a_known_reference_is_refused() {
    let rig = Rig::new(FAST).await;
    bank_reference(rig.send(&order("po_1", "7890")).await);
    let more = PayoutOrder { amount: cny("700.01"), ..order("po_1", "7890") };
    for other in [more, order("po_1", "7891"), order("po_1", "0005"), order("po_1", "0004")] {
        match rig.send(&other).await {
            SendOutcome::Unknown { why } => assert!(why.contains("409"), "{why}"),
            outcome => panic!("{outcome:?}"),
        }
    }
    rig.gateway.taken(1).await;
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn r2_reports_go_on_after_a_restart_with_the_same_id_and_bytes() {
    let rig = Rig::new(FAST).await;
    rig.gateway.refuse(true);
    let theirs = bank_reference(rig.send(&order("po_1", "0003")).await);
    rig.gateway.hears(3).await;
    let rig = rig.restart(FAST).await;
    rig.gateway.hears(rig.gateway.all().len() + 1).await;
    rig.gateway.refuse(false);
    let taken = rig.gateway.taken(2).await;
    let refused: Vec<_> = rig.gateway.all().into_iter().filter(|heard| !heard.taken).collect();
    assert!(refused.iter().all(|heard| (&heard.id, &heard.body) == (&taken[0].id, &taken[0].body)));
    assert!(matches!(taken[1].event, Event::PayoutReturned(_)));

    // All told: another restart says nothing more, and knows everything.
    rig.knows_of_taken(2).await;
    let rig = rig.restart(FAST).await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(rig.gateway.taken(2).await.len(), 2);
    assert!(matches!(rig.query("po_1").await, QueryOutcome::Returned { .. }));
    assert_eq!(bank_reference(rig.send(&order("po_1", "0003")).await), theirs);
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn i3_what_was_accepted_is_executed_once_after_a_crash() {
    let slow = Timing { execute_after: Duration::from_secs(60), ..FAST };
    let rig = Rig::new(slow).await;
    let theirs = bank_reference(rig.send(&order("po_1", "7890")).await);
    assert!(rig.journal().await.is_empty());
    let journal = rig.dir.path().join("journal.jsonl");
    rig.bank.stop().await;
    let mut bytes = std::fs::read(&journal).expect("a journal");
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
    let shown = String::from_utf8_lossy(&bytes);
    assert!(!shown.contains("ZHANG") && !shown.contains("6222021234567890"), "{shown}");
    bytes.extend_from_slice(b"{\"record\":\"executed\",\"refer");
    std::fs::write(&journal, &bytes).expect("torn");

    let (bank, ca) = start(&rig.gateway, rig.dir.path(), FAST).await.expect("a bank");
    let rig = Rig { connector: connector(&bank, &ca), bank, ca, gateway: rig.gateway, dir: rig.dir };
    assert_eq!(bank_reference(rig.send(&order("po_1", "7890")).await), theirs);
    assert_eq!(rig.gateway.taken(1).await.len(), 1);
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn only_signed_requests_are_heard() {
    let rig = Rig::new(FAST).await;
    let tls = client_tls(rig.ca.as_bytes()).expect("roots");
    let client = HttpsClient::new(&rig.bank.https_url(), tls, Limits::default()).expect("a client");
    let ask = async |method, path, headers: &[(String, String)], body: &'static [u8]| {
        client
            .request(method, path, headers, Bytes::from_static(body), soon())
            .await
            .expect("an answer")
            .status
    };
    let sign = |secret, id, body| {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        let signer = Signer::from_secrets(&[secret]).expect("a signer");
        signer.headers(id, now.cast_signed(), body).expect("signable")
    };
    assert_eq!(ask(Method::POST, "/payouts", &[], b"{}").await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        ask(Method::POST, "/payouts", &sign(SECRET, "po_1", b"{}"), b"{}").await,
        StatusCode::UNAUTHORIZED
    );
    let signed = sign(PAYOUT_SECRET, "po_1", b"{}");
    assert_eq!(ask(Method::POST, "/payouts", &signed, b"{}").await, StatusCode::BAD_REQUEST);
    assert_eq!(ask(Method::GET, "/payouts/po_1", &[], b"").await, StatusCode::UNAUTHORIZED);
    let other = sign(PAYOUT_SECRET, "po_2", b"");
    assert_eq!(ask(Method::GET, "/payouts/po_1", &other, b"").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(Method::GET, "/journal", &[], b"").await, StatusCode::OK);
    assert_eq!(ask(Method::GET, "/", &[], b"").await, StatusCode::NOT_FOUND);
    // The plain listener shows the journal and nothing else.
    assert!(plain_get(&rig.bank.http_url(), "/payouts/po_1").await.0.contains("404"));
}

#[tokio::test]
async fn senseless_orders_are_refused_definitely() {
    let rig = Rig::new(FAST).await;
    let beneficiary = Beneficiary { name: Hidden::new(" "), ..order("po_1", "7890").beneficiary };
    let nameless = PayoutOrder { beneficiary, ..order("po_1", "7890") };
    assert_eq!(rig.send(&nameless).await, SendOutcome::Rejected { reason: "FF01".into() });
    assert_eq!(rig.query("po_1").await, QueryOutcome::NeverSeen);
}

#[tokio::test]
async fn rates_are_published_until_they_are_taken() {
    let rig = Rig::new(FAST).await;
    rig.gateway.refuse(true);
    rig.bank.publish_rates().await;
    assert!(!rig.gateway.all().is_empty(), "answered, and not taken");
    rig.gateway.hears(2).await;
    rig.gateway.refuse(false);
    let heard = rig.gateway.taken(1).await;
    let Event::RatesPublished(published) = &heard[0].event else { panic!("{heard:?}") };
    assert_eq!((published.rates[0].bid.to_string(), published.rates.len()), ("7.1000".into(), 4));
}

#[tokio::test]
async fn traffic_comes_at_about_its_pace_with_unique_references() {
    let rig = Rig::new(FAST).await;
    let account = |number: &str, currency| TrafficAccount {
        number: number.into(),
        currency,
        remitter: "AMAZON PAYMENTS INC".into(),
    };
    rig.bank.traffic(0, vec![account("1", Currency::USD)]);
    rig.bank.traffic(5, Vec::new());
    assert!(rig.gateway.all().is_empty());
    rig.bank.traffic(100, vec![account("1", Currency::USD), account("2", Currency::JPY)]);
    sleep(Duration::from_secs(1)).await;
    let heard = rig.gateway.all();
    assert!((20..=130).contains(&heard.len()), "{}", heard.len());
    let mut references = Vec::new();
    for heard in &heard {
        let Event::FundsReceived(received) = &heard.event else { panic!("{heard:?}") };
        assert!(["1", "2"].contains(&received.account_number.as_str()));
        references.push(&received.reference);
    }
    references.sort();
    references.dedup();
    assert_eq!(references.len(), heard.len());
}

#[tokio::test]
async fn stopping_is_quick_and_complete() {
    let rig = Rig::new(Timing { hold: Duration::from_secs(60), ..FAST }).await;
    rig.gateway.refuse(true);
    rig.bank.publish_rates().await;
    bank_reference(rig.send(&order("po_1", "7890")).await);
    let held = order("po_2", "0002");
    let (http, https) = (rig.bank.http_url(), rig.bank.https_url());
    let (outcome, took) = tokio::join!(rig.connector.send(&held, soon()), async {
        sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        rig.bank.stop().await;
        began.elapsed()
    });
    unknown(outcome);
    assert!(took < Duration::from_secs(2), "{took:?}");
    for url in [http, https] {
        let address = url.split_once("//").expect("a URL").1.to_owned();
        assert!(TcpStream::connect(address).await.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_journal_has_one_owner() {
    let rig = Rig::new(FAST).await;
    let second = start(&rig.gateway, rig.dir.path(), FAST).await;
    assert!(matches!(second, Err(StartError::Journal(sandbox_bank::OpenError::InUse))), "{second:?}");
}

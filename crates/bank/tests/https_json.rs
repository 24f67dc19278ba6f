//! What the connector says it knows, against a scripted bank over real TLS (R27).

#![allow(clippy::expect_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bank::connector::BoxFuture;
use bank::https::{HttpsClient, Limits, client_tls};
use bank::{
    AccountCheck, Beneficiary, CheckOutcome, Connector, Hidden, HttpsJson, PayoutOrder, QueryOutcome,
    SendOutcome, Signer,
};
use money::{Currency, Money};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What the scripted bank does with each request, in order; the last one repeats.
#[derive(Clone, Debug)]
enum Step {
    Answer(u16, String),
    /// Answers and closes, without having announced it.
    AnswerAndClose(u16, String),
    Drop,
    Hold,
}

#[derive(Clone)]
struct ScriptedBank {
    url: String,
    ca: String,
    requests: Arc<AtomicUsize>,
    /// How long its answer is waited for: only where there is none is that over soon.
    patience: Duration,
}

async fn scripted(steps: Vec<Step>) -> ScriptedBank {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    let silent = steps.iter().any(|step| matches!(step, Step::Hold));
    let patience = if silent { Duration::from_millis(500) } else { Duration::from_secs(20) };
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(converse(acceptor.clone(), tcp, steps.clone(), counter.clone()));
        }
    });
    ScriptedBank { url, ca: signed.cert.pem(), requests, patience }
}

async fn converse(
    acceptor: TlsAcceptor,
    tcp: tokio::net::TcpStream,
    steps: Vec<Step>,
    counter: Arc<AtomicUsize>,
) {
    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
    let mut buffer = vec![0; 65_536];
    while let Ok(1..) = tls.read(&mut buffer).await {
        let at = counter.fetch_add(1, Ordering::SeqCst).min(steps.len() - 1);
        let (status, body, close) = match &steps[at] {
            Step::Answer(status, body) => (status, body, false),
            Step::AnswerAndClose(status, body) => (status, body, true),
            Step::Drop => return,
            Step::Hold => return sleep(Duration::from_secs(30)).await,
        };
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if tls.write_all(head.as_bytes()).await.is_err() || tls.flush().await.is_err() || close {
            return;
        }
    }
}

fn connector(bank: &ScriptedBank) -> HttpsJson {
    let client =
        HttpsClient::new(&bank.url, client_tls(bank.ca.as_bytes()).expect("roots"), Limits::default());
    let signer = Signer::from_secrets(&[SECRET]).expect("a signer");
    HttpsJson::new(client.expect("a client"), signer, bank.patience)
}

fn order() -> PayoutOrder {
    PayoutOrder {
        reference: "po_1".into(),
        amount: Money::parse("700.00", Currency::CNY).expect("an amount"),
        beneficiary: Beneficiary {
            name: Hidden::new("ZHANG SAN"),
            account_number: Hidden::new("6222021234560000"),
            bank_code: "102100099996".into(),
            country: "CN".into(),
        },
        remittance: None,
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

async fn sent(steps: Vec<Step>) -> SendOutcome {
    let bank = scripted(steps).await;
    connector(&bank).send(&order(), soon()).await
}

async fn queried(status: u16, body: &str) -> QueryOutcome {
    let bank = scripted(vec![Step::Answer(status, body.into())]).await;
    connector(&bank).query("po_1", soon()).await
}

fn answer(status: u16, body: &str) -> Vec<Step> {
    vec![Step::Answer(status, body.into())]
}

const ACCEPTED: &str = r#"{"reference":"po_1","status":"accepted","bank_reference":"SB1"}"#;

#[tokio::test]
async fn r27_definite_answers_are_definite() {
    assert_eq!(sent(answer(202, ACCEPTED)).await, SendOutcome::Accepted { bank_reference: "SB1".into() });
    let rejected = r#"{"reference":"po_1","status":"rejected","reason":"AC01"}"#;
    assert_eq!(sent(answer(422, rejected)).await, SendOutcome::Rejected { reason: "AC01".into() });
}

#[tokio::test]
async fn r27_everything_else_after_sending_is_unknown() {
    let rejected = r#"{"reference":"po_1","status":"rejected","reason":"AC01"}"#;
    for steps in [
        answer(500, rejected),
        answer(503, ""),
        answer(502, ACCEPTED),
        answer(202, "{"),
        answer(202, r#"{"reference":"po_2","status":"accepted","bank_reference":"SB1"}"#),
        answer(202, r#"{"reference":"po_1","status":"accepted"}"#),
        answer(202, rejected),
        answer(409, rejected),
        answer(404, "<html>"),
        answer(302, ACCEPTED),
        answer(200, &"x".repeat(100_000)),
        vec![Step::Drop],
        vec![Step::Hold],
    ] {
        let outcome = sent(steps.clone()).await;
        assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{steps:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn r27_what_never_left_is_not_sent() {
    let bank = scripted(answer(202, ACCEPTED)).await;
    let not_sent = |outcome| assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{outcome:?}");

    not_sent(connector(&bank).send(&order(), Instant::now()).await);
    let stranger = scripted(answer(202, ACCEPTED)).await;
    let distrusted = ScriptedBank { ca: stranger.ca, ..bank.clone() };
    not_sent(connector(&distrusted).send(&order(), soon()).await);
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let nobody = ScriptedBank { url: format!("https://{free}"), ..bank.clone() };
    not_sent(connector(&nobody).send(&order(), soon()).await);
    let dotted = PayoutOrder { reference: "po.1".into(), ..order() };
    not_sent(connector(&bank).send(&dotted, soon()).await);

    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_connection_that_the_bank_closed_while_idle_is_replaced() {
    let bank = scripted(vec![Step::AnswerAndClose(202, ACCEPTED.into())]).await;
    let connector = connector(&bank);
    for _ in 0..3 {
        let outcome = connector.send(&order(), soon()).await;
        assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bank.requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn queries_say_what_the_bank_says() {
    let cny = |text| Money::parse(text, Currency::CNY).expect("an amount");
    let bank_reference = Some("SB1".to_owned());
    for (status, body, expected) in [
        (
            200,
            r#"{"reference":"po_1","status":"paid","bank_reference":"SB1","amount":"700.00","currency":"CNY","amount_received":"695.00"}"#,
            QueryOutcome::Paid {
                amount: cny("700.00"),
                amount_received: Some(cny("695.00")),
                bank_reference: bank_reference.clone(),
            },
        ),
        (
            200,
            r#"{"reference":"po_1","status":"returned","bank_reference":"SB1","amount":"700.00","currency":"CNY","amount_returned":"695.00","reason":"AC04"}"#,
            QueryOutcome::Returned {
                amount: cny("700.00"),
                amount_returned: cny("695.00"),
                bank_reference,
                reason: Some("AC04".into()),
            },
        ),
        (
            200,
            r#"{"reference":"po_1","status":"failed","reason":"AC01"}"#,
            QueryOutcome::Failed { reason: "AC01".into() },
        ),
        (200, r#"{"reference":"po_1","status":"pending"}"#, QueryOutcome::Pending),
        (404, r#"{"reference":"po_1","status":"never_seen"}"#, QueryOutcome::NeverSeen),
    ] {
        assert_eq!(queried(status, body).await, expected);
    }
}

#[tokio::test]
async fn r27_never_seen_needs_the_bank_to_say_so() {
    for (status, body) in [
        (404, ""),
        (404, "<html>not found</html>"),
        (404, r#"{"reference":"po_2","status":"never_seen"}"#),
        (200, r#"{"reference":"po_1","status":"never_seen"}"#),
        (500, r#"{"reference":"po_1","status":"never_seen"}"#),
        (401, r#"{"reference":"po_1","status":"failed"}"#),
        (200, r#"{"reference":"po_1","status":"paid","amount":"0.00","currency":"CNY"}"#),
    ] {
        let outcome = queried(status, body).await;
        assert!(matches!(outcome, QueryOutcome::Unreachable { .. }), "{status} {body}: {outcome:?}");
    }
    let bank = scripted(answer(200, "{}")).await;
    for reference in ["", "../journal", "po_1?x=1", "po 1"] {
        let outcome = connector(&bank).query(reference, soon()).await;
        assert!(matches!(outcome, QueryOutcome::Unreachable { .. }), "{reference}");
    }
    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn r37_a_banks_words_about_an_order_are_not_handed_on() {
    for (said, expected) in [
        ("ACCT 62220202000017788 OF ZHANG SAN CLOSED", "NARR"),
        ("62220202000017788", "NARR"),
        ("张三", "NARR"),
        ("AC04", "AC04"),
        ("account_closed", "account_closed"),
        ("insufficient_funds", "insufficient_funds"),
    ] {
        let told = answers_with(&format!(r#","reason":"{said}""#)).await;
        assert_eq!(told, [expected; 3].map(|code| Some(code.to_owned())), "{said}");
    }
}

#[tokio::test]
async fn r37_where_no_reason_is_given_the_status_stands_for_it() {
    for absent in ["", r#","reason":null"#, r#","reason":"""#, r#","reason":" ""#] {
        let told = answers_with(absent).await;
        assert_eq!(told, [Some("rejected".to_owned()), Some("failed".to_owned()), None], "{absent}");
    }
}

/// The reasons of a rejection, a failure and a return that end in `reason`.
async fn answers_with(reason: &str) -> [Option<String>; 3] {
    let body = |status: &str| {
        let amounts = r#""amount":"700.00","amount_returned":"700.00","currency":"CNY""#;
        format!(r#"{{"reference":"po_1","status":"{status}",{amounts}{reason}}}"#)
    };
    let SendOutcome::Rejected { reason: rejected } = sent(answer(422, &body("rejected"))).await else {
        panic!("no rejection: {reason}")
    };
    let QueryOutcome::Failed { reason: failed } = queried(200, &body("failed")).await else {
        panic!("no failure: {reason}")
    };
    let QueryOutcome::Returned { reason: returned, .. } = queried(200, &body("returned")).await else {
        panic!("no return: {reason}")
    };
    [Some(rejected), Some(failed), returned]
}

fn account() -> AccountCheck {
    AccountCheck { reference: "pye_1".into(), currency: Currency::CNY, account: order().beneficiary }
}

async fn checked(steps: Vec<Step>) -> CheckOutcome {
    let bank = scripted(steps).await;
    connector(&bank).check_account(&account(), soon()).await
}

#[tokio::test]
async fn r21_a_check_says_what_the_bank_says() {
    let no_match = |reason: &str| CheckOutcome::NoMatch { reason: reason.into() };
    for (status, body, expected) in [
        (200, r#"{"reference":"pye_1","status":"matches"}"#, CheckOutcome::Matches),
        (
            200,
            r#"{"reference":"pye_1","status":"no_match","reason":"other_holder"}"#,
            no_match("other_holder"),
        ),
        (200, r#"{"reference":"pye_1","status":"no_match"}"#, no_match("no_match")),
        (202, r#"{"reference":"pye_1","status":"pending"}"#, CheckOutcome::Pending),
        (200, r#"{"reference":"pye_1","status":"not_supported"}"#, CheckOutcome::NotSupported),
    ] {
        assert_eq!(checked(answer(status, body)).await, expected, "{body}");
    }
}

#[tokio::test]
async fn r37_a_bank_s_words_about_the_real_holder_are_not_handed_on() {
    for reason in ["held by LI SI", "LI_SI", "", "62220202000017788", &"x".repeat(36)] {
        let body = format!(r#"{{"reference":"pye_1","status":"no_match","reason":"{reason}"}}"#);
        let expected = CheckOutcome::NoMatch { reason: "no_match".into() };
        assert_eq!(checked(answer(200, &body)).await, expected, "{reason}");
    }
}

/// Neither a match nor a mismatch may be made of an answer that is none.
#[tokio::test]
async fn r21_an_answer_about_something_else_is_none() {
    let matches = r#"{"reference":"pye_1","status":"matches"}"#;
    for steps in [
        answer(500, matches),
        answer(404, matches),
        answer(401, r#"{"reference":"pye_1","status":"no_match"}"#),
        answer(404, "<html>not found</html>"),
        answer(200, r#"{"reference":"pye_2","status":"matches"}"#),
        answer(200, r#"{"reference":"pye_1","status":"match"}"#),
        answer(200, "{"),
        vec![Step::Drop],
        vec![Step::Hold],
    ] {
        let outcome = checked(steps.clone()).await;
        assert!(matches!(outcome, CheckOutcome::Unavailable { .. }), "{steps:?}: {outcome:?}");
    }
}

/// A bank that only pays.
struct PaysOnly;

impl Connector for PaysOnly {
    fn send<'a>(&'a self, _: &'a PayoutOrder, _: Instant) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async { SendOutcome::NotSent { why: "nothing is sent here".into() } })
    }

    fn query<'a>(&'a self, _: &'a str, _: Instant) -> BoxFuture<'a, QueryOutcome> {
        Box::pin(async { QueryOutcome::NeverSeen })
    }
}

#[tokio::test]
async fn a_connector_that_knows_no_checks_says_so() {
    assert_eq!(PaysOnly.check_account(&account(), soon()).await, CheckOutcome::NotSupported);
}

#[test]
fn only_https_urls_are_taken() {
    let signed = rcgen::generate_simple_self_signed(["x".to_owned()]).expect("a certificate");
    let tls = client_tls(signed.cert.pem().as_bytes()).expect("roots");
    for url in ["", "http://x", "https://", "https://u:p@x", "https://x/?a=b", "x", "ftp://x"] {
        assert!(HttpsClient::new(url, tls.clone(), Limits::default()).is_err(), "{url}");
    }
    for url in ["https://x", "https://127.0.0.1:8443/", "https://[::1]:1/base/"] {
        assert!(HttpsClient::new(url, tls.clone(), Limits::default()).is_ok(), "{url}");
    }
    assert!(client_tls(b"no pem").is_err());
}

#[test]
fn r37_orders_print_neither_name_nor_account() {
    let shown = format!("{:?}", order());
    assert!(!shown.contains("ZHANG") && !shown.contains("6222"), "{shown}");
}

//! mTLS of banks: whose certificate opens which door.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::client::Resumption;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::world::{SOON, World};
use crate::reload::reload;

/// Signs for every bank of these tests.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A bank's authority.
pub(super) struct Ca {
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(super) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Ca {
    /// A new one; its certificate is written to this file.
    pub(super) fn new(name: &str, file: &Path) -> Ca {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        std::fs::write(file, params.self_signed(&key).expect("a certificate").pem()).expect("written");
        Ca { issuer: Issuer::new(params, key) }
    }

    /// A certificate until then, with this common name and these DNS names.
    pub(super) fn issue(&self, common: &str, dns: &[&str], until: OffsetDateTime) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let dns = dns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(dns).expect("params");
        params.distinguished_name.push(DnType::CommonName, common);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = OffsetDateTime::now_utc() - Duration::days(30);
        params.not_after = until;
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Identity { chain: vec![certificate.der().clone()], key }
    }
}

pub(super) fn later() -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::days(1)
}

/// A client that shows this certificate, and resumes sessions.
pub(super) fn client(
    world: &World,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("versions")
        .with_root_certificates(world.roots());
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
            .expect("a certificate"),
    };
    config.resumption = Resumption::in_memory_sessions(8);
    Arc::new(config)
}

pub(super) async fn connect(world: &World, client: &Arc<ClientConfig>) -> Option<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(world.at.public).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    let shaken = timeout(SOON, TlsConnector::from(client.clone()).connect(name, tcp)).await;
    shaken.expect("a handshake in time").ok()
}

/// Reports an event to a bank's door, rightly signed: the answer; nothing when there is none.
pub(super) async fn report(stream: &mut TlsStream<TcpStream>, bank: &str, query: &str) -> Option<String> {
    let body = r#"{"type":"weather.changed","data":{}}"#;
    let signer = bank::signing::Signer::from_secrets(&[SECRET]).expect("a signer");
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let id = format!("evt_{}", uuid::Uuid::now_v7().simple());
    let headers = signer.headers(&id, now, body.as_bytes()).expect("signed");
    let signed: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "POST /v1/banks/{bank}/events{query} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{signed}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    timeout(SOON, answer(stream)).await.expect("an answer or an end in time")
}

/// One answer of a connection that stays open.
async fn answer(stream: &mut TlsStream<TcpStream>) -> Option<String> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
            if body.len() >= length.parse::<usize>().ok()? {
                return Some(text);
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
        }
    }
}

/// Status and code or outcome of a rightly signed event on a new connection.
async fn told(world: &World, client: &Arc<ClientConfig>, bank: &str) -> String {
    let Some(mut stream) = connect(world, client).await else { return "no connection".to_owned() };
    match report(&mut stream, bank, "").await {
        Some(answer) => summary(&answer),
        None => "no connection".to_owned(),
    }
}

pub(super) fn summary(answer: &str) -> String {
    let status = answer.split(' ').nth(1).unwrap_or_default();
    let word = ["\"code\":\"", "\"outcome\":\""].iter().find_map(|mark| answer.split(mark).nth(1));
    format!("{status} {}", word.and_then(|rest| rest.split('"').next()).unwrap_or_default())
}

/// Events that were kept.
pub(super) async fn kept(world: &World) -> i64 {
    let conn = world.app.pool.get().await.expect("a connection");
    conn.query_one("SELECT count(*) FROM bank_events", &[]).await.expect("a count").get(0)
}

pub(super) fn bank(id: &str, certificates: &str) -> String {
    let own = if certificates.is_empty() {
        String::new()
    } else {
        format!("[banks.client_certificates]\n{certificates}\n")
    };
    format!("[[banks]]\nid = {id:?}\nkeys = [{{ id = \"k1\", secret = {SECRET:?} }}]\n{own}")
}

#[tokio::test]
async fn r1_a_certificate_opens_its_own_banks_door_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let beta = Ca::new("Beta CA", &folder.path().join("beta.pem"));
    let gamma = Ca::new("Gamma CA", &folder.path().join("gamma.pem"));
    let nobody = Ca::new("Nobody's CA", &folder.path().join("nobody.pem"));
    let further = [
        bank("beta", "ca_file = \"beta.pem\""),
        bank("gamma", "ca_file = \"gamma.pem\"\nnames = [\"events.gamma.example\", \"Gamma events\"]"),
    ];
    let world = World::start_in(folder, "", &further.concat()).await;
    let of_beta = beta.issue("beta", &[], later());
    let by_dns = gamma.issue("gamma", &["events.gamma.example"], later());
    let by_common_name = gamma.issue("Gamma events", &[], later());
    let of_others = gamma.issue("gamma", &["www.gamma.example"], later());
    let expired = beta.issue("beta", &[], OffsetDateTime::now_utc() - Duration::days(1));
    let of_nobody = nobody.issue("Gamma events", &["events.gamma.example"], later());

    const GOOD: &str = "200 ignored";
    const REFUSED: &str = "403 forbidden";
    const CUT: &str = "no connection";
    // The door without certificates, that of beta, that of gamma.
    let table = [
        ("none", None, [GOOD, REFUSED, REFUSED]),
        ("beta's", Some(&of_beta), [GOOD, GOOD, REFUSED]),
        ("gamma's by its DNS name", Some(&by_dns), [GOOD, REFUSED, GOOD]),
        ("gamma's by its common name", Some(&by_common_name), [GOOD, REFUSED, GOOD]),
        ("gamma's of another machine", Some(&of_others), [GOOD, REFUSED, REFUSED]),
        ("beta's, expired", Some(&expired), [CUT, CUT, CUT]),
        ("nobody's", Some(&of_nobody), [CUT, CUT, CUT]),
    ];
    for version in [&TLS12, &TLS13] {
        for (whose, identity, expected) in &table {
            let client = client(&world, *identity, version);
            for (door, expected) in ["alpha", "beta", "gamma"].iter().zip(expected) {
                let before = kept(&world).await;
                assert_eq!(told(&world, &client, door).await, *expected, "{whose} at {door}, {version:?}");
                let more = i64::from(*expected == GOOD);
                assert_eq!(kept(&world).await - before, more, "{whose} at {door}: what is kept");
            }
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_self_check_says_what_is_wrong_with_the_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let beta = Ca::new("Beta CA", &folder.path().join("beta.pem"));
    Ca::new("Gamma CA", &folder.path().join("gamma.pem"));
    let further = [
        bank("beta", "ca_file = \"beta.pem\"\nnames = [\"events.beta.example\"]"),
        bank("gamma", "ca_file = \"gamma.pem\""),
    ];
    let world = World::start_in(folder, "", &further.concat()).await;
    let right = beta.issue("x", &["events.beta.example"], later());
    let other = beta.issue("x", &["www.beta.example"], later());
    let table = [
        ("beta", None, "\"failed_step\":\"no_client_certificate\""),
        ("beta", Some(&other), "\"failed_step\":\"client_certificate_name\""),
        ("gamma", Some(&right), "\"failed_step\":\"client_certificate_authority\""),
        ("beta", Some(&right), "\"verified\":true"),
    ];
    for (door, identity, expected) in table {
        let mut stream = connect(&world, &client(&world, identity, &TLS13)).await.expect("a connection");
        let answer = report(&mut stream, door, "?dry_run=true").await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{expected}: {answer}");
    }
    assert_eq!(kept(&world).await, 0);
    world.end().await;
}

#[tokio::test]
async fn a_resumed_session_is_no_way_around_the_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let beta = Ca::new("Beta CA", &folder.path().join("beta.pem"));
    Ca::new("Gamma CA", &folder.path().join("gamma.pem"));
    let further = [bank("beta", "ca_file = \"beta.pem\""), bank("gamma", "ca_file = \"gamma.pem\"")].concat();
    let world = World::start_in(folder, "", &further).await;
    for version in [&TLS12, &TLS13] {
        let until = OffsetDateTime::now_utc() + Duration::seconds(4);
        let client = client(&world, Some(&beta.issue("beta", &[], until)), version);
        let mut first = connect(&world, &client).await.expect("a connection");
        assert_eq!(summary(&report(&mut first, "beta", "").await.expect("an answer")), "200 ignored");
        let mut second = connect(&world, &client).await.expect("a connection");
        assert_eq!(summary(&report(&mut second, "gamma", "").await.expect("an answer")), "403 forbidden");
        assert_eq!(summary(&report(&mut second, "beta", "").await.expect("an answer")), "200 ignored");
        assert_eq!(second.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed), "{version:?}");

        // The certificate's time is over; neither an open connection nor a resumed session carries it on.
        while OffsetDateTime::now_utc() < until + Duration::seconds(2) {
            sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(summary(&report(&mut first, "beta", "").await.expect("an answer")), "403 forbidden");
        let mut third = connect(&world, &client).await.expect("a connection");
        assert_eq!(summary(&report(&mut third, "beta", "").await.expect("an answer")), "403 forbidden");
        assert_eq!(third.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed), "{version:?}");
    }
    assert_eq!(kept(&world).await, 4);
    world.end().await;
}

#[tokio::test]
async fn banks_that_share_an_authority_need_names_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    Ca::new("Shared CA", &folder.path().join("shared.pem"));
    let world = World::start_in(folder, "", "").await;
    let shared = |names: &str| format!("ca_file = \"shared.pem\"\n{names}");
    let table = [
        ("", "", false),
        ("names = [\"beta\"]", "", false),
        ("names = [\"beta\"]", "names = [\"gamma\", \"beta\"]", false),
        ("names = [\"beta\"]", "names = [\"gamma\"]", true),
    ];
    for (beta, gamma, good) in table {
        let further = [bank("beta", &shared(beta)), bank("gamma", &shared(gamma))].concat();
        let opened = crate::live::Live::open(&world.config(&further).expect("read"), |_| true, None);
        assert_eq!(opened.is_ok(), good, "{beta} and {gamma}");
    }
    // A reload with such a fault changes nothing.
    let before = world.app.live.get();
    let further = [bank("beta", &shared("")), bank("alpha2", &shared(""))].concat();
    reload(&world.app, world.config(&further.replace("\"beta\"", "\"alpha\"")));
    assert!(Arc::ptr_eq(&before, &world.app.live.get()));
    world.end().await;
}

//! What a reload changes on connections that are open, and on new ones.

use std::sync::Arc;

use rustls::version::TLS13;
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::client_certificates::{Ca, bank, client, connect, kept, later, report, summary};
use super::world::World;
use crate::live::Live;
use crate::reload::reload;

#[tokio::test]
async fn an_authority_that_is_taken_away_ends_open_connections_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = Ca::new("Old CA", &folder.path().join("old.pem"));
    let new = Ca::new("New CA", &folder.path().join("new.pem"));
    let with = |file: &str| bank("beta", &format!("ca_file = {file:?}"));
    let world = World::start_in(folder, "", &with("old.pem")).await;
    let (of_old, of_new) = (old.issue("beta", &[], later()), new.issue("beta", &[], later()));
    let (of_old, of_new) = (client(&world, Some(&of_old), &TLS13), client(&world, Some(&of_new), &TLS13));
    let mut open = connect(&world, &of_old).await.expect("a connection");
    let say = async |stream: &mut TlsStream<TcpStream>| {
        report(stream, "beta", "").await.map(|answer| summary(&answer))
    };
    assert_eq!(say(&mut open).await.as_deref(), Some("200 ignored"));

    // Nothing that can't be used changes anything.
    let before = world.app.live.get();
    std::fs::write(world.folder().join("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n")
        .expect("written");
    for file in ["broken.pem", "nowhere.pem"] {
        reload(&world.app, world.config(&with(file)));
    }
    reload(&world.app, Err("not TOML".to_owned()));
    assert!(Arc::ptr_eq(&before, &world.app.live.get()));
    assert_eq!(say(&mut open).await.as_deref(), Some("200 ignored"));

    reload(&world.app, world.config(&with("new.pem")));
    assert_eq!(say(&mut open).await.as_deref(), Some("403 forbidden"), "open, and not the bank's any more");
    let mut resumed = connect(&world, &of_old).await;
    let told = match &mut resumed {
        Some(stream) => say(stream).await,
        None => None,
    };
    assert_eq!(told, None, "its session is gone with its authority");
    let mut fresh = connect(&world, &of_new).await.expect("a connection");
    assert_eq!(say(&mut fresh).await.as_deref(), Some("200 ignored"));
    assert_eq!(kept(&world).await, 3);
    world.end().await;
}

#[tokio::test]
async fn a_bank_that_is_gone_is_not_listened_to_and_a_new_one_waits_for_a_restart() {
    let world = World::start_in(tempfile::tempdir().expect("a folder"), "", &bank("beta", "")).await;
    let client = client(&world, None, &TLS13);
    let mut stream = connect(&world, &client).await.expect("a connection");
    let mut say = async |door: &str| summary(&report(&mut stream, door, "").await.expect("an answer"));
    assert_eq!(say("beta").await, "200 ignored");
    reload(&world.app, world.config(&bank("gamma", "")));
    assert_eq!(say("alpha").await, "200 ignored");
    assert_eq!(say("beta").await, "404 not-found");
    assert_eq!(say("gamma").await, "404 not-found");
    world.end().await;
}

#[tokio::test]
async fn r36_new_connections_get_the_new_certificate_and_open_ones_live_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::start_in(folder, "", "").await;
    let of = |stream: &TlsStream<TcpStream>| -> CertificateDer<'static> {
        let chain = stream.get_ref().1.peer_certificates().expect("a chain");
        chain[0].clone().into_owned()
    };
    // A client that trusts both certificates: the one of the start, and the next one.
    let next = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let mut roots = world.roots();
    roots.add(next.cert.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trusting = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let trusting = Arc::new(trusting);
    let mut open = connect(&world, &trusting).await.expect("a connection");
    let first = of(&open);
    let write = |name: &str, text: String| std::fs::write(world.folder().join(name), text).expect("written");

    // The certificate without its key: nothing changes.
    write("server.pem", next.cert.pem());
    reload(&world.app, world.config(""));
    assert_eq!(of(&connect(&world, &trusting).await.expect("a connection")), first);

    write("server.key", next.signing_key.serialize_pem());
    reload(&world.app, world.config(""));
    let renewed = connect(&world, &trusting).await.expect("a connection");
    assert_eq!(of(&renewed), next.cert.der().clone());
    let answer = report(&mut open, "alpha", "").await.expect("an answer on the old connection");
    assert_eq!(summary(&answer), "200 ignored");
    world.end().await;
}

#[tokio::test]
async fn r36_an_expired_certificate_is_not_reloaded_and_keeps_nobody_from_coming_back() {
    let world = World::start_in(tempfile::tempdir().expect("a folder"), "", "").await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut expired = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("params");
    expired.not_after = OffsetDateTime::now_utc() - Duration::seconds(1);
    let expired = expired.self_signed(&key).expect("a certificate");
    let before = world.app.live.get();
    std::fs::write(world.folder().join("server.pem"), expired.pem()).expect("written");
    std::fs::write(world.folder().join("server.key"), key.serialize_pem()).expect("written");
    let config = world.config("").expect("right");
    let why = Live::open(&config, |_| true, None).err().unwrap_or_default();
    assert!(why.contains("server.pem: its certificate has expired, at "), "{why}");
    reload(&world.app, Ok(config));
    assert!(Arc::ptr_eq(&before, &world.app.live.get()));
    // Started with it nevertheless: what else is new counts, as long as the file is the same.
    world.app.live.replace(Live::at_start(&world.config("").expect("right")).expect("a start"));
    let before = world.app.live.get();
    reload(&world.app, world.config(""));
    assert!(!Arc::ptr_eq(&before, &world.app.live.get()));
    world.end().await;
}

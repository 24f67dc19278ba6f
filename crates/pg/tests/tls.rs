//! TLS to real PostgreSQL (R36): who is believed, who is refused, and that nothing goes without it once it is demanded.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pg::{Error, Migration, MigrationSet, Pool, PoolSettings, Tls, TlsMode};
use testkit::{TlsServer, TlsSide};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SET: MigrationSet = MigrationSet {
    owner: "t",
    migrations: &[Migration { version: 1, name: "t", sql: "CREATE TABLE t (n integer PRIMARY KEY)" }],
};

fn trusting(ca_file: PathBuf) -> Tls {
    Tls { ca_file: Some(ca_file), ..Tls::default() }
}

fn showing(server: &TlsServer, (certificate, key): (PathBuf, PathBuf)) -> Tls {
    let (client_certificate, client_key) = (Some(certificate), Some(key));
    Tls { client_certificate, client_key, ..trusting(server.ca_file()) }
}

fn open(url: &str, tls: &Tls, at_home: bool) -> Pool {
    let settings = PoolSettings {
        size: 2,
        statement: Duration::from_secs(2),
        at_home,
        tls: tls.clone(),
        ..PoolSettings::default()
    };
    Pool::open(url, settings).unwrap()
}

/// How its own session is protected: whether, by what, and whose certificate was shown.
async fn session(pool: &Pool) -> (bool, Option<String>, Option<String>) {
    let conn = pool.get().await.unwrap();
    let sql = "SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row = conn.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

/// It can't be reached, whoever opens the connection, and says why; later it may be.
async fn refused(url: &str, tls: &Tls, why: &[&str]) {
    let mut errors = Vec::new();
    for at_home in [false, true] {
        errors.push(open(url, tls, at_home).get().await.unwrap_err());
    }
    errors.push(pg::migrate(url, tls, &[SET]).await.unwrap_err());
    for error in errors {
        let said = error.to_string();
        // Who is let in is the server's to say, and no waiting changes it.
        let by_its_rules = said.contains("(28000)") || said.contains("(28P01)");
        assert_eq!(matches!(error, Error::Refused(_)), by_its_rules, "{error:?}");
        assert!(error.is_unavailable(), "{error:?}");
        assert!(why.iter().all(|why| said.contains(why)), "{why:?} in {said}");
        let password = url.split(':').nth(2).and_then(|rest| rest.split('@').next()).unwrap();
        assert!(!said.contains(password), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r36_who_is_verified_is_spoken_to_and_nobody_else() {
    let server = TlsServer::start(TlsSide::Right).await;
    let tls = trusting(server.ca_file());
    let url = server.url("db.example", "sluice");
    migrates_and_works(&url, &tls).await;

    for at_home in [false, true] {
        let (ssl, version, _) = session(&open(&url, &tls, at_home)).await;
        assert_eq!((ssl, version.as_deref()), (true, Some("TLSv1.3")));
    }
    // A password's proof holds for this certificate only.
    session(&open(&format!("{url}&channel_binding=require"), &tls, false)).await;
    // Each host by its own name: the first one has another's certificate, the second its own.
    let several = server.url("other.example,db.example", "sluice");
    session(&open(&several, &tls, false)).await;

    refused(&server.url("other.example", "sluice"), &tls, &["TLS handshake", "other.example"]).await;
    let (stranger, _) = server.stranger("certified");
    refused(&url, &trusting(stranger), &["TLS handshake", "UnknownIssuer"]).await;
    // The server lets nobody in without TLS.
    let open_url = url.replace("sslmode=require", "sslmode=disable");
    refused(&open_url, &Tls::default(), &["no encryption"]).await;

    shows_a_certificate(&server).await;
}

/// A batch, a deadline that ends a statement, and what comes after it.
async fn migrates_and_works(url: &str, tls: &Tls) {
    assert_eq!(pg::migrate(url, tls, &[SET]).await.unwrap().len(), 1);
    let pool = open(url, tls, true);
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let many: Vec<i32> = (0..20_000).collect();
    tx.execute("INSERT INTO t SELECT unnest($1::integer[])", &[&many]).await.unwrap();
    tx.commit().await.unwrap();
    let began = Instant::now();
    let late = conn.query("SELECT pg_sleep(30)", &[]).await.unwrap_err();
    assert!(matches!(late, Error::Timeout) && began.elapsed() < Duration::from_secs(15), "{late:?}");
    drop(conn);
    let conn = pool.get().await.unwrap();
    let row = conn.query_one("SELECT count(*), sum(n)::bigint FROM t", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (20_000, 199_990_000));
    let asleep =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)'";
    assert_eq!(conn.query_one(asleep, &[]).await.unwrap().get::<_, i64>(0), 0, "it was ended, not left");
}

async fn shows_a_certificate(server: &TlsServer) {
    let url = server.url("localhost", "certified");
    let (_, _, shown) = session(&open(&url, &showing(server, server.client("certified")), true)).await;
    assert_eq!(shown.as_deref(), Some("/CN=certified"));
    refused(&url, &trusting(server.ca_file()), &["valid client certificate"]).await;
    let another = showing(server, server.client("somebody"));
    refused(&url, &another, &["certificate authentication failed"]).await;
    let (_, stranger) = server.stranger("certified");
    refused(&url, &showing(server, stranger), &[]).await;
}

#[tokio::test]
async fn r36_an_expired_certificate_is_refused() {
    let server = TlsServer::start(TlsSide::Expired).await;
    let (url, tls) = (server.url("db.example", "sluice"), trusting(server.ca_file()));
    refused(&url, &tls, &["TLS handshake", "expired"]).await;
}

#[tokio::test]
async fn r36_a_server_without_tls_is_refused_where_tls_is_demanded() {
    let server = TlsServer::start(TlsSide::None).await;
    let url = server.url("db.example", "sluice");
    refused(&url, &trusting(server.ca_file()), &["server does not support TLS"]).await;
    // It can be spoken to without: what refuses is here.
    let open_url = url.replace("sslmode=require", "sslmode=disable");
    let off = Tls { mode: TlsMode::Off, ..Tls::default() };
    assert!(!session(&open(&open_url, &off, false)).await.0);
}

/// It takes up TLS and then says nothing: whoever waits for it has a deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r36_a_handshake_has_a_deadline() {
    let server = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = server.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut client, _)) = server.accept().await {
            client.read_exact(&mut [0; 8]).await.unwrap();
            client.write_all(b"S").await.unwrap();
            silent.push(client);
        }
    });
    let ca_file = tempfile::NamedTempFile::new().unwrap();
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(ca_file.path(), own.cert.pem()).unwrap();
    for at_home in [false, true] {
        let settings = PoolSettings {
            connect: Duration::from_millis(200),
            at_home,
            tls: trusting(ca_file.path().to_owned()),
            ..PoolSettings::default()
        };
        let url = format!("postgresql://u@localhost:{port}/d?sslmode=require");
        let (pool, began) = (Pool::open(&url, settings).unwrap(), Instant::now());
        let error = pool.get().await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

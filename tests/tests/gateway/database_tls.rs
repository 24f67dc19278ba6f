//! A database over a network (R36), as whoever runs the gateway sets it up.

use std::path::Path;
use std::process::Output;

use testkit::{TlsServer, TlsSide};
use tests::{Sluice, funds, run, unique};

const CONFIG: [&str; 2] = ["--config", "tls.toml"];

/// The demo's configuration with another database, of whose books it writes the heads elsewhere.
fn configuration(sluice: &Sluice, url: &str, more: &str) -> String {
    let text = sluice.configuration();
    let lines = text.lines().map(|line| match line.split(" = ").next() {
        Some("url") => format!("url = {url:?}\n{more}\n"),
        Some("heads_file") => "heads_file = \"tls-heads.log\"\n".to_owned(),
        _ => format!("{line}\n"),
    });
    lines.collect::<Vec<_>>().concat()
}

async fn sluice_run(command: &str, folder: &Path) -> Output {
    run(&[&[command], &CONFIG[..]].concat(), folder).await
}

/// It ends with code 1, which of `verify` would mean that the books are broken: its own is 2. And it says this.
async fn fails(command: &str, folder: &Path, why: &[&str]) {
    let output = sluice_run(command, folder).await;
    let said = String::from_utf8_lossy(&output.stderr);
    let code = if command == "verify" { 2 } else { 1 };
    assert_eq!(output.status.code(), Some(code), "{command}: {said}");
    assert!(why.iter().all(|why| said.contains(why)), "{command}: {why:?} in {said}");
}

#[tokio::test]
async fn r36_a_gateway_reaches_its_database_by_tls_or_not_at_all() {
    let (sluice, world) = Sluice::start().await;
    let server = TlsServer::start(TlsSide::Right).await;
    let (url, folder) = (server.url("db.example", "sluice"), sluice.dir());
    let (stranger, _) = server.stranger("nobody");
    let write = |text: &str| std::fs::write(folder.join("tls.toml"), text).expect("written");

    write(&configuration(&sluice, "postgresql://sluice@db.example/sluice?sslmode=disable", ""));
    for command in ["check-config", "migrate", "serve", "verify"] {
        fails(command, folder, &["database.url: ", "sslmode=disable"]).await;
    }
    write(&configuration(&sluice, &url, &format!("ca_file = {stranger:?}")));
    for command in ["migrate", "serve", "verify"] {
        fails(command, folder, &["TLS handshake", "UnknownIssuer"]).await;
    }

    let right = configuration(&sluice, &url, &format!("ca_file = {:?}", server.ca_file()));
    write(&right);
    for command in ["check-config", "migrate"] {
        let output = sluice_run(command, folder).await;
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let second = sluice.another("tls", &world, &right).await;
    let ready = second.world.probe("/readyz").await;
    assert!(ready.lines().next().is_some_and(|status| status.contains("200")), "{ready}");
    // A batch is carried out there, and nowhere else: these books know no account.
    let known = world.merchant(0).account("USD");
    let paid = funds(&unique("REF"), known, "10.00", "USD", "AMAZON PAYMENTS INC");
    let answer = second.world.event(&unique("evt"), &paid).await;
    assert_eq!(answer.outcome(), ("in_review", "unknown_account"));

    let (client, connection) =
        tokio_postgres::connect(&server.socket_url(), tokio_postgres::NoTls).await.expect("its socket");
    tokio::spawn(connection);
    let over_tcp = "SELECT count(*), bool_and(ssl), bool_and(version = 'TLSv1.3')
                    FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE client_addr IS NOT NULL";
    let row = client.query_one(over_tcp, &[]).await.expect("its sessions");
    assert!(row.get::<_, i64>(0) >= 2, "lanes and readers");
    assert_eq!((row.get(1), row.get(2)), (Some(true), Some(true)));

    let output = sluice_run("verify", folder).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("every invariant holds"), "{output:?}");
    assert!(
        !second.log().contains("not encrypted") && !second.log().contains("protected by"),
        "{}",
        second.log()
    );
}

//! The key file, made and rotated by whoever runs the gateway (R36).

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tests::{Sluice, World, binary, funds, run, unique};

/// What `sluice keys` says; none of the file's keys is in it.
async fn keys(action: &str, folder: &Path, code: i32) -> String {
    let output = run(&["keys", action, "sluice.keys"], folder).await;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{action}: {said}");
    let text = std::fs::read_to_string(folder.join("sluice.keys")).unwrap_or_default();
    let secrets: Vec<&str> = text.split('"').filter(|part| part.len() == 44).collect();
    assert!(secrets.iter().all(|secret| !said.contains(secret)), "{action} shows a key");
    said
}

#[tokio::test]
async fn r36_a_key_file_is_made_once_and_only_added_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (folder, file) = (folder.path(), folder.path().join("sluice.keys"));
    let read = || std::fs::read_to_string(&file).expect("the key file");
    keys("add", folder, 1).await;
    assert!(!file.exists(), "there is nothing to add to");
    assert!(keys("new", folder, 0).await.contains("sluice.keys"));
    let mode = std::fs::metadata(&file).expect("the key file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = read();
    keys("new", folder, 1).await;
    assert_eq!(read(), first, "one that is there is left alone");
    assert!(keys("add", folder, 0).await.contains("key 2"));
    let second = read();
    let secret = |text: &str, at: usize| text.split('"').nth(2 * at + 1).map(str::to_owned);
    assert_eq!([secret(&second, 0), secret(&second, 1)], [secret(&first, 0), secret(&first, 1)]);
    assert!(secret(&second, 2).is_some_and(|new| Some(&new) != secret(&second, 1).as_ref()));
}

/// The bank's event as it came, opened by an operator.
async fn opened(world: &World, event: &str) -> String {
    let list = world.look("/admin/v1/events?limit=200").await;
    let rows = list.json["data"].as_array().expect("a list");
    let id = rows.iter().find(|row| row["event_id"] == event).expect("the event")["id"].as_str();
    let path = format!("/admin/v1/events/{}/unmask", id.expect("an id"));
    let wanted = json!({"reason": "ticket 77", "field": "body"});
    world.act(world.operator("operator", 0), &path, &wanted).await.text_of("text").to_owned()
}

#[tokio::test]
async fn r36_a_gateway_reads_under_a_new_key_what_the_old_one_sealed() {
    let (mut sluice, world) = Sluice::start().await;
    let mut events = Vec::new();
    let mut pay = async |world: &World| {
        let merchant = world.merchant(0);
        let body = funds(&unique("REF"), merchant.account("USD"), "10.00", "USD", "AMAZON PAYMENTS INC");
        let event = unique("evt");
        assert_eq!(world.event(&event, &body).await.status, 200);
        events.push((event, String::from_utf8(body).expect("text")));
    };
    pay(&world).await;
    sluice.stop().await;
    let output = run(&["keys", "add", "keys.toml"], sluice.dir()).await;
    assert!(output.status.success(), "{output:?}");

    let world = sluice.launch().await;
    pay(&world).await;
    for (event, body) in &events {
        assert_eq!(opened(&world, event).await, *body);
    }
    // The account is found as before: its index is under the key that never changes.
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "20.00");
    let sealed_by = "SELECT DISTINCT substr(body_sealed, 1, 4) FROM bank_event_bytes ORDER BY 1";
    let rows = world.database().await.query(sealed_by, &[]).await.expect("what is sealed");
    let ids: Vec<&[u8]> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(ids, [[0, 0, 0, 1], [0, 0, 0, 2]]);
    sluice.verify().await;
}

/// A gateway of this configuration does not start; what it says.
async fn refused(sluice: &Sluice, name: &str, text: &str) -> String {
    let config = sluice.dir().join(name);
    std::fs::write(&config, text).expect("written");
    let mut command = tokio::process::Command::new(binary("sluice").expect("the binary `sluice`"));
    for listener in ["PUBLIC", "ADMIN", "METRICS"] {
        command.env(format!("SLUICE_{listener}_ADDR"), "127.0.0.1:0");
    }
    command.args(["serve", "--config"]).arg(&config).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
    let output = output.expect("it ends by itself").expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && !said.contains("serving"), "{said}");
    said
}

#[tokio::test]
async fn r4_a_gateway_with_another_key_file_does_not_start_and_books_nothing_twice() {
    let (mut sluice, world) = Sluice::start().await;
    let body = funds(&unique("REF"), world.merchant(0).account("USD"), "10.00", "USD", "AMAZON PAYMENTS INC");
    assert_eq!(world.event(&unique("evt"), &body).await.outcome(), ("credited", ""));
    let ours = sluice.configuration();
    assert_eq!(ours.matches("keys.toml").count(), 1, "{ours}");
    let made = run(&["keys", "new", "others.toml"], sluice.dir()).await;
    assert!(made.status.success(), "{made:?}");
    let said = refused(&sluice, "others-gateway.toml", &ours.replace("keys.toml", "others.toml")).await;
    assert!(said.contains("others.toml: key 1 is not the one"), "{said}");

    // A key is added and used; an old copy of the file lacks it.
    std::fs::copy(sluice.dir().join("keys.toml"), sluice.dir().join("old.toml")).expect("copied");
    sluice.stop().await;
    let added = run(&["keys", "add", "keys.toml"], sluice.dir()).await;
    assert!(added.status.success(), "{added:?}");
    let world = sluice.launch().await;
    let said =
        refused(&sluice, "old-gateway.toml", &sluice.configuration().replace("keys.toml", "old.toml")).await;
    assert!(said.contains("old.toml: key 2 is not in it"), "{said}");

    // A second gateway with the right file books nothing twice.
    let second = sluice.second(&world, "").await;
    let again = second.world.event(&unique("evt"), &body).await;
    assert_eq!(again.outcome().0, "duplicate", "{again:?}");
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "10.00");
    sluice.verify().await;
}

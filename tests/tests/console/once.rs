//! The console without a terminal: one screen as text.

use std::process::{Command, Stdio};

use serde_json::json;
use tests::{Sluice, unique};

use super::terminal::console;

#[tokio::test]
async fn one_screen_is_printed_as_text() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    // A mark that turns the direction of writing: amounts and names could be read backwards.
    let body = json!({"type": "funds.received", "data": {"reference": "REF-\u{202e}1\u{200b}",
        "account_number": merchant.account("USD"), "amount": "12.34", "currency": "USD",
        "remitter": {"name": "\u{202e}SOMEBODY LTD"}}});
    let answer = world.event(&unique("evt"), body.to_string().as_bytes()).await;
    assert_eq!(answer.outcome().0, "in_review", "{answer:?}");

    let token = sluice.dir().join("token");
    std::fs::write(&token, format!("{}\n", world.operator("viewer", 0).token)).unwrap();
    let (ca, token) = (world.ca().display().to_string(), token.display().to_string());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(console());
        command.args(arguments).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
        command.output().expect("the console runs")
    };
    let there = ["--admin-url", world.admin_url(), "--ca", &ca, "--token-file", &token];
    let output = run(&[&there[..], &["--once", "review"]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("in_review") && text.contains("12.34"), "{text}");
    assert!(text.contains("\\u{202e}****"), "masked, and shown instead of done: {text}");
    let done = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}');
    assert!(!text.contains(done), "{text:?}");

    let overview = run(&[&there[..], &["--once", "overview"]].concat());
    assert!(String::from_utf8_lossy(&overview.stdout).contains("1 payment(s) in review"), "{overview:?}");

    std::fs::write(sluice.dir().join("token"), "ot_wrong\n").unwrap();
    let refused = run(&[&there[..], &["--once", "review"]].concat());
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("401"), "{refused:?}");
    let no_terminal = run(&there[..4]);
    assert!(String::from_utf8_lossy(&no_terminal.stderr).contains("--token-file"), "{no_terminal:?}");
}

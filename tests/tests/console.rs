//! The real console in a real terminal, against a running gateway: typed into, and looked at.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tests::{Merchant, Sluice, World, binary, unique};

/// How long anything may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of 80×24 with a shell in it; gone when dropped.
struct Terminal {
    server: String,
}

impl Terminal {
    /// None where there is no tmux; then it says so.
    fn open(command: &str) -> Option<Terminal> {
        let there = Command::new("tmux").arg("-V").stdout(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: the console in a terminal needs tmux");
            return None;
        }
        let terminal = Terminal { server: unique("sluice-console") };
        // What is left on the screen afterwards is what a shell would show.
        let script = format!("{command}; echo LEFT-WITH-$?; exec sleep 600");
        let output =
            terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", &script]);
        assert!(output.status.success(), "{output:?}");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.server]).args(arguments).stdin(Stdio::null());
        command.env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").env_remove("TMUX").env_remove("NO_COLOR");
        command.output().expect("tmux runs")
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Keys as tmux names them.
    fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
        }
    }

    fn write(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Waits until all of these are on the screen.
    fn see(&self, texts: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if texts.iter().all(|text| screen.contains(text)) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "no {texts:?} on\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The shell's screen again, with a cursor.
    fn is_given_back(&self) {
        let asked = "#{alternate_on} #{cursor_flag}";
        let said = self.tmux(&["display-message", "-p", asked]);
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "0 1", "{}", self.screen());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn console() -> String {
    let path = binary("sluice-console").expect("the console: build it first, cargo build -p admin-tui");
    path.display().to_string()
}

/// Withdrawals to a payee that the bank never gets, until each of them needs an operator; their payouts' ids.
async fn stuck(world: &World, merchant: &Merchant, amounts: &[&str]) -> Vec<String> {
    let payee = world.new_payee(merchant, "CNY", "622200000005").await;
    let mut ids = Vec::new();
    for amount in amounts {
        let order = world.withdraw(merchant, &payee, amount, "USD", "CNY").await;
        assert_eq!(order.status, 201, "{order:?}");
        ids.push(order.json["payouts"][0]["id"].as_str().unwrap().to_owned());
    }
    for id in &ids {
        let needs = |row: &serde_json::Value| row["id"] == id.as_str() && row["needs_operator"] == true;
        world.wait_for_row("/admin/v1/payouts?status=unknown", needs).await;
    }
    ids
}

/// By hand: 200.00 less 0.60 is 199.40, at 7.1000 that is 1415.74.
#[tokio::test]
async fn r33_the_stuck_payout_is_found_and_the_right_thing_done() {
    let (mut sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let ids = stuck(&world, merchant, &["100.00", "200.00", "300.00"]).await;
    let wanted = &ids[1];
    let operator = &world.operator("operator", 0).id;

    let command = format!("{} --dev --var {}", console(), sluice.dir().display());
    let Some(terminal) = Terminal::open(&command) else { return };
    terminal.see(&["DEVELOPMENT", operator, "LIVE", "READ-ONLY", "3 payout(s) stuck"]);
    terminal.press(&["Enter"]);
    terminal.see(&["2 Payouts", "filter: needs:operator", "!! unknown", "1415.74"]);
    terminal.press(&["/"]);
    terminal.write("unknown 1415.74");
    terminal.press(&["Enter"]);
    terminal.see(&["1/1", &wanted[wanted.len() - 8..]]);
    terminal.press(&["Enter"]);
    terminal.see(&[wanted, "STUCK.", "needs_operator"]);

    // Read-only: the action leads to arming, and to nothing else.
    terminal.press(&["a"]);
    terminal.see(&["READ-ONLY: first type"]);
    terminal.press(&["Enter"]);
    terminal.see(&[":arm 15"]);
    terminal.write("the merchant asks");
    terminal.press(&["Enter"]);
    terminal.see(&[" ARMED "]);
    terminal.press(&["a", "Enter"]);
    terminal.see(&["Nothing is sent again", "Type 1415.74 to confirm", ">[ Cancel ]"]);
    terminal.press(&["Tab"]);
    terminal.write("asked for by phone");
    terminal.press(&["Enter"]);
    terminal.write("1415.74");
    terminal.press(&["Enter", "Enter"]);
    terminal.see(&["done, now:"]);
    terminal.press(&["Enter"]);
    terminal.see(&["payout.query by", "asked for by phone"]);

    let audit = world.look(&format!("/admin/v1/audit?subject={wanted}")).await;
    let entry = &audit.json["data"][0];
    assert_eq!(entry["action"], "payout.query", "{audit:?}");
    assert_eq!((&entry["actor"], &entry["reason"]), (&json!(operator), &json!("asked for by phone")));
    for other in [&ids[0], &ids[2]] {
        let audit = world.look(&format!("/admin/v1/audit?subject={other}")).await;
        assert_eq!(audit.json["data"], json!([]), "nothing was done to another one");
    }
    assert_eq!(world.journal().await, Vec::<String>::new(), "the bank executed nothing");

    // The gateway is killed and comes back; what was seen stays, with its age.
    let admin = world.admin_url().trim_start_matches("https://").to_owned();
    sluice.kill().await;
    terminal.see(&["OFFLINE", wanted]);
    std::thread::sleep(Duration::from_secs(3));
    let screen = terminal.see(&["OFFLINE", wanted]);
    let age = screen.split("OFFLINE ").nth(1).and_then(|rest| rest.split('s').next()).unwrap();
    assert!(age.parse::<u32>().unwrap() >= 3, "{screen}");
    sluice.launch_at(&admin).await;
    terminal.see(&["LIVE", wanted]);

    terminal.press(&["q"]);
    terminal.see(&["Esc goes back"]);
    terminal.press(&["Escape"]);
    // A lone escape byte is told from a key's sequence by what does not follow.
    std::thread::sleep(Duration::from_millis(300));
    terminal.press(&["q"]);
    terminal.see(&["LEFT-WITH-0"]);
    terminal.is_given_back();
    sluice.verify().await;
}

#[tokio::test]
async fn the_terminal_is_given_back_when_the_console_is_told_to_end() {
    let (sluice, _world) = Sluice::start().await;
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let pid_file = sluice.dir().join(format!("console-{signal}.pid"));
        let inner = format!(
            "echo \\$\\$ >{}; exec {} --dev --var {}",
            pid_file.display(),
            console(),
            sluice.dir().display()
        );
        let Some(terminal) = Terminal::open(&format!("sh -c \"{inner}\"")) else { return };
        terminal.see(&["LIVE", "ALL WELL."]);
        kill(pid(&pid_file), signal).expect("told to end");
        terminal.see(&["LEFT-WITH-0"]);
        terminal.is_given_back();
    }
}

fn pid(file: &Path) -> Pid {
    let text = std::fs::read_to_string(file).expect("its process id");
    Pid::from_raw(text.trim().parse().expect("a number"))
}

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

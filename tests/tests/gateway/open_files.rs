//! A process may have only so many files open, and every connection is one.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Sluice, binary, plain};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(60);

/// `sluice serve` under limits of its own; killed when dropped.
struct Limited {
    _child: Child,
    log: PathBuf,
}

impl Limited {
    /// `ulimits` are those of a shell.
    fn start(name: &str, ulimits: &str, folder: &Path) -> Limited {
        let log = folder.join(name);
        let command = format!("ulimit {ulimits} && exec \"$0\" serve --config sluice.toml");
        let mut shell = Command::new("sh");
        for listener in ["PUBLIC", "ADMIN", "METRICS"] {
            shell.env(format!("SLUICE_{listener}_ADDR"), "127.0.0.1:0");
        }
        let child = shell
            .args(["-c", &command])
            .arg(binary("sluice").expect("the binary `sluice`"))
            .current_dir(folder)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        Limited { _child: child, log }
    }

    fn lines(&self, message: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).expect("a log");
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let says = |line: &Value| {
            let said = line["fields"]["message"].as_str().unwrap_or_default();
            said.contains(message)
        };
        lines.filter(says).collect()
    }

    /// Its public address, and that of its metrics.
    async fn serving(&self) -> (String, String) {
        let begun = Instant::now();
        loop {
            if let [line, ..] = &*self.lines("serving") {
                let at = |name: &str| line["fields"][name].as_str().expect("an address").to_owned();
                return (at("public"), at("metrics"));
            }
            let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "it does not serve:\n{}", log());
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_small_limit_of_open_files_is_raised_or_told_of_and_does_not_fill_the_log() {
    let (sluice, _world) = Sluice::start().await;
    let raised = Limited::start("raised.log", "-S -n 300", sluice.dir());
    let (public, metrics) = raised.serving().await;
    assert!(raised.lines("too few files").is_empty());
    let mut strangers = Vec::new();
    for _ in 0..320 {
        strangers.push(TcpStream::connect(&public).await.expect("let in"));
    }
    let healthy = async |metrics: &str| plain(&format!("http://{metrics}/healthz")).await.contains(" 200 ");
    assert!(healthy(&metrics).await);
    assert!(raised.lines("accepting a connection").is_empty());
    drop(strangers);
    drop(raised);

    let low = Limited::start("low.log", "-n 300", sluice.dir());
    let (public, _) = low.serving().await;
    let [told] = &*low.lines("too few files") else { panic!("it says once that they are too few") };
    assert_eq!(told["fields"]["limit"], 300);
    let mut strangers = Vec::new();
    for _ in 0..320 {
        strangers.push(TcpStream::connect(&public).await.expect("the kernel takes it"));
    }
    let begun = Instant::now();
    let failed = || low.lines("accepting a connection");
    while failed().len() < 2 {
        assert!(begun.elapsed() < PATIENCE, "more connections than files, and no word of it");
        sleep(Duration::from_millis(50)).await;
    }
    let since = Instant::now();
    let before = failed().len();
    sleep(Duration::from_secs(2)).await;
    let more = failed().len() - before;
    assert!(more as u64 <= since.elapsed().as_secs() + 1, "{more} lines");
    assert!(failed()[1]["fields"]["not_logged"].as_u64().is_some_and(|others| others > 0), "{:?}", failed());
}

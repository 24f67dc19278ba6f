//! A Prometheus of the test's own, with the project's configuration, hurried.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tests::{is_done_without, plain};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::rules;

/// For Prometheus to start or to take new rules.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the project keeps what watches it.
pub fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")
}

/// `prometheus` or `promtool`: installed, or unpacked beside this test's build. None where the tests do without Prometheus.
///
/// # Panics
/// It is missing, and they don't.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).map(|folder| folder.join(name));
    let test = std::env::current_exe().expect("this test's path");
    let unpacked = test.ancestors().map(|folder| folder.join("prometheus/usr/bin").join(name));
    let found = installed.chain(unpacked).find(|path| path.is_file());
    if found.is_none() {
        is_done_without("prometheus");
    }
    found
}

/// An alert as Prometheus shows it.
#[derive(Debug, Clone)]
pub struct Alert {
    pub name: String,
    pub firing: bool,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// Killed when dropped.
pub struct Prometheus {
    child: Child,
    folder: tempfile::TempDir,
    url: String,
    begun: SystemTime,
    /// Every rule by name, as the project wrote it.
    pub alerts: Vec<String>,
}

impl Prometheus {
    /// Scrapes these gateways each second, and judges by the project's rules in shortened time.
    pub async fn start(program: &Path, targets: &[&str]) -> Prometheus {
        let folder = tempfile::Builder::new().prefix("sluice-prometheus-").tempdir().expect("a folder");
        std::fs::write(folder.path().join("prometheus.yml"), configuration(targets)).expect("written");
        std::fs::copy(config().join("prometheus/alerts.yml"), folder.path().join("alerts.yml"))
            .expect("copied");
        let log = folder.path().join("log");
        let child = Command::new(program)
            .args([
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--web.listen-address=127.0.0.1:0",
            ])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .kill_on_drop(true)
            .spawn()
            .expect("Prometheus starts");
        let url = format!("http://{}", listening(&log).await);
        let (begun, alerts) = (SystemTime::now(), Vec::new());
        let mut prometheus = Prometheus { child, folder, url, begun, alerts };
        prometheus.take_shorter_rules().await;
        // An increase is seen only where there was a figure before.
        let looked = format!("count(count_over_time(up[1m]) > 2) == {}", targets.len());
        let begun = Instant::now();
        while !prometheus.has_shown(&looked).await {
            assert!(begun.elapsed() < PATIENCE, "Prometheus doesn't scrape:\n{}", prometheus.log());
            sleep(Duration::from_millis(200)).await;
        }
        prometheus
    }

    /// What Prometheus itself has read of the rules is written anew in shortened time, and taken.
    async fn take_shorter_rules(&mut self) {
        let written = self.rules(|rules| !rules.is_empty()).await;
        let text = std::fs::read_to_string(self.folder.path().join("alerts.yml")).expect("the rules");
        self.alerts = rules::names(&written);
        let shorter = rules::shorter(&written, &text);
        std::fs::write(self.folder.path().join("alerts.yml"), shorter.to_string()).expect("written");
        self.reload();
        let expected = rules::seconds(&shorter);
        self.rules(|rules| rules::durations(rules) == expected).await;
    }

    fn reload(&self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).expect("it runs");
        kill(Pid::from_raw(pid), Signal::SIGHUP).expect("told to reload");
    }

    /// From now on it scrapes these.
    pub fn watch(&self, targets: &[&str]) {
        std::fs::write(self.folder.path().join("prometheus.yml"), configuration(targets)).expect("written");
        self.reload();
    }

    /// The groups of rules, once they satisfy the condition.
    async fn rules(&self, condition: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let groups = self.ask("/api/v1/rules").await["groups"].as_array().cloned().unwrap_or_default();
            if condition(&groups) {
                return groups;
            }
            assert!(begun.elapsed() < PATIENCE, "Prometheus doesn't take the rules:\n{}", self.log());
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The data of an answer of its API.
    async fn ask(&self, path: &str) -> Value {
        let answer = plain(&format!("{}{path}", self.url)).await;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        assert!(json["status"] != "error", "{path}: {json}");
        json["data"].clone()
    }

    /// All that are pending or firing.
    pub async fn active(&self) -> Vec<Alert> {
        let texts = |value: &Value| {
            let map = value.as_object().cloned().unwrap_or_default();
            map.into_iter().map(|(name, text)| (name, text.as_str().unwrap_or_default().to_owned())).collect()
        };
        let alerts = self.ask("/api/v1/alerts").await["alerts"].as_array().cloned().unwrap_or_default();
        let alert = |value: &Value| Alert {
            name: value["labels"]["alertname"].as_str().unwrap_or_default().to_owned(),
            firing: value["state"] == "firing",
            labels: texts(&value["labels"]),
            annotations: texts(&value["annotations"]),
        };
        alerts.iter().map(alert).collect()
    }

    /// Whether a query has had a figure since it was started.
    pub async fn has_shown(&self, query: &str) -> bool {
        let since = |moment: SystemTime| moment.duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let (from, to) = (since(self.begun), since(SystemTime::now()) + 1);
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let data =
            self.ask(&format!("/api/v1/query_range?query={encoded}&start={from}&end={to}&step=1")).await;
        let series = data["result"].as_array().cloned().unwrap_or_default();
        let figure = |sample: &Value| sample[1].as_str().is_some_and(|text| text != "NaN");
        series.iter().any(|one| one["values"].as_array().is_some_and(|values| values.iter().any(figure)))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// The project's own configuration, a second where it says 15, and with these gateways.
fn configuration(targets: &[&str]) -> String {
    let text =
        std::fs::read_to_string(config().join("prometheus/prometheus.yml")).expect("the configuration");
    let all: Vec<String> = targets.iter().map(|target| format!("\"{target}\"")).collect();
    let changes = [
        ("scrape_interval: 15s", "scrape_interval: 1s".to_owned()),
        ("evaluation_interval: 15s", "evaluation_interval: 1s".to_owned()),
        ("[\"127.0.0.1:9464\"]", format!("[{}]", all.join(", "))),
        ("environment: production", "environment: test".to_owned()),
    ];
    changes.iter().fold(text, |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}

/// The address that it says it listens on.
async fn listening(log: &Path) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let lines = text.lines().filter(|line| line.contains("Listening on"));
        if let Some(address) = lines.filter_map(|line| line.split("address=").nth(1)).next() {
            return address.trim().trim_matches('"').to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "Prometheus doesn't listen:\n{text}");
        sleep(Duration::from_millis(50)).await;
    }
}

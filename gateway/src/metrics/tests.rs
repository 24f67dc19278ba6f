//! What watches the gateway (`config/prometheus`, `config/runbooks`, `config/grafana`) names only what it exports, and
//! leads only to what is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use metrics_exporter_prometheus::PrometheusBuilder;
use payouts::PayoutState;
use serde_json::Value;

use super::{COUNTERS, GAUGES, HISTOGRAMS};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder whose names end like this.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn described() -> BTreeSet<&'static str> {
    let plain = COUNTERS.into_iter().chain(GAUGES).map(|(name, _)| name);
    plain.chain(HISTOGRAMS.into_iter().map(|(name, _, _)| name)).collect()
}

/// The names under which Prometheus knows what is described.
fn exported() -> BTreeSet<String> {
    let plain = COUNTERS.into_iter().chain(GAUGES).map(|(name, _)| name.to_owned());
    let buckets = |name| ["bucket", "sum", "count"].map(|part| format!("{name}_{part}"));
    plain.chain(HISTOGRAMS.into_iter().flat_map(|(name, _, _)| buckets(name))).collect()
}

/// The `sluice_…` names of an expression.
fn names(expression: &str) -> Vec<&str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    words.filter(|word| word.starts_with("sluice_")).collect()
}

fn exports_all_of(expression: &str, place: &str) {
    let exported = exported();
    for name in names(expression) {
        assert!(exported.contains(name), "{place} asks for {name}, which the gateway doesn't export");
    }
}

/// One rule, read from the file's fixed layout: `alert`, `expr`, `for`, `labels`, `annotations`, in this order.
struct Alert<'a> {
    name: &'a str,
    block: &'a str,
}

impl<'a> Alert<'a> {
    fn all(rules: &'a str) -> Vec<Alert<'a>> {
        let blocks = rules.split("- alert: ").skip(1);
        blocks.map(|block| Alert { name: block.lines().next().unwrap_or_default().trim(), block }).collect()
    }

    /// The rest of the line that begins with this key.
    fn value(&self, key: &str) -> &'a str {
        let mut lines = self.block.lines().map(str::trim);
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let value = value.unwrap_or_else(|| panic!("{} has no {key}", self.name)).trim();
        assert!(!value.is_empty(), "{} has an empty {key}", self.name);
        value
    }

    fn expression(&self) -> &'a str {
        let from = self.block.split_once("expr: ").unwrap_or_else(|| panic!("{} has no expr", self.name)).1;
        from.split_once("\n        for: ").unwrap_or_else(|| panic!("{} has no for after expr", self.name)).0
    }
}

fn rules() -> String {
    read(&root().join("config/prometheus/alerts.yml"))
}

#[test]
fn alerts_ask_for_what_is_exported() {
    let rules = rules();
    let alerts = Alert::all(&rules);
    assert!(alerts.len() > 30, "only {} alerts were found", alerts.len());
    for alert in &alerts {
        let expression = alert.expression();
        let about_the_scrape = expression.contains("up{job=\"sluice\"}");
        assert!(about_the_scrape || !names(expression).is_empty(), "{} asks for nothing", alert.name);
        exports_all_of(expression, alert.name);
    }
}

#[test]
fn alerts_say_how_bad_what_and_where_to_read_on() {
    let rules = rules();
    let mut seen = BTreeSet::new();
    for alert in Alert::all(&rules) {
        assert!(seen.insert(alert.name), "{} is there twice", alert.name);
        let severity = alert.value("labels").trim_matches(['{', '}', ' ']);
        assert!(
            ["severity: critical", "severity: warning"].contains(&severity),
            "{}: {severity} is none",
            alert.name
        );
        for key in ["summary", "description"] {
            alert.value(key);
        }
    }
}

#[test]
fn each_alert_has_its_runbook_and_each_runbook_its_alert() {
    let folder = root().join("config/runbooks");
    let (rules, index) = (rules(), read(&folder.join("README.md")));
    let mut wanted = BTreeSet::new();
    for alert in Alert::all(&rules) {
        let page = alert.value("runbook");
        let title = format!("# {}\n", alert.name);
        assert!(read(&folder.join(page)).starts_with(&title), "{page} is not about {}", alert.name);
        assert!(index.contains(&format!("[{}]({page})", alert.name)), "the index lacks {}", alert.name);
        assert!(wanted.insert(page.to_owned()), "{page} has two alerts");
    }
    let pages = files(&folder, ".md").into_iter();
    let pages: BTreeSet<_> = pages.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    wanted.insert("README.md".to_owned());
    assert_eq!(pages, wanted);
}

/// Every object of a document, the outer ones first.
fn objects(value: &Value) -> Vec<&serde_json::Map<String, Value>> {
    match value {
        Value::Object(map) => std::iter::once(map).chain(map.values().flat_map(objects)).collect(),
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn dashboards_are_whole_and_ask_for_what_is_exported() {
    let mut uids = BTreeSet::new();
    for path in files(&root().join("config/grafana"), ".json") {
        let place = path.display().to_string();
        let dashboard: Value =
            serde_json::from_str(&read(&path)).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert!(dashboard["schemaVersion"].is_u64(), "{place} has no schemaVersion");
        let uid = dashboard["uid"].as_str().unwrap_or_else(|| panic!("{place} has no uid"));
        assert!(uids.insert(uid.to_owned()), "{place}: {uid} is another dashboard's uid");
        let variables = dashboard["templating"]["list"].as_array().into_iter().flatten();
        let sources: Vec<_> = variables.filter(|variable| variable["type"] == "datasource").collect();
        assert_eq!(sources.len(), 1, "{place} has one variable that chooses the source");
        assert_eq!(sources[0]["name"], "datasource", "{place}");
        let (mut ids, mut queries) = (BTreeSet::new(), 0);
        for object in objects(&dashboard) {
            if object.contains_key("gridPos") {
                let id = object.get("id").and_then(Value::as_u64);
                assert!(
                    ids.insert(id.unwrap_or_else(|| panic!("{place}: a panel without an id"))),
                    "{place}: {id:?}"
                );
                let from = object.get("datasource").map(|source| &source["uid"]);
                let row = object.get("type").is_some_and(|kind| kind == "row");
                assert!(
                    row || from.is_some_and(|uid| uid == "${datasource}"),
                    "{place}: panel {id:?} is tied"
                );
            }
            if let Some(expression) = object.get("expr").and_then(Value::as_str) {
                assert!(!names(expression).is_empty(), "{place}: {expression} asks for nothing");
                exports_all_of(expression, &place);
                queries += 1;
            }
        }
        assert!(queries >= 10, "{place} has {queries} queries");
    }
    assert_eq!(uids.len(), 2, "the dashboards: {uids:?}");
}

#[test]
fn what_is_exported_is_described() {
    let described = described();
    let mut sources = files(&root().join("gateway/src"), ".rs");
    sources.extend(files(&root().join("crates"), ".rs"));
    let mut found = 0;
    for path in sources {
        let text = read(&path);
        for call in ["gauge!(", "counter!(", "histogram!("] {
            for after in text.split(call).skip(1) {
                let literal = after.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                let Some(name) = literal.filter(|name| name.starts_with("sluice_")) else { continue };
                assert!(described.contains(name), "{}: {name} has no description", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 30, "only {found} were found");
}

/// R1: the first burst of refusals is seen.
#[test]
fn r1_refusals_are_counted_from_the_start() {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || super::count_from_the_start(["alpha"].into_iter()));
    let text = recorder.handle().render();
    let lines: BTreeSet<_> = text.lines().collect();
    for line in [
        r#"sluice_signature_failures_total{bank="alpha",reason="bad_signature"} 0"#,
        r#"sluice_signature_failures_total{bank="alpha",reason="timestamp"} 0"#,
        r#"sluice_bank_events_over_share_total{bank="alpha"} 0"#,
        r#"sluice_authentication_failures_total{kind="operator"} 0"#,
        r#"sluice_config_reloads_total{result="refused"} 0"#,
    ] {
        assert!(lines.contains(line), "{line} is missing in\n{text}");
    }
}

/// R27, R29: what wants a person is there before it happens first, so that its first time is seen.
#[test]
fn r27_what_wants_a_person_is_exported_from_the_start() {
    let count = |bank: &str, state, payouts, for_operators| payouts::Count {
        bank: bank.to_owned(),
        state,
        payouts,
        for_operators,
        oldest: time::OffsetDateTime::UNIX_EPOCH,
    };
    let counts = [
        count("alpha", PayoutState::Unknown, 5, 2),
        count("alpha", PayoutState::Sent, 7, 1),
        count("beta", PayoutState::Unknown, 4, 0),
    ];
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || payouts::publish(&["alpha", "beta"], &counts));
    let text = recorder.handle().render();
    let lines: BTreeSet<_> = text.lines().collect();
    for line in [
        r#"sluice_payouts_for_operators{bank="alpha"} 3"#,
        r#"sluice_payouts_for_operators{bank="beta"} 0"#,
        r#"sluice_payouts{bank="alpha",status="unknown"} 5"#,
        r#"sluice_payouts{bank="beta",status="disputed"} 0"#,
        r#"sluice_payout_disputes_total{bank="beta"} 0"#,
        r#"sluice_payout_contradictions_total{bank="alpha"} 0"#,
        r#"sluice_payout_unknown_references_total{bank="alpha"} 0"#,
        r#"sluice_payout_charges_given_back_total{bank="beta"} 0"#,
        r#"sluice_payout_unnamed_repeats_total{bank="alpha"} 0"#,
    ] {
        assert!(lines.contains(line), "{line} is missing in\n{text}");
    }
}

//! What promtool says of the files as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::dashboards;
use crate::server::{config, program};

fn promtool(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(config().join("prometheus"))
        .output()
        .expect("promtool runs")
}

fn is_taken(output: &Output) {
    let said =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
    assert!(output.status.success() && !said.contains("FAILED"), "{said}");
}

#[test]
fn the_configuration_and_the_rules_are_taken() {
    let Some(tool) = program("promtool") else { return };
    is_taken(&promtool(&tool, &["check", "config", "prometheus.yml"]));
    is_taken(&promtool(&tool, &["check", "rules", "alerts.yml"]));
}

/// Each question of a panel, as a rule of its own, so that promtool parses it.
#[test]
fn every_question_of_the_dashboards_is_parsed() {
    let Some(tool) = program("promtool") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let rules: Vec<serde_json::Value> = dashboards::questions()
        .iter()
        .enumerate()
        .map(|(number, question)| serde_json::json!({"record": format!("panel:{number}"), "expr": question.query}))
        .collect();
    let file = folder.path().join("panels.yml");
    let text = serde_json::json!({"groups": [{"name": "panels", "rules": rules}]}).to_string();
    std::fs::write(&file, text).expect("written");
    is_taken(&promtool(&tool, &["check", "rules", file.to_str().expect("a path")]));
}

fn unit_tests() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(config().join("prometheus/tests")).expect("the unit tests");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// In two halves, side by side: most of its time is arithmetic.
#[test]
fn every_alert_fires_after_exactly_its_time() {
    let Some(tool) = program("promtool") else { return };
    std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let files: Vec<PathBuf> = unit_tests().into_iter().skip(half).step_by(2).collect();
            let tool = &tool;
            scope.spawn(move || {
                let paths: Vec<&str> = files.iter().filter_map(|path| path.to_str()).collect();
                promtool(tool, &[&["test", "rules"], paths.as_slice()].concat())
            })
        });
        for half in halves {
            is_taken(&half.join().expect("promtool ran"));
        }
    });
}

/// Of each alert, in the order of time: silent, firing, silent.
#[test]
fn every_alert_has_a_unit_test_in_which_it_fires_and_is_silent_before_and_after() {
    let rules = std::fs::read_to_string(config().join("prometheus/alerts.yml")).expect("the rules");
    let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
    for name in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        seen.insert(name, false);
    }
    for path in unit_tests() {
        let text = std::fs::read_to_string(&path).expect("a unit test");
        for test in text.split("\n  - name: ").skip(1) {
            let name = test.split([',', '\n']).next().expect("a name");
            let firing = |check: &str| !check.contains("exp_alerts: []");
            let checks: Vec<bool> = test.split("- eval_time: ").skip(1).map(firing).collect();
            let (first, last) = (checks.first() == Some(&false), checks.last() == Some(&false));
            let whole = first && last && checks.contains(&true);
            let seen = seen.get_mut(name).unwrap_or_else(|| panic!("{}: {name} is no alert", path.display()));
            *seen |= whole;
        }
    }
    let without: Vec<_> = seen.iter().filter(|(_, whole)| !**whole).map(|(name, _)| name).collect();
    assert!(without.is_empty(), "without a unit test: {without:?}");
}

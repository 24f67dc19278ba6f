//! `compare` in small: all four contenders once, every proof, and the line that programs read.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::process::Command;

use serde_json::Value;

const KEYS: [&str; 11] = [
    "floor_per_s",
    "gateway_per_s",
    "gateway_us",
    "p50_ms",
    "p99_ms",
    "pgbench_tps",
    "per_request_per_s",
    "postgres_us",
    "ratio_floor",
    "ratio_per_request",
    "wal_bytes",
];

#[test]
fn i3_compare_proves_each_run_and_ends_with_a_line_of_json() {
    let output = Command::new(env!("CARGO_BIN_EXE_loadtests"))
        .args(["--merchants", "16", "compare", "--rounds", "1", "--seconds", "2", "--warm-up", "1"])
        .args(["--connections", "48", "--scale", "1"])
        .output()
        .expect("it runs");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("fsync=on synchronous_commit=on full_page_writes=on"), "{said}");
    let json: Value = serde_json::from_str(said.lines().last().expect("a last line")).expect("JSON");
    let mut keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let mut expected = KEYS.to_vec();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let figure = |key: &str| json[key].as_f64().unwrap();
    for key in KEYS {
        assert!(figure(key) > 0.0, "{key}: {json}");
    }
    assert!(figure("p99_ms") >= figure("p50_ms"), "{json}");
    let ratio = figure("gateway_per_s") / figure("floor_per_s");
    assert!((figure("ratio_floor") - ratio).abs() < 0.01, "{json}");
    assert!((100.0..100_000.0).contains(&figure("wal_bytes")), "an event is written ahead, once: {json}");
}

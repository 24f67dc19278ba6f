//! The project's rules in shortened time: what lasts an hour lasts a second. Only times are changed, never what a rule
//! says; they are taken from what Prometheus has parsed, and given back to it.

use serde_json::{Value, json};

/// By so much every time is divided.
const FASTER: f64 = 3600.0;
/// A window must hold some scrapes, which come each second.
const SHORTEST_WINDOW: f64 = 5.0;

/// Figures that a rule marks as the institution's own: those of the gateways of the test.
const FIGURES: [(&str, &str, &str); 2] =
    [("SluiceConnectionsNearLimit", "> 3300", "> 20"), ("SluiceLaneQueueLong", "> 1024", "> 4")];

fn of_groups(groups: &[Value]) -> impl Iterator<Item = &Value> {
    groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten())
}

/// The rules' names, in order.
pub fn names(groups: &[Value]) -> Vec<String> {
    of_groups(groups).map(|rule| rule["name"].as_str().expect("a name").to_owned()).collect()
}

/// `for` of every rule, in seconds, as Prometheus says.
pub fn durations(groups: &[Value]) -> Vec<f64> {
    of_groups(groups).map(|rule| rule["duration"].as_f64().expect("a duration")).collect()
}

/// The same of a file of rules that [`shorter`] made.
pub fn seconds(file: &Value) -> Vec<f64> {
    let groups = file["groups"].as_array().expect("groups");
    of_groups(groups).map(|rule| parsed(rule["for"].as_str().expect("a time"))).collect()
}

/// A file of rules, as JSON, which is YAML too. `text` is the file as the project has it.
pub fn shorter(groups: &[Value], text: &str) -> Value {
    let rule = |rule: &Value| {
        let name = rule["name"].as_str().expect("a name");
        let mut query = windows(rule["query"].as_str().expect("a query"));
        for (_, from, to) in FIGURES.iter().filter(|(of, ..)| *of == name) {
            let block = text.split(&format!("- alert: {name}\n")).nth(1).expect("the rule");
            let before = block.split("expr:").next().expect("what stands before");
            assert!(before.contains("FIGURE"), "{name} has no figure of the institution");
            assert_eq!(query.matches(from).count(), 1, "{name}: {query}");
            query = query.replace(from, to);
        }
        let lasts = rule["duration"].as_f64().expect("a duration") / FASTER;
        json!({"alert": name, "expr": query, "for": written(lasts), "labels": rule["labels"],
            "annotations": rule["annotations"]})
    };
    let group = |group: &Value| {
        let rules: Vec<Value> = of_groups(std::slice::from_ref(group)).map(rule).collect();
        json!({"name": group["name"], "rules": rules})
    };
    json!({"groups": groups.iter().map(group).collect::<Vec<_>>()})
}

/// An expression with its `[5m]` and `offset 5m` shortened.
fn windows(query: &str) -> String {
    let mut shorter = String::new();
    let mut rest = query;
    // Prometheus writes strings in double quotes, and nothing in these has an escaped one.
    while let Some(at) = rest.find(['"', '[']).into_iter().chain(rest.find(" offset ")).min() {
        let (open, close) = match &rest[at..] {
            quoted if quoted.starts_with('"') => ("\"", "\""),
            window if window.starts_with('[') => ("[", "]"),
            _ => (" offset ", ")"),
        };
        let (before, after) = rest.split_at(at);
        let inside = &after[open.len()..];
        let end = inside.find(close).unwrap_or(inside.len());
        // After an offset its expression may go on.
        let end = if open.len() > 1 { inside.find([' ', ')']).unwrap_or(inside.len()) } else { end };
        let text = &inside[..end];
        let text = if open == "\"" {
            text.to_owned()
        } else {
            written((parsed(text) / FASTER).max(SHORTEST_WINDOW))
        };
        shorter.push_str(&format!("{before}{open}{text}"));
        let keep = if open.len() > 1 { 0 } else { close.len() };
        shorter.push_str(&inside[end..end + keep]);
        rest = &inside[end + keep..];
    }
    shorter + rest
}

/// `1h30m` in seconds.
fn parsed(text: &str) -> f64 {
    let mut seconds = 0.0;
    let mut rest = text;
    while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()) {
        let number: f64 = rest[..end].parse().unwrap_or_else(|_| panic!("{text} is no time"));
        let unit = &rest[end..];
        let unit = &unit[..unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len())];
        let worth = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => panic!("{text} is no time"),
        };
        seconds += number * worth;
        rest = &rest[end + unit.len()..];
    }
    assert!(rest.is_empty() && !text.is_empty(), "{text} is no time");
    seconds
}

/// In whole milliseconds.
fn written(seconds: f64) -> String {
    format!("{}ms", (seconds * 1000.0).round())
}

#[test]
fn only_times_are_shortened() {
    for (query, expected) in [
        ("max(a) > 0", "max(a) > 0"),
        ("rate(a{b=\"x[5m] offset 3m\"}[5m]) > 0.05", "rate(a{b=\"x[5m] offset 3m\"}[5000ms]) > 0.05"),
        ("increase(a[1d]) / rate(b[12h])", "increase(a[24000ms]) / rate(b[12000ms])"),
        ("sum(a unless a offset 10h30m) > 600", "sum(a unless a offset 10500ms) > 600"),
        ("a offset 1d", "a offset 24000ms"),
    ] {
        assert_eq!(windows(query), expected, "{query}");
    }
    assert_eq!((parsed("0s"), parsed("1h30m"), parsed("250ms")), (0.0, 5400.0, 0.25));
}

//! What the dashboards ask for.

use serde_json::Value;

use crate::server::{Prometheus, config};

/// Panels that show nothing while all is well, with what must have happened first.
pub const AFTER_A_FAULT: [(&str, &str); 3] = [
    ("500 and 503 by route", "a request was answered 500 or 503"),
    ("Connections, refused", "a connection ended before a request"),
    ("Files in inboxes", "there is a bank that answers by files"),
];

/// One question of a panel.
#[derive(Debug, Clone)]
pub struct Question {
    pub panel: String,
    pub query: String,
}

impl Question {
    /// Whether it needs a fault.
    pub fn after_a_fault(&self) -> bool {
        AFTER_A_FAULT.iter().any(|(panel, _)| *panel == self.panel)
    }
}

/// Every question of every dashboard. Grafana's interval is four scrapes at least.
pub fn questions() -> Vec<Question> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(config().join("grafana/dashboards")).expect("the dashboards") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a dashboard");
        let dashboard: Value = serde_json::from_str(&text).expect("JSON");
        for panel in dashboard["panels"].as_array().expect("panels") {
            let title = panel["title"].as_str().unwrap_or_default();
            for target in panel["targets"].as_array().into_iter().flatten() {
                let query = target["expr"].as_str().expect("a query").replace("$__rate_interval", "5s");
                assert!(!query.contains('$'), "{title}: {query}");
                let refused = query.contains("connections_refused");
                let panel = format!("{title}{}", if refused { ", refused" } else { "" });
                all.push(Question { panel, query });
            }
        }
    }
    assert!(all.len() > 50, "only {} questions were found", all.len());
    all
}

/// Those of the questions to which Prometheus has no answer yet.
pub async fn unanswered(prometheus: &Prometheus, questions: &[Question]) -> Vec<Question> {
    let mut left = Vec::new();
    for question in questions {
        if !prometheus.has_shown(&question.query).await {
            left.push(question.clone());
        }
    }
    left
}

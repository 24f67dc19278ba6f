//! Waits for alerts, reads what they say, and keeps in mind which were seen to fire and to end.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::server::{Alert, Prometheus, config};

/// From a fault, or its end, until the alert knows: gauges are read every 5 seconds, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(250);
/// Between two faults that are over at once: less than the shortest window in which they are seen.
const AGAIN: Duration = Duration::from_secs(2);

/// An alert of one subject: the labels that it must have.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'t> {
    pub name: &'t str,
    pub labels: &'t [(&'t str, &'t str)],
    /// A part of its description.
    pub says: &'t str,
}

impl Expected<'_> {
    fn is(&self, alert: &Alert) -> bool {
        let has = |(name, value): &(&str, &str)| alert.labels.get(*name).is_some_and(|text| text == value);
        alert.name == self.name && self.labels.iter().all(has)
    }
}

/// What was seen.
#[derive(Default)]
struct Seen {
    fired: BTreeSet<String>,
    ended: BTreeSet<String>,
}

/// Somebody who is called by the alerts.
pub struct Watch {
    pub prometheus: Prometheus,
    seen: Mutex<Seen>,
}

impl Watch {
    pub fn new(prometheus: Prometheus) -> Watch {
        Watch { prometheus, seen: Mutex::default() }
    }

    /// Before the fault: it is not even pending.
    pub async fn silent(&self, expected: Expected<'_>) {
        let begun = Instant::now();
        while let Some(alert) = self.find(expected).await {
            assert!(begun.elapsed() < PATIENCE, "{alert:?} before its fault");
            sleep(PAUSE).await;
        }
    }

    /// Waits until it fires, and reads it.
    pub async fn fires(&self, expected: Expected<'_>) {
        let begun = Instant::now();
        loop {
            let found = self.find(expected).await;
            if let Some(alert) = found.as_ref().filter(|alert| alert.firing && says(alert, expected.says)) {
                reads_well(alert);
                self.seen.lock().expect("kept").fired.insert(expected.name.to_owned());
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{expected:?} does not fire: {found:?}");
            sleep(PAUSE).await;
        }
    }

    /// Waits until it is over.
    pub async fn ends(&self, expected: Expected<'_>) {
        let begun = Instant::now();
        while let Some(alert) = self.find(expected).await {
            assert!(begun.elapsed() < PATIENCE, "{alert:?} goes on after its fault");
            sleep(PAUSE).await;
        }
        self.seen.lock().expect("kept").ended.insert(expected.name.to_owned());
    }

    /// The whole life of one: silent, the fault, firing, its end, silent.
    pub async fn proves(&self, expected: Expected<'_>, fault: impl AsyncFnOnce(), heal: impl AsyncFnOnce()) {
        self.silent(expected).await;
        fault().await;
        self.fires(expected).await;
        heal().await;
        self.ends(expected).await;
    }

    /// The same of a fault that is over at once, and seen only while a window reaches back to it: it comes again until it
    /// has been seen.
    pub async fn proves_repeated(
        &self,
        expected: Expected<'_>,
        fault: impl AsyncFn(),
        heal: impl AsyncFnOnce(),
    ) {
        self.silent(expected).await;
        let fired = Cell::new(false);
        let faults = async {
            while !fired.get() {
                fault().await;
                sleep(AGAIN).await;
            }
        };
        let fires = async {
            self.fires(expected).await;
            fired.set(true);
        };
        tokio::join!(faults, fires);
        heal().await;
        self.ends(expected).await;
    }

    /// The alerts of the project's rules that were not seen to fire and to end.
    pub fn unproved(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("kept");
        let proved = |name: &&String| seen.fired.contains(*name) && seen.ended.contains(*name);
        self.prometheus.alerts.iter().filter(|name| !proved(name)).cloned().collect()
    }

    /// Waits until none fires any more.
    pub async fn all_is_well(&self) {
        let begun = Instant::now();
        loop {
            let firing: Vec<Alert> =
                self.prometheus.active().await.into_iter().filter(|alert| alert.firing).collect();
            if firing.is_empty() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "though all is well: {firing:#?}");
            sleep(PAUSE).await;
        }
    }

    async fn find(&self, expected: Expected<'_>) -> Option<Alert> {
        let active = self.prometheus.active().await;
        // A firing one first: others of the same name may be pending.
        let of =
            |firing: bool| active.iter().find(|alert| expected.is(alert) && alert.firing == firing).cloned();
        of(true).or_else(|| of(false))
    }
}

fn says(alert: &Alert, text: &str) -> bool {
    alert.annotations.get("description").is_some_and(|description| description.contains(text))
}

/// Its words are sentences whose places are filled in, and its page is there.
fn reads_well(alert: &Alert) {
    let text = |key: &str| alert.annotations.get(key).map(String::as_str).unwrap_or_default();
    let (summary, description) = (text("summary"), text("description"));
    for words in [summary, description] {
        let broken = ["{{", "}}", "<no value>", "<error", "%!", "NaN", "Inf", "  ", " .", " ,"];
        let found: Vec<_> = broken.iter().filter(|sign| words.contains(*sign)).collect();
        let begins = words.starts_with(|c: char| c.is_alphanumeric());
        assert!(begins && found.is_empty() && words.trim() == words, "{found:?} in {alert:?}");
    }
    assert!(description.ends_with('.') && !summary.ends_with('.'), "{alert:?}");
    let page = config().join("runbooks").join(text("runbook"));
    let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{alert:?}: {error}"));
    assert!(page.starts_with(&format!("# {}\n", alert.name)), "{alert:?} leads to another page");
    assert_eq!(alert.labels.get("severity").map(|of| ["critical", "warning"].contains(&&**of)), Some(true));
}

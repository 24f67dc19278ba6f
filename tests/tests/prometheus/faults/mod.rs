//! Faults that are really brought about: each alert is silent before its own, fires under it, and ends after it.

mod incoming;
mod machine;
mod payouts;
mod people;
mod prices;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Receiver;
use tests::{Answer, Gate, Second, SlowBank, Sluice, World, bank_url};
use tokio::time::{Instant, sleep};

use crate::calendars;
use crate::dashboards::{questions, unanswered};
use crate::server::{Prometheus, program};
use crate::watch::Watch;

const PATIENCE: Duration = Duration::from_secs(60);
/// What the slow bank takes for an answer: more than an alert tolerates, less than a time-out.
const SLOW: Duration = Duration::from_secs(6);

/// The demo, quiet, as `world`; beside it a gateway `beside` that has more banks, and one, `frail`, whose database can be
/// taken away.
struct Scene {
    watch: Watch,
    sluice: Sluice,
    world: World,
    beside: Second,
    /// The receiver of one merchant's webhooks, which takes none.
    receiver: Receiver,
    slow: SlowBank,
    away: Gate,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_alert_fires_under_its_fault_and_ends_after_it() {
    let Some(prometheus) = program("prometheus") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start().await;
    let ca = folder.path().join("receiver.pem");
    std::fs::write(&ca, &receiver.ca).expect("written");
    // Ten attempts within a second; the books are proved when the test says so.
    let settings = format!(
        "{}[notifications]\nca_file = {ca:?}\nschedule_scale = 0.000001\n[verification]\nevery_seconds = 0\n",
        calendars::far_ahead(folder.path())
    );
    let (sluice, world) = Sluice::start_with(&settings).await;
    let demo = sluice.configuration();
    let bank = bank_url(&demo);
    let (slow, away) = (SlowBank::before(&bank, SLOW).await, Gate::before(&bank).await);
    let beside = sluice.another("beside", &world, &payouts::configuration(&sluice, &slow, &away)).await;
    // These have looked at their months: what is spoilt next is only another one's.
    for gateway in [&world, &beside.world] {
        until("its months", async || gateway.metric("sluice_vault_retention_ok").await == 1.0).await;
    }
    machine::spoil_the_next_month(&world).await;
    let mut frail = machine::Frail::start(&sluice, &world, folder.path()).await;
    let targets = [&world, &beside.world, &frail.gateway.world].map(World::metrics_address);
    let watch = Watch::new(Prometheus::start(&prometheus, &targets).await);
    let scene = Scene { watch, sluice, world, beside, receiver, slow, away };

    tokio::join!(
        incoming::prove(&scene),
        payouts::prove(&scene),
        prices::prove(&scene),
        people::prove(&scene),
        machine::prove(&scene, &frail),
    );
    machine::prove_without_database(&scene, &mut frail).await;
    scene.watch.all_is_well().await;
    // Of a gateway that is the only one, which is another test's.
    let elsewhere = ["SluiceMetricsMissing"];
    assert_eq!(scene.watch.unproved(), elsewhere, "neither fired nor ended");
    let left = unanswered(&scene.watch.prometheus, &questions()).await;
    let left: Vec<_> = left.into_iter().filter(|question| question.after_a_fault()).collect();
    assert!(left.is_empty(), "panels that show nothing after their faults: {left:#?}");
    scene.sluice.verify().await;
}

impl Scene {
    /// An operator's act that one person may do.
    async fn act(&self, path: &str) -> Answer {
        let why = json!({"reason": "the desk has asked"});
        let done = self.world.act(self.world.operator("operator", 0), path, &why).await;
        assert_eq!(done.status, 200, "{path}: {done:?}");
        done
    }

    /// What one asks for and another approves; `between` comes before the second.
    async fn by_two(&self, path: &str, body: &Value, between: impl AsyncFnOnce()) -> Answer {
        let asked = self.world.act(self.world.operator("operator", 0), path, body).await;
        assert_eq!(asked.status, 202, "{path}: {asked:?}");
        between().await;
        let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
        let done =
            self.world.act(self.world.operator("approver", 0), &approve, &json!({"reason": "seen"})).await;
        assert_eq!(done.status, 200, "{path}: {done:?}");
        done
    }

    /// What only time would bring about: a row's time lies so far back.
    async fn ages(&self, table: &str, column: &str, id: &str, interval: &str) {
        let id: uuid::Uuid = id.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
        let sql = format!("UPDATE {table} SET {column} = {column} - interval '{interval}' WHERE id = $1");
        assert_eq!(self.world.database().await.execute(&sql, &[&id]).await.expect("aged"), 1, "{table} {id}");
    }
}

/// Waits for what the gateway does by itself.
async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

//! A gateway that is gone, blocked, crowded, badly configured, or without its database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::{Client, Gate, Second, Sluice, World, unique};
use time::OffsetDateTime;
use tokio::time::sleep;

use super::Scene;
use crate::calendars;
use crate::watch::Expected;

/// Between two requests of somebody who always asks.
const PAUSE: Duration = Duration::from_millis(50);
/// Waits short enough for a scrape of one second, and room for few.
const SETTINGS: &str = "\n[lanes]\ncount = 1\nqueue = 16\nbatch_max = 1\ndeadline_ms = 19000\nretries = 0\n";
const DATABASE: &str = "[database]\npool_size = 2\nwait_ms = 400\nstatement_ms = 20000\nlock_ms = 20000\n";

/// A gateway whose database lies behind a gate, and one of whose calendars ends soon.
pub struct Frail {
    pub gateway: Second,
    configuration: String,
    /// That of China, of which little is known.
    calendar: PathBuf,
    database: Gate,
}

impl Frail {
    pub async fn start(sluice: &Sluice, world: &World, calendars: &Path) -> Frail {
        let (database, demo) = Gate::before_database(world, &sluice.configuration()).await;
        let (demo, calendar) = calendars::ending_soon(&demo, calendars);
        let configuration = demo.replace("[database]\n", DATABASE) + SETTINGS;
        let gateway = sluice.another("frail", world, &configuration).await;
        Frail { gateway, configuration, calendar, database }
    }

    fn instance(&self) -> String {
        self.gateway.world.metrics_address().to_owned()
    }
}

/// Where the next month of bank events' bytes should lie, lies something else: a gateway that starts can't make it.
pub async fn spoil_the_next_month(world: &World) {
    let sql = format!("ALTER TABLE {0} RENAME TO {0}_away", next_month(world).await);
    let taken = format!("CREATE TABLE {} ()", next_month(world).await);
    world.database().await.batch_execute(&format!("{sql}; {taken}")).await.expect("spoilt");
}

async fn mend_the_next_month(world: &World) {
    let month = next_month(world).await;
    let sql = format!("DROP TABLE {month}; ALTER TABLE {month}_away RENAME TO {month}");
    world.database().await.batch_execute(&sql).await.expect("mended");
}

async fn next_month(world: &World) -> String {
    let sql =
        "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 month', '\"bank_event_bytes_\"YYYY\"_\"MM')";
    world.database().await.query_one(sql, &[]).await.expect("a month").get(0)
}

/// What leaves it its database.
pub async fn prove(scene: &Scene, frail: &Frail) {
    calendar(scene).await;
    retention(scene, frail).await;
    reload(scene, frail).await;
    certificate(scene, frail).await;
    crowd(scene, frail).await;
    held_back(scene).await;
    blocked_lane(scene, frail).await;
}

/// What doesn't: what it says of the money stays as it was meanwhile, so nothing else may be about to end.
pub async fn prove_without_database(scene: &Scene, frail: &mut Frail) {
    database_away(scene, frail).await;
    gone(scene, frail).await;
}

fn of<'t>(name: &'t str, labels: &'t [(&'t str, &'t str)], says: &'t str) -> Expected<'t> {
    Expected { name, labels, says }
}

/// Since its start; the end comes with the next one.
async fn calendar(scene: &Scene) {
    let says = "nobody knows which days banks in china work.";
    scene.watch.fires(of("SluiceCalendarEnds", &[("jurisdiction", "china")], says)).await;
}

/// Since its start; the end comes with the next one.
async fn retention(scene: &Scene, frail: &Frail) {
    let instance = frail.instance();
    let labels = &[("instance", &*instance)];
    scene
        .watch
        .fires(of("SluiceRetentionFailing", labels, "has failed for 6 hours to make or drop months"))
        .await;
}

async fn reload(scene: &Scene, frail: &Frail) {
    let instance = frail.instance();
    let labels = &[("instance", &*instance)];
    let expected = of("SluiceConfigReloadRefused", labels, "goes on with the old configuration");
    let fault = async || drop(frail.gateway.reload("[server]\nmax_connections = \"many\"\n").await);
    let heal = async || drop(frail.gateway.reload(&frail.configuration).await);
    scene.watch.proves(expected, fault, heal).await;
}

/// For a while it shows a certificate that ends soon; nobody asks it meanwhile but who scrapes.
async fn certificate(scene: &Scene, frail: &Frail) {
    let instance = frail.instance();
    let labels = &[("instance", &*instance)];
    let expected = of("SluiceCertificateEnds", labels, "ends within two weeks, or has ended");
    let reload = async |text: &str| {
        let said = frail.gateway.reload(text).await;
        assert!(said.contains("\"level\":\"INFO\""), "{said}");
    };
    let fault = async || {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut soon = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("params");
        soon.not_after = OffsetDateTime::now_utc() + time::Duration::days(10);
        let soon = soon.self_signed(&key).expect("a certificate");
        let folder = scene.sluice.dir();
        std::fs::write(folder.join("soon.pem"), soon.pem()).expect("written");
        std::fs::write(folder.join("soon.key"), key.serialize_pem()).expect("written");
        let configured =
            frail.configuration.replace("server.pem", "soon.pem").replace("server.key", "soon.key");
        assert_ne!(configured, frail.configuration);
        reload(&configured).await;
    };
    let heal = async || reload(&frail.configuration).await;
    scene.watch.proves(expected, fault, heal).await;
}

async fn crowd(scene: &Scene, frail: &Frail) {
    let (instance, world) = (frail.instance(), &frail.gateway.world);
    let labels = &[("instance", &*instance)];
    let expected = of("SluiceConnectionsNearLimit", labels, "open connections on its public listener.");
    scene.watch.silent(expected).await;
    let clients: Vec<Client> = (0..30).map(|_| Client::new(world.public_url(), world.ca())).collect();
    let key = &world.merchant(1).api_key;
    join_all(clients.iter().map(|client| client.get(key, "/v1/balances"))).await;
    scene.watch.fires(expected).await;
    drop(clients);
    scene.watch.ends(expected).await;
}

/// Somebody holds a snapshot; what comes to be dead after it stays. The rows are nobody's and never seen.
async fn held_back(scene: &Scene) {
    let expected = of("SluiceCleaningHeldBack", &[], "dead versions of accounts have lain there");
    let (holder, other) = (scene.world.database().await, scene.world.database().await);
    let fault = async || {
        let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM accounts";
        holder.batch_execute(snapshot).await.expect("a snapshot");
        let dead = "BEGIN;
            INSERT INTO accounts (shard, id, kind, owner, currency, floor)
            SELECT 0, gen_random_uuid(), 'fees', 'nobody', 'USD', 'none' FROM generate_series(1, 60000);
            DELETE FROM accounts WHERE owner = 'nobody'; COMMIT";
        other.batch_execute(dead).await.expect("dead");
    };
    let heal = async || {
        holder.batch_execute("ROLLBACK").await.expect("let go");
        other.batch_execute("VACUUM accounts").await.expect("cleared");
    };
    scene.watch.proves(expected, fault, heal).await;
}

/// A transaction holds a merchant's row: its withdrawals wait in their lane, behind the first.
async fn blocked_lane(scene: &Scene, frail: &Frail) {
    let (instance, world) = (frail.instance(), &frail.gateway.world);
    let own: &[(&str, &str)] = &[("instance", &instance)];
    let lane: &[(&str, &str)] = &[("instance", &instance), ("lane", "0")];
    let route: &[(&str, &str)] = &[("route", "create_withdrawal")];
    let stuck = of("SluiceLaneStuck", own, "and no batch has committed for two minutes.");
    let long = of("SluiceLaneQueueLong", lane, "commands wait in lane 0 of");
    let slow = of("SluiceLaneCommitSlow", own, "The 99th percentile of a batch at");
    let late = of("SluiceAnswersSlow", route, "The 99th percentile of create_withdrawal is");
    for expected in [stuck, long, slow, late] {
        scene.watch.silent(expected).await;
    }
    let merchant = world.merchant(1);
    let one = async |_| {
        let body = json!({"payee_id": merchant.payee("CNY"), "sell_currency": "USD", "sell_amount": "900000.00",
            "buy_currency": "CNY"});
        world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await
    };
    // A batch and an answer of each kind before it, so that there is something to compare with.
    assert_eq!(one(0).await.refusal(), (422, "insufficient-funds"));
    let mut database = scene.world.database().await;
    let block = database.transaction().await.expect("a transaction");
    let id: uuid::Uuid = merchant.id.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
    block.execute("SELECT 1 FROM merchants WHERE id = $1 FOR UPDATE", &[&id]).await.expect("locked");
    let released = async {
        scene.watch.fires(long).await;
        scene.watch.fires(stuck).await;
        block.rollback().await.expect("released");
    };
    let (answers, ()) = tokio::join!(join_all((0..14).map(one)), released);
    // On a slow machine the last ones were given up meanwhile.
    let answered = |answer: &tests::Answer| {
        [(422, "insufficient-funds"), (503, "ledger-unavailable")].contains(&answer.refusal())
    };
    assert!(answers.iter().all(answered), "{answers:?}");
    scene.watch.fires(slow).await;
    scene.watch.fires(late).await;
    for expected in [stuck, long, slow, late] {
        scene.watch.ends(expected).await;
    }
}

/// First it hangs, then it is gone, then it is back.
async fn database_away(scene: &Scene, frail: &Frail) {
    let (instance, world) = (frail.instance(), &frail.gateway.world);
    let own: &[(&str, &str)] = &[("instance", &instance)];
    let route: &[(&str, &str)] = &[("route", "balances")];
    let waiting = of("SluicePoolExhausted", own, "after 2 seconds each is answered 503.");
    let ready = of("SluiceNotReady", own, "says no to /readyz");
    let refusing = of("SluiceRefusing", route, "% of the requests to balances are answered 503.");
    let failed = of("SluiceBatchesFail", own, "in 10 minutes.");
    for expected in [waiting, ready, refusing, failed] {
        scene.watch.silent(expected).await;
    }
    let merchant = world.merchant(1);
    // Somebody always asks, and a bank reports; what can't be kept is given up after its deadline.
    let asking = async {
        loop {
            join_all((0..6).map(|_| world.public().get(&merchant.api_key, "/v1/balances"))).await;
            sleep(PAUSE).await;
        }
    };
    let reporting = async {
        loop {
            let report =
                async |_| world.try_event(&unique("evt"), br#"{"type":"something.new","data":{}}"#).await;
            join_all((0..12).map(report)).await;
            sleep(PAUSE).await;
        }
    };
    let faults = async {
        frail.database.hang();
        scene.watch.fires(waiting).await;
        frail.database.shut();
        scene.watch.fires(ready).await;
        scene.watch.fires(refusing).await;
        scene.watch.fires(failed).await;
        frail.database.open();
        scene.watch.ends(ready).await;
    };
    tokio::select! {
        () = asking => {}
        () = reporting => {}
        () = faults => {}
    }
    for expected in [waiting, refusing, failed] {
        scene.watch.ends(expected).await;
    }
}

async fn gone(scene: &Scene, frail: &mut Frail) {
    let instance = frail.instance();
    let labels = &[("instance", &*instance)];
    let down = of("SluiceDown", labels, "has not answered for a minute.");
    scene.watch.silent(down).await;
    frail.gateway.kill().await;
    scene.watch.fires(down).await;
    mend_the_next_month(&scene.world).await;
    calendars::mend(&frail.calendar);
    frail.gateway.launch().await;
    scene.watch.ends(down).await;
    scene.watch.ends(of("SluiceRetentionFailing", labels, "")).await;
    scene.watch.ends(of("SluiceCalendarEnds", &[("jurisdiction", "china")], "")).await;
}

//! The books are proved by a schedule, and whoever looks sees what the last proof found.

use std::io::Write as _;
use std::time::{Duration, Instant};

use admin_api::{Overview, Verification};
use tests::{Sluice, World, run};

const SOON: Duration = Duration::from_secs(60);

async fn verification(world: &World) -> Verification {
    let answer = world.look("/admin/v1/overview").await;
    serde_json::from_value::<Overview>(answer.json).expect("an overview").verification
}

/// Waits until the last proof is like this.
async fn wait_for(world: &World, condition: impl Fn(&Verification) -> bool) -> Verification {
    let begun = Instant::now();
    loop {
        let last = verification(world).await;
        if condition(&last) {
            return last;
        }
        assert!(begun.elapsed() < SOON, "the last proof stays {last:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until Prometheus would read this.
async fn wait_for_metric(world: &World, value: f64) {
    let begun = Instant::now();
    while world.metric("sluice_ledger_verification_holds").await != value {
        assert!(begun.elapsed() < SOON, "the metric does not become {value}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn is(last: &Verification, result: &str) -> bool {
    last.result.as_deref() == Some(result)
}

#[tokio::test]
async fn i2_broken_books_are_found_by_the_schedule_and_shown_until_they_are_right_again() {
    let (sluice, world) = Sluice::start_with("[verification]\nevery_seconds = 10\n").await;
    world.pay_in(world.merchant(0), "250.00", "USD").await;
    let first = wait_for(&world, |last| is(last, "holds")).await;
    assert!(first.broken.is_empty() && first.at.is_some() && first.took_ms.is_some(), "{first:?}");
    wait_for_metric(&world, 1.0).await;
    assert!(world.metric("sluice_ledger_verification_finished_timestamp_seconds").await > 1_700_000_000.0);

    let database = world.database().await;
    let shift = async |by: i64| {
        let sql =
            format!("UPDATE accounts SET credits = credits + {by} WHERE kind = 'merchant' AND credits > 0");
        assert_eq!(database.execute(&sql, &[]).await.expect("changed by hand"), 1);
    };
    shift(1).await;
    let broken = wait_for(&world, |last| is(last, "broken")).await;
    assert_eq!(broken.broken, ["I1", "I2"]);
    assert!(broken.checked_transfers >= Some(1), "{broken:?}");
    wait_for_metric(&world, 0.0).await;
    let row = database
        .query_one("SELECT made_by, report::text FROM verifications WHERE result = 'broken' LIMIT 1", &[])
        .await
        .expect("kept");
    let (made_by, report): (String, String) = (row.get(0), row.get(1));
    assert!(made_by == "schedule" && report.contains("I2: account"), "{made_by}: {report}");

    // A person's proof counts, too, at once.
    shift(-1).await;
    sluice.verify().await;
    assert!(is(&verification(&world).await, "holds"));
    wait_for_metric(&world, 1.0).await;
}

#[tokio::test]
async fn one_proves_over_all_gateways_and_nobody_where_it_is_switched_off() {
    let (sluice, world) = Sluice::start_with("[verification]\nevery_seconds = 10\n").await;
    let second = sluice.second(&world, "").await;
    let database = world.database().await;
    let made = async || -> i64 {
        database.query_one("SELECT count(*) FROM verifications", &[]).await.expect("a count").get(0)
    };
    let begun = Instant::now();
    while made().await < 3 {
        assert!(begun.elapsed() < SOON, "the schedule does nothing");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The first is made when the first gateway starts, whenever the second one does; each of the next two begins 10 seconds
    // after the one before has ended, whoever makes it: at least 20 seconds from the end of the first to that of the third.
    // It is read from the rows: the database's clock says when one is due, too.
    let apart = "SELECT max(finished_at) - min(finished_at) >= interval '20 seconds' \
                 FROM (SELECT finished_at FROM verifications ORDER BY id LIMIT 3) AS first";
    let apart: bool = database.query_one(apart, &[]).await.expect("a comparison").get(0);
    assert!(apart, "more than one at a time");
    let close = "SELECT count(*) FROM (SELECT finished_at - lag(finished_at) OVER (ORDER BY id) AS gap \
                 FROM verifications) AS g WHERE gap < interval '9 seconds'";
    assert_eq!(database.query_one(close, &[]).await.expect("a count").get::<_, i64>(0), 0);
    // The second gateway tells the same, whoever made it.
    assert_eq!(second.world.metric("sluice_ledger_verification_holds").await, 1.0);
}

#[tokio::test]
async fn without_a_schedule_only_a_persons_proof_is_told() {
    let (sluice, world) = Sluice::start_with("[verification]\nevery_seconds = 0\n").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(verification(&world).await, Verification::default());
    assert!(
        !world.probe("/metrics").await.contains("sluice_ledger_verification_finished_timestamp_seconds 0")
    );
    let config = sluice.dir().join("sluice.toml").display().to_string();
    let said = run(&["verify", "--config", &config], sluice.dir()).await;
    assert!(said.status.success());
    assert!(is(&verification(&world).await, "holds"));

    // A sum that was changed by hand, and put right.
    let database = world.database().await;
    let sum = "INSERT INTO in_transit VALUES (0, '00000000-0000-0000-0000-000000000000', 'USD', 5)";
    database.execute(sum, &[]).await.expect("changed by hand");
    let said = run(&["verify", "--config", &config], sluice.dir()).await;
    let words = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(1), "broken: {words}");
    assert!(words.contains("in USD: 5 minor units are kept"), "{words}");
    assert_eq!(verification(&world).await.broken, ["I2"]);
    database.execute("DELETE FROM in_transit WHERE minor = 5", &[]).await.expect("put right");

    // A trail that was changed by hand.
    database.execute("UPDATE audit_head SET seq = seq + 1", &[]).await.expect("changed by hand");
    let said = run(&["verify", "--config", &config], sluice.dir()).await;
    assert!(!said.status.success());
    let last = verification(&world).await;
    assert!(is(&last, "broken") && last.broken == ["I7"], "{last:?}");
}

#[tokio::test]
async fn a_proof_holds_no_snapshot_while_it_walks() {
    let (sluice, world) = Sluice::start_with("[verification]\nevery_seconds = 10\n").await;
    world.pay_in(world.merchant(0), "250.00", "USD").await;
    let first = wait_for(&world, |last| is(last, "holds")).await;
    // The next one has walked the book, and waits here for the trail.
    let (holder, watcher) = (world.database().await, world.database().await);
    holder.batch_execute("BEGIN; LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let begun = Instant::now();
    let walker: i32 = loop {
        let waiting = "SELECT pid FROM pg_locks WHERE relation = 'audit_log'::regclass AND NOT granted";
        if let Some(row) = watcher.query_opt(waiting, &[]).await.expect("at most one walks") {
            break row.get(0);
        }
        assert!(begun.elapsed() < SOON, "nobody proves the books");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    // A transaction would hold its locks on the book's tables until its end, as it would its snapshot.
    let held =
        "SELECT count(*) FROM pg_locks WHERE pid = $1 AND granted AND relation = 'transfers'::regclass";
    assert_eq!(watcher.query_one(held, &[&walker]).await.expect("a count").get::<_, i64>(0), 0);
    let turn = "SELECT a.backend_xmin IS NULL AND a.backend_xid IS NULL AND a.state = 'idle in transaction' FROM pg_locks l \
                JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND a.pid <> $1";
    assert!(watcher.query_one(turn, &[&walker]).await.expect("the turn").get::<_, bool>(0));
    holder.batch_execute("ROLLBACK").await.expect("let go");
    wait_for(&world, |last| is(last, "holds") && last.at != first.at).await;
    sluice.verify().await;
}

/// A book that was restored lies behind the heads that were written out: here they are of a seal that isn't there any more.
#[tokio::test]
async fn i7_a_book_behind_its_heads_is_found_by_the_schedule_again_and_again_and_is_not_served() {
    let settings = "[verification]\nevery_seconds = 10\n[ledger]\nheads_interval_seconds = 1\n";
    let (sluice, world) = Sluice::start_with(settings).await;
    world.pay_in(world.merchant(0), "250.00", "USD").await;
    let heads = sluice.dir().join("heads.log");
    wait_for(&world, |last| is(last, "holds") && heads.exists()).await;
    let config = sluice.dir().join("sluice.toml").display().to_string();
    let verify = async |more: &[&str]| {
        let said = run(&[&["verify", "--config", &config], more].concat(), sluice.dir()).await;
        let words =
            [said.stdout, said.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (said.status.code(), words)
    };
    let (code, words) = verify(&[]).await;
    assert!(code == Some(0) && words.contains("heads that were written out, compared"), "{words}");
    assert!(!words.contains("\n0 heads that were written out"), "those of the file: {words}");

    let lost = format!("1 4711 {}", "ab".repeat(32));
    let mut file = std::fs::File::options().append(true).open(&heads).expect("the heads");
    writeln!(file, "{lost}").expect("written");
    let first = wait_for(&world, |last| is(last, "broken")).await;
    assert_eq!(first.broken, ["I7"]);
    wait_for_metric(&world, 0.0).await;
    let again = wait_for(&world, |last| last.at != first.at).await;
    assert!(is(&again, "broken"), "{again:?}");
    for more in [&[][..], &["--head", "heads.log"]] {
        let (code, words) = verify(more).await;
        assert!(code == Some(1) && words.contains("but 4711 was written out"), "{words}");
    }

    // Nothing is served from it, whichever gateway starts.
    let any = ["public", "admin", "metrics"].map(|name| format!("{name}_addr = \"127.0.0.1:0\"\n")).concat();
    let text = sluice.configuration().replacen("[server]\n", &format!("[server]\n{any}"), 1);
    std::fs::write(sluice.dir().join("another.toml"), text).expect("written");
    let said = run(&["serve", "--config", "another.toml"], sluice.dir()).await;
    let words = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(1), "{words}");
    assert!(words.contains(&format!("{lost} was written out, the book has 1 ")), "{words}");
    assert!(words.contains("Restoring a backup") && words.contains("heads.log"), "{words}");

    // A person knows, and moves the file away: from then on there is a new one.
    std::fs::rename(&heads, sluice.dir().join("heads-of-before.log")).expect("moved away");
    wait_for(&world, |last| is(last, "holds")).await;
    wait_for_metric(&world, 1.0).await;
    let (code, words) = verify(&["--head", "heads-of-before.log"]).await;
    assert_eq!(code, Some(1), "{words}");
}

#[tokio::test]
async fn i7_where_nothing_was_proved_verify_does_not_say_that_the_books_are_broken() {
    let (sluice, _world) = Sluice::start_with("[verification]\nevery_seconds = 0\n").await;
    let write = |name: &str, text: &str| std::fs::write(sluice.dir().join(name), text).expect("written");
    write("empty.log", "");
    write("junk.log", "junk\n");
    write("junk.toml", "junk = 1\n");
    for (config, head, why) in [
        ("sluice.toml", "empty.log", "no head is in it"),
        ("sluice.toml", "junk.log", "line 1: not the trail's head"),
        ("sluice.toml", "missing.log", "missing.log: "),
        ("junk.toml", "empty.log", "junk"),
    ] {
        let said = run(&["verify", "--config", config, "--head", head], sluice.dir()).await;
        let words = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(2), "{head}: {words}");
        assert!(words.contains("nothing was proved: ") && words.contains(why), "{head}: {words}");
    }
}

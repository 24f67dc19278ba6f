//! Pool, deadlines and transactions against real PostgreSQL.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pg::{Error, Id, Kind, Migration, MigrationSet, Pool, PoolSettings, RUNTIME_ROLE, Shard};
use testkit::{Fault, FaultProxy, TestDb};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

const SETS: &[MigrationSet] = &[MigrationSet {
    owner: "pg-test",
    migrations: &[Migration {
        version: 1,
        name: "things",
        sql: "CREATE TABLE things (n integer PRIMARY KEY, m integer CONSTRAINT things_m CHECK (m > 0));
              GRANT SELECT, INSERT, UPDATE ON things TO sluice_runtime;",
    }],
}];

/// Long enough for what takes moments.
const SOON: Duration = Duration::from_secs(10);
const INSERT: &str = "INSERT INTO things VALUES ($1, 1)";

fn quick() -> PoolSettings {
    PoolSettings {
        size: 4,
        wait: Duration::from_millis(300),
        statement: Duration::from_millis(400),
        lock: Duration::from_millis(200),
        role: Some(RUNTIME_ROLE),
        ..PoolSettings::default()
    }
}

async fn pool() -> (TestDb, Pool) {
    let db = testkit::database(SETS).await;
    let pool = Pool::open(&db.url, quick()).unwrap();
    (db, pool)
}

async fn count(pool: &Pool) -> i64 {
    pool.get().await.unwrap().query_one("SELECT count(*) FROM things", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_connection_outlives_the_runtime_that_asked_for_it_where_the_pool_is_at_home() {
    let db = testkit::database(SETS).await;
    for at_home in [true, false] {
        let pool = Pool::open(&db.url, PoolSettings { at_home, ..quick() }).unwrap();
        let guest =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let asked = pool.clone();
        let conn = guest.spawn(async move { asked.get().await.unwrap() }).await.unwrap();
        guest.shutdown_background();
        let answer = async {
            // What ends with that runtime ends within moments, not at once.
            for _ in 0..10 {
                conn.query("SELECT 1", &[]).await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<_, Error>(())
        };
        assert_eq!(answer.await.is_ok(), at_home);
        assert!(pool.get().await.is_ok(), "a new one is to be had");
    }
}

#[tokio::test]
async fn an_attempt_to_connect_ends_with_its_deadline_wherever_it_is_made() {
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgresql://x@{}/x?sslmode=disable", mute.local_addr().unwrap());
    for at_home in [true, false] {
        let settings = PoolSettings { at_home, connect: Duration::from_millis(200), ..quick() };
        let pool = Pool::open(&url, settings).unwrap();
        let hangs_up = async {
            let (mut stream, _) = mute.accept().await.unwrap();
            let mut said = Vec::new();
            stream.read_to_end(&mut said).await.unwrap();
        };
        let (refused, hung_up) = tokio::join!(pool.get(), tokio::time::timeout(SOON, hangs_up));
        assert!(matches!(refused, Err(Error::Unavailable(_))), "at home: {at_home}");
        assert!(hung_up.is_ok(), "nobody waits for that server any more; at home: {at_home}");
    }
}

#[test]
fn a_pool_is_at_home_on_a_runtime_or_not_at_all() {
    let opened = Pool::open("postgresql://x@/x", PoolSettings { at_home: true, ..quick() });
    assert!(matches!(opened, Err(Error::Settings(_))), "{opened:?}");
}

#[tokio::test]
async fn connections_have_the_settings_everything_relies_on() {
    let (_db, pool) = pool().await;
    let conn = pool.get().await.unwrap();
    for (name, expected) in [
        ("timezone", "UTC"),
        ("role", RUNTIME_ROLE),
        ("statement_timeout", "400ms"),
        ("lock_timeout", "200ms"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("synchronous_commit", "on"),
        ("fsync", "on"),
        ("transaction_isolation", "read committed"),
    ] {
        let row = conn.query_one("SELECT current_setting($1::text)", &[&name]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), expected, "{name}");
    }
}

#[tokio::test]
async fn plans_that_are_made_once_go_by_index_however_small_the_table_is_just_then() {
    let (db, pool) = pool().await;
    let owner = db.owner().get().await.unwrap();
    owner.batch_execute("INSERT INTO things VALUES (1); ANALYZE things").await.unwrap();
    let once = Pool::open(&db.url, PoolSettings { plan_once: true, ..quick() }).unwrap();
    let explained = "EXPLAIN SELECT n FROM things WHERE n = 1";
    for (pool, by_index, mode) in [(&pool, false, "auto"), (&once, true, "force_generic_plan")] {
        let conn = pool.get().await.unwrap();
        let sql = "SELECT current_setting('plan_cache_mode'), current_setting('jit')";
        let row = conn.query_one(sql, &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), mode);
        assert!(!by_index || row.get::<_, String>(1) == "off", "nothing is compiled");
        let plan: String =
            conn.query(explained, &[]).await.unwrap().iter().map(|r| r.get::<_, String>(0)).collect();
        assert_eq!(plan.contains("Index"), by_index, "{plan}");
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let (_db, pool) = pool().await;
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&1]).await.unwrap();
    drop(tx);
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&2]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(count(&pool).await, 0);
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&3]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&pool).await, 1);
}

#[tokio::test]
async fn after_a_failed_statement_nothing_can_be_committed() {
    let (_db, pool) = pool().await;
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&1]).await.unwrap();
    let unique = tx.execute(INSERT, &[&1]).await.unwrap_err();
    assert!(matches!(&unique, Error::Unique { constraint } if constraint == "things_pkey"), "{unique}");
    assert!(matches!(tx.execute(INSERT, &[&2]).await, Err(Error::Aborted)));
    assert!(!tx.is_given_up());
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    drop(conn);
    assert_eq!(count(&pool).await, 0);
    assert_eq!(pool.status().size, 1, "the connection is as good as new");
}

#[tokio::test]
async fn nor_after_one_that_was_given_up() {
    let (_db, pool) = pool().await;
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&1]).await.unwrap();
    let sleep = tx.query("SELECT pg_sleep(0.2)", &[]);
    tokio::time::timeout(Duration::from_millis(50), sleep).await.unwrap_err();
    assert!(tx.is_given_up());
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    drop(conn);
    assert_eq!(pool.status().size, 0, "its server may still be at work");
    assert_eq!(count(&pool).await, 0);
}

#[tokio::test]
async fn errors_are_sorted() {
    let (_db, pool) = pool().await;
    let conn = pool.get().await.unwrap();
    let check = conn.execute("INSERT INTO things VALUES (1, 0)", &[]).await.unwrap_err();
    assert!(matches!(&check, Error::Check { constraint } if constraint == "things_m"), "{check}");
    let syntax = conn.query("SELEKT", &[]).await.unwrap_err();
    assert_eq!(syntax.code(), Some("42601"));
    let mismatch = conn.query("SELECT $1::integer", &[&"one"]).await.unwrap_err();
    assert!(matches!(mismatch, Error::Mismatch(_)), "{mismatch}");
    let many = conn.query_opt("VALUES (1), (2)", &[]).await.unwrap_err();
    assert!(matches!(many, Error::Broken(_)), "{many}");
    let none = conn.query_one("SELECT 1 WHERE false", &[]).await.unwrap_err();
    assert!(matches!(none, Error::Broken(_)), "{none}");
    conn.query("SELECT 1", &[]).await.unwrap();
    for (code, retryable, unavailable) in
        [("40001", true, false), ("40P01", true, false), ("55P03", true, false), ("53300", false, true)]
    {
        let conn = pool.get().await.unwrap();
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
        let error = conn.batch_execute(&raise).await.unwrap_err();
        assert_eq!((error.is_retryable(), error.is_unavailable()), (retryable, unavailable), "{code}");
    }
}

#[tokio::test]
async fn no_values_leak_through_errors() {
    let (_db, pool) = pool().await;
    let conn = pool.get().await.unwrap();
    conn.execute(INSERT, &[&424_242]).await.unwrap();
    let error = conn.execute(INSERT, &[&424_242]).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("424242"), "{error:?}");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_ends() {
    let (_db, pool) = pool().await;
    let conn = pool.get().await.unwrap();
    let began = Instant::now();
    assert!(matches!(conn.query("SELECT pg_sleep(60)", &[]).await, Err(Error::Timeout)));
    assert!(began.elapsed() < Duration::from_secs(2));
    drop(conn);
    assert_eq!(pool.status().size, 1, "PostgreSQL ended it itself");
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_the_connection() {
    let (_db, pool) = pool().await;
    let conn = pool.get().await.unwrap();
    conn.batch_execute("SET statement_timeout = 0").await.unwrap();
    let began = Instant::now();
    assert!(matches!(conn.query("SELECT pg_sleep(3)", &[]).await, Err(Error::Timeout)));
    assert!(began.elapsed() < Duration::from_secs(2));
    let after = conn.query("SELECT 1", &[]).await.unwrap_err();
    assert!(after.is_unavailable(), "{after}");
    drop(conn);
    assert_eq!(pool.status().size, 0);
}

#[tokio::test]
async fn a_lock_not_had_in_time_is_retryable() {
    let (_db, pool) = pool().await;
    let (mut one, mut two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let first = one.begin().await.unwrap();
    first.execute(INSERT, &[&1]).await.unwrap();
    let second = two.begin().await.unwrap();
    let refused = second.execute(INSERT, &[&1]).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused}");
    first.commit().await.unwrap();
}

#[tokio::test]
async fn a_server_that_no_longer_takes_writes_costs_all_connections() {
    let (_db, pool) = pool().await;
    let (one, two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    drop(two);
    one.batch_execute("SET default_transaction_read_only = on").await.unwrap();
    let refused = one.execute(INSERT, &[&1]).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
    drop(one);
    assert_eq!(pool.status().size, 0);
    pool.get().await.unwrap().execute(INSERT, &[&1]).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_connection_ends() {
    let (_db, pool) = pool().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(pool.get().await.unwrap());
    }
    let began = Instant::now();
    let refused = pool.get().await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!((pool.status().size, pool.status().max), (4, 4));
}

#[tokio::test]
async fn a_transaction_left_idle_is_ended_by_the_server() {
    let db = testkit::database(SETS).await;
    let settings = PoolSettings { idle_in_transaction: Duration::from_secs(1), ..quick() };
    let pool = Pool::open(&db.url, settings).unwrap();
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&1]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(tx.commit().await.is_err());
    drop(conn);
    assert_eq!(count(&pool).await, 0);
}

#[tokio::test]
async fn a_deferred_refusal_at_commit_is_definite() {
    let (db, pool) = pool().await;
    let owner = db.owner().get().await.unwrap();
    owner
        .batch_execute("CREATE TABLE d (n integer, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED); GRANT ALL ON d TO sluice_runtime")
        .await
        .unwrap();
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.execute("INSERT INTO d VALUES (1), (1)", &[]).await.unwrap();
    assert!(matches!(tx.commit().await, Err(Error::Unique { .. })));
}

#[tokio::test]
async fn a_snapshot_sees_one_moment_and_writes_nothing() {
    let (_db, pool) = pool().await;
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin_snapshot().await.unwrap();
    let rows = "SELECT count(*) FROM things";
    assert_eq!(tx.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), 0);
    pool.get().await.unwrap().execute(INSERT, &[&1]).await.unwrap();
    assert_eq!(tx.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert!(tx.now().await.unwrap() <= conn_now(&pool).await);
    assert!(tx.execute(INSERT, &[&2]).await.is_err());
}

async fn conn_now(pool: &Pool) -> time::OffsetDateTime {
    pool.get().await.unwrap().now().await.unwrap()
}

enum Thing {}

impl Kind for Thing {
    const PREFIX: &'static str = "th";
}

#[tokio::test]
async fn ids_and_shards_are_columns() {
    let (_db, pool) = pool().await;
    let conn = pool.get().await.unwrap();
    let shard = Shard::new(200).unwrap();
    let ids: Vec<Id<Thing>> = (0..3).map(|_| Id::new(shard)).collect();
    let rows = conn
        .query("SELECT $2::smallint, id FROM unnest($1::uuid[]) AS id ORDER BY id", &[&ids, &shard])
        .await
        .unwrap();
    for (row, id) in rows.iter().zip(&ids) {
        assert_eq!((row.get::<_, Shard>(0), row.get::<_, Id<Thing>>(1)), (shard, *id));
        assert_eq!(row.get::<_, Uuid>(1), id.uuid());
    }
}

#[tokio::test]
async fn the_pool_looks_for_the_primary_among_several_hosts() {
    let (db, _) = pool().await;
    let socket = testkit::server().await.socket();
    let several = format!(
        "host=/nowhere,{} user=sluice dbname={} target_session_attrs=read-write",
        socket.display(),
        db.name()
    );
    let pool = Pool::open(&several, quick()).unwrap();
    assert_eq!(count(&pool).await, 0);
    let owner = db.owner().get().await.unwrap();
    let read_only = format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name());
    owner.batch_execute(&read_only).await.unwrap();
    let pool = Pool::open(&several, quick()).unwrap();
    assert!(pool.get().await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn unusable_settings_are_refused() {
    for (url, settings) in [
        ("nonsense", quick()),
        ("postgresql://db.example/x?sslmode=disable", quick()),
        ("postgresql://localhost/x", PoolSettings { statement: Duration::ZERO, ..quick() }),
    ] {
        assert!(matches!(Pool::open(url, settings), Err(Error::Settings(_))), "{url}");
    }
}

#[tokio::test]
async fn what_follows_a_commit_is_done_too_where_nobody_knows_whether_it_was() {
    let db = testkit::database(SETS).await;
    let proxy = FaultProxy::start(&db).await;
    let pool = Pool::open(&proxy.url, quick()).unwrap();
    for (n, fault) in [(1, Fault::LoseCommit), (2, Fault::LoseAnswer), (3, Fault::KeepSilent)] {
        let done = Arc::new(AtomicUsize::new(0));
        let mut conn = pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        tx.execute(INSERT, &[&n]).await.unwrap();
        let counted = done.clone();
        tx.after_commit(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        proxy.arm(fault);
        assert!(matches!(tx.commit().await, Err(Error::CommitUnknown)), "{fault:?}");
        assert_eq!(done.load(Ordering::Relaxed), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_follows_a_commit_is_done_where_it_is_durable_and_nowhere_else() {
    let (_db, pool) = pool().await;
    let done = Arc::new(AtomicUsize::new(0));
    let follow = |tx: &pg::Tx<'_>| {
        let done = done.clone();
        tx.after_commit(move || {
            done.fetch_add(1, Ordering::Relaxed);
        });
    };
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.execute(INSERT, &[&1]).await.unwrap();
    follow(&tx);
    follow(&tx);
    assert_eq!(done.load(Ordering::Relaxed), 0, "not before");
    tx.commit().await.unwrap();
    assert_eq!(done.load(Ordering::Relaxed), 2);
    let tx = conn.begin().await.unwrap();
    follow(&tx);
    tx.rollback().await.unwrap();
    let tx = conn.begin().await.unwrap();
    follow(&tx);
    drop(tx);
    let tx = conn.begin().await.unwrap();
    follow(&tx);
    tx.execute(INSERT, &[&1]).await.expect_err("a row of that key is there");
    tx.commit().await.expect_err("an aborted transaction");
    assert_eq!(done.load(Ordering::Relaxed), 2);
}

/// Statements side by side run in the order in which they were asked for, also those that a connection has to learn first.
#[tokio::test]
async fn a_statement_that_is_prepared_does_not_overtake_one_that_is_not() {
    const COUNT: &str = "SELECT count(*) FROM things WHERE m = $1";
    let db = testkit::database(SETS).await;
    // Not given back: each round is on a connection that knows nothing yet.
    let mut held = Vec::new();
    for known in [COUNT, INSERT, ""] {
        let mut fresh = db.pool.get().await.unwrap();
        if known == COUNT {
            fresh.query(COUNT, &[&1_i32]).await.unwrap();
        }
        let tx = fresh.begin().await.unwrap();
        if known == INSERT {
            tx.execute(INSERT, &[&0_i32]).await.unwrap();
        }
        let (before, inserted, after) = tokio::join!(
            biased;
            tx.query_one("SELECT count(*) FROM things WHERE m = $1 AND n >= 0", &[&1_i32]),
            tx.execute(INSERT, &[&1_i32]),
            tx.query_one(COUNT, &[&1_i32]),
        );
        let (before, after): (i64, i64) = (before.unwrap().get(0), after.unwrap().get(0));
        assert_eq!((inserted.unwrap(), after - before), (1, 1), "prepared: {known:?}");
        tx.rollback().await.unwrap();
        held.push(fresh);
    }
}

/// Each of several side by side has as long as it would have alone: together they may take longer than one may.
#[tokio::test]
async fn statements_side_by_side_have_each_the_time_of_one() {
    const SLEEP: &str = "SELECT pg_sleep(0.2)";
    let (_db, pool) = pool().await;
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let began = Instant::now();
    let slept = tokio::join!(
        biased;
        tx.query(SLEEP, &[]),
        tx.query(SLEEP, &[]),
        tx.query(SLEEP, &[]),
        tx.query(SLEEP, &[]),
        tx.query(SLEEP, &[]),
        tx.query(SLEEP, &[]),
    );
    assert!(began.elapsed() > Duration::from_secs(1), "one alone is given up before");
    for slept in [slept.0, slept.1, slept.2, slept.3, slept.4, slept.5] {
        slept.unwrap();
    }
    tx.commit().await.unwrap();
}

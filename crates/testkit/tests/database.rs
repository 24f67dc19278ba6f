//! The test database itself, and the proxy.
#![allow(clippy::unwrap_used)]

use pg::{Error, Migration, MigrationSet, Pool, PoolSettings};
use testkit::{Fault, FaultProxy};

const SETS: &[MigrationSet] = &[MigrationSet {
    owner: "testkit",
    migrations: &[Migration {
        version: 1,
        name: "notes",
        sql: "CREATE TABLE notes (n integer PRIMARY KEY); GRANT SELECT ON notes TO sluice_runtime;",
    }],
}];

#[tokio::test]
async fn each_test_has_its_own_database_and_the_runtime_role_its_own_rights() {
    let (one, two) = tokio::join!(testkit::database(SETS), testkit::database(SETS));
    let owner = one.owner().get().await.unwrap();
    owner.execute("INSERT INTO notes VALUES (1)", &[]).await.unwrap();
    let count = "SELECT count(*) FROM notes";
    for (db, expected) in [(&one, 1), (&two, 0)] {
        let conn = db.pool.get().await.unwrap();
        assert_eq!(conn.query_one(count, &[]).await.unwrap().get::<_, i64>(0), expected);
        let refused = conn.execute("INSERT INTO notes VALUES (2)", &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{refused}");
    }
}

#[tokio::test]
async fn the_proxy_loses_what_it_is_told_to_lose() {
    let db = testkit::database(SETS).await;
    let proxy = FaultProxy::start(&db).await;
    let settings =
        PoolSettings { statement: std::time::Duration::from_millis(500), ..PoolSettings::default() };
    let pool = Pool::open(&proxy.url, settings).unwrap();
    for (n, fault, done) in [
        (1, Fault::None, true),
        (2, Fault::LoseCommit, false),
        (3, Fault::LoseAnswer, true),
        (4, Fault::KeepSilent, true),
    ] {
        let mut conn = pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        tx.execute("INSERT INTO notes VALUES ($1)", &[&n]).await.unwrap();
        proxy.arm(fault);
        let outcome = tx.commit().await;
        match fault {
            Fault::None => outcome.unwrap(),
            _ => assert!(matches!(outcome, Err(Error::CommitUnknown)), "{fault:?}: {outcome:?}"),
        }
        drop(conn);
        let conn = pool.get().await.unwrap();
        let there = conn.query_opt("SELECT 1 FROM notes WHERE n = $1", &[&n]).await.unwrap().is_some();
        assert_eq!(there, done, "{fault:?}");
    }
    assert_eq!(proxy.struck(), 3);
}

#[tokio::test]
async fn broken_connections_are_noticed() {
    let db = testkit::database(SETS).await;
    let conn = db.pool.get().await.unwrap();
    conn.query("SELECT 1", &[]).await.unwrap();
    assert_eq!(testkit::break_connections(&db).await, 1);
    let lost = conn.query("SELECT 1", &[]).await.unwrap_err();
    assert!(lost.is_unavailable(), "{lost}");
    drop(conn);
    assert_eq!(db.pool.status().size, 0);
    db.pool.get().await.unwrap().query("SELECT 1", &[]).await.unwrap();
}

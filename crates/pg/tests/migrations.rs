//! Migrations against real PostgreSQL.
#![allow(clippy::unwrap_used)]

use futures_util::future::join_all;
use pg::{Error, Migration, MigrationSet, Pool, PoolSettings, Tls, migrate, pending, ungranted};

const ONE: Migration = Migration { version: 1, name: "one", sql: "CREATE TABLE one (n integer)" };
const TWO: Migration = Migration { version: 2, name: "two", sql: "INSERT INTO one VALUES (2)" };

const FIRST: &[MigrationSet] = &[MigrationSet { owner: "a", migrations: &[ONE] }];
const BOTH: &[MigrationSet] = &[MigrationSet { owner: "a", migrations: &[ONE, TWO] }];

#[tokio::test]
async fn what_is_missing_runs_once() {
    let db = testkit::database(&[]).await;
    let conn = db.pool.get().await.unwrap();
    assert_eq!(pending(&conn, BOTH).await.unwrap().len(), 2);
    assert_eq!(migrate(&db.url, &Tls::default(), FIRST).await.unwrap().len(), 1);
    let missing = pending(&conn, BOTH).await.unwrap();
    assert_eq!(missing.iter().map(|m| (m.owner, m.version)).collect::<Vec<_>>(), [("a", 2)]);
    assert_eq!(migrate(&db.url, &Tls::default(), BOTH).await.unwrap(), missing);
    assert!(migrate(&db.url, &Tls::default(), BOTH).await.unwrap().is_empty());
    assert!(pending(&conn, BOTH).await.unwrap().is_empty());
    // An older program on a newer schema finds nothing missing.
    assert!(pending(&conn, FIRST).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_at_once_take_turns() {
    let db = testkit::database(&[]).await;
    let tls = Tls::default();
    let all = join_all((0..8).map(|_| migrate(&db.url, &tls, BOTH))).await;
    let ran: usize = all.into_iter().map(|ran| ran.unwrap().len()).sum();
    assert_eq!(ran, 2);
    let owner = db.owner().get().await.unwrap();
    assert_eq!(owner.query_one("SELECT count(*) FROM one", &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_migration_that_changed_is_refused() {
    let db = testkit::database(FIRST).await;
    let changed = Migration { sql: "CREATE TABLE one (n bigint)", ..ONE };
    let set = MigrationSet { owner: "a", migrations: Box::leak(Box::new([changed, TWO])) };
    let refused = migrate(&db.url, &Tls::default(), &[set]).await.unwrap_err();
    assert!(matches!(refused, Error::Migration(_)), "{refused}");
    let conn = db.pool.get().await.unwrap();
    assert!(pending(&conn, &[set]).await.is_err());
    assert_eq!(pending(&conn, BOTH).await.unwrap().len(), 1, "nothing of it ran");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_of_any() {
    let db = testkit::database(&[]).await;
    let bad = Migration { version: 2, name: "bad", sql: "CREATE TABLE two (n integer); SELECT 1 / 0" };
    let set = MigrationSet { owner: "a", migrations: Box::leak(Box::new([ONE, bad])) };
    let refused = migrate(&db.url, &Tls::default(), &[set]).await.unwrap_err().to_string();
    assert!(refused.contains("a 2 (bad)") && refused.contains("division by zero"), "{refused}");
    let conn = db.pool.get().await.unwrap();
    assert_eq!(pending(&conn, BOTH).await.unwrap().len(), 2);
}

#[tokio::test]
async fn sets_that_contradict_themselves_are_refused() {
    let db = testkit::database(&[]).await;
    let twice = [FIRST[0], FIRST[0]];
    let backwards = [MigrationSet { owner: "a", migrations: &[TWO, ONE] }];
    for sets in [twice.as_slice(), &backwards] {
        assert!(matches!(migrate(&db.url, &Tls::default(), sets).await, Err(Error::Migration(_))));
    }
}

#[tokio::test]
async fn every_column_has_a_small_sample_but_where_a_migration_says_otherwise() {
    const TABLES: Migration = Migration {
        version: 1,
        name: "tables",
        sql: r#"CREATE TABLE "Plain" (n integer, "a b" text, gone integer, looked_at_closely integer);
            ALTER TABLE "Plain" DROP COLUMN gone, ALTER COLUMN looked_at_closely SET STATISTICS 500;
            CREATE TABLE parts (n integer) PARTITION BY RANGE (n);
            CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (2)"#,
    };
    let sets = [MigrationSet { owner: "a", migrations: &[TABLES] }];
    let db = testkit::database(&sets).await;
    let owner = db.owner().get().await.unwrap();
    let targets = async || {
        let sql = "SELECT format('%s.%s=%s', a.attrelid::regclass, a.attname, a.attstattarget)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
                AND NOT a.attisdropped AND c.relname <> 'schema_migrations' ORDER BY 1";
        let rows = owner.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>()
    };
    let mut expected = [
        r#""Plain".a b=10"#,
        r#""Plain".looked_at_closely=500"#,
        r#""Plain".n=10"#,
        "part.n=10",
        "parts.n=10",
    ]
    .map(str::to_owned)
    .to_vec();
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(targets().await), sorted(expected.clone()));
    // What came into being besides gets it with the next call, whether a migration is missing or not.
    owner.batch_execute("CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (2) TO (3)").await.unwrap();
    assert!(migrate(&db.url, &Tls::default(), &sets).await.unwrap().is_empty());
    expected.push("part_2.n=10".to_owned());
    assert_eq!(sorted(targets().await), sorted(expected));
}

#[tokio::test]
async fn rights_that_a_restored_dump_has_not_brought_are_missed() {
    const GRANTED: Migration = Migration {
        version: 1,
        name: "granted",
        sql: "CREATE TABLE one (n integer, secret integer);
            CREATE TABLE two (n integer) PARTITION BY RANGE (n);
            CREATE TABLE two_rest PARTITION OF two DEFAULT;
            CREATE TABLE gone (n integer);
            DROP TABLE gone;
            GRANT SELECT (n) ON one TO sluice_runtime;
            GRANT INSERT, SELECT ON two TO sluice_runtime",
    };
    let sets = [MigrationSet { owner: "a", migrations: &[GRANTED] }];
    let db = testkit::database(&sets).await;
    let conn = db.pool.get().await.unwrap();
    assert_eq!(ungranted(&conn, &sets).await.unwrap(), [""; 0]);
    let owner = db.owner().get().await.unwrap();
    owner.batch_execute("REVOKE ALL ON two FROM sluice_runtime").await.unwrap();
    assert_eq!(ungranted(&conn, &sets).await.unwrap(), ["two"]);
    owner.batch_execute("REVOKE ALL ON one FROM sluice_runtime").await.unwrap();
    assert_eq!(ungranted(&conn, &sets).await.unwrap(), ["one", "two"]);
    // It runs nothing, and gives nothing back.
    assert!(migrate(&db.url, &Tls::default(), &sets).await.unwrap().is_empty());
    assert_eq!(ungranted(&conn, &sets).await.unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn a_server_that_has_no_such_role_was_never_migrated_and_that_is_said() {
    let db = testkit::database(&[]).await;
    let settings = PoolSettings { role: Some("sluice_nobody_has_made_it"), ..PoolSettings::default() };
    let said = Pool::open(&db.url, settings).unwrap().get().await.unwrap_err().to_string();
    assert!(said.contains("sluice_nobody_has_made_it") && said.contains("`sluice migrate`"), "{said}");
}

#[tokio::test]
async fn an_unreachable_database_is_unavailable() {
    let refused = migrate("postgresql://x@/x?host=%2Fnowhere", &Tls::default(), FIRST).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
}

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[]).await;
}

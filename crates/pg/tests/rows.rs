//! Rows on their way into a table of real PostgreSQL, by INSERT and by COPY.
#![allow(clippy::unwrap_used)]

use pg::types::Type;
use pg::{Error, Migration, MigrationSet, NewRows};

const SET: MigrationSet = MigrationSet {
    owner: "copied",
    migrations: &[Migration {
        version: 1,
        name: "copied",
        sql: "CREATE TABLE copied (id bigint PRIMARY KEY, text text, bytes bytea CHECK (octet_length(bytes) > 0)); \
              GRANT SELECT, INSERT ON copied TO sluice_runtime",
    }],
};
const COLUMNS: &[Type] = &[Type::INT8, Type::TEXT, Type::BYTEA];
const INSERT: &str =
    "INSERT INTO copied (id, text, bytes) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])";
const COPY: &str = "COPY copied (id, text, bytes) FROM STDIN BINARY";
/// From so many on they go by COPY.
const MANY: i64 = 16;

fn rows(rows: &[(i64, Option<&str>, &[u8])]) -> NewRows {
    let mut new = NewRows::new(COLUMNS);
    for (id, text, bytes) in rows {
        new.row(&[id, text, bytes]).unwrap();
    }
    new
}

#[tokio::test]
async fn rows_arrive_as_they_are() {
    let db = testkit::database(&[SET]).await;
    let mut conn = db.pool.get().await.unwrap();
    for (from, to) in [(0, 0), (0, 1), (1, 3), (3, MANY + 2), (MANY + 2, 2 * MANY + 2), (2 * MANY + 2, 5_000)]
    {
        let long = "é\u{0001}\"\\,\n\t".repeat(50);
        let some: Vec<_> =
            (from..to).map(|id| (id, (id % 3 > 0).then_some(long.as_str()), &b"\0\xff"[..])).collect();
        let tx = conn.begin().await.unwrap();
        assert_eq!(tx.insert(INSERT, COPY, rows(&some)).await.unwrap(), some.len() as u64);
        tx.commit().await.unwrap();
    }
    let sql =
        r"SELECT count(*), count(text), min(length(text)), bool_and(bytes = '\x00ff'), max(id) FROM copied";
    let row = conn.query_one(sql, &[]).await.unwrap();
    let found: (i64, i64, i32, bool, i64) = (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    assert_eq!(found, (5_000, 3_333, 350, true, 4_999));
}

/// COPY takes them shard by shard, whole, and each shard's as they came; or all of them as they came.
#[tokio::test]
async fn many_rows_go_in_the_order_of_their_shards_or_of_time() {
    let table = MigrationSet {
        owner: "sharded",
        migrations: &[Migration {
            version: 1,
            name: "sharded",
            sql: "CREATE TABLE sharded (place bigserial, shard smallint, text text); \
                  GRANT SELECT, INSERT ON sharded TO sluice_runtime; GRANT USAGE ON sharded_place_seq TO sluice_runtime",
        }],
    };
    let db = testkit::database(&[table]).await;
    let mut conn = db.pool.get().await.unwrap();
    let came: Vec<(i16, Option<String>)> = (0..100_i16)
        .map(|n| {
            (
                [7, 0, 255, 3][usize::try_from(n % 4).unwrap()],
                (n % 5 > 0).then(|| "x".repeat(usize::try_from(n).unwrap())),
            )
        })
        .collect();
    const COLUMNS: &[Type] = &[Type::INT2, Type::TEXT];
    let mut by_shard = came.clone();
    by_shard.sort_by_key(|(shard, _)| *shard);
    for (mut new, expected) in [(NewRows::new(COLUMNS), by_shard), (NewRows::in_time(COLUMNS), came.clone())]
    {
        for (shard, text) in &came {
            new.row(&[shard, text]).unwrap();
        }
        let tx = conn.begin().await.unwrap();
        let insert = "INSERT INTO sharded (shard, text) SELECT * FROM unnest($1::smallint[], $2::text[])";
        assert_eq!(
            tx.insert(insert, "COPY sharded (shard, text) FROM STDIN BINARY", new).await.unwrap(),
            100
        );
        tx.commit().await.unwrap();
        let rows =
            conn.query("SELECT shard, text FROM sharded ORDER BY place DESC LIMIT 100", &[]).await.unwrap();
        let found: Vec<(i16, Option<String>)> =
            rows.iter().rev().map(|row| (row.get(0), row.get(1))).collect();
        assert_eq!(found, expected);
    }
}

/// That many rows, and the last one with this key and these bytes.
fn ending_with(count: i64, id: i64, bytes: &'static [u8]) -> NewRows {
    let before = (0..count - 1).map(|id| (id, None, &b"a"[..]));
    rows(&before.chain([(id, None, bytes)]).collect::<Vec<_>>())
}

#[tokio::test]
async fn what_the_table_refuses_aborts_the_transaction() {
    let db = testkit::database(&[SET]).await;
    let mut conn = db.pool.get().await.unwrap();
    for count in [2, MANY - 1, MANY] {
        for (id, bytes) in [(0, &b"b"[..]), (count, &b""[..])] {
            let tx = conn.begin().await.unwrap();
            let error = tx.insert(INSERT, COPY, ending_with(count, id, bytes)).await.unwrap_err();
            assert!(
                matches!(error, Error::Database(_) | Error::Unique { .. } | Error::Check { .. }),
                "{error}"
            );
            assert!(matches!(tx.commit().await, Err(Error::Aborted)));
        }
    }
    // The connection is as good as before.
    let tx = conn.begin().await.unwrap();
    assert_eq!(tx.insert(INSERT, COPY, rows(&[(1, Some("a"), b"a")])).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn beside_a_statement_that_fails_it_is_void_and_no_later_statement_gets_its_answer() {
    let db = testkit::database(&[SET]).await;
    for _ in 0..3 {
        let mut conn = db.pool.get().await.unwrap();
        // Prepared before, as on every connection that has served for a while: then both are sent at once.
        conn.query_one("SELECT 1 / $1::bigint", &[&1_i64]).await.unwrap();
        let tx = conn.begin().await.unwrap();
        assert_eq!(tx.insert(INSERT, COPY, ending_with(MANY, MANY, b"a")).await.unwrap(), MANY as u64);
        tx.rollback().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let (failed, copied, behind) = tokio::join!(
            biased;
            tx.query_one("SELECT 1 / $1::bigint", &[&0_i64]),
            tx.insert(INSERT, COPY, ending_with(MANY, MANY, b"a")),
            tx.query_one("SELECT 1 / $1::bigint", &[&1_i64]),
        );
        assert!(matches!(failed, Err(Error::Database(_))), "{failed:?}");
        assert!(matches!(copied, Err(Error::Aborted)), "{copied:?}");
        // Which of the two it is told must not matter to whoever looks for the cause.
        assert!(matches!(behind, Err(Error::Aborted | Error::Unavailable(_))), "{behind:?}");
        assert!(matches!(tx.commit().await, Err(Error::Aborted)));
        drop(conn);
        let mut conn = db.pool.get().await.unwrap();
        for number in [7_i64, 11, 13] {
            let tx = conn.begin().await.unwrap();
            assert_eq!(tx.query_one("SELECT $1::bigint", &[&number]).await.unwrap().get::<_, i64>(0), number);
            tx.commit().await.unwrap();
        }
        let left: i64 = conn.query_one("SELECT count(*) FROM copied", &[]).await.unwrap().get(0);
        assert_eq!(left, 0);
    }
}

const CLAIM: &str = "INSERT INTO copied (id, text, bytes) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[]) \
                     ORDER BY 1 ON CONFLICT DO NOTHING RETURNING id";

fn keys(ids: std::ops::Range<i64>) -> NewRows {
    rows(&ids.map(|id| (id, None, &b"x"[..])).collect::<Vec<_>>())
}

#[tokio::test]
async fn keys_that_are_thought_to_be_new_are_copied_and_one_that_is_not_voids_the_transaction() {
    let db = testkit::database(&[SET]).await;
    let mut conn = db.pool.get().await.unwrap();
    // thought to be new, which, how many of them are told to be: none where all of them are
    let table = [
        (false, 0..2, Some(2)),
        (false, 1..3, Some(1)),
        (false, 0..100, Some(97)),
        (true, 99..101, Some(1)),
        (true, 101..200, None),
        (false, 100..200, Some(0)),
        (true, 0..0, Some(0)),
    ];
    for (bold, ids, told) in table {
        let tx = conn.begin().await.unwrap();
        if bold {
            tx.expect_new_keys();
        }
        let claimed = tx.claim(CLAIM, COPY, keys(ids.clone())).await.unwrap();
        assert_eq!(claimed.map(|won| won.len()), told, "{ids:?}");
        tx.commit().await.unwrap();
    }
    let count = "SELECT count(*) FROM copied";
    assert_eq!(conn.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 200);
    let tx = conn.begin().await.unwrap();
    tx.expect_new_keys();
    let refused = tx.claim(CLAIM, COPY, keys(199..230)).await;
    assert!(
        matches!(&refused, Err(Error::NotNew { constraint }) if constraint == "copied_pkey"),
        "{refused:?}"
    );
    assert!(!tx.is_given_up(), "its connection is as good as before");
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    assert_eq!(conn.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 200);
}

#[test]
fn a_row_must_fit_its_columns() {
    let mut new = NewRows::new(COLUMNS);
    assert!(matches!(new.row(&[&1_i64, &"a"]), Err(Error::Broken(_))), "one too few");
    assert!(matches!(new.row(&[&1_i32, &"a", &&b"a"[..]]), Err(Error::Broken(_))), "another width");
}

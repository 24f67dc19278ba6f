//! The feed on a real PostgreSQL: whatever commits when, it is told once and never left out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use changes::{Changes, Cursor, Kind, MIGRATIONS, Since, now, prune, record, since};
use pg::{Connection, Pool};
use testkit::TestDb;
use uuid::Uuid;

const NONE: [Uuid; 0] = [];
/// For what transactions of other tests on the same server hold up.
const PATIENCE: Duration = Duration::from_secs(60);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn one(kind: Kind, number: u128) -> Changes {
    let mut changes = Changes::of_a_transaction();
    changes.add(kind, id(number));
    changes
}

async fn write(pool: &Pool, changes: &Changes) {
    let mut conn = pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    record(&tx, changes).await.unwrap();
    tx.commit().await.unwrap();
}

/// The payouts that changed since the cursor, which moves on.
async fn payouts(conn: &Connection, at: &mut Cursor) -> Vec<Uuid> {
    match since(conn, at).await.unwrap() {
        Since::Known(changes, here) => {
            *at = here;
            changes.ids(Kind::Payout).to_vec()
        }
        Since::Lost(_) => panic!("lost"),
    }
}

/// Where the feed is when everything before is over: transactions of other tests run on the same server.
async fn settled(conn: &Connection) -> Cursor {
    let sql =
        "SELECT coalesce(max(xact::text::bigint), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
               FROM changes";
    let is_over = async || conn.query_one(sql, &[]).await.unwrap().get(0);
    testkit::until("the end of every transaction before", PATIENCE, is_over).await;
    now(conn).await.unwrap()
}

async fn feed() -> (TestDb, Connection) {
    let db = testkit::database(&[MIGRATIONS]).await;
    let conn = db.pool.get().await.unwrap();
    (db, conn)
}

#[tokio::test]
async fn every_query_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[MIGRATIONS]).await;
}

#[tokio::test]
async fn what_commits_is_told_once_by_kind() {
    let (db, conn) = feed().await;
    write(&db.pool, &one(Kind::Payout, 1)).await;
    let mut at = now(&conn).await.unwrap();
    assert_eq!(payouts(&conn, &mut at).await, NONE, "what was there before is not new");
    for (number, kind) in (10..).zip(Kind::ALL) {
        write(&db.pool, &one(kind, number)).await;
    }
    write(&db.pool, &Changes::of_a_transaction()).await;
    let Since::Known(told, here) = since(&conn, &at).await.unwrap() else { panic!("lost") };
    for (number, kind) in (10..).zip(Kind::ALL) {
        assert_eq!((told.ids(kind), told.has_more(kind)), (&[id(number)][..], false), "{kind:?}");
    }
    at = here;
    let Since::Known(told, _) = since(&conn, &at).await.unwrap() else { panic!("lost") };
    assert!(told.is_empty(), "{told:?}");
    // A cursor is text in between.
    assert_eq!(at.to_string().parse::<Cursor>(), Ok(at));
}

#[tokio::test]
async fn what_began_early_and_commits_late_is_not_missed() {
    let (db, conn) = feed().await;
    let (mut slow, mut undone) = (db.pool.get().await.unwrap(), db.pool.get().await.unwrap());
    let slow = slow.begin().await.unwrap();
    record(&slow, &one(Kind::Payout, 1)).await.unwrap();
    let undone = undone.begin().await.unwrap();
    record(&undone, &one(Kind::Payout, 2)).await.unwrap();
    let mut at = now(&conn).await.unwrap();
    // Later ones come and are read before it commits.
    for number in 3..6 {
        write(&db.pool, &one(Kind::Payout, number)).await;
        assert_eq!(payouts(&conn, &mut at).await, [id(number)]);
    }
    let before = at.clone();
    undone.rollback().await.unwrap();
    slow.commit().await.unwrap();
    assert_eq!(payouts(&conn, &mut at).await, [id(1)]);
    assert_eq!(payouts(&conn, &mut at).await, NONE);
    // Who comes back with an old cursor gets the same.
    assert_eq!(payouts(&conn, &mut before.clone()).await, [id(1)]);
}

#[tokio::test]
async fn many_writers_and_a_reader_who_looks_all_the_time() {
    let (db, conn) = feed().await;
    let mut at = now(&conn).await.unwrap();
    let writers: Vec<_> = (0..4u128)
        .map(|writer| {
            let pool = db.pool.clone();
            tokio::spawn(async move {
                for number in 0..100 {
                    let mut conn = pool.get().await.unwrap();
                    let tx = conn.begin().await.unwrap();
                    record(&tx, &one(Kind::Payout, writer * 1000 + number)).await.unwrap();
                    tokio::time::sleep(Duration::from_micros(u64::try_from(number * 37 % 911).unwrap()))
                        .await;
                    if number % 10 == 9 {
                        tx.rollback().await.unwrap();
                    } else {
                        tx.commit().await.unwrap();
                    }
                }
            })
        })
        .collect();
    let mut told = Vec::new();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        told.extend(payouts(&conn, &mut at).await);
    }
    told.extend(payouts(&conn, &mut at).await);
    told.sort_unstable();
    let all = |number: &u128| number % 10 != 9;
    let mut expected: Vec<Uuid> =
        (0..4u128).flat_map(|w| (0..100).filter(all).map(move |n| id(w * 1000 + n))).collect();
    expected.sort_unstable();
    assert_eq!(told, expected, "each committed one once");
}

#[tokio::test]
async fn more_is_said_where_not_all_are_named() {
    let (db, conn) = feed().await;
    let at = now(&conn).await.unwrap();
    let mut many = Changes::of_a_transaction();
    many.extend(Kind::Payment, (0..40).map(id));
    write(&db.pool, &many).await;
    let Since::Known(told, at) = since(&conn, &at).await.unwrap() else { panic!("lost") };
    assert_eq!((told.ids(Kind::Payment).len(), told.has_more(Kind::Payment)), (32, true));
    for transaction in 0..4 {
        let mut changes = one(Kind::Rate, transaction);
        changes.extend(Kind::Payout, (0..30).map(|number| id(transaction * 100 + number)));
        write(&db.pool, &changes).await;
    }
    let Since::Known(told, at) = since(&conn, &at).await.unwrap() else { panic!("lost") };
    assert_eq!((told.ids(Kind::Payout).len(), told.has_more(Kind::Payout)), (100, true));
    assert_eq!((told.ids(Kind::Rate).len(), told.has_more(Kind::Rate)), (4, false));
    assert!(!told.has_more(Kind::Payment), "that was told before");
    // More transactions than one look reads.
    let sql =
        "INSERT INTO changes (xact, more) SELECT (pg_current_xact_id()::text::bigint + n)::text::xid8, 0
               FROM generate_series(0, 1100) AS n";
    conn.execute(sql, &[]).await.unwrap();
    let Since::Known(told, _) = since(&conn, &at).await.unwrap() else { panic!("lost") };
    assert!(Kind::ALL.into_iter().all(|kind| told.has_more(kind)), "{told:?}");
}

#[tokio::test]
async fn a_cursor_is_lost_once_what_it_lacks_is_forgotten_and_not_before() {
    let (db, conn) = feed().await;
    let old = now(&conn).await.unwrap();
    write(&db.pool, &one(Kind::Payout, 1)).await;
    let mut newer = settled(&conn).await;
    assert_eq!(prune(&conn, Duration::from_secs(60)).await.unwrap(), 0, "it is young");
    assert_eq!(payouts(&conn, &mut old.clone()).await, [id(1)]);
    // Not before whatever other tests of this server run is over.
    let forgotten = async || prune(&conn, Duration::ZERO).await.unwrap() > 0;
    testkit::until("what was written is forgotten", PATIENCE, forgotten).await;
    assert!(matches!(since(&conn, &old).await.unwrap(), Since::Lost(_)));
    assert_eq!(payouts(&conn, &mut newer).await, NONE, "nothing that it lacks is gone");
    // What runs is not passed: whoever waits for it stays in the picture.
    let mut slow = db.pool.get().await.unwrap();
    let slow = slow.begin().await.unwrap();
    record(&slow, &one(Kind::Payout, 2)).await.unwrap();
    write(&db.pool, &one(Kind::Payout, 3)).await;
    assert_eq!(prune(&conn, Duration::ZERO).await.unwrap(), 0);
    slow.commit().await.unwrap();
    assert_eq!(payouts(&conn, &mut newer).await, [id(2), id(3)]);
}

#[tokio::test]
async fn cursors_of_another_feed_and_of_the_future_are_lost() {
    let (db, conn) = feed().await;
    let at = now(&conn).await.unwrap();
    let text = at.to_string();
    let (feed, _) = text.split_once('.').unwrap();
    let future: Cursor = format!("{feed}.9000000000:9000000000:").parse().unwrap();
    let Since::Lost(here) = since(&conn, &future).await.unwrap() else { panic!("known") };
    assert_eq!(here.to_string().split_once('.').unwrap().0, feed);
    // A crash empties both tables: the next who looks begins another feed.
    db.owner().get().await.unwrap().batch_execute("TRUNCATE changes, change_feed").await.unwrap();
    let Since::Lost(mut anew) = since(&conn, &at).await.unwrap() else { panic!("known") };
    assert_ne!(anew.to_string().split_once('.').unwrap().0, feed);
    assert!(matches!(since(&conn, &at).await.unwrap(), Since::Lost(_)), "for ever");
    write(&db.pool, &one(Kind::Payout, 7)).await;
    assert_eq!(payouts(&conn, &mut anew).await, [id(7)]);
}

#[tokio::test]
async fn a_transaction_writes_it_once() {
    let (_db, mut conn) = feed().await;
    let tx = conn.begin().await.unwrap();
    record(&tx, &one(Kind::Payout, 1)).await.unwrap();
    let twice = record(&tx, &one(Kind::Payout, 2)).await.expect_err("twice");
    assert!(matches!(twice, changes::Error::Database(pg::Error::Unique { .. })), "{twice:?}");
}

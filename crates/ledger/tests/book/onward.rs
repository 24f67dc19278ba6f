//! A statement that is followed onward from a place.

use std::collections::HashSet;

use ledger::{MerchantRef, Movement, StatementCursor, place_before, statement_after, with_news};
use time::{Duration, OffsetDateTime};

use crate::world::{LAYOUT, World, merchant, paid_in, withdrawn};

impl World {
    async fn place(&self, at: OffsetDateTime) -> StatementCursor {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        place_before(&tx, LAYOUT, merchant(3).shard, at).await.unwrap()
    }

    /// The amounts of the next lines, when the first was posted, and where the last one stands.
    async fn onward(
        &self,
        merchant: MerchantRef,
        after: StatementCursor,
        limit: i64,
    ) -> (Vec<i64>, Option<OffsetDateTime>, Option<StatementCursor>) {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let lines = statement_after(&tx, merchant, after, limit).await.unwrap();
        let amounts = lines.iter().map(|line| line.amount.minor()).collect();
        (amounts, lines.first().map(|line| line.posted_at), lines.last().map(|line| line.cursor))
    }

    async fn news(&self, places: &[(MerchantRef, StatementCursor)]) -> HashSet<uuid::Uuid> {
        with_news(&self.db.pool.get().await.unwrap(), places).await.unwrap()
    }
}

#[tokio::test]
async fn r10_a_statement_is_followed_from_a_time_on_page_by_page_to_its_end() {
    let world = World::new().await;
    let (m, n) = (merchant(3), merchant(7));
    let long_ago = OffsetDateTime::UNIX_EPOCH;
    let empty = world.place(long_ago).await;
    assert_eq!(world.news(&[(m, empty)]).await, HashSet::new());
    let batches: [&[Movement]; 4] = [
        &[paid_in(m, 1_000), paid_in(n, 7), paid_in(m, 2_000)],
        &[paid_in(n, 8)],
        &[withdrawn(m, 3, 30)],
        &[paid_in(m, 4_000)],
    ];
    for batch in batches {
        world.post(batch).await.unwrap();
    }
    // The chain is that of both merchants' shards; the statement is one's alone.
    let (first, began, last) = world.onward(m, world.place(long_ago).await, 2).await;
    assert_eq!(first, [1_000, 2_000]);
    let (second, third_batch, _) = world.onward(m, last.unwrap(), 2).await;
    assert_eq!(second, [3, 30], "a place in the middle of a statement, and other kinds, too");
    let (rest, _, end) = world.onward(m, last.unwrap(), 100).await;
    assert_eq!(rest, [3, 30, 4_000]);
    assert_eq!(world.onward(m, end.unwrap(), 100).await.0, [] as [i64; 0]);
    assert_eq!(world.onward(m, empty, 1).await.1, began, "what came after an empty chain was looked at");

    let from = world.place(third_batch.unwrap()).await;
    assert_eq!(world.onward(m, from, 100).await.0, [3, 30, 4_000], "of this very moment");
    let later = world.place(third_batch.unwrap() + Duration::microseconds(1)).await;
    assert_eq!(world.onward(m, later, 100).await.0, [4_000]);
    let tomorrow = world.place(OffsetDateTime::now_utc() + Duration::DAY).await;
    assert_eq!(world.onward(m, tomorrow, 100).await.0, [] as [i64; 0]);
    world.post(&[paid_in(m, 5_000)]).await.unwrap();
    assert_eq!(world.onward(m, tomorrow, 100).await.0, [5_000], "what is posted later stands behind it");

    assert_eq!(world.news(&[(m, end.unwrap()), (n, tomorrow)]).await, HashSet::from([m.id]));
    let (_, _, end) = world.onward(m, tomorrow, 1).await;
    assert_eq!(world.news(&[(m, end.unwrap()), (n, empty)]).await, HashSet::from([n.id]));
}

/// Fifty merchants with 20,000 lines, and as many seals.
#[tokio::test]
async fn r10_following_a_statement_reads_a_page_of_it_and_asking_for_news_one_line() {
    let world = World::new().await;
    let conn = world.owner.get().await.unwrap();
    let fill = "INSERT INTO seals (chain, seq, count, root, hash, sealed_at)
                SELECT 0, n, 1, decode(repeat('07', 32), 'hex'), decode(repeat('07', 32), 'hex'),
                       '2026-01-01'::timestamptz + n * interval '1 second'
                FROM generate_series(1, 20000) AS n;
                INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause, owner,
                                       posted_at)
                SELECT 0, n, 0, md5('d')::uuid, md5('c')::uuid, 1, 'USD', 'payment', md5(n || '')::uuid, md5('m' || n % 50)::uuid,
                       '2026-01-01'::timestamptz + n * interval '1 second'
                FROM generate_series(1, 20000) AS n;
                ANALYZE seals; ANALYZE transfers";
    conn.batch_execute(fill).await.unwrap();
    let sql = include_str!("../../src/sql/statement_after.sql");
    let page = testkit::plan(&conn, sql, "0, md5('m1')::uuid, 9000, 0, 50").await;
    page.goes_by(&["transfers_by_owner"], 60);
    let sql = include_str!("../../src/sql/with_news.sql");
    let all = "ARRAY[0, 0], ARRAY[md5('m0')::uuid, md5('m1')::uuid], ARRAY[5, 19999], ARRAY[0, 0]";
    testkit::plan(&conn, sql, all).await.goes_by(&["transfers_by_owner"], 10);
    let sql = include_str!("../../src/sql/place_before.sql");
    let place = testkit::plan(&conn, sql, "0, '2026-01-01 02:00:00+00'").await;
    place.goes_by(&["seals_by_time"], 12);
}

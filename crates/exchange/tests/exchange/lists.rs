//! The operators' list of quotes: right under every filter, and as quick among a million as among a hundred.

use std::time::Instant;

use exchange::{QuoteFilter, QuoteId, QuoteState as S, list_quotes};
use pg::{Connection, Shard, Shards};
use testkit::{TestDb, plan};
use uuid::Uuid;

use crate::world::world;

/// Rows of one statement.
const STEP: usize = 20_000;

/// So many quotes of 997 merchants, one a second. The last 300 can be used; of the others every second was, and of a hundred
/// one is over without anybody having written it down yet.
async fn filled(count: u32) -> TestDb {
    let db = world().await;
    let owner = db.owner().get().await.unwrap();
    for first in (1..=count).step_by(STEP) {
        let last = count.min(first + u32::try_from(STEP).unwrap() - 1);
        let fill = format!(
            "INSERT INTO quotes (shard, id, merchant, state, fixed_side, sell_currency, sell_minor, fee_minor, net_minor, rate,
                                 rate_as_of, buy_currency, buy_minor, exact, expires_at, created_at, withdrawal)
             SELECT n % 997 % 16,
                    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || left(md5(n::text), 3) || '8' || right(md5(n::text), 13)
                         || lpad(to_hex(n % 997 % 16), 2, '0'))::uuid,
                    md5('m' || n % 997)::uuid, s.state, 'sell', 'USD', 1000, 3, 997, 7.1, now(), 'CNY', 7078, 7078.7,
                    at.at + interval '10 minutes', at.at, CASE s.state WHEN 'used' THEN md5('w' || n)::uuid END
             FROM generate_series({first}, {last}) AS n
             CROSS JOIN LATERAL (SELECT CASE WHEN n > {count} - 300 THEN now() ELSE now() - interval '1 day' END AS at) AS at
             CROSS JOIN LATERAL (SELECT CASE WHEN n > {count} - 300 OR n % 100 = 1 THEN 'open'
                                             WHEN n % 2 = 0 THEN 'used' ELSE 'expired' END AS state) AS s"
        );
        owner.batch_execute(&fill).await.unwrap();
    }
    owner.batch_execute("ANALYZE quotes").await.unwrap();
    db
}

async fn merchant(conn: &Connection, n: i16) -> (Shard, Uuid) {
    let sql = format!("SELECT md5('m{n}')::uuid").leak();
    (Shard::new(n % 16).unwrap(), conn.query_one(sql, &[]).await.unwrap().get(0))
}

async fn pages(conn: &Connection, filter: QuoteFilter, oldest_first: bool, size: usize) -> Vec<(Uuid, S)> {
    let (mut seen, mut after): (_, Option<QuoteId>) = (Vec::new(), None);
    loop {
        let page = list_quotes(conn, Shards::new(16), filter, oldest_first, after, size).await.unwrap();
        assert!(page.rows.len() <= size);
        seen.extend(page.rows.iter().map(|(quote, state)| (quote.id.uuid(), *state)));
        let Some((last, _)) = page.last else { return seen };
        after = Some(last.id);
    }
}

async fn filters(conn: &Connection) -> Vec<QuoteFilter> {
    let one = Some(merchant(conn, 4).await);
    let mut filters = Vec::new();
    for merchant in [None, one] {
        for state in [None, Some(S::Open), Some(S::Used), Some(S::Expired)] {
            filters.push(QuoteFilter { merchant, state });
        }
    }
    filters
}

#[tokio::test]
async fn r17_quotes_are_listed_as_they_stand_and_no_page_loses_or_repeats_one() {
    let db = filled(20_000).await;
    let conn = db.pool.get().await.unwrap();
    let sql = "SELECT id, merchant, CASE WHEN withdrawal IS NOT NULL THEN 'used' WHEN expires_at > now() THEN 'open'
                                         ELSE 'expired' END AS state FROM quotes ORDER BY id";
    let all = conn.query(sql, &[]).await.unwrap();
    for filter in filters(&conn).await {
        let passes = |row: &&pg::Row| {
            let (merchant, state): (Uuid, &str) = (row.get("merchant"), row.get("state"));
            filter.merchant.is_none_or(|(_, wanted)| wanted == merchant)
                && filter.state.is_none_or(|wanted| wanted.as_str() == state)
        };
        let mut expected: Vec<Uuid> = all.iter().filter(passes).map(|row| row.get("id")).collect();
        for oldest_first in [true, false] {
            let seen = pages(&conn, filter, oldest_first, 150).await;
            let ids: Vec<Uuid> = seen.iter().map(|(id, _)| *id).collect();
            assert!(ids == expected, "{filter:?}: {} of {}", ids.len(), expected.len());
            assert!(
                seen.iter().all(|(_, state)| filter.state.is_none_or(|wanted| wanted == *state)),
                "{filter:?}"
            );
            expected.reverse();
        }
    }
}

/// Each statement with parameters that make it look hardest, and how much it may read.
async fn plans(conn: &Connection) {
    let shards = "ARRAY[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]::smallint[]";
    let (start, end) = ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'");
    let list = include_str!("../../src/sql/list_quotes.sql");
    let open = include_str!("../../src/sql/list_open_quotes.sql");
    for (oldest_first, place) in [(true, start), (false, end)] {
        let of = |filter: &str| format!("{shards}, {oldest_first}, {place}, {filter}, 51");
        plan(conn, list, &of("NULL, NULL, 51")).await.goes_by(&["quotes_pkey"], 16 * 51 + 60);
        plan(conn, list, &of("NULL, 'used', 1000")).await.goes_by(&["quotes_pkey"], 16 * 1000 + 60);
        let one = format!("ARRAY[4]::smallint[], {oldest_first}, {place}, md5('m4')::uuid, NULL, 5000, 51");
        plan(conn, list, &one).await.goes_by(&["quotes_pkey"], 5_060);
        // Those that can be used, and those of which nobody has written down yet that they can't.
        let usable = format!("{oldest_first}, {place}, NULL, 51");
        let lapsed: i64 =
            conn.query_one("SELECT count(*) FROM quotes WHERE state = 'open'", &[]).await.unwrap().get(0);
        plan(conn, open, &usable).await.goes_by(&["quotes_open"], u64::try_from(lapsed).unwrap());
    }
}

#[tokio::test]
async fn a_page_goes_by_an_index_and_reads_no_more_among_many() {
    let db = filled(30_000).await;
    plans(&db.owner().get().await.unwrap()).await;
}

/// Prints what the README says: `cargo test -p exchange -- --ignored million --nocapture`.
#[tokio::test]
#[ignore = "takes minutes; measures"]
async fn a_page_goes_by_an_index_and_reads_no_more_among_a_million() {
    let db = filled(1_000_000).await;
    let conn = db.owner().get().await.unwrap();
    plans(&conn).await;
    for filter in filters(&conn).await {
        for oldest_first in [true, false] {
            let mut took = Vec::new();
            for _ in 0..200 {
                let begun = Instant::now();
                list_quotes(&conn, Shards::new(16), filter, oldest_first, None, 50).await.unwrap();
                took.push(begun.elapsed());
            }
            took.sort_unstable();
            println!("{oldest_first} {filter:?}: median {:?}, 99 % {:?}", took[100], took[197]);
        }
    }
}

//! The operators' lists: right in every order and under every filter, and as quick among a million as among a hundred.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use money::Currency;
use payouts::{BadCursor, Cursor, Filter, PayoutState as S, Sort};
use pg::Connection;
use testkit::{TestDb, plan};
use uuid::Uuid;

const STATES: [S; 8] =
    [S::Unknown, S::Disputed, S::Held, S::Queued, S::Sent, S::Failed, S::Returned, S::Paid];

/// Rows of one statement.
const STEP: usize = 20_000;

/// So many payouts, one a second: of a thousand 985 are paid, and each status has some. Two banks have nearly all of them, a
/// third one and the yen next to none.
async fn filled(count: u32) -> TestDb {
    let db = testkit::database(&[payouts::MIGRATIONS]).await;
    let owner = db.owner().get().await.unwrap();
    for first in (1..=count).step_by(STEP) {
        let last = count.min(first + u32::try_from(STEP).unwrap() - 1);
        let fill = format!(
        "INSERT INTO payouts (shard, id, withdrawal, merchant, bank, attempt, amount_minor, currency, beneficiary_sealed,
                              status, held_by, returned_minor, sends, queries, delays, needs_operator, created_at, updated_at)
         SELECT n % 16,
                (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || left(md5(n::text), 3) || '8' || right(md5(n::text), 13)
                     || lpad(to_hex(n % 16), 2, '0'))::uuid,
                md5('w' || n)::uuid, md5('m' || n % 997)::uuid,
                CASE WHEN n % 1501 = 7 THEN 'quarry' WHEN n % 3 = 0 THEN 'meadow' ELSE 'harbour' END,
                1, 100 + n * 7919::bigint % 500009,
                CASE WHEN n % 1777 = 3 THEN 'JPY' WHEN n % 10 = 0 THEN 'USD' ELSE 'CNY' END, decode(repeat('ab', 160), 'hex'),
                s.status, CASE s.status WHEN 'held' THEN 'operator' END, CASE s.status WHEN 'returned' THEN 50 END,
                1, 0, 0, s.status = 'disputed' OR s.status = 'unknown' AND n % 2 = 0, at.at, at.at
         FROM generate_series({first}, {last}) AS n
         CROSS JOIN LATERAL (SELECT now() - ({count} - n) * interval '1 second' AS at) AS at
         CROSS JOIN LATERAL (SELECT CASE n % 1000 WHEN 0 THEN 'unknown' WHEN 1 THEN 'unknown' WHEN 2 THEN 'disputed'
                 WHEN 3 THEN 'held' WHEN 4 THEN 'queued' WHEN 5 THEN 'queued' WHEN 6 THEN 'sent' WHEN 7 THEN 'sent'
                 WHEN 8 THEN 'returned' WHEN 9 THEN 'failed' WHEN 10 THEN 'failed' WHEN 11 THEN 'failed'
                 WHEN 12 THEN 'failed' WHEN 13 THEN 'failed' WHEN 14 THEN 'failed' ELSE 'paid' END AS status) AS s"
    );
        owner.batch_execute(&fill).await.unwrap();
    }
    owner.batch_execute("ANALYZE payouts").await.unwrap();
    drop(owner);
    db
}

#[derive(Debug)]
struct Row {
    id: Uuid,
    state: S,
    bank: String,
    merchant: Uuid,
    currency: String,
    minor: i64,
    needs_operator: bool,
    /// Its place in time.
    n: usize,
}

async fn rows(conn: &Connection) -> Vec<Row> {
    let sql = "SELECT id, status, bank, merchant, currency, amount_minor, needs_operator FROM payouts ORDER BY created_at, id";
    let row = |(n, row): (usize, &pg::Row)| Row {
        id: row.get("id"),
        state: S::parse(row.get("status")).unwrap(),
        bank: row.get("bank"),
        merchant: row.get("merchant"),
        currency: row.get("currency"),
        minor: row.get("amount_minor"),
        needs_operator: row.get("needs_operator"),
        n,
    };
    conn.query(sql, &[]).await.unwrap().iter().enumerate().map(row).collect()
}

/// What the list should hold, by looking at everything.
fn expected(rows: &[Row], filter: &Filter, sort: Sort) -> Vec<Uuid> {
    let passes = |row: &&Row| {
        filter.state.is_none_or(|state| state == row.state)
            && filter.bank.as_ref().is_none_or(|bank| *bank == row.bank)
            && filter.merchant.is_none_or(|merchant| merchant == row.merchant)
            && filter.currency.is_none_or(|currency| currency.code() == row.currency)
            && filter.needs_operator.is_none_or(|needs| needs == row.needs_operator)
    };
    let mut found: Vec<&Row> = rows.iter().filter(passes).collect();
    let place = |row: &Row| STATES.iter().position(|state| *state == row.state);
    match sort {
        Sort::Urgency => found.sort_by_key(|row| (place(row), row.n)),
        Sort::Oldest => found.sort_by_key(|row| row.n),
        Sort::Newest => found.sort_by_key(|row| std::cmp::Reverse(row.n)),
        Sort::Smallest => found.sort_by_key(|row| (row.currency.clone(), row.minor, row.id)),
        Sort::Largest => {
            found.sort_by_key(|row| std::cmp::Reverse((row.currency.clone(), row.minor, row.id)))
        }
    }
    found.into_iter().map(|row| row.id).collect()
}

/// All pages of a list.
async fn pages(conn: &Connection, filter: &Filter, sort: Sort, size: usize) -> Vec<Uuid> {
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = payouts::list(conn, filter, sort, cursor, size).await.unwrap();
        assert!(page.rows.len() <= size);
        seen.extend(page.rows.iter().map(|payout| payout.id.uuid()));
        let Some(last) = page.last else { return seen };
        cursor = Some(Cursor::after(&last).to_string().parse().unwrap());
    }
}

fn merchant(n: u32) -> String {
    format!("md5('m{n}')::uuid")
}

async fn merchant_id(conn: &Connection, n: u32) -> Uuid {
    let sql = format!("SELECT {}", merchant(n)).leak();
    conn.query_one(sql, &[]).await.unwrap().get(0)
}

async fn filters(conn: &Connection) -> Vec<Filter> {
    let one = merchant_id(conn, 4).await;
    let all = Filter::default();
    let bank = |bank: &str| Some(bank.to_owned());
    vec![
        all.clone(),
        Filter { needs_operator: Some(true), ..all.clone() },
        Filter { needs_operator: Some(true), currency: Some(Currency::USD), ..all.clone() },
        Filter { needs_operator: Some(false), state: Some(S::Unknown), ..all.clone() },
        Filter { state: Some(S::Failed), ..all.clone() },
        Filter { state: Some(S::Paid), bank: bank("quarry"), ..all.clone() },
        Filter { bank: bank("meadow"), ..all.clone() },
        Filter { currency: Some(Currency::JPY), ..all.clone() },
        Filter { merchant: Some(one), ..all.clone() },
        Filter { merchant: Some(one), state: Some(S::Queued), ..all.clone() },
        Filter { merchant: Some(one), needs_operator: Some(true), ..all.clone() },
        Filter { bank: bank("nowhere"), ..all },
    ]
}

const SORTS: [Sort; 5] = [Sort::Urgency, Sort::Oldest, Sort::Newest, Sort::Smallest, Sort::Largest];

#[tokio::test]
async fn every_order_and_filter_shows_what_it_says_and_no_page_loses_or_repeats_a_payout() {
    let db = filled(3_100).await;
    let conn = db.pool.get().await.unwrap();
    let rows = rows(&conn).await;
    for filter in filters(&conn).await {
        for sort in SORTS {
            let expected = expected(&rows, &filter, sort);
            for size in [37, 200] {
                let seen = pages(&conn, &filter, sort, size).await;
                assert!(
                    seen == expected,
                    "{sort:?} of {filter:?} by {size}: {} of {}",
                    seen.len(),
                    expected.len()
                );
            }
        }
    }
    // A page that holds exactly what there is, is the last.
    let unknown = Filter { state: Some(S::Unknown), ..Filter::default() };
    let all = expected(&rows, &unknown, Sort::Urgency).len();
    let page = payouts::list(&conn, &unknown, Sort::Urgency, None, all).await.unwrap();
    assert!(page.rows.len() == all && page.last.is_none(), "{all}");
    for text in ["", "paid.1.CNY.5", "paid.x.CNY.5.po_1", "lost.1.CNY.5.po_019aadd26b7c7d1e8a6f0123456789ab"]
    {
        assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text:?}");
    }
}

/// Each statement with parameters that make it look hardest, the indices that it must go by, and how much it may read.
async fn plans(conn: &Connection) {
    let all = "ARRAY['unknown','disputed','held','queued','sent','failed','returned','paid']";
    let (start, end) = (
        "'-infinity', '00000000-0000-0000-0000-000000000000'",
        "'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    );
    let one = merchant(4);
    let by_time = include_str!("../src/sql/list_by_time.sql");
    for (ascending, place) in [(true, start), (false, end)] {
        let of = |filter: &str, stretch: u32| format!("{all}, {ascending}, {place}, {filter}, {stretch}, 51");
        plan(conn, by_time, &of("NULL, NULL, NULL, NULL", 51)).await.goes_by(&["payouts_by_status"], 500);
        let rare = of("'quarry', NULL, 'JPY', false", 1000);
        plan(conn, by_time, &rare).await.goes_by(&["payouts_by_status"], 8_100);
    }
    // In flight are four of a thousand here: read whole, for what has no index.
    let flying: i64 = conn
        .query_one("SELECT count(*) FROM payouts WHERE status IN ('queued', 'sent')", &[])
        .await
        .unwrap()
        .get(0);
    let flying = u64::try_from(flying).unwrap();
    let of_merchant = format!("{all}, false, {end}, {one}, NULL, NULL, NULL, 51, 51");
    let found = plan(conn, include_str!("../src/sql/list_of_merchant.sql"), &of_merchant).await;
    found.goes_by(&["payouts_of_merchant"], flying + 200);
    let by_amount = include_str!("../src/sql/list_by_amount.sql");
    let largest = format!(
        "{all}, false, 'ZZZ', 9223372036854775807, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'AAA', 'ZZZ', NULL, NULL, NULL, 51, 51, 10000"
    );
    plan(conn, by_amount, &largest)
        .await
        .goes_by(&["payouts_by_amount", "payouts_by_status"], flying + 10_200);
    let rare = largest.replace("NULL, NULL, NULL, 51, 51", "'nowhere', NULL, NULL, 51, 1000");
    plan(conn, by_amount, &rare).await.goes_by(&["payouts_by_amount", "payouts_by_status"], flying + 11_100);
    let waiting: i64 =
        conn.query_one("SELECT count(*) FROM payouts WHERE needs_operator", &[]).await.unwrap().get(0);
    for order in ["true, true", "true, false", "false, true", "false, false"] {
        let place = if order.ends_with("true") {
            "'-infinity', 'AAA', 0, '00000000-0000-0000-0000-000000000000'"
        } else {
            "'infinity', 'ZZZ', 9223372036854775807, 'ffffffff-ffff-ffff-ffff-ffffffffffff'"
        };
        let of = format!("{all}, {order}, {place}, NULL, NULL, NULL, 51");
        let found = plan(conn, include_str!("../src/sql/list_for_operators.sql"), &of).await;
        found.goes_by(&["payouts_for_operators"], u64::try_from(waiting).unwrap());
    }
}

#[tokio::test]
async fn a_page_goes_by_an_index_and_reads_no_more_among_many() {
    let db = filled(30_000).await;
    plans(&db.owner().get().await.unwrap()).await;
}

/// Prints what the README says: `cargo test -p payouts -- --ignored million --nocapture`.
#[tokio::test]
#[ignore = "takes minutes; measures"]
async fn a_page_goes_by_an_index_and_reads_no_more_among_a_million() {
    let db = filled(1_000_000).await;
    let conn = db.owner().get().await.unwrap();
    plans(&conn).await;
    for filter in filters(&conn).await {
        for sort in SORTS {
            let mut took = Vec::new();
            for _ in 0..200 {
                let begun = Instant::now();
                payouts::list(&conn, &filter, sort, None, 50).await.unwrap();
                took.push(begun.elapsed());
            }
            took.sort_unstable();
            println!("{sort:?} {filter:?}: median {:?}, 99 % {:?}", took[100], took[197]);
        }
    }
}

//! A merchant's statement, newest first, page by page: how far one page looks, and what a filter lets through.

use ledger::{
    MerchantRef, StatementCursor, StatementFilter, StatementSpan, TransferKind, statement, statement_span,
};
use money::Currency;
use pg::Connection;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::world::{LAYOUT, World, merchant};

const LINES: i64 = 20_000;
const BEGIN: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// Each minute a line of one merchant, the euro and charges rare, and one of another merchant in the same seal.
async fn filled() -> World {
    let world = World::new().await;
    let fill = format!(
        "INSERT INTO seals (chain, seq, count, root, hash, sealed_at)
         SELECT 3, n, 2, decode(repeat('07', 32), 'hex'), decode(repeat('07', 32), 'hex'),
                '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 minute'
         FROM generate_series(1, {LINES}) AS n;
         INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause,
                                owner, posted_at)
         SELECT 3, n, o.position, md5('d')::uuid, md5('c')::uuid, n, CASE WHEN n % 7001 = 0 THEN 'EUR' ELSE 'USD' END,
                CASE WHEN n % 6001 = 5 THEN 'charge' ELSE 'payment' END, md5(n || '')::uuid, o.owner,
                '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 minute'
         FROM generate_series(1, {LINES}) AS n, (VALUES (0, '{}'::uuid), (1, '{}'::uuid)) AS o (position, owner);
         ANALYZE seals; ANALYZE transfers",
        merchant(3).id,
        merchant(19).id,
    );
    world.tamper(&fill).await;
    world
}

fn filter() -> StatementFilter {
    let kinds = vec![TransferKind::Payment, TransferKind::Charge];
    StatementFilter { span: StatementSpan::ALL, kinds, currency: None }
}

async fn within(conn: &Connection, from: Option<i64>, to: Option<i64>) -> StatementFilter {
    let at = |minutes: i64| BEGIN + Duration::minutes(minutes);
    let span = statement_span(conn, LAYOUT, merchant(3).shard, from.map(at), to.map(at)).await.unwrap();
    StatementFilter { span, ..filter() }
}

/// The amounts, which are the minutes, of each page.
async fn pages(conn: &Connection, of: MerchantRef, filter: &StatementFilter, limit: usize) -> Vec<Vec<i64>> {
    let (mut pages, mut after) = (Vec::new(), StatementCursor::NEWEST);
    loop {
        let page = statement(conn, of, filter, after, limit).await.unwrap();
        assert!(page.rows.len() <= limit);
        pages.push(page.rows.iter().map(|line| line.amount.minor()).collect());
        let Some(last) = page.last else { return pages };
        assert!(last.cursor < after, "each page comes further");
        after = last.cursor.to_string().parse().unwrap();
    }
}

#[tokio::test]
async fn r42_pages_of_every_filter_have_each_line_once_newest_first() {
    let world = filled().await;
    let conn = world.db.pool.get().await.unwrap();
    let all = filter();
    let charges = StatementFilter { kinds: vec![TransferKind::Charge], ..all.clone() };
    let euros = StatementFilter { currency: Some(Currency::EUR), ..all.clone() };
    let none = StatementFilter { currency: Some(Currency::JPY), ..all.clone() };
    let months = within(&conn, Some(3_000), Some(9_500)).await;
    let span = StatementFilter { kinds: vec![TransferKind::Charge], ..months.clone() };
    type Wanted = fn(i64) -> bool;
    let table: [(&StatementFilter, Wanted); 6] = [
        (&all, |_| true),
        (&charges, |n| n % 6001 == 5),
        (&euros, |n| n % 7001 == 0),
        (&none, |_| false),
        (&months, |n| (3_000..9_500).contains(&n)),
        (&span, |n| n == 6_006),
    ];
    for (filter, wanted) in table {
        let expected: Vec<i64> = (1..=LINES).rev().filter(|n| wanted(*n)).collect();
        for (limit, of) in [
            (200, merchant(3)),
            (3_000, merchant(3)),
            (1_999, MerchantRef { shard: merchant(3).shard, id: merchant(19).id }),
        ] {
            let pages = pages(&conn, of, filter, limit).await;
            assert!(pages.iter().all(|page| page.len() <= 2_000), "one page looks at so many");
            assert_eq!(pages.concat(), expected, "{filter:?}, {limit} at a time");
        }
    }
    let rare = pages(&conn, merchant(3), &charges, 1).await;
    let rows: Vec<usize> = rare.iter().map(Vec::len).collect();
    assert_eq!(rows, [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], "2,000 lines a page: {rare:?}");
}

#[tokio::test]
async fn r42_a_span_of_time_begins_and_ends_where_it_is() {
    let world = filled().await;
    let conn = world.db.pool.get().await.unwrap();
    let count = async |from, to, limit| {
        let pages = pages(&conn, merchant(3), &within(&conn, from, to).await, limit).await;
        pages.iter().map(Vec::len).collect::<Vec<_>>()
    };
    // Were it to begin with what is newer, the first page would have nothing; were it to look at what is older, there
    // would be another.
    assert_eq!(count(Some(100), Some(150), 200).await, [50]);
    assert_eq!(count(None, Some(51), 200).await, [50]);
    assert_eq!(count(Some(19_990), None, 200).await, [11]);
    assert_eq!(count(Some(100), Some(150), 20).await, [20, 20, 10]);
    for nothing in
        [(Some(30_000), None), (None, Some(0)), (Some(9_000), Some(9_000)), (Some(15_000), Some(3_000))]
    {
        assert_eq!(count(nothing.0, nothing.1, 200).await, [0], "{nothing:?}");
    }
    let no_kinds = StatementFilter { kinds: Vec::new(), ..filter() };
    assert_eq!(pages(&conn, merchant(3), &no_kinds, 200).await, [[] as [i64; 0]]);
}

/// Batches take their time before they wait for the chain's head, so a later seal may have an earlier time.
#[tokio::test]
async fn r42_a_span_of_time_has_all_of_it_though_seals_are_not_in_the_order_of_their_times() {
    let world = World::new().await;
    let minutes = [1, 3, 2, 60, 64, 61, 62, 180, 178];
    for (seq, minute) in minutes.iter().enumerate() {
        let seq = seq + 1;
        let fill = format!(
            "INSERT INTO seals VALUES (3, {seq}, 1, decode(repeat('07', 32), 'hex'), decode(repeat('07', 32), 'hex'),
                 '2026-01-01 00:00:00+00'::timestamptz + {minute} * interval '1 minute');
             INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause,
                                    owner, posted_at)
             SELECT 3, {seq}, 0, md5('d')::uuid, md5('c')::uuid, {minute}, 'USD', 'payment', md5('p')::uuid, '{}',
                    sealed_at
             FROM seals WHERE seq = {seq}",
            merchant(3).id
        );
        world.tamper(&fill).await;
    }
    let conn = world.db.pool.get().await.unwrap();
    for from in 0..190 {
        for to in [from + 1, from + 2, from + 70, 1_000] {
            let filter = within(&conn, Some(from), Some(to)).await;
            let found = pages(&conn, merchant(3), &filter, 100).await.concat();
            let expected: Vec<i64> =
                minutes.iter().rev().copied().filter(|minute| (from..to).contains(minute)).collect();
            assert_eq!(found, expected, "{from} to {to}");
        }
    }
}

#[tokio::test]
async fn r42_a_page_reads_no_more_of_a_statement_than_its_stretch_and_no_more_than_it_needs() {
    let world = filled().await;
    let conn = world.owner.get().await.unwrap();
    let sql = include_str!("../../src/sql/statement.sql");
    let newest = format!("{}, {}", i64::MAX, i32::MAX);
    let (rare, frequent) = ("ARRAY['refund']", "ARRAY['payment', 'charge']");
    for (place, span, kinds, most) in [
        (newest.as_str(), "0, NULL, NULL", rare, 2_000),
        ("19000, 0", "0, NULL, NULL", rare, 2_000),
        (newest.as_str(), "0, '2025-01-01', '2025-02-01'", frequent, 2_000),
        (newest.as_str(), "0, NULL, NULL", frequent, 60),
        ("9000, 2147483647", "8900, NULL, NULL", rare, 110),
    ] {
        let given = format!("3, '{}'::uuid, {place}, {span}, {kinds}, NULL, 2000, 51", merchant(3).id);
        let plan = testkit::plan(&conn, sql, &given).await;
        plan.goes_by(&["transfers_by_owner"], most);
    }
    let sql = include_str!("../../src/sql/statement_span.sql");
    for given in ["'2026-01-03', '2026-01-04'", "NULL, '2026-01-04'", "'2025-01-01', '2027-01-01'"] {
        testkit::plan(&conn, sql, &format!("3, {given}")).await.goes_by(&["seals_by_time"], 4);
    }
}

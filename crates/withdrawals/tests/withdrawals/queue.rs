//! The operators' list: whose turn it is first, and quick whatever there is.

use merchants::{MerchantId, MerchantState};
use money::Currency;
use withdrawals::{
    Cursor, Sort, WAITING, Wanted, Withdrawal, WithdrawalId, WithdrawalState as S, queue, under_reference,
    waiting,
};

use crate::world::{World, usd};

struct Listed {
    world: World,
    other: MerchantId,
    rows: Vec<Withdrawal>,
}

/// Two paid and two failed ones of one merchant, and of another one in each other status; the last two in dollars.
async fn listed() -> Listed {
    let world = World::new().await;
    let other = world.merchant(MerchantState::Active).await;
    let template = world.withdrawal().await;
    let plain = Withdrawal { rate: None, buy: usd(99_700), to_send: usd(99_700), ..template.clone() };
    let of = |merchant: MerchantId, state: S, like: &Withdrawal| Withdrawal {
        id: WithdrawalId::new(merchant.shard()),
        merchant,
        state,
        client_reference: None,
        spread: like.buy.checked_sub(like.buy).unwrap(),
        premium: like.buy.checked_sub(like.buy).unwrap(),
        ..like.clone()
    };
    let mut rows = Vec::new();
    for (merchant, state, like) in [
        (world.merchant, S::Paid, &template),
        (world.merchant, S::Paid, &template),
        (world.merchant, S::Failed, &template),
        (world.merchant, S::Failed, &template),
        (other, S::Processing, &template),
        (other, S::PayeeActionRequired, &template),
        (other, S::Returned, &template),
        (other, S::Refused, &template),
        (other, S::Refunded, &plain),
        (other, S::Paid, &plain),
    ] {
        rows.push(of(merchant, state, like));
        // Ids of one millisecond have no order.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    world.insert(&rows.iter().collect::<Vec<_>>()).await;
    Listed { world, other, rows }
}

/// All pages of a list, as places in what was inserted.
async fn pages(listed: &Listed, wanted: Wanted, sort: Sort, size: usize) -> Vec<usize> {
    let mut conn = listed.world.conn().await;
    let (mut places, mut cursor) = (Vec::new(), None);
    loop {
        let page = queue(&mut conn, &wanted, sort, cursor, size).await.unwrap();
        let place = |row: &Withdrawal| listed.rows.iter().position(|one| one.id == row.id).unwrap();
        places.extend(page.rows.iter().map(place));
        let Some(last) = page.last else { return places };
        cursor = Some(Cursor::after(&last));
    }
}

#[tokio::test]
async fn what_waits_for_somebody_comes_first_and_the_newest_first_in_each_status() {
    let listed = listed().await;
    for size in [1, 2, 3, 50] {
        let all = async |sort| pages(&listed, Wanted::default(), sort, size).await;
        assert_eq!(all(Sort::Urgency).await, [5, 3, 2, 6, 4, 7, 8, 9, 1, 0], "pages of {size}");
        assert_eq!(all(Sort::Oldest).await, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "pages of {size}");
        assert_eq!(all(Sort::Newest).await, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], "pages of {size}");
    }
}

#[tokio::test]
async fn a_list_is_of_a_merchant_a_status_a_currency_or_all_of_them() {
    let listed = listed().await;
    let (own, other) = (Some(listed.world.merchant), Some(listed.other));
    let (usd, cny) = (Some(Currency::USD), Some(Currency::CNY));
    for (merchant, state, currency, expected) in [
        (own, None, None, &[3, 2, 1, 0][..]),
        (other, None, None, &[5, 6, 4, 7, 8, 9]),
        (None, Some(S::Failed), None, &[3, 2]),
        (None, Some(S::Paid), None, &[9, 1, 0]),
        (None, None, usd, &[8, 9]),
        (None, Some(S::Paid), cny, &[1, 0]),
        (other, Some(S::Paid), None, &[9]),
        (other, Some(S::Paid), cny, &[]),
        (own, Some(S::Paid), cny, &[1, 0]),
        (own, Some(S::Processing), None, &[]),
        (other, Some(S::Refunded), usd, &[8]),
        (None, None, Some(Currency::JPY), &[]),
    ] {
        let wanted = Wanted { merchant, state, currency };
        assert_eq!(pages(&listed, wanted.clone(), Sort::Urgency, 1).await, expected, "{wanted:?}");
        let mut by_time = expected.to_vec();
        by_time.sort_unstable();
        assert_eq!(pages(&listed, wanted.clone(), Sort::Oldest, 1).await, by_time, "{wanted:?}");
        by_time.reverse();
        assert_eq!(pages(&listed, wanted.clone(), Sort::Newest, 2).await, by_time, "{wanted:?}");
    }
}

#[tokio::test]
async fn r28_what_stands_until_somebody_decides_is_counted_since_when_it_stands() {
    let listed = listed().await;
    let conn = listed.world.db.owner().get().await.unwrap();
    // The second of the two failed ones stands longer than the first, though it is younger.
    for (place, minutes) in [(2, 10.0), (3, 90.0), (5, 5.0), (6, 60.0), (4, 600.0), (8, 600.0)] {
        let sql = "UPDATE withdrawals SET updated_at = now() - make_interval(mins => $2::float8::int) WHERE id = $1";
        conn.execute(sql, &[&listed.rows[place].id.uuid(), &minutes]).await.unwrap();
    }
    let now = conn.now().await.unwrap();
    let counted = waiting(&conn).await.unwrap();
    let shown: Vec<_> =
        counted.iter().map(|one| (one.state, one.withdrawals, (now - one.oldest).whole_minutes())).collect();
    assert_eq!(shown, [(S::Failed, 2, 90), (S::PayeeActionRequired, 1, 5), (S::Returned, 1, 60)]);
    conn.batch_execute("UPDATE withdrawals SET status = 'refunded' WHERE status = 'failed'").await.unwrap();
    let states: Vec<S> = waiting(&conn).await.unwrap().iter().map(|one| one.state).collect();
    assert_eq!(states, [S::PayeeActionRequired, S::Returned]);
    assert!(states.iter().all(|state| WAITING.contains(state)) && WAITING.contains(&S::Failed));
}

#[tokio::test]
async fn a_merchants_own_reference_finds_its_withdrawal() {
    let world = World::new().await;
    let written = world.withdrawal().await;
    world.insert(&[&written]).await;
    let reference = written.client_reference.clone().unwrap();
    let conn = world.db.owner().get().await.unwrap();
    let sql = "INSERT INTO client_references SELECT shard, merchant, $1, id FROM withdrawals";
    conn.execute(sql, &[&reference]).await.unwrap();
    let found = under_reference(&conn, &reference, 20).await.unwrap();
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [written.id]);
    assert!(under_reference(&conn, &format!("{reference}0"), 20).await.unwrap().is_empty());
}

/// Rows of one statement.
const STEP: usize = 5_000;

/// So many withdrawals, each of another merchant: a fiftieth failed, the others are paid.
async fn filled(count: usize) -> (World, pg::Connection) {
    let world = World::new().await;
    let written = world.withdrawal().await;
    world.insert(&[&written]).await;
    let conn = world.db.owner().get().await.unwrap();
    conn.batch_execute("CREATE TEMP TABLE one AS SELECT * FROM withdrawals").await.unwrap();
    for first in (1..=count).step_by(STEP) {
        let last = count.min(first + STEP - 1);
        let fill = format!(
            "INSERT INTO withdrawals SELECT (r).* FROM generate_series({first}, {last}) AS n, one, LATERAL jsonb_populate_record(
                 NULL::withdrawals, to_jsonb(one) || jsonb_build_object('id', gen_random_uuid(), 'shard', n % 16,
                     'merchant', gen_random_uuid(), 'status', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'paid' END,
                     'buy_currency', CASE WHEN n % 3 = 0 THEN 'USD' ELSE 'CNY' END)) AS r"
        );
        conn.batch_execute(&fill).await.unwrap();
    }
    let references =
        "INSERT INTO client_references SELECT shard, merchant, id::text, id FROM withdrawals LIMIT 20000;
        ANALYZE withdrawals; ANALYZE client_references";
    conn.batch_execute(references).await.unwrap();
    (world, conn)
}

/// The plans that hold for any parameters: by an index, and never through all that was ever paid.
async fn plans(conn: &pg::Connection) {
    let (id, start) = ("'019aadd2-6b7c-7d1e-8a6f-0123456789ab'", "'00000000-0000-0000-0000-000000000000'");
    let end = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";
    for (place, oldest_first) in [(end, false), (start, true)] {
        for (sql, parameters, index, most) in [
            (
                include_str!("../../src/sql/queue_not_paid.sql"),
                format!("'failed', NULL, NULL, {place}, 51, {oldest_first}"),
                "withdrawals_not_paid",
                51,
            ),
            // Of two currencies as many as the page holds, and to find each of them.
            (
                include_str!("../../src/sql/queue_paid.sql"),
                format!("NULL, {place}, 51, {oldest_first}"),
                "withdrawals_paid",
                110,
            ),
            (
                include_str!("../../src/sql/queue_paid_of.sql"),
                format!("3, {id}, NULL, {place}, 51, {oldest_first}"),
                "withdrawals_by_merchant",
                51,
            ),
        ] {
            testkit::plan(conn, sql, &parameters).await.goes_by(&[index], most);
        }
    }
    let failed = "SELECT count(*) FROM withdrawals WHERE status = 'failed'";
    let failed: i64 = conn.query_one(failed, &[]).await.unwrap().get(0);
    let waiting = include_str!("../../src/sql/waiting.sql");
    let most = u64::try_from(failed).unwrap();
    testkit::plan(conn, waiting, "").await.goes_by(&["withdrawals_not_paid"], most);
    let sql = include_str!("../../src/sql/in_transit.sql");
    testkit::plan(conn, sql, &format!("3, {id}")).await.goes_by(&["in_transit_pkey"], 1);
    let sql = include_str!("../../src/sql/under_reference.sql");
    testkit::plan(conn, sql, "'INV-1', 20").await.goes_by(&["client_references_by_reference"], 1);
}

#[tokio::test]
async fn a_page_is_found_by_an_index_among_many() {
    let (_world, conn) = filled(20_000).await;
    plans(&conn).await;
}

/// Prints what the README says: `cargo test -p withdrawals -- --ignored million --nocapture`.
#[tokio::test]
#[ignore = "takes minutes; measures"]
async fn a_page_is_found_by_an_index_among_a_million() {
    let (world, mut conn) = filled(1_000_000).await;
    plans(&conn).await;
    // Behind half of what is paid.
    let half = "SELECT id FROM withdrawals WHERE status = 'paid' ORDER BY id OFFSET 490000 LIMIT 1";
    let half: uuid::Uuid = conn.query_one(half, &[]).await.unwrap().get(0);
    let last = Withdrawal { id: WithdrawalId::from_uuid(half), state: S::Paid, ..world.withdrawal().await };
    let all = Wanted::default();
    for wanted in [
        all.clone(),
        Wanted { state: Some(S::Failed), ..all.clone() },
        Wanted { state: Some(S::Failed), currency: Some(Currency::JPY), ..all.clone() },
        Wanted { currency: Some(Currency::USD), ..all.clone() },
        Wanted { merchant: Some(world.merchant), ..all },
    ] {
        for sort in [Sort::Urgency, Sort::Oldest, Sort::Newest] {
            for (place, cursor) in [("first page", None), ("in the middle", Some(Cursor::after(&last)))] {
                let page = async || {
                    queue(&mut conn, &wanted, sort, cursor, 50).await.unwrap();
                };
                print(&format!("{sort:?} {wanted:?}, {place}"), page).await;
            }
        }
    }
    let counted = async || {
        waiting(&conn).await.unwrap();
    };
    print("waiting, of 20,000", counted).await;
}

/// How long it takes, two hundred times.
async fn print(what: &str, mut once: impl AsyncFnMut()) {
    let mut took = Vec::new();
    for _ in 0..200 {
        let begun = std::time::Instant::now();
        once().await;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    println!("{what}: median {:?}, 99 % {:?}", took[100], took[197]);
}

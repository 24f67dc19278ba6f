//! The operators' lists of payments: right in every order and under every filter, and as quick among many as among few.

use deposits::{PaymentFilter, PaymentPlace, PaymentSort as Sort, PaymentState as S, Reason, list};
use money::Currency;
use pg::Connection;
use testkit::{TestDb, plan};
use uuid::Uuid;

/// So many payments: half of them in review, one of a thousand returned, the rest credited; the yen and one bank are rare.
async fn filled(count: u32) -> TestDb {
    let db = testkit::database(&[deposits::MIGRATIONS]).await;
    let fill = format!(
        "INSERT INTO payments (shard, id, bank, reference, position, account_index, merchant, merchant_shard, amount_minor,
                               currency, status, reason, conflict, details_sealed, event, received_at)
         SELECT n % 16,
                (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || left(md5(n::text), 3) || '8' || right(md5(n::text), 13)
                     || lpad(to_hex(n % 16), 2, '0'))::uuid,
                CASE WHEN n % 5003 = 8 THEN 'quarry' ELSE 'harbour' END, 'r' || n, 0, decode(repeat('07', 32), 'hex'),
                md5('m' || n % 97)::uuid, 3, 100 + n * 7919::bigint % 500009,
                CASE WHEN n % 4001 = 4 THEN 'JPY' WHEN n % 10 = 0 THEN 'EUR' ELSE 'USD' END, s.status,
                CASE WHEN n % 3 = 0 THEN 'unlinked_store' ELSE 'unknown_account' END, false, '', md5('e' || n)::uuid,
                now() - ({count} - n) * interval '1 second'
         FROM generate_series(1, {count}) AS n
         CROSS JOIN LATERAL (SELECT CASE WHEN n % 1000 = 1 THEN 'returned' WHEN n % 2 = 0 THEN 'in_review'
                                         ELSE 'credited' END AS status) AS s;
         ANALYZE payments"
    );
    db.owner().get().await.unwrap().batch_execute(&fill).await.unwrap();
    db
}

async fn pages(conn: &Connection, status: S, filter: &PaymentFilter, sort: Sort) -> Vec<Uuid> {
    let (mut seen, mut place) = (Vec::new(), None);
    loop {
        let page = list(conn, status, filter, sort, place, 180).await.unwrap();
        assert!(page.rows.len() <= 180);
        seen.extend(page.rows.iter().map(|payment| payment.id.uuid()));
        let Some(last) = page.last else { return seen };
        place = Some(PaymentPlace::of(&last).to_string().parse().unwrap());
    }
}

#[tokio::test]
async fn r7_every_order_and_filter_shows_what_it_says_and_no_page_loses_or_repeats_a_payment() {
    let db = filled(15_000).await;
    let conn = db.pool.get().await.unwrap();
    let all = PaymentFilter::default();
    let merchant: Uuid = conn.query_one("SELECT md5('m4')::uuid", &[]).await.unwrap().get(0);
    let filters = [
        all.clone(),
        PaymentFilter { reason: Some(Reason::UnlinkedStore), ..all.clone() },
        PaymentFilter { bank: Some("quarry".to_owned()), ..all.clone() },
        PaymentFilter { currency: Some(Currency::JPY), ..all.clone() },
        PaymentFilter { merchant: Some(merchants::MerchantId::from_uuid(merchant)), ..all.clone() },
        PaymentFilter { reason: Some(Reason::OrdersDoNotCover), ..all },
    ];
    for status in S::ALL {
        for filter in &filters {
            for (sort, order) in [
                (Sort::Oldest, "received_at, id"),
                (Sort::Newest, "received_at DESC, id DESC"),
                (Sort::Smallest, "currency, amount_minor, id"),
                (Sort::Largest, "currency DESC, amount_minor DESC, id DESC"),
            ] {
                if !sort.serves(status) {
                    continue;
                }
                let order = if status == S::Credited { "id" } else { order };
                let sql = format!(
                    "SELECT id FROM payments WHERE status = $1 AND ($2::text IS NULL OR reason = $2)
                       AND ($3::text IS NULL OR bank = $3) AND ($4::text IS NULL OR currency = $4)
                       AND ($5::uuid IS NULL OR merchant = $5) ORDER BY {order}"
                );
                let (reason, currency) =
                    (filter.reason.map(Reason::as_str), filter.currency.map(|one| one.code().to_owned()));
                let merchant = filter.merchant.map(|id| id.uuid());
                let rows = conn
                    .query(sql.leak(), &[&status.as_str(), &reason, &filter.bank, &currency, &merchant])
                    .await
                    .unwrap();
                let expected: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
                let seen = pages(&conn, status, filter, sort).await;
                assert!(
                    seen == expected,
                    "{status} {sort:?} {filter:?}: {} of {}",
                    seen.len(),
                    expected.len()
                );
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_payments_goes_by_an_index_and_reads_no_more_among_many() {
    let db = filled(60_000).await;
    let conn = db.owner().get().await.unwrap();
    let (start, end) = (
        "'-infinity', '00000000-0000-0000-0000-000000000000'",
        "'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    );
    let by_time = include_str!("../../src/sql/list_open.sql");
    for (oldest_first, place) in [(true, start), (false, end)] {
        for (filter, stretch) in [("NULL, NULL, NULL, NULL", 51), ("NULL, 'nowhere', 'JPY', NULL", 5_000)] {
            let parameters = format!("'in_review', {oldest_first}, {place}, {filter}, {stretch}, 51");
            plan(&conn, by_time, &parameters).await.goes_by(&["payments_queue"], stretch);
        }
    }
    let by_amount = include_str!("../../src/sql/list_open_by_amount.sql");
    let (least, most) = (
        "'USD', 0, '00000000-0000-0000-0000-000000000000'",
        "'USD', 9223372036854775807, 'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    );
    for (smallest_first, place) in [(true, least), (false, most)] {
        for (filter, stretch) in [("NULL, NULL, NULL", 51), ("'unlinked_store', 'nowhere', NULL", 5_000)] {
            let parameters =
                format!("'in_review', {smallest_first}, {place}, 'USD', 'USD', {filter}, {stretch}, 51");
            plan(&conn, by_amount, &parameters).await.goes_by(&["payments_by_amount"], stretch);
        }
    }
    let credited = include_str!("../../src/sql/list_credited.sql");
    let parameters = "'00000000-0000-0000-0000-000000000000', NULL, 'nowhere', NULL, NULL, 5000, 51";
    plan(&conn, credited, parameters).await.goes_by(&["payments_pkey"], 5_000);
    let booked = include_str!("../../src/sql/booked_between.sql");
    let parameters = "'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 500";
    plan(&conn, booked, parameters).await.goes_by(&["payments_pkey"], 500);
}

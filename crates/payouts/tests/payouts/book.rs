//! What went out, as those see it who compare it with statements.

use money::Money;
use payouts::{
    BookedPayout, Effect, Finding, PayoutId, Report, Source, booked_under, paid_of_those_made, settled_late,
};
use pg::Connection;
use testkit::plan;
use time::{Duration, OffsetDateTime};

use crate::world::*;

/// An id that was made at that time.
fn made(world: &World, at: OffsetDateTime) -> PayoutId {
    let mut bytes = PayoutId::new(world.merchant.shard()).uuid().into_bytes();
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    PayoutId::from_uuid(uuid::Uuid::from_bytes(bytes))
}

/// A paid payout, made so long and settled so long before `now`.
async fn paid(
    world: &World,
    now: OffsetDateTime,
    made_before: Duration,
    settled_before: Option<Duration>,
) -> PayoutId {
    let (created, settled) = (now - made_before, settled_before.map(|before| now - before));
    let id = made(world, created);
    let sql = "INSERT INTO payouts (shard, id, withdrawal, bank, attempt, amount_minor, currency,
                                    beneficiary_sealed, status, sends, queries, delays, needs_operator, created_at,
                                    sent_at, updated_at, settled_at)
               VALUES ($1, $2, gen_random_uuid(), 'harbour', 1, 100, 'CNY', '', 'paid', 1, 0, 0, false, $3, $3, now(),
                       $4)";
    let owner = world.db.owner().get().await.unwrap();
    owner.execute(sql, &[&id.shard().number(), &id.uuid(), &created, &settled]).await.unwrap();
    id
}

/// All pages of what was made in these days and of what was settled late in them.
async fn pages(
    conn: &Connection,
    world: &World,
    days: (OffsetDateTime, OffsetDateTime),
) -> [Vec<PayoutId>; 2] {
    let ids = |page: &[BookedPayout]| page.iter().map(|booked| booked.payout.id).collect::<Vec<_>>();
    let (mut soon, mut late) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let page = paid_of_those_made(conn, world.merchant.shard(), days, after, 2).await.unwrap();
        after = page.last().map(|booked| booked.payout.id);
        soon.extend(ids(&page));
        if after.is_none() {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = settled_late(conn, days, after, 2).await.unwrap();
        after = page.last().and_then(BookedPayout::place);
        late.extend(ids(&page));
        if after.is_none() {
            return [soon, late];
        }
    }
}

#[tokio::test]
async fn r29_r44_whatever_was_settled_in_some_days_is_found_however_long_before_it_was_made() {
    let world = World::start().await;
    let conn = world.db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();
    let (day, hour) = (Duration::days(1), Duration::hours(1));
    let soon = [
        paid(&world, now, day * 3, None).await,
        paid(&world, now, day * 5 - hour, Some(day * 2)).await,
        paid(&world, now, day, Some(day - hour)).await,
    ];
    // At one moment, too: a page may end between two.
    let mut late = Vec::new();
    for settled in [2, 2, 2, 1] {
        late.push(paid(&world, now, day * 40, Some(day * settled)).await);
    }
    late.push(paid(&world, now, day * 4 + hour, Some(day)).await);
    late[..3].sort_unstable();
    late[3..].sort_unstable();
    // Before these days and after them.
    paid(&world, now, day * 40, Some(day * 2 + hour)).await;
    paid(&world, now, day * 40, Some(Duration::ZERO)).await;
    let [mut found_soon, found_late] = pages(&conn, &world, (now - day * 2, now - hour)).await;
    let others = found_soon.iter().filter(|id| !soon.contains(id) && !late.contains(id)).count();
    assert_eq!(others, 0, "those made in these days only");
    found_soon.retain(|id| soon.contains(id));
    assert_eq!(found_soon, [soon[1], soon[0], soon[2]]);
    assert_eq!(found_late, late);
    let booked = settled_late(&conn, (now - day * 2, now - hour), None, 1).await.unwrap();
    assert_eq!(booked[0].settled_at, Some(now - day * 2));
}

#[tokio::test]
async fn r29_a_payout_keeps_the_time_of_its_payment_and_of_its_return_whatever_is_said_again() {
    let world = World::start().await;
    let id = world.enqueue_at("harbour", 1).await[0];
    let owner = world.db.owner().get().await.unwrap();
    owner.execute("UPDATE payouts SET status = 'sent', sends = 1, sent_at = now()", &[]).await.unwrap();
    let settled = async || -> Option<OffsetDateTime> {
        owner.query_one("SELECT settled_at FROM payouts", &[]).await.unwrap().get(0)
    };
    let payout = world.get(id).await;
    let paid = Finding::Paid { amount: payout.amount, amount_received: None, bank_reference: None };
    let back = Money::new(90_000, payout.amount.currency()).unwrap();
    let returned = Finding::Returned { amount: back, sent: None, reason: None, bank_reference: None };
    let accepted = Finding::Accepted { bank_reference: None };
    let tell = async |finding: &Finding| {
        let report = Report { source: Source::Callback, finding: finding.clone() };
        record(&world.db.pool, id, &report).await.unwrap().unwrap()
    };
    assert_eq!((tell(&accepted).await, settled().await), (Effect::Nothing, None));
    for (finding, effect) in [(paid, Effect::Paid), (returned, Effect::Returned { amount: back })] {
        let before = settled().await;
        assert_eq!(tell(&finding).await, effect);
        let at = settled().await;
        assert!(at > before, "{at:?}");
        assert_eq!(tell(&finding).await, Effect::Duplicate);
        assert_eq!(settled().await, at);
    }
}

/// What was there before the two kinds of calls were told apart is taken for the one that nothing but the result ends.
#[tokio::test]
async fn r27_r32_a_call_from_before_they_were_told_apart_is_ended_by_no_answer_and_no_freeze() {
    let migrations = &payouts::MIGRATIONS.migrations[..4];
    let db = testkit::database(&[pg::MigrationSet { owner: payouts::MIGRATIONS.owner, migrations }]).await;
    let fill = "INSERT INTO payouts (shard, id, withdrawal, bank, attempt, amount_minor, currency, beneficiary_sealed,
                                     status, held_by, sends, queries, delays, needs_operator, created_at, updated_at)
                SELECT 3, gen_random_uuid(), gen_random_uuid(), 'harbour', 1, n, 'CNY', '', s.status, s.held_by, 1,
                       s.queries, 0, s.called, now(), now()
                FROM (VALUES (1, 'unknown', NULL, 12, true), (2, 'sent', NULL, 3, true), (3, 'unknown', NULL, 3, false),
                             (4, 'held', 'freeze', 0, true), (5, 'held', 'freeze', 0, false), (6, 'paid', NULL, 4, false))
                     AS s (n, status, held_by, queries, called)";
    db.owner().get().await.unwrap().batch_execute(fill).await.unwrap();
    pg::migrate(&db.url, &pg::Tls::default(), &[payouts::MIGRATIONS]).await.expect("the migration");
    let sql = "SELECT queries, held_by FROM payouts ORDER BY amount_minor";
    let rows = db.pool.get().await.unwrap().query(sql, &[]).await.unwrap();
    let found: Vec<(i32, Option<String>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let held = |by: &str| (0, Some(by.to_owned()));
    assert_eq!(found, [(0, None), (0, None), (3, None), held("operator"), held("freeze"), (4, None)]);
}

/// A bank calls so many payouts, all sent, by this name.
async fn name(world: &World, bank: &str, name: &str, count: usize) -> Vec<PayoutId> {
    let mut ids = world.enqueue_at(bank, count).await;
    ids.sort_unstable();
    let owner = world.db.owner().get().await.unwrap();
    let uuids: Vec<_> = ids.iter().map(PayoutId::uuid).collect();
    let sql = "INSERT INTO payout_references SELECT $1, $2, unnest($3::uuid[])";
    owner.execute(sql, &[&name, &world.merchant.shard().number(), &uuids]).await.unwrap();
    ids
}

#[tokio::test]
async fn r44_payouts_are_found_by_our_reference_and_by_what_their_own_bank_called_them() {
    let world = World::start().await;
    let one = name(&world, "harbour", "HB-1", 1).await[0];
    let second = "INSERT INTO payout_references SELECT 'HB-9', shard, payout FROM payout_references";
    world.db.owner().get().await.unwrap().execute(second, &[]).await.unwrap();
    let other = name(&world, "meadow", "HB-1", 1).await[0];
    let batch = name(&world, "harbour", "BATCH", 100).await;
    name(&world, "harbour", "PAYMENT", 101).await;
    let conn = world.db.pool.get().await.unwrap();
    let found = async |asked: &[(&str, &str)]| -> Vec<(PayoutId, Vec<String>)> {
        let booked = booked_under(&conn, asked).await.unwrap();
        booked.into_iter().map(|booked| (booked.payout.id, booked.names)).collect()
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let ours = one.to_string();
    assert_eq!(found(&[("harbour", "HB-9")]).await, [(one, names(&["HB-9"]))]);
    assert_eq!(found(&[("meadow", "HB-1")]).await, [(other, names(&["HB-1"]))]);
    // Once, whatever it is found by.
    let asked = [("harbour", "HB-9"), ("harbour", ours.as_str()), ("harbour", "HB-1"), ("harbour", "HB-1")];
    assert_eq!(found(&asked).await, [(one, names(&["HB-1", "HB-9"]))]);
    assert_eq!(found(&[("harbour", &ours)]).await, [(one, vec![])]);
    for nothing in [("harbour", "hb-1"), ("meadow", "HB-9"), ("harbour", ""), ("harbour", "PAYMENT")] {
        assert!(found(&[nothing]).await.is_empty(), "{nothing:?}");
    }
    assert!(found(&[]).await.is_empty());
    let all: Vec<PayoutId> = found(&[("harbour", "BATCH")]).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(all, batch);
}

#[tokio::test]
async fn r44_what_statements_ask_for_is_read_and_little_else_among_many() {
    let world = World::start().await;
    let conn = world.db.owner().get().await.unwrap();
    let fill = "INSERT INTO payouts (shard, id, withdrawal, bank, attempt, amount_minor, currency, beneficiary_sealed,
                                     status, sends, queries, delays, needs_operator, created_at, updated_at, settled_at)
                SELECT n % 16, md5(n::text)::uuid, md5('w' || n)::uuid, 'harbour', 1, 100, 'CNY', '', 'paid', 1, 0, 0,
                       false, t.at, t.at, t.at + CASE WHEN n % 50 = 0 THEN interval '9 days' ELSE interval '1 hour' END
                FROM generate_series(1, 20000) AS n
                CROSS JOIN LATERAL (SELECT timestamptz '2026-11-01' + n * interval '1 minute' AS at) AS t;
                INSERT INTO payout_references (reference, shard, payout)
                SELECT 'HB-' || n, n % 16, md5(n::text)::uuid FROM generate_series(1, 20000) AS n
                UNION ALL SELECT 'SAME', n % 16, md5(n::text)::uuid FROM generate_series(1, 20000, 10) AS n;
                ANALYZE payouts; ANALYZE payout_references";
    conn.batch_execute(fill).await.unwrap();
    let named = include_str!("../../src/sql/named_by_banks.sql");
    for (names, most) in [("{HB-17,HB-18}", 4), ("{HB-17,SAME}", 2 + 101), ("{nothing,?}", 0)] {
        let found = plan(&conn, named, &format!("'{{harbour,harbour}}', '{names}', 100")).await;
        found.goes_by(&["payout_references_pkey", "payouts_pkey"], most);
    }
    let late = include_str!("../../src/sql/settled_late.sql");
    let parameters = "'2026-11-12', '00000000-0000-0000-0000-000000000000', '2026-11-13', 1000";
    plan(&conn, late, parameters).await.goes_by(&["payouts_settled_late"], 24 * 60 / 50 + 1);
}

/// Every merchant that is to be closed has them read (R38): whatever else there is costs nothing.
#[tokio::test]
async fn r38_disputed_returns_are_read_and_nothing_else_among_many() {
    let world = World::start().await;
    let owner = world.db.owner().get().await.unwrap();
    let fill = "INSERT INTO payouts (shard, id, withdrawal, payment, bank, attempt, amount_minor, currency, beneficiary_sealed,
                                     status, sends, queries, delays, needs_operator, created_at, updated_at)
                SELECT n % 16, md5(n::text)::uuid, CASE WHEN n % 2 = 0 THEN md5('w' || n)::uuid END,
                       CASE WHEN n % 2 = 1 THEN md5('p' || n / 4)::uuid END, 'harbour', 1, 100, 'CNY', '',
                       CASE WHEN n % 1000 < 4 THEN 'disputed' ELSE 'paid' END, 1, 0, 0, false, now(), now()
                FROM generate_series(1, 20000) AS n;
                ANALYZE payouts";
    owner.batch_execute(fill).await.unwrap();
    let sql = include_str!("../../src/sql/disputed_returns.sql");
    let start = "'00000000-0000-0000-0000-000000000000', 5";
    plan(&owner, sql, start).await.goes_by(&["payouts_disputed_returns"], 12);

    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = payouts::disputed_returns(&tx, after, 6).await.unwrap();
        after = page.last().copied();
        seen.extend(page);
        if after.is_none() {
            break;
        }
    }
    let of = "SELECT DISTINCT payment FROM payouts WHERE status = 'disputed' AND withdrawal IS NULL ORDER BY payment";
    let all: Vec<uuid::Uuid> = owner.query(of, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!((seen.len(), seen), (20, all), "two attempts at one payment are one");
}

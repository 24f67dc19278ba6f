//! A payout is found by whatever a bank called it, and its row pays nothing for that.

use money::Money;
use payouts::{Effect, Finding, PayoutId, PayoutState as S, Report, Source, named};
use testkit::plan;

use crate::world::*;

fn accepted(reference: Option<&str>) -> Finding {
    Finding::Accepted { bank_reference: reference.map(str::to_owned) }
}

fn paid(payout: &payouts::Payout, minor: i64, reference: &str) -> Finding {
    let amount = Money::new(minor, payout.amount.currency()).unwrap();
    Finding::Paid { amount, amount_received: None, bank_reference: Some(reference.into()) }
}

async fn tell(world: &World, id: PayoutId, finding: Finding) -> Effect {
    let report = Report { source: Source::Callback, finding };
    record(&world.db.pool, id, &report).await.unwrap().unwrap()
}

async fn found(world: &World, reference: &str) -> Vec<PayoutId> {
    let conn = world.db.pool.get().await.unwrap();
    named(&conn, reference, 20).await.unwrap().into_iter().map(|payout| payout.id).collect()
}

async fn sent(world: &World, count: usize) -> Vec<PayoutId> {
    let ids = world.enqueue_at("harbour", count).await;
    let conn = world.db.owner().get().await.unwrap();
    conn.execute("UPDATE payouts SET status = 'sent', sends = 1, sent_at = now()", &[]).await.unwrap();
    ids
}

#[tokio::test]
async fn r29_a_payout_is_found_by_every_name_that_a_bank_gave_it() {
    let world = World::start().await;
    let ids = sent(&world, 3).await;
    let payout = world.get(ids[0]).await;
    assert_eq!(tell(&world, ids[0], accepted(None)).await, Effect::Nothing);
    assert_eq!(tell(&world, ids[0], accepted(Some("ACC-1"))).await, Effect::Nothing);
    assert_eq!(tell(&world, ids[0], accepted(Some("ACC-1"))).await, Effect::Nothing);
    assert_eq!(tell(&world, ids[0], paid(&payout, 1, "LIE-1")).await, Effect::Contradiction);
    assert_eq!(tell(&world, ids[0], paid(&payout, 100_000, "PAID-1")).await, Effect::Paid);
    let back = Money::new(90_000, payout.amount.currency()).unwrap();
    let returned = |reference: &str| Finding::Returned {
        amount: back,
        sent: None,
        reason: Some("AC04".into()),
        bank_reference: Some(reference.into()),
    };
    assert_eq!(tell(&world, ids[0], returned("BACK-1")).await, Effect::Returned { amount: back });
    assert_eq!(tell(&world, ids[0], returned("BACK-2")).await, Effect::Duplicate);
    for name in ["ACC-1", "LIE-1", "PAID-1", "BACK-1", "BACK-2"] {
        assert_eq!(found(&world, name).await, [ids[0]], "{name}");
    }
    assert_eq!(world.count("SELECT count(*) FROM payout_references").await, 5);
    let payout = world.get(ids[0]).await;
    assert_eq!(
        (payout.state, payout.bank_reference.as_deref()),
        (S::Returned, Some("ACC-1")),
        "the first stays"
    );

    let refused =
        Finding::Failed { reason: "AC01".into(), amount: None, bank_reference: Some("NO-1".into()) };
    assert_eq!(tell(&world, ids[1], refused).await, Effect::Failed);
    assert_eq!(found(&world, "NO-1").await, [ids[1]]);
    assert_eq!(world.get(ids[1]).await.bank_reference.as_deref(), Some("NO-1"));

    // A bank that calls two by one name.
    assert_eq!(tell(&world, ids[2], accepted(Some("ACC-1"))).await, Effect::Nothing);
    assert_eq!(found(&world, "ACC-1").await, [ids[0], ids[2]]);
    for nothing in ["ACC", "acc-1", "ACC-11", ""] {
        assert!(found(&world, nothing).await.is_empty(), "{nothing}");
    }
    let conn = world.db.pool.get().await.unwrap();
    for sql in ["UPDATE payout_references SET reference = 'x'", "DELETE FROM payout_references"] {
        let refused = conn.execute(sql, &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}

/// The first name comes with an update that changes nothing which has an index: it must stay one that enters none.
#[tokio::test]
async fn r31_the_name_that_comes_with_an_acceptance_costs_the_row_no_index_entry() {
    let world = World::start().await;
    // Whoever looks at the table at that moment would keep the old versions from being cleared away.
    let quiet = "ALTER TABLE payouts SET (autovacuum_enabled = off)";
    world.db.owner().get().await.unwrap().batch_execute(quiet).await.unwrap();
    let ids = sent(&world, 8).await;
    let report = |name: &str| Report { source: Source::Callback, finding: accepted(Some(name)) };
    // What was left behind by making the payouts is room for the next versions of their rows.
    world.db.owner().get().await.unwrap().batch_execute("VACUUM payouts").await.unwrap();
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut locked = payouts::lock(&tx, &ids).await.unwrap();
    let now = tx.now().await.unwrap();
    for id in &ids {
        locked.apply(*id, &report(&format!("B-{id}")), &policy(), now).unwrap();
    }
    locked.save(&tx, now).await.unwrap();
    let sql = "SELECT pg_stat_get_xact_tuples_updated('payouts'::regclass),
                      pg_stat_get_xact_tuples_hot_updated('payouts'::regclass)";
    let row = tx.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (8, 8));
    tx.commit().await.unwrap();
    assert_eq!(found(&world, &format!("B-{}", ids[3])).await, [ids[3]]);
}

#[tokio::test]
async fn a_search_by_a_bank_s_name_reads_what_it_shows_among_many() {
    let world = World::start().await;
    let conn = world.db.owner().get().await.unwrap();
    let fill = "INSERT INTO payouts (shard, id, withdrawal, merchant, bank, attempt, amount_minor, currency, beneficiary_sealed,
                                     status, sends, queries, delays, needs_operator, created_at, updated_at)
                SELECT n % 16, md5(n::text)::uuid, md5('w' || n)::uuid, NULL, 'harbour', 1, 100, 'CNY', '', 'paid', 1, 0, 0, false,
                       now(), now()
                FROM generate_series(1, 20000) AS n;
                INSERT INTO payout_references (reference, shard, payout)
                SELECT 'HB-' || n, n % 16, md5(n::text)::uuid FROM generate_series(1, 20000) AS n
                UNION ALL SELECT 'SAME', n % 16, md5(n::text)::uuid FROM generate_series(1, 20000, 10) AS n;
                ANALYZE payouts; ANALYZE payout_references";
    conn.batch_execute(fill).await.unwrap();
    let sql = include_str!("../../src/sql/named.sql");
    for (name, most) in [("HB-17", 2), ("SAME", 40), ("nothing", 0)] {
        let found = plan(&conn, sql, &format!("'{name}', 20")).await;
        found.goes_by(&["payout_references_pkey", "payouts_pkey"], most);
    }
}

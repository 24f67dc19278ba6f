//! R19: what exchanges leave with the institution, by pair, and the deals that settle it.

use std::sync::Arc;

use exchange::cover::{
    CoverDeal, CoverId, booked_between, booked_under, claim_references, deals, insert_deals,
    release_references,
};
use exchange::positions::{Moves, positions};
use money::Money;
use pg::Shard;
use testkit::TestDb;
use tokio::task::JoinSet;

use crate::world::{NOT_ALLOWED, cny, count, now, refused, usd, world};

fn shard(number: i16) -> Shard {
    Shard::new(number).unwrap()
}

async fn add(db: &TestDb, moves: Moves) {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    moves.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn exchanged(number: i16, sold: Money, bought: Money) -> Moves {
    let mut moves = Moves::default();
    moves.exchanged(shard(number), sold, bought);
    moves
}

async fn shown(db: &TestDb) -> Vec<String> {
    let all = positions(&db.pool.get().await.unwrap()).await.unwrap();
    let line = |p: &exchange::positions::Position| {
        format!("{}{} {} {}", p.pair.0.code(), p.pair.1.code(), p.sold_minor, p.bought_minor)
    };
    all.iter().map(line).collect()
}

/// By hand: 100.00 + 50.00 USD for 710.00 + 355.00 CNY in two shards, 71.00 CNY for 9.95 USD; then 120.00 USD are sold to
/// a bank for 853.20 CNY: 30.00 USD are left, and 1065.00 − 853.20 = 211.80 CNY are still to be bought.
#[tokio::test]
async fn r19_positions_are_summed_over_shards_and_settled_by_deals() {
    let db = world().await;
    add(&db, exchanged(1, usd("100.00"), cny("710.00"))).await;
    add(&db, exchanged(2, usd("50.00"), cny("355.00"))).await;
    add(&db, exchanged(2, cny("71.00"), usd("9.95"))).await;
    assert_eq!(shown(&db).await, ["CNYUSD 7100 995", "USDCNY 15000 106500"]);
    let mut cover = Moves::default();
    cover.settled(shard(9), usd("120.00"), cny("853.20"));
    add(&db, cover).await;
    assert_eq!(shown(&db).await, ["CNYUSD 7100 995", "USDCNY 3000 21180"]);
}

/// Batches that move the same pairs at the same time add up, whatever order they come in.
#[tokio::test]
async fn r19_positions_add_up_under_concurrency() {
    let db = Arc::new(world().await);
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let db = db.clone();
        tasks.spawn(async move {
            let mut moves = Moves::default();
            moves.exchanged(shard(1), usd("1.00"), cny("7.10"));
            moves.exchanged(shard(number % 3), cny("7.10"), usd("0.99"));
            add(&db, moves).await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(shown(&db).await, ["CNYUSD 14200 1980", "USDCNY 2000 14200"]);
}

#[tokio::test]
async fn a_bank_s_reference_is_booked_once_and_deals_are_for_ever() {
    let db = world().await;
    let bank: Arc<str> = Arc::from("harbour");
    let booked_at = now(&db).await;
    let deal = |id: CoverId| CoverDeal {
        id,
        bank: bank.clone(),
        bank_reference: "FX-1".into(),
        sold: usd("120.00"),
        bought: cny("853.20"),
        booked_at,
    };
    let (first, second) = (CoverId::new(shard(1)), CoverId::new(shard(2)));
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let claim = |id| [(bank.clone(), "FX-1".to_owned(), id)];
    assert!(claim_references(&tx, &claim(first)).await.unwrap().contains(&first));
    release_references(&tx, &claim(first)).await.unwrap();
    assert!(claim_references(&tx, &claim(first)).await.unwrap().contains(&first));
    insert_deals(&tx, &[deal(first)]).await.unwrap();
    tx.commit().await.unwrap();
    let tx = conn.begin().await.unwrap();
    assert!(claim_references(&tx, &claim(second)).await.unwrap().is_empty());
    // Another's claim is not given back.
    release_references(&tx, &claim(second)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&db, "SELECT count(*) FROM cover_references").await, 1);
    assert_eq!(deals(&conn, None, 10).await.unwrap(), [deal(first)]);
    assert!(deals(&conn, Some(first), 10).await.unwrap().is_empty());
    for sql in
        ["UPDATE cover_deals SET sold_minor = 1", "DELETE FROM cover_deals", "DELETE FROM pair_positions"]
    {
        assert_eq!(refused(&db, sql).await.as_deref(), Some(NOT_ALLOWED), "{sql}");
    }
}

/// What statements ask for: by the bank's own reference, and by the days on which they were booked.
#[tokio::test]
async fn r44_deals_are_found_by_their_reference_and_by_their_days() {
    let db = world().await;
    let booked_at = now(&db).await;
    let deal = |bank: &str, reference: &str, number| CoverDeal {
        id: CoverId::new(shard(number)),
        bank: Arc::from(bank),
        bank_reference: reference.to_owned(),
        sold: usd("120.00"),
        bought: cny("853.20"),
        booked_at,
    };
    let kept = [deal("harbour", "FX-1", 1), deal("harbour", "FX-2", 2), deal("meadow", "FX-1", 3)];
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let claims: Vec<_> = kept.iter().map(|d| (d.bank.clone(), d.bank_reference.clone(), d.id)).collect();
    assert_eq!(claim_references(&tx, &claims).await.unwrap().len(), 3);
    insert_deals(&tx, &kept).await.unwrap();
    tx.commit().await.unwrap();

    let conn = db.pool.get().await.unwrap();
    let asked = [("harbour", "FX-1"), ("harbour", "FX-1"), ("meadow", "FX-2"), ("harbour", "fx-2")];
    assert_eq!(booked_under(&conn, &asked).await.unwrap(), [kept[0].clone()], "once, and the bank's own");
    assert!(booked_under(&conn, &[]).await.unwrap().is_empty());

    let (day, hour) = (time::Duration::DAY, time::Duration::HOUR);
    let days = (booked_at - day, booked_at + hour);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = booked_between(&conn, days, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        after = page.last().map(|deal| deal.id);
        seen.extend(page);
        if after.is_none() {
            break;
        }
    }
    let mut all = kept.to_vec();
    all.sort_by_key(|deal| deal.id);
    assert_eq!(seen, all);
    // Asked for today, it may be booked tomorrow, and no later.
    for (from, to, found) in [(day, day * 2, 3), (day * 3, day * 4, 0), (-day * 2, -day, 0)] {
        let page = booked_between(&conn, (booked_at + from, booked_at + to), None, 9).await.unwrap();
        assert_eq!(page.len(), found, "{from} {to}");
    }
}

/// Two questions at each round of a gateway: neither reads deals that it doesn't want, however many there are.
#[tokio::test]
async fn r44_what_statements_ask_of_deals_is_read_and_nothing_else_among_many() {
    let db = world().await;
    let owner = db.owner().get().await.unwrap();
    let fill = "INSERT INTO cover_deals (shard, id, bank, bank_reference, sold_currency, sold_minor, bought_currency,
                                         bought_minor, booked_at)
                SELECT n % 16, (lpad(to_hex(1700000000000 + n * 60000::bigint), 12, '0') || right(md5(n::text), 20))::uuid,
                       'harbour', 'FX-' || n, 'USD', 100, 'CNY', 710, now()
                FROM generate_series(1, 20000) AS n;
                INSERT INTO cover_references (bank, bank_reference, deal) SELECT bank, bank_reference, id FROM cover_deals;
                ANALYZE cover_deals; ANALYZE cover_references";
    owner.batch_execute(fill).await.unwrap();
    let under = include_str!("../../src/sql/cover_deals_under.sql");
    testkit::plan(&owner, under, "'{harbour,harbour,meadow}', '{FX-7,HB-1,FX-8}'")
        .await
        .goes_by(&["cover_references_pkey", "cover_deals_by_time"], 2);
    let between = include_str!("../../src/sql/cover_deals_made_between.sql");
    let id = |minutes: u64| format!("'{:012x}00000000000000000000'", 1_700_000_000_000 + minutes * 60_000);
    testkit::plan(&owner, between, &format!("{}, {}, 1000", id(500), id(560)))
        .await
        .goes_by(&["cover_deals_by_time"], 61);
}

//! R19: what exchanges leave with the institution, by pair, and the deals that settle it.

use std::sync::Arc;

use exchange::cover::{CoverDeal, CoverId, claim_references, deals, insert_deals, release_references};
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

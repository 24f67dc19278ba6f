//! Whose queued payouts go to a bank.

use std::sync::Arc;

use merchants::{Freeze, MerchantState};
use pg::Shard;
use testkit::somebody_waits;
use uuid::Uuid;
use withdrawals::senders;

use crate::world::World;

#[tokio::test]
async fn r32_queued_payouts_go_or_are_held_by_the_merchant_s_state() {
    let world = World::new().await;
    let mut all = Vec::new();
    let mut expected = Vec::new();
    for (state, sent) in [
        (MerchantState::Pending, false),
        (MerchantState::Active, true),
        (MerchantState::Restricted, true),
        (MerchantState::Frozen, false),
        (MerchantState::Closing, true),
        (MerchantState::Closed, false),
    ] {
        let id = match state {
            MerchantState::Frozen => frozen(&world).await,
            other => world.merchant(other).await,
        };
        all.push((id.shard(), id.uuid()));
        expected.extend(sent.then(|| id.uuid()));
    }
    // Nobody's money is not sent either.
    all.push((Shard::new(1).unwrap(), Uuid::now_v7()));
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut found: Vec<Uuid> = senders(&tx, &all).await.unwrap().into_iter().collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(senders(&tx, &[]).await.unwrap().is_empty());
}

async fn frozen(world: &World) -> merchants::MerchantId {
    let id = world.merchant(MerchantState::Active).await;
    let mut conn = world.conn().await;
    freeze(&mut conn, id).await;
    id
}

async fn freeze(conn: &mut pg::Connection, id: merchants::MerchantId) {
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut locked = merchants::lock(&tx, &[], &[id]).await.unwrap();
    assert!(locked.freeze(id, Freeze { reason: "order".into(), legal_reference: None, until: None }, now));
    locked.save(&tx, now).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn r32_a_freeze_waits_for_a_payout_that_is_being_claimed() {
    let world = Arc::new(World::new().await);
    let who = [(world.merchant.shard(), world.merchant.uuid())];
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    assert_eq!(senders(&tx, &who).await.unwrap().len(), 1);
    let freezer = tokio::spawn({
        let world = world.clone();
        async move { freeze(&mut world.conn().await, world.merchant).await }
    });
    somebody_waits(&world.db).await;
    assert!(!freezer.is_finished());
    tx.commit().await.unwrap();
    freezer.await.unwrap();
    let tx = conn.begin().await.unwrap();
    assert!(senders(&tx, &who).await.unwrap().is_empty());
}

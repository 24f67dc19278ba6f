//! A merchant's own references: each is used once.

use std::sync::Arc;

use merchants::MerchantId;
use testkit::somebody_waits;
use withdrawals::{Error, ReferenceClaim, WithdrawalId, claim_references, release_references};

use crate::world::World;

fn claim(merchant: MerchantId, reference: &str) -> ReferenceClaim {
    ReferenceClaim { merchant, reference: reference.into(), withdrawal: WithdrawalId::new(merchant.shard()) }
}

#[tokio::test]
async fn r22_a_reference_is_won_once_within_its_merchant() {
    let world = World::new().await;
    let other = MerchantId::new(world.merchant.shard());
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let batch = [
        claim(world.merchant, "a"),
        claim(world.merchant, "b"),
        claim(world.merchant, "a"),
        claim(other, "a"),
        claim(world.merchant, "A"),
    ];
    let won = claim_references(&tx, &batch).await.unwrap();
    assert_eq!(won.len(), 4);
    assert!(won.contains(&batch[0].withdrawal) != won.contains(&batch[2].withdrawal), "{won:?}");
    assert!([1, 3, 4].iter().all(|at| won.contains(&batch[*at].withdrawal)), "{won:?}");
    tx.commit().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let again = [claim(world.merchant, "a"), claim(world.merchant, "c")];
    let won = claim_references(&tx, &again).await.unwrap();
    assert_eq!(won.into_iter().collect::<Vec<_>>(), [again[1].withdrawal]);
    assert!(claim_references(&tx, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn r22_a_reference_given_back_can_be_used_by_whoever_waits() {
    let world = Arc::new(World::new().await);
    let first = claim(world.merchant, "a");
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    assert_eq!(claim_references(&tx, std::slice::from_ref(&first)).await.unwrap().len(), 1);
    let waiter = tokio::spawn({
        let world = world.clone();
        async move {
            let mut conn = world.conn().await;
            let tx = conn.begin().await.unwrap();
            let won = claim_references(&tx, &[claim(world.merchant, "a")]).await.unwrap();
            tx.commit().await.unwrap();
            won.len()
        }
    });
    somebody_waits(&world.db).await;
    release_references(&tx, std::slice::from_ref(&first)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waiter.await.unwrap(), 1);
    // It is another's now.
    let tx = conn.begin().await.unwrap();
    let refused = release_references(&tx, &[first]).await;
    assert!(matches!(refused, Err(Error::Unexpected(_))), "{refused:?}");
}

#[tokio::test]
async fn r22_forty_at_once_with_one_reference_have_one_winner() {
    let world = Arc::new(World::new().await);
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let mut conn = world.conn().await;
                let tx = conn.begin().await.unwrap();
                let won = claim_references(&tx, &[claim(world.merchant, "a")]).await.unwrap();
                tx.commit().await.unwrap();
                won.len()
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += task.await.unwrap();
    }
    assert_eq!(won, 1);
}

use merchants::{MerchantKind, MerchantState, NewMerchant};
use pg::Shard;
use privacy::Keyring;

use super::*;

/// An amount that was stopped stands in its way for a day.
#[tokio::test]
async fn r38_who_keeps_something_is_not_asked_about_before_its_next_turn() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
    let db = testkit::database(&crate::migrate::SETS).await;
    let id = MerchantId::new(Shard::new(3).unwrap());
    let (kind, state) = (MerchantKind::Enterprise, MerchantState::Closing);
    let new = NewMerchant { id, kind, state, name: "Bright", email: "owner@bright.example" };
    merchants::insert_merchant(&db.pool.get().await.unwrap(), &keyring, &new).await.unwrap();
    let change = async |sql: &'static str| {
        let changed = db.owner().get().await.unwrap().execute(sql, &[&id.uuid()]).await;
        assert_eq!(changed.unwrap(), 1, "{sql}");
    };
    let (mut patience, begin) = (Patience::default(), Instant::now());
    let mut empty_after = async |at: Duration| {
        let (found, empty) = look(&db.pool, None, &mut patience, begin + at).await.unwrap();
        assert_eq!(found, [id], "after {at:?}");
        let beyond = look(&db.pool, Some(id), &mut patience, begin + at).await.unwrap();
        assert_eq!(beyond, (vec![], vec![]), "after {at:?}");
        patience.ends_a_round();
        empty == [id]
    };

    change(
        "INSERT INTO amount_freezes (shard, id, merchant, currency, amount_minor, reason, created_at)
         VALUES (3, gen_random_uuid(), $1, 'USD', 100, 'a look', now())",
    )
    .await;
    let day = Duration::from_secs(86_400);
    assert!(!empty_after(Duration::ZERO).await);
    assert!(!empty_after(day).await);
    change("UPDATE amount_freezes SET lifted_at = now() WHERE merchant = $1").await;
    assert!(!empty_after(day + PAUSE).await, "nobody looks yet");
    assert!(empty_after(day + day / 60).await);
    assert!(empty_after(day + day / 60 + PAUSE).await, "until it is closed");
}

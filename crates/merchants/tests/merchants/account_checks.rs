//! Payees about whose accounts a bank is asked.

use merchants::{
    MerchantState, Payee, PayeeEvent, PayeeState, PendingPayees, claim_account_checks, delete_payee, payee,
    pending_payees, settle_payee,
};
use money::Currency;

use crate::payees::{create, create_asking};
use crate::world::{NAME, World};

const CNY: [Currency; 1] = [Currency::CNY];

async fn claim(world: &World) -> Vec<Payee> {
    claim_account_checks(&world.conn().await, &CNY, 10).await.unwrap()
}

/// As if the pause before the next question were over.
async fn time_passes(world: &World) {
    let sql = "UPDATE payees SET check_at = now() - interval '1 second' WHERE check_at IS NOT NULL";
    world.db.owner().get().await.unwrap().batch_execute(sql).await.unwrap();
}

async fn attempts(world: &World) -> i16 {
    let owner = world.db.owner().get().await.unwrap();
    owner.query_one("SELECT max(check_attempts) FROM payees", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn r21_the_name_comes_first_and_the_bank_decides_then() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let conn = world.conn().await;
    for (event, state) in [
        (PayeeEvent::Confirmed, PayeeState::Verified),
        (PayeeEvent::NotOffered, PayeeState::Verified),
        (PayeeEvent::Refuted, PayeeState::Rejected),
        (PayeeEvent::Unanswered, PayeeState::Pending),
    ] {
        let pending = create_asking(&world, merchant, NAME).await;
        assert_eq!((pending.state, pending.rejection.as_deref()), (PayeeState::Pending, None));
        assert!(pending.next_check_at.is_some(), "it comes up by itself if nobody settles it");
        let settled = settle_payee(&conn, &pending, event, Some("other_holder")).await.unwrap();
        let read = payee(&conn, merchant, pending.id).await.unwrap().unwrap();
        for found in [&settled, &read] {
            assert_eq!(found.state, state, "{event:?}");
            assert_eq!(found.rejection.is_some(), state == PayeeState::Rejected, "{event:?}");
            assert_eq!(found.next_check_at.is_some(), state == PayeeState::Pending, "{event:?}");
        }
        if let Some(why) = settled.rejection {
            assert!(why.contains("other_holder"), "{why}");
        }
    }
    let stranger = create_asking(&world, merchant, "Zhang San").await;
    assert_eq!((stranger.state, stranger.next_check_at), (PayeeState::Rejected, None), "no bank is asked");
    let known = create(&world, merchant, NAME).await;
    assert_eq!((known.state, known.next_check_at), (PayeeState::Verified, None));
}

#[tokio::test]
async fn r21_what_is_settled_stays() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let conn = world.conn().await;
    let seen = create_asking(&world, merchant, NAME).await;
    let first = settle_payee(&conn, &seen, PayeeEvent::Refuted, None).await.unwrap();
    assert_eq!(first.state, PayeeState::Rejected);
    // Somebody who still sees it pending comes second, and is told what it is.
    let second = settle_payee(&conn, &seen, PayeeEvent::Confirmed, None).await.unwrap();
    assert_eq!((second.state, &second.rejection), (PayeeState::Rejected, &first.rejection));
    for event in [PayeeEvent::Confirmed, PayeeEvent::NotOffered, PayeeEvent::Unanswered] {
        assert_eq!(settle_payee(&conn, &first, event, None).await.unwrap().state, PayeeState::Rejected);
    }
    time_passes(&world).await;
    assert!(claim(&world).await.is_empty());
}

#[tokio::test]
async fn r21_each_question_is_asked_by_one_after_a_growing_pause() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let pending = create_asking(&world, merchant, NAME).await;
    assert!(claim(&world).await.is_empty(), "whoever added it is asking now");
    time_passes(&world).await;
    let other_currency = claim_account_checks(&world.conn().await, &[Currency::USD], 10).await.unwrap();
    assert!(other_currency.is_empty(), "another bank's");
    let (one, two) = tokio::join!(claim(&world), claim(&world));
    assert_eq!(one.len() + two.len(), 1);
    assert_eq!(one.iter().chain(&two).next().unwrap().id, pending.id);

    // By hand: 3 seconds after the first question, 6 after the second, 12 after the third.
    time_passes(&world).await;
    let before = world.now().await;
    let third = claim(&world).await;
    let pause = third[0].next_check_at.unwrap() - before;
    assert!((12.0..22.0).contains(&pause.as_seconds_f64()), "{pause}");
}

#[tokio::test]
async fn r21_questions_end_and_what_is_left_is_seen() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let pending = create_asking(&world, merchant, NAME).await;
    let counted = async || pending_payees(&world.conn().await).await.unwrap();
    assert_eq!(counted().await, PendingPayees { asking: 1, given_up: 0 });
    for _ in 0..30 {
        time_passes(&world).await;
        for claimed in claim(&world).await {
            if let Some(next) = claimed.next_check_at {
                assert!((next - world.now().await).as_seconds_f64() <= 3600.0);
            }
        }
    }
    assert_eq!(attempts(&world).await, 20);
    assert_eq!(counted().await, PendingPayees { asking: 0, given_up: 1 });
    let conn = world.conn().await;
    let left = payee(&conn, merchant, pending.id).await.unwrap().unwrap();
    assert_eq!((left.state, left.next_check_at), (PayeeState::Pending, None));
    // The answer to the last question still counts.
    assert_eq!(
        settle_payee(&conn, &left, PayeeEvent::Confirmed, None).await.unwrap().state,
        PayeeState::Verified
    );
}

#[tokio::test]
async fn nobody_is_asked_about_a_removed_payee() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let pending = create_asking(&world, merchant, NAME).await;
    time_passes(&world).await;
    assert!(delete_payee(&world.conn().await, merchant, pending.id).await.unwrap());
    assert!(claim(&world).await.is_empty());
    let counted = pending_payees(&world.conn().await).await.unwrap();
    assert_eq!(counted, PendingPayees { asking: 0, given_up: 0 });
}

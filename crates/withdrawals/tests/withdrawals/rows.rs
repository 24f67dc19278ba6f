//! Rows as they are written, locked, changed and read back.

use withdrawals::{
    Error, Failure, Refusal, Withdrawal, WithdrawalId, WithdrawalState, get, in_transit, list, lock,
};

use crate::world::{World, cny, policy, usd};

fn failure() -> Failure {
    Failure { code: "AC01".into(), reason: "no such account".into() }
}

#[tokio::test]
async fn a_withdrawal_reads_back_as_it_was_written() {
    let world = World::new().await;
    let (spread, premium) = (cny(708), cny(142));
    let written = Withdrawal { spread, premium, ..world.withdrawal().await };
    let plain = Withdrawal {
        id: WithdrawalId::new(world.merchant.shard()),
        client_reference: None,
        rate: None,
        rate_as_of: None,
        buy: usd(99_700),
        to_send: usd(99_700),
        spread: usd(0),
        premium: usd(0),
        exact: "997".parse().unwrap(),
        ..written.clone()
    };
    world.insert(&[&written, &plain]).await;
    let conn = world.conn().await;
    for row in [&written, &plain] {
        let read = get(&conn, world.merchant, row.id).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{row:?}"));
    }
    // Somebody else's is not there.
    let other = merchants::MerchantId::new(world.merchant.shard());
    assert!(get(&conn, other, written.id).await.unwrap().is_none());
    assert!(list(&conn, other, None, None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn lists_are_newest_first_and_go_on_where_they_stopped() {
    let world = World::new().await;
    let first = world.withdrawal().await;
    let rows: Vec<Withdrawal> = (0..3)
        .map(|_| Withdrawal { id: WithdrawalId::new(world.merchant.shard()), ..first.clone() })
        .collect();
    world.insert(&rows.iter().collect::<Vec<_>>()).await;
    let mut expected: Vec<WithdrawalId> = rows.iter().map(|row| row.id).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let conn = world.conn().await;
    let ids = |rows: Vec<Withdrawal>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(list(&conn, world.merchant, None, None, 10).await.unwrap()), expected);
    let page = ids(list(&conn, world.merchant, None, None, 2).await.unwrap());
    assert_eq!(page, expected[..2]);
    let rest = ids(list(&conn, world.merchant, None, Some(page[1]), 2).await.unwrap());
    assert_eq!(rest, expected[2..]);
    let paid = list(&conn, world.merchant, Some(WithdrawalState::Paid), None, 10).await.unwrap();
    assert!(paid.is_empty());
}

#[tokio::test]
async fn i6_changes_are_saved_from_the_state_that_was_locked() {
    let world = World::new().await;
    let written = world.withdrawal().await;
    world.insert(&[&written]).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut rows = lock(&tx, &[written.id]).await.unwrap();
    assert!(rows.payout_failed(written.id, failure(), now));
    assert!(!rows.payout_paid(written.id, now), "it failed");
    withdrawals::write(&tx, &[], &rows, now).await.unwrap();
    tx.commit().await.unwrap();
    let read = get(&conn, world.merchant, written.id).await.unwrap().unwrap();
    assert_eq!(read.state, WithdrawalState::PayeeActionRequired);
    assert_eq!((read.failure, read.updated_at), (Some(failure()), now));
    assert_eq!(in_transit(&conn, world.merchant).await.unwrap(), [usd(100_000)]);

    // Another state than the one that was locked: never overwritten.
    let tx = conn.begin().await.unwrap();
    let mut rows = lock(&tx, &[written.id]).await.unwrap();
    tx.execute("UPDATE withdrawals SET status = 'processing'", &[]).await.unwrap();
    assert!(!rows.payout_failed(written.id, failure(), now));
    withdrawals::write(&tx, &[], &rows, now).await.unwrap();
    let mut rows = lock(&tx, &[written.id]).await.unwrap();
    assert!(rows.payout_paid(written.id, now));
    tx.execute("UPDATE withdrawals SET status = 'failed'", &[]).await.unwrap();
    let refused = withdrawals::write(&tx, &[], &rows, now).await;
    assert!(matches!(refused, Err(Error::Unexpected(_))), "{refused:?}");
}

#[tokio::test]
async fn r29_what_came_back_short_is_all_that_can_be_sent_again() {
    let world = World::new().await;
    let written = world.withdrawal().await;
    world.insert(&[&written]).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut rows = lock(&tx, &[written.id]).await.unwrap();
    assert!(!rows.payout_returned(written.id, cny(700_000), failure(), now), "not paid yet");
    assert!(rows.payout_paid(written.id, now));
    assert!(rows.payout_returned(written.id, cny(700_000), failure(), now));
    withdrawals::write(&tx, &[], &rows, now).await.unwrap();
    tx.commit().await.unwrap();
    let read = get(&conn, world.merchant, written.id).await.unwrap().unwrap();
    assert_eq!((read.state, read.to_send, read.buy), (WithdrawalState::Returned, cny(700_000), cny(707_870)));
}

#[tokio::test]
async fn r28_an_exchanged_withdrawal_is_never_refunded_and_another_once() {
    let world = World::new().await;
    let exchanged = world.withdrawal().await;
    let plain = Withdrawal {
        id: WithdrawalId::new(world.merchant.shard()),
        rate: None,
        buy: usd(99_700),
        to_send: usd(99_700),
        ..exchanged.clone()
    };
    world.insert(&[&exchanged, &plain]).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut rows = lock(&tx, &[exchanged.id, plain.id]).await.unwrap();
    assert_eq!(rows.iter().count(), 2);
    for id in [exchanged.id, plain.id] {
        let early = rows.refund_movement(id, false, &policy());
        assert!(matches!(early, Err(Refusal::IllegalTransition(_))), "{early:?}");
        assert!(rows.payout_failed(id, failure(), now));
    }
    assert!(matches!(
        rows.refund_movement(exchanged.id, false, &policy()),
        Err(Refusal::IllegalTransition(_))
    ));
    let legs = rows.refund_movement(plain.id, false, &policy()).unwrap().legs();
    assert_eq!(legs.iter().map(|leg| leg.amount).collect::<Vec<_>>(), [usd(99_700), usd(300)]);
    let legs = rows.refund_movement(plain.id, true, &policy()).unwrap().legs();
    assert_eq!(legs.iter().map(|leg| leg.amount).collect::<Vec<_>>(), [usd(99_700)], "the fee was earned");
    rows.refunded(plain.id, now).unwrap();
    assert!(rows.refunded(plain.id, now).is_err());
    assert!(rows.refund_movement(plain.id, false, &policy()).is_err());
    withdrawals::write(&tx, &[], &rows, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(in_transit(&conn, world.merchant).await.unwrap(), [usd(100_000)]);
    let read = get(&conn, world.merchant, plain.id).await.unwrap().unwrap();
    assert_eq!(read.state, WithdrawalState::Refunded);
}

#[tokio::test]
async fn r25_the_program_s_role_can_t_change_what_was_submitted() {
    let world = World::new().await;
    let conn = world.conn().await;
    for sql in [
        "DELETE FROM withdrawals",
        "UPDATE withdrawals SET sell_minor = 1",
        "UPDATE withdrawals SET buy_minor = 1",
        "UPDATE withdrawals SET rate = 1",
        "UPDATE withdrawals SET merchant = payee",
        "UPDATE client_references SET reference = ''",
    ] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}

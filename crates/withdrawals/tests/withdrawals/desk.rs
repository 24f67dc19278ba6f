//! Decisions over what is really in the database.

use std::sync::Arc;

use exchange::QuoteId;
use merchants::MerchantState;
use money::Currency;
use uuid::Uuid;
use withdrawals::{Order, Pricing, Refusal};

use crate::world::{NAME, World, cny, order, usd};

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[exchange::MIGRATIONS, withdrawals::MIGRATIONS]).await;
}

/// 1,000.00 USD less 0.3 % is 997.00; × 7.1 is 7,078.70, reckoned by hand.
#[tokio::test]
async fn r18_r23_a_withdrawal_is_priced_and_debited_at_once() {
    let world = World::new().await;
    world.pay_in(100_000).await;
    let payee = world.payee(world.merchant, NAME, "CNY").await;
    let done = world.submit(&order(world.merchant, payee, 100_000, Currency::CNY)).await.unwrap();
    assert_eq!((done.sell, done.fee, done.net), (usd(100_000), usd(300), usd(99_700)));
    assert_eq!((done.buy, done.to_send), (cny(707_870), cny(707_870)));
    assert_eq!(world.balance().await, 0);
    let conn = world.conn().await;
    let read = withdrawals::get(&conn, world.merchant, done.id).await.unwrap().unwrap();
    assert_eq!((read.sell, read.buy, read.exact, read.rate), (done.sell, done.buy, done.exact, done.rate));
    assert_eq!(withdrawals::in_transit(&conn, world.merchant).await.unwrap(), [usd(100_000)]);
}

#[tokio::test]
async fn r24_forty_withdrawals_at_once_never_take_more_than_there_is() {
    let world = Arc::new(World::new().await);
    world.pay_in(100_000).await;
    let payee = world.payee(world.merchant, NAME, "USD").await;
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(
                async move { world.submit(&order(world.merchant, payee, 9_000, Currency::USD)).await },
            )
        })
        .collect();
    let mut paid = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => paid += 1,
            Err(Refusal::InsufficientFunds { needed, available }) => {
                assert!(needed == usd(9_000) && available.minor() < 9_000, "{available}");
            }
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
    // 11 × 90.00 = 990.00 of 1,000.00.
    assert_eq!((paid, world.balance().await), (11, 1_000));
    let conn = world.conn().await;
    assert_eq!(withdrawals::list(&conn, world.merchant, None, None, 100).await.unwrap().len(), 11);
    assert_eq!(withdrawals::in_transit(&conn, world.merchant).await.unwrap(), [usd(99_000)]);
}

#[tokio::test]
async fn r20_r21_who_may_not_withdraw_and_to_whom_not() {
    let world = World::new().await;
    world.pay_in(100_000).await;
    for (state, refusal) in [
        (MerchantState::Pending, Refusal::MerchantNotActive),
        (MerchantState::Restricted, Refusal::MerchantRestricted),
        (MerchantState::Closed, Refusal::MerchantClosed),
    ] {
        let merchant = world.merchant(state).await;
        let payee = world.payee(merchant, NAME, "CNY").await;
        let refused = world.submit(&order(merchant, payee, 100, Currency::CNY)).await;
        assert_eq!(refused.unwrap_err(), refusal, "{state:?}");
    }
    let stranger = world.merchant(MerchantState::Active).await;
    let theirs = world.payee(stranger, NAME, "CNY").await;
    let somebody = world.payee(world.merchant, "Zhang San", "CNY").await;
    let removed = world.payee(world.merchant, NAME, "CNY").await;
    merchants::delete_payee(&world.conn().await, world.merchant, removed).await.unwrap();
    for (payee, refusal) in [
        (theirs, Refusal::PayeeNotFound),
        (removed, Refusal::PayeeNotFound),
        (somebody, Refusal::PayeeHolderMismatch),
    ] {
        let refused = world.submit(&order(world.merchant, payee, 100, Currency::CNY)).await;
        assert_eq!(refused.unwrap_err(), refusal);
    }
    let dollars = world.payee(world.merchant, NAME, "USD").await;
    let refused = world.submit(&order(world.merchant, dollars, 100, Currency::CNY)).await;
    assert!(matches!(refused, Err(Refusal::Invalid { field: "payee_id", .. })), "{refused:?}");
    assert_eq!(world.balance().await, 100_000);
}

#[tokio::test]
async fn r17_a_quote_is_used_once_and_a_refused_withdrawal_leaves_it_open() {
    let world = Arc::new(World::new().await);
    world.pay_in(150_000).await;
    let payee = world.payee(world.merchant, NAME, "CNY").await;
    let quote = quote(&world, 100_000).await;
    let priced = Order { pricing: Pricing::Quote(quote), ..order(world.merchant, payee, 0, Currency::CNY) };
    // Too little for a second one, even if the quote were used twice.
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (world, mut order) = (world.clone(), priced.clone());
            order.id = withdrawals::WithdrawalId::new(world.merchant.shard());
            tokio::spawn(async move { world.submit(&order).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Refusal::QuoteUsed))),
        "{outcomes:?}"
    );

    let large = self::quote(&world, 60_000).await;
    let order = Order { pricing: Pricing::Quote(large), ..priced };
    let order = Order { id: withdrawals::WithdrawalId::new(world.merchant.shard()), ..order };
    let refused = world.submit(&order).await.unwrap_err();
    assert_eq!(refused, Refusal::InsufficientFunds { needed: usd(60_000), available: usd(50_000) });
    world.pay_in(10_000).await;
    assert_eq!(world.submit(&order).await.unwrap().quote, Some(large));
    assert_eq!(world.balance().await, 0);
}

async fn quote(world: &World, sell: i64) -> QuoteId {
    let quote = world.quote(sell).await;
    let foreign = exchange::get_quote(&world.conn().await, Uuid::now_v7(), quote.id).await.unwrap();
    assert!(foreign.is_none());
    quote.id
}

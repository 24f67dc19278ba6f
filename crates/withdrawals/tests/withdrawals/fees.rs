//! R23: versions of fees, and the monthly free allowance under concurrency. Fees are reckoned by hand.

use std::sync::Arc;

use money::{Currency, FeeSchedule};
use time::Duration;
use withdrawals::{FeeId, FeeScope, FeeVersion, Order, Pricing, Refusal, WithdrawalId};

use crate::world::{NAME, World, order, usd};

async fn set(world: &World, mine: bool, schedule: FeeSchedule) {
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let version = FeeVersion {
        id: FeeId::new(world.merchant.shard()),
        scope: FeeScope {
            merchant: mine.then_some(world.merchant),
            sell: Currency::USD,
            buy: mine.then_some(Currency::CNY),
        },
        schedule,
        valid_from: now - Duration::SECOND,
        valid_until: None,
    };
    withdrawals::insert_fees(&tx, std::slice::from_ref(&version), now).await.unwrap();
    tx.commit().await.unwrap();
    let listed = withdrawals::fees(&world.conn().await, withdrawals::FeesOf::All, None, 1).await.unwrap();
    assert_eq!(listed, [version]);
}

fn by_quote(world: &World, order: &Order, quote: exchange::QuoteId) -> Order {
    Order { id: WithdrawalId::new(world.merchant.shard()), pricing: Pricing::Quote(quote), ..order.clone() }
}

#[tokio::test]
async fn r23_a_fee_set_later_counts_from_then_on_and_a_quote_keeps_its_own() {
    let world = World::new().await;
    world.pay_in(400_000).await;
    let payee = world.payee(world.merchant, NAME, "CNY").await;
    let order = order(world.merchant, payee, 100_000, Currency::CNY);
    let before = world.quote(100_000).await;
    // 0.5 % of 1,000.00 is 5.00, but 4.00 at most.
    set(&world, false, FeeSchedule { maximum_minor: Some(400), ..FeeSchedule::share(5_000) }).await;
    assert_eq!(world.submit(&order).await.unwrap().fee, usd(400));
    // The merchant's own is 1.00 for this corridor, whatever everyone else pays.
    set(&world, true, FeeSchedule { fixed_minor: 100, ..FeeSchedule::ZERO }).await;
    let next = Order { id: WithdrawalId::new(world.merchant.shard()), ..order.clone() };
    assert_eq!(world.submit(&next).await.unwrap().fee, usd(100));
    let quoted = world.submit(&by_quote(&world, &order, before.id)).await.unwrap();
    assert_eq!((before.price.fee, quoted.fee), (usd(300), usd(300)));
    assert_eq!(world.balance().await, 100_000);
}

/// 1,500.00 a month are free, then 1 %. What an open quote shows is kept for it.
#[tokio::test]
async fn r23_what_is_free_is_free_once_whatever_quotes_and_orders_there_are() {
    let world = World::new().await;
    world.pay_in(1_000_000).await;
    let payee = world.payee(world.merchant, NAME, "CNY").await;
    set(&world, true, FeeSchedule { free_minor: 150_000, ..FeeSchedule::share(10_000) }).await;
    let order = order(world.merchant, payee, 100_000, Currency::CNY);
    let (first, second, third) =
        (world.quote(100_000).await, world.quote(100_000).await, world.quote(100_000).await);
    // 1,000.00 free; 500.00 free and 1 % of 500.00; nothing free.
    let fees = [first.price.fee, second.price.fee, third.price.fee];
    assert_eq!(fees, [usd(0), usd(500), usd(1_000)]);
    // All of it is kept for quotes: at the market's price nothing is free.
    let market = world.submit(&order).await.unwrap();
    assert_eq!((market.fee, market.free_minor), (usd(1_000), 0));
    let used = world.submit(&by_quote(&world, &order, second.id)).await.unwrap();
    assert_eq!((used.fee, used.free_minor), (usd(500), 50_000));
    let again = world.submit(&by_quote(&world, &order, second.id)).await;
    assert_eq!(again.unwrap_err(), Refusal::QuoteUsed);
    // The first quote still keeps 1,000.00 of 1,500.00, and 500.00 are used.
    assert_eq!(world.quote(100_000).await.price.fee, usd(1_000));
    let used = world.submit(&by_quote(&world, &order, first.id)).await.unwrap();
    assert_eq!((used.fee, used.free_minor), (usd(0), 100_000));
    assert_eq!(world.quote(1_000).await.price.fee, usd(10));
}

/// 20 at once of 100.00 each, 750.00 free: fees are 1 % of 1,250.00 in all, whoever came first.
#[tokio::test]
async fn r23_the_free_allowance_holds_under_concurrency() {
    let world = Arc::new(World::new().await);
    world.pay_in(1_000_000).await;
    let payee = world.payee(world.merchant, NAME, "CNY").await;
    set(&world, true, FeeSchedule { free_minor: 75_000, ..FeeSchedule::share(10_000) }).await;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let world = world.clone();
            tokio::spawn(async move {
                let mut order = order(world.merchant, payee, 10_000, Currency::CNY);
                if number % 2 == 0 {
                    order = by_quote(&world, &order, world.quote(10_000).await.id);
                }
                world.submit(&order).await.unwrap()
            })
        })
        .collect();
    let (mut fees, mut free) = (0, 0);
    for task in tasks {
        let done = task.await.unwrap();
        fees += done.fee.minor();
        free += done.free_minor;
    }
    assert_eq!((fees, free), (1_250, 75_000));
}

/// Whatever quotes kept: it is more than any allowance, so nothing is free, and prices are made as before.
#[tokio::test]
async fn r23_what_quotes_keep_may_be_more_than_64_bits_hold() {
    let world = World::new().await;
    set(&world, true, FeeSchedule { free_minor: i64::MAX, ..FeeSchedule::share(10_000) }).await;
    assert_eq!(world.quote(100_000).await.price.fee, usd(0));
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let until = tx.now().await.unwrap() + Duration::MINUTE;
    let of = (world.merchant, Currency::USD);
    for _ in 0..2 {
        let quote = exchange::QuoteId::new(world.merchant.shard());
        withdrawals::reserve(&tx, quote, of, i64::MAX, until).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.quote(100_000).await.price.fee, usd(1_000));
}

//! Sums over shards: each shard's counters have 64 bits, together they may need more.

use ledger::{AccountKind, Bought, Exchanged, MerchantRef, Movement, exchanged, institution_sums};
use money::{Currency, Money};
use rust_decimal::Decimal;
use time::Duration;

use crate::world::{LAYOUT, World, bank, in_suspense, merchant, paid_in, usd};

/// Two of them are more than 64 bits.
const MUCH: i64 = 5_000_000_000_000_000_000;

#[tokio::test]
async fn r5_the_institutions_accounts_are_listed_whatever_banks_claim() {
    let world = World::new().await;
    world.post(&[in_suspense(3, MUCH), in_suspense(5, MUCH), in_suspense(5, 7)]).await.unwrap();
    let conn = world.db.pool.get().await.unwrap();
    let sums = institution_sums(&conn, None, None).await.unwrap();
    let found: Vec<_> = sums
        .iter()
        .map(|sum| (sum.kind, sum.owner.as_str(), sum.debits, sum.credits, sum.balance_minor(), sum.shards))
        .collect();
    let (all, none) = (Decimal::from(10_000_000_000_000_000_007_i128), Decimal::ZERO);
    assert_eq!(
        found,
        [(AccountKind::Nostro, "hb", all, none, all, 2), (AccountKind::Suspense, "", none, all, all, 2)]
    );
}

#[tokio::test]
async fn r43_a_day_may_exchange_more_than_64_bits_hold() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    // Of one chain, and one of another.
    let (m, n, other) = (merchant(3), merchant(7), merchant(4));
    world.post(&[paid_in(m, MUCH), paid_in(n, MUCH), paid_in(other, MUCH)]).await.unwrap();
    let exchange = |merchant: MerchantRef| Movement::WithdrawalExchanged {
        bank: bank(),
        merchant,
        fee: usd(0),
        net: usd(MUCH),
        bought: Bought::whole(Money::new(MUCH, Currency::CNY).unwrap()),
    };
    world.post(&[exchange(m), exchange(n), exchange(other)]).await.unwrap();
    let tx = conn.begin_snapshot().await.unwrap();
    let now = tx.now().await.unwrap();
    let booked = exchanged(&tx, LAYOUT, (now - Duration::HOUR, now + Duration::HOUR)).await.unwrap();
    let all = Decimal::from(15_000_000_000_000_000_000_i128);
    assert_eq!(booked.get("USD"), Some(&Exchanged { sold: all, bought: Decimal::ZERO }));
    assert_eq!(booked.get("CNY"), Some(&Exchanged { sold: Decimal::ZERO, bought: all }));
}

//! R30, R45: what counts against limits and allowances, and what does no more.

use merchants::MerchantId;
use money::Currency;
use time::UtcOffset;
use withdrawals::{FeeId, Limit, Limits, Scope};

use super::world::{World, operate, returned, usd};
use crate::commands::{Action, NewFee};

impl World {
    /// 5,000.00 in a day, and before full verification; 1,000.00 a month are free of the fee.
    async fn limited() -> World {
        let limit =
            |name: &str, scope| Limit { name: name.into(), scope, sell: None, buy: None, most: usd(500_000) };
        let all = vec![limit("day", Scope::Day), limit("unverified", Scope::BeforeVerification)];
        let world = World::with_limits(Limits::new(all, UtcOffset::UTC)).await;
        let verify = Action::VerifyMerchant { merchant: world.merchant, full: false };
        assert_eq!(world.one(operate(verify)).await.0, 200);
        let fee = Action::SetFee(Box::new(fee(world.merchant)));
        assert_eq!(world.by_two(fee).await.0, 200);
        world.pay_in(usd(1_000_000)).await;
        world
    }

    /// What is used of each limit and allowance, minor units.
    async fn used(&self) -> Vec<(String, i64)> {
        let sql =
            "SELECT limit_name, used_minor FROM limit_usage WHERE merchant = $1 ORDER BY limit_name, day";
        let rows = self.conn().await.query(sql, &[&self.merchant.uuid()]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

fn fee(merchant: MerchantId) -> NewFee {
    NewFee {
        id: FeeId::new(merchant.shard()),
        merchant: Some(merchant),
        sell: Currency::USD,
        buy: None,
        fixed_minor: 0,
        parts_per_million: 10_000,
        minimum_minor: 0,
        maximum_minor: None,
        free_minor: 100_000,
        valid_from: None,
        valid_until: None,
    }
}

/// 2,900.00 are paid; one dollar comes back, or all of it, and is refunded. The rest has left.
#[tokio::test]
async fn r30_a_refund_of_what_was_paid_gives_nothing_back_of_a_limit() {
    for whole in [false, true] {
        let world = World::limited().await;
        let (withdrawal, payout) = world.withdraw(usd(290_000)).await;
        world.pays(payout).await;
        assert_eq!(world.try_withdraw(usd(290_000)).await.0, 422, "5,000.00 is the most");
        let used = world.used().await;
        let left: Vec<i64> = used.iter().map(|(_, minor)| *minor).collect();
        assert_eq!(left.iter().filter(|minor| **minor == 290_000).count(), 2, "{used:?}");
        assert!(left.contains(&100_000), "free of the fee: {used:?}");

        let amount = if whole { world.payout(payout).await.amount } else { usd(100) };
        assert_eq!(world.says(payout, returned(amount)).await.0, "applied");
        assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
        assert_eq!(world.used().await, used);
        let (status, refused) = world.try_withdraw(usd(290_000)).await;
        assert_eq!((status, refused["type"].as_str()), (422, Some("/problems/limit-exceeded")), "{refused}");
        world.verify().await;
    }
}

#[tokio::test]
async fn r30_r45_what_was_never_paid_counts_no_more_once_it_is_refunded_or_refused() {
    for refused in [false, true] {
        let world = World::limited().await;
        let (withdrawal, payout) = world.withdraw(usd(290_000)).await;
        let action = if refused {
            Action::RefuseWithdrawal { withdrawal }
        } else {
            world.fails(payout).await;
            Action::RefundWithdrawal { withdrawal }
        };
        assert_eq!(world.one(operate(action)).await.0, 200);
        let used = world.used().await;
        assert!(!used.is_empty() && used.iter().all(|(_, minor)| *minor == 0), "{used:?}");
        assert_eq!(world.money(Currency::USD).await, (1_000_000, 0), "fee and all");
        assert_eq!(world.try_withdraw(usd(290_000)).await.0, 201);
        world.verify().await;
    }
}

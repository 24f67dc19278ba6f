//! Which payments are the settlements that were announced (R10).

use std::collections::HashSet;

use time::{Date, Duration, UtcOffset};

use super::{Settlement, SettlementId};
use crate::payment::Payment;
use crate::receipt::PaymentId;
use crate::state::PaymentState;

/// So many days after the platform paid a payment may still be what it paid.
pub const AWAITED_DAYS: i64 = 90;
/// So many days more it is looked for: a payment that was in review counts by the day on which it came, and is credited later.
const REVIEW_DAYS: i64 = 30;
/// The institution's day may be ahead of the account's.
const AHEAD_DAYS: i64 = 1;

/// Settlements are looked for that were paid after this day, when it is `today` for the institution.
pub fn paid_after(today: Date) -> Date {
    today.saturating_sub(Duration::days(AWAITED_DAYS + REVIEW_DAYS + AHEAD_DAYS))
}

/// Pairs of a settlement and the payment that it was: credited to the same account, of exactly its amount, nothing of which its bank
/// has taken back, with a day from the one on which the platform paid to [`AWAITED_DAYS`] later. The oldest settlement takes the
/// oldest payment; each payment is one settlement's at most, and none of `taken`.
pub fn arrivals(
    open: &[Settlement],
    credited: &[Payment],
    taken: &HashSet<PaymentId>,
) -> Vec<(SettlementId, PaymentId)> {
    let mut open: Vec<&Settlement> = open.iter().filter(|one| one.is_open()).collect();
    open.sort_by_key(|one| (one.paid_on, one.created_at, one.id));
    let mut payments: Vec<&Payment> = credited.iter().filter(|one| !taken.contains(&one.id)).collect();
    payments.sort_by_key(|one| (day_of(one), one.received_at, one.id));
    let mut pairs: Vec<(SettlementId, PaymentId)> = Vec::new();
    let mut used = HashSet::new();
    for settlement in open {
        let free = |payment: &&&Payment| !used.contains(&payment.id) && answers(payment, settlement);
        if let Some(payment) = payments.iter().find(free) {
            used.insert(payment.id);
            pairs.push((settlement.id, payment.id));
        }
    }
    pairs
}

fn answers(payment: &Payment, settlement: &Settlement) -> bool {
    payment.status == PaymentState::Credited
        && payment.merchant == Some(settlement.merchant)
        && payment.account == Some(settlement.account)
        && payment.amount == settlement.amount
        && payment.reversed_minor == 0
        && in_time(payment, settlement.paid_on)
}

/// By the day of receipt, where the bank says none, from a day earlier on: that day is UTC's, and the merchant's begins before it.
fn in_time(payment: &Payment, paid_on: Date) -> bool {
    let first = match payment.value_date {
        Some(_) => paid_on,
        None => paid_on.saturating_sub(Duration::days(1)),
    };
    (first..=paid_on.saturating_add(Duration::days(AWAITED_DAYS))).contains(&day_of(payment))
}

/// The day on which the bank counts it; that on which it came, where the bank doesn't say.
fn day_of(payment: &Payment) -> Date {
    payment.value_date.unwrap_or_else(|| payment.received_at.to_offset(UtcOffset::UTC).date())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use merchants::{MerchantId, ReceivingAccountId};
    use money::{Currency, Money};
    use pg::Shard;
    use time::OffsetDateTime;
    use time::macros::{date, datetime};
    use uuid::Uuid;

    use super::*;
    use crate::settlements::SettlementState;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    struct World {
        merchant: MerchantId,
        account: ReceivingAccountId,
    }

    fn world() -> World {
        let shard = Shard::new(3).unwrap();
        World { merchant: MerchantId::new(shard), account: ReceivingAccountId::new(shard) }
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD).unwrap()
    }

    impl World {
        fn settlement(&self, paid_on: Date, minor: i64) -> Settlement {
            Settlement {
                id: SettlementId::new(self.merchant.shard()),
                merchant: self.merchant,
                account: self.account,
                store: None,
                amount: usd(minor),
                reference: "STL-1".into(),
                paid_on,
                due_at: NOW,
                state: SettlementState::Announced,
                payment: None,
                asked_at: None,
                finding: None,
                finding_reason: None,
                created_at: NOW,
                settled_at: None,
            }
        }

        fn payment(&self, value_date: Option<Date>, minor: i64) -> Payment {
            Payment {
                id: PaymentId::new(Shard::new(5).unwrap()),
                bank: Arc::from("alpha"),
                reference: "HB-1".into(),
                position: 0,
                account_index: [0; 32],
                account: Some(self.account),
                merchant: Some(self.merchant),
                amount: usd(minor),
                status: PaymentState::Credited,
                reason: None,
                conflict: false,
                sum_mismatch: false,
                reversed_minor: 0,
                details_sealed: Arc::from([].as_slice()),
                uetr: None,
                value_date,
                event: Uuid::nil(),
                received_at: NOW,
                decided_at: Some(NOW),
            }
        }
    }

    #[test]
    fn r10_what_arrives_is_what_was_announced_to_the_cent_the_account_and_the_days() {
        let world = world();
        let open = [world.settlement(date!(2026 - 11 - 10), 12_000)];
        let right = world.payment(Some(date!(2026 - 11 - 12)), 12_000);
        let came = |received_at| Payment { value_date: None, received_at, ..right.clone() };
        let cases: [(&str, Payment, bool); 14] = [
            ("it", right.clone(), true),
            ("on the first day", Payment { value_date: Some(date!(2026 - 11 - 10)), ..right.clone() }, true),
            ("before", Payment { value_date: Some(date!(2026 - 11 - 09)), ..right.clone() }, false),
            ("on the last day", Payment { value_date: Some(date!(2027 - 02 - 08)), ..right.clone() }, true),
            ("too late", Payment { value_date: Some(date!(2027 - 02 - 09)), ..right.clone() }, false),
            ("without a day", Payment { value_date: None, ..right.clone() }, true),
            ("without one, on the merchant's first day", came(datetime!(2026-11-09 16:30 UTC)), true),
            ("without one, before", came(datetime!(2026-11-08 23:59 UTC)), false),
            ("a cent less", Payment { amount: usd(11_999), ..right.clone() }, false),
            (
                "other currency",
                Payment { amount: Money::new(12_000, Currency::EUR).unwrap(), ..right.clone() },
                false,
            ),
            (
                "other account",
                Payment { account: Some(ReceivingAccountId::new(world.merchant.shard())), ..right.clone() },
                false,
            ),
            ("taken back", Payment { reversed_minor: 12_000, ..right.clone() }, false),
            ("taken back in part", Payment { reversed_minor: 1, ..right.clone() }, false),
            ("in review", Payment { status: PaymentState::InReview, ..right }, false),
        ];
        for (what, payment, expected) in cases {
            let found = arrivals(&open, std::slice::from_ref(&payment), &HashSet::new());
            let wanted: Vec<_> = expected.then_some((open[0].id, payment.id)).into_iter().collect();
            assert_eq!(found, wanted, "{what}");
        }
    }

    #[test]
    fn r10_a_settlement_is_looked_for_longer_than_its_payment_may_take() {
        let paid_on = date!(2026 - 11 - 10);
        // On the last day an American account still has the day before the institution's, and a review takes a month.
        assert!(paid_on > paid_after(paid_on + Duration::days(AWAITED_DAYS + 30 + 1) - Duration::days(1)));
        assert!(paid_on <= paid_after(paid_on + Duration::days(AWAITED_DAYS + 30 + 1)));
    }

    #[test]
    fn r10_the_oldest_comes_first_and_each_payment_is_one_settlement_s() {
        let world = world();
        let (old, new) =
            (world.settlement(date!(2026 - 11 - 10), 500), world.settlement(date!(2026 - 11 - 12), 500));
        let (early, late) = (
            world.payment(Some(date!(2026 - 11 - 13)), 500),
            world.payment(Some(date!(2026 - 11 - 16)), 500),
        );
        let none = HashSet::new();
        let both = arrivals(&[new.clone(), old.clone()], &[late.clone(), early.clone()], &none);
        assert_eq!(both, [(old.id, early.id), (new.id, late.id)]);
        let one = arrivals(&[new.clone(), old.clone()], std::slice::from_ref(&early), &none);
        assert_eq!(one, [(old.id, early.id)]);
        let taken = HashSet::from([early.id]);
        assert_eq!(
            arrivals(std::slice::from_ref(&old), &[late.clone(), early.clone()], &taken),
            [(old.id, late.id)]
        );
        // One for the newer alone doesn't go to the older, which was paid later than it came.
        let before = world.payment(Some(date!(2026 - 11 - 11)), 500);
        let later = world.settlement(date!(2026 - 11 - 12), 500);
        assert_eq!(arrivals(&[later], &[before], &none), []);
        let closed = Settlement { state: SettlementState::Closed, ..old };
        assert_eq!(arrivals(&[closed], &[early], &none), []);
    }
}

//! R5, R6: what becomes of money when it arrives. Pure: the caller claimed the keys, looked up the accounts and
//! locked the merchants.

use ledger::{MerchantRef, Movement};
use merchants::{OpenOrders, StoreId};
use money::Money;

use crate::claim::Claimed;
use crate::decide::Reason;
use crate::matching::{Case, Matching};
use crate::payment::Payment;
use crate::receipt::{PaymentId, Receipt};
use crate::state::PaymentState;

/// A receipt and what its key came to.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// What the bank reported.
    pub receipt: &'a Receipt,
    /// The answer of [`claim`](crate::claim) to it.
    pub claimed: Claimed,
}

/// What became of one receipt.
#[derive(Debug)]
pub enum Received {
    /// A payment: to be inserted, and its movement to be posted with the payment's id as cause.
    Payment {
        /// The row to be; its status and reason are the bank's answer. Boxed, it is much the larger case.
        payment: Box<Payment>,
        /// What to post, in this order.
        movements: Vec<Movement>,
    },
    /// Reported before: nothing to post.
    Duplicate(PaymentId),
}

/// Decides a slice of receipts; the answers lie in the same order. Who is credited takes the orders that cover it
/// out of `orders`.
pub fn receive(incoming: &[Incoming<'_>], matching: &Matching<'_>, orders: &mut OpenOrders) -> Vec<Received> {
    incoming
        .iter()
        .map(|Incoming { receipt, claimed }| match *claimed {
            Claimed::Duplicate { payment } => Received::Duplicate(payment),
            Claimed::New { conflict } => receive_one(receipt, conflict, matching, orders),
        })
        .collect()
}

fn receive_one(
    receipt: &Receipt,
    conflict: bool,
    matching: &Matching<'_>,
    orders: &mut OpenOrders,
) -> Received {
    let account = matching.account(&receipt.bank, &receipt.account_index);
    let case = Case {
        payment: receipt.id,
        amount: receipt.amount,
        conflict,
        sum_mismatch: receipt.sum_mismatch,
        remitter: receipt.remitter_name.as_ref().map(|name| name.reveal().as_str()),
    };
    let judged = matching.judge(account, &case, orders);
    let merchant = account.map(|account| account.merchant);
    let (bank, amount) = (receipt.bank.clone(), receipt.amount);
    let (status, reason, movements) = match (judged, merchant) {
        (Ok(evidence), Some(id)) => {
            let merchant = MerchantRef { shard: id.shard(), id: id.uuid() };
            let mut movements = vec![Movement::PaymentCredited { bank, merchant, amount }];
            movements.extend(used(&evidence));
            (PaymentState::Credited, None, movements)
        }
        (judged, _) => {
            let reason = judged.err().unwrap_or(Reason::UnknownAccount);
            let movement = Movement::PaymentToSuspense { bank, shard: receipt.id.shard(), amount };
            (PaymentState::InReview, Some(reason), vec![movement])
        }
    };
    let payment = Payment {
        id: receipt.id,
        bank: receipt.bank.clone(),
        reference: receipt.reference.clone(),
        position: receipt.position,
        account_index: receipt.account_index,
        account: account.map(|account| account.id),
        merchant,
        amount,
        status,
        reason,
        conflict,
        sum_mismatch: receipt.sum_mismatch,
        reversed_minor: 0,
        details_sealed: receipt.details_sealed.clone(),
        uetr: receipt.uetr,
        value_date: receipt.value_date,
        event: receipt.event,
        received_at: matching.now,
        decided_at: (status == PaymentState::Credited).then_some(matching.now),
    };
    Received::Payment { payment: Box::new(payment), movements }
}

/// The evidence that a credit uses up.
pub(crate) fn used(evidence: &[(StoreId, Money)]) -> impl Iterator<Item = Movement> {
    evidence.iter().map(|(store, amount)| Movement::EvidenceUsed {
        shard: store.shard(),
        store: store.uuid(),
        amount: *amount,
    })
}

#[cfg(test)]
mod tests {
    use merchants::{MerchantId, MerchantState, ReceivingAccount};
    use money::{Currency, Money};
    use time::Duration;

    use super::*;
    use crate::samples::{self, Known, NOW, REMITTER};

    /// What one receipt becomes, given the account and the merchant's state.
    fn outcome(
        change: impl FnOnce(&mut Receipt, &mut ReceivingAccount),
        state: MerchantState,
        conflict: bool,
    ) -> (Payment, Vec<Movement>) {
        let merchant = samples::merchant();
        let (mut receipt, mut account) = (samples::receipt(), samples::account(merchant));
        change(&mut receipt, &mut account);
        let mut orders = samples::orders(&account, 2_500);
        let known = Known::of(&[(merchant, state)]).with(account);
        let incoming = Incoming { receipt: &receipt, claimed: Claimed::New { conflict } };
        match receive(&[incoming], &known.matching(), &mut orders).pop() {
            Some(Received::Payment { payment, movements }) => (*payment, movements),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn r6_a_platforms_money_is_credited_in_the_merchants_shard() {
        let (payment, movements) = outcome(|_, _| {}, MerchantState::Active, false);
        assert_eq!((payment.status, payment.reason), (PaymentState::Credited, None));
        assert_eq!(payment.decided_at, Some(NOW));
        let [Movement::PaymentCredited { merchant, amount, .. }, Movement::EvidenceUsed { amount: used, .. }] =
            movements.as_slice()
        else {
            panic!("{movements:?}")
        };
        assert_eq!(*used, samples::usd(2_500), "the whole of it is covered");
        let (merchant, amount) = (*merchant, *amount);
        assert_eq!(merchant, MerchantRef { shard: samples::shard(5), id: payment.merchant.unwrap().uuid() });
        assert_eq!(amount, samples::usd(2_500));
    }

    #[test]
    fn r5_r6_what_is_not_credited_lies_in_suspense_in_the_payments_shard() {
        type Change = fn(&mut Receipt, &mut ReceivingAccount);
        let table: [(&str, Change, Reason); 13] = [
            ("another number", |r, _| r.account_index = [8; 32], Reason::UnknownAccount),
            ("R1: the number at another bank", |r, _| r.bank = "other".into(), Reason::UnknownAccount),
            ("yen", |r, _| r.amount = Money::new(2_500, Currency::JPY).unwrap(), Reason::CurrencyMismatch),
            (
                "a merchant that is not locked",
                |_, a| a.merchant = MerchantId::new(samples::shard(5)),
                Reason::MerchantNotActive,
            ),
            ("no store", |_, a| a.stores.clear(), Reason::UnlinkedStore),
            (
                "ends now",
                |_, a| a.stores = vec![samples::store("amazon", NOW)],
                Reason::StoreAuthorizationLapsed,
            ),
            ("no remitter", |r, _| r.remitter_name = None, Reason::RemitterNotPlatform),
            (
                "somebody",
                |r, _| r.remitter_name = Some(privacy::Sensitive::new("SOMEBODY LTD".to_owned())),
                Reason::RemitterNotPlatform,
            ),
            (
                "another platform's store",
                |_, a| a.stores = vec![samples::store("ebay", NOW + Duration::DAY)],
                Reason::RemitterNotPlatform,
            ),
            (
                "the platform's own store has lapsed",
                |_, a| {
                    a.stores =
                        vec![samples::store("ebay", NOW + Duration::DAY), samples::store("amazon", NOW)]
                },
                Reason::RemitterNotPlatform,
            ),
            ("a sum that is wrong", |r, _| r.sum_mismatch = true, Reason::EntrySumMismatch),
            ("a cent more than the orders", |r, _| r.amount = samples::usd(2_501), Reason::OrdersDoNotCover),
            (
                "R15: a PayPal account without its eBay stores",
                |_, a| a.stores = vec![samples::store("paypal", NOW + Duration::DAY)],
                Reason::UnlinkedStore,
            ),
        ];
        for (case, change, reason) in table {
            let (payment, movements) = outcome(change, MerchantState::Active, false);
            assert_eq!((payment.status, payment.reason), (PaymentState::InReview, Some(reason)), "{case}");
            assert_eq!(payment.decided_at, None, "{case}");
            assert_eq!(payment.merchant.is_some(), reason != Reason::UnknownAccount, "{case}");
            let [Movement::PaymentToSuspense { shard, .. }] = movements.as_slice() else {
                panic!("{case}: {movements:?}")
            };
            assert_eq!(*shard, samples::shard(3), "{case}");
        }
    }

    #[test]
    fn r6_the_orders_of_a_store_that_may_not_pay_cover_nothing() {
        let merchant = samples::merchant();
        let mut account = samples::account(merchant);
        let lapsed = samples::store("amazon", NOW);
        account.stores.push(lapsed.clone());
        let mut orders = samples::orders(&account, 2_000);
        let known = Known::of(&[(merchant, MerchantState::Active)]).with(account);
        let receipt = samples::receipt();
        let incoming = Incoming { receipt: &receipt, claimed: Claimed::New { conflict: false } };
        let received = receive(&[incoming], &known.matching(), &mut orders).pop();
        let Some(Received::Payment { payment, .. }) = received else { panic!("{received:?}") };
        assert_eq!(payment.reason, Some(Reason::OrdersDoNotCover));
        assert!(orders.cover(&[lapsed.id], samples::usd(2_000), uuid::Uuid::now_v7()).is_some(), "untouched");
    }

    #[test]
    fn r6_two_payments_of_one_batch_share_no_order() {
        let merchant = samples::merchant();
        let account = samples::account(merchant);
        let mut orders = samples::orders(&account, 4_999);
        let known = Known::of(&[(merchant, MerchantState::Active)]).with(account);
        let receipts = [samples::receipt(), samples::receipt()];
        let claimed = Claimed::New { conflict: false };
        let incoming = receipts.each_ref().map(|receipt| Incoming { receipt, claimed });
        let received = receive(&incoming, &known.matching(), &mut orders);
        let reasons: Vec<Option<Reason>> = received
            .iter()
            .map(|received| match received {
                Received::Payment { payment, .. } => payment.reason,
                Received::Duplicate(_) => panic!("{received:?}"),
            })
            .collect();
        assert_eq!(reasons, [None, Some(Reason::OrdersDoNotCover)]);
    }

    #[test]
    fn r15_paypal_money_is_covered_by_the_linked_ebay_stores_orders() {
        let ebay = merchants::StoreId::new(samples::shard(5));
        let merchant = samples::merchant();
        let mut account = samples::account(merchant);
        let paypal = samples::store("paypal", NOW + Duration::DAY);
        account.stores = vec![merchants::LinkedStore { ebay_stores: vec![ebay], ..paypal }];
        let mut receipt = samples::receipt();
        receipt.remitter_name = Some(privacy::Sensitive::new(samples::PAYPAL.to_owned()));
        let known = Known::of(&[(merchant, MerchantState::Active)]).with(account);
        let mut orders = samples::orders_of(ebay, 2_500);
        let incoming = Incoming { receipt: &receipt, claimed: Claimed::New { conflict: false } };
        let received = receive(&[incoming], &known.matching(), &mut orders).pop();
        let Some(Received::Payment { movements, .. }) = received else { panic!("{received:?}") };
        let [Movement::PaymentCredited { .. }, Movement::EvidenceUsed { store, .. }] = movements.as_slice()
        else {
            panic!("{movements:?}")
        };
        assert_eq!(*store, ebay.uuid());
    }

    #[test]
    fn r4_a_contradicting_report_goes_to_review() {
        let (payment, _) = outcome(|_, _| {}, MerchantState::Active, true);
        assert_eq!((payment.reason, payment.conflict), (Some(Reason::ReferenceConflict), true));
    }

    #[test]
    fn r32_who_may_not_receive_is_reviewed() {
        let (merchant, receipt) = (samples::merchant(), samples::receipt());
        let became = |state, before| {
            let account = samples::account(merchant);
            let mut orders = samples::orders(&account, 2_500);
            let mut known = Known::of(&[]).with(account);
            known.merchants.insert(merchant, (state, before));
            let incoming = Incoming { receipt: &receipt, claimed: Claimed::New { conflict: false } };
            match receive(&[incoming], &known.matching(), &mut orders).pop() {
                Some(Received::Payment { payment, .. }) => (payment.status, payment.reason),
                other => panic!("{other:?}"),
            }
        };
        let (credited, reviewed) =
            ((PaymentState::Credited, None), (PaymentState::InReview, Some(Reason::MerchantNotActive)));
        for (state, expected) in [
            (MerchantState::Pending, reviewed),
            (MerchantState::Active, credited),
            (MerchantState::Restricted, credited),
            (MerchantState::Closing, reviewed),
            (MerchantState::Closed, reviewed),
        ] {
            assert_eq!(became(state, None), expected, "{state:?}");
            // What it was before counts on, while it is frozen.
            assert_eq!(became(MerchantState::Frozen, Some(state)), expected, "frozen, {state:?} before");
        }
    }

    #[test]
    fn r4_a_duplicate_posts_nothing() {
        let first = PaymentId::new(samples::shard(3));
        let receipt = samples::receipt();
        let incoming = Incoming { receipt: &receipt, claimed: Claimed::Duplicate { payment: first } };
        let received = receive(&[incoming], &Known::of(&[]).matching(), &mut OpenOrders::default());
        assert!(matches!(received.as_slice(), [Received::Duplicate(id)] if *id == first));
    }

    #[test]
    fn r37_a_payment_does_not_print_its_remitter() {
        let text = format!("{:?} {:?}", samples::receipt(), outcome(|_, _| {}, MerchantState::Active, false));
        assert!(!text.contains(REMITTER), "{text}");
    }
}

//! The table of postings, and the properties that every posting has. No database.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use ledger::{Account, Bought, Leg, MerchantRef, Movement, TransferKind};
use money::{Currency, Money};
use pg::{Shard, Shards};
use proptest::prelude::*;
use uuid::Uuid;

fn bank() -> Arc<str> {
    Arc::from("hb")
}

fn shard(n: u8) -> Shard {
    Shards::new(16).all().nth(usize::from(n)).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY).unwrap()
}

fn merchant() -> MerchantRef {
    MerchantRef { shard: shard(3), id: Uuid::from_u128(7) }
}

fn rows(movement: &Movement) -> Vec<(String, String, String, &'static str)> {
    movement
        .legs()
        .iter()
        .map(|leg| {
            (
                name(&leg.debit),
                name(&leg.credit),
                format!("{} {}", leg.amount, leg.amount.currency().code()),
                leg.kind.as_str(),
            )
        })
        .collect()
}

fn name(account: &Account) -> String {
    format!("{}@{}", account.kind().as_str(), account.key().shard.number())
}

fn check(movement: Movement, expected: &[(&str, &str, &str, &'static str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(d, c, a, k)| (d.to_string(), c.to_string(), a.to_string(), *k)).collect();
    assert_eq!(rows(&movement), expected);
}

#[test]
fn r23_the_table_of_postings() {
    let (hb, m) = (bank(), merchant());
    check(
        Movement::PaymentCredited { bank: hb.clone(), merchant: m, amount: usd(250_000) },
        &[("nostro@3", "merchant@3", "2500.00 USD", "payment")],
    );
    check(
        Movement::PaymentToSuspense { bank: hb.clone(), shard: shard(5), amount: usd(1) },
        &[("nostro@5", "suspense@5", "0.01 USD", "suspense")],
    );
    check(
        Movement::ReviewCredit { shard: shard(3), merchant: m, amount: usd(100) },
        &[("suspense@3", "merchant@3", "1.00 USD", "review_credit")],
    );
    check(
        Movement::ReviewCredit { shard: shard(5), merchant: m, amount: usd(100) },
        &[
            ("suspense@5", "intershard@5", "1.00 USD", "review_credit"),
            ("intershard@3", "merchant@3", "1.00 USD", "review_credit"),
        ],
    );
    check(
        Movement::ReviewReturn { bank: hb.clone(), shard: shard(5), amount: usd(100) },
        &[("suspense@5", "payout_clearing@5", "1.00 USD", "review_return")],
    );
    check(
        Movement::ReviewReturnFailed { bank: hb.clone(), shard: shard(5), amount: usd(100) },
        &[("payout_clearing@5", "suspense@5", "1.00 USD", "review_return_failed")],
    );
    check(
        Movement::WithdrawalExchanged {
            bank: hb.clone(),
            merchant: m,
            fee: usd(300),
            net: usd(99_700),
            bought: Bought::whole(cny(707_870)),
        },
        &[
            ("merchant@3", "fees@3", "3.00 USD", "fee"),
            ("merchant@3", "exchange@3", "997.00 USD", "exchange_sold"),
            ("exchange@3", "payout_clearing@3", "7078.70 CNY", "exchange_bought"),
        ],
    );
    check(
        Movement::WithdrawalExchanged {
            bank: hb.clone(),
            merchant: m,
            fee: usd(300),
            net: usd(99_700),
            bought: Bought { payee: cny(707_020), spread: cny(708), premium: cny(142) },
        },
        &[
            ("merchant@3", "fees@3", "3.00 USD", "fee"),
            ("merchant@3", "exchange@3", "997.00 USD", "exchange_sold"),
            ("exchange@3", "payout_clearing@3", "7070.20 CNY", "exchange_bought"),
            ("exchange@3", "fees@3", "7.08 CNY", "spread"),
            ("exchange@3", "fees@3", "1.42 CNY", "lock_premium"),
        ],
    );
    check(
        Movement::WithdrawalSameCurrency { bank: hb.clone(), merchant: m, fee: usd(0), net: usd(500) },
        &[("merchant@3", "payout_clearing@3", "5.00 USD", "withdrawal")],
    );
    check(
        Movement::PayoutPaid { bank: hb.clone(), shard: shard(3), amount: cny(500) },
        &[("payout_clearing@3", "nostro@3", "5.00 CNY", "payout_paid")],
    );
    check(
        Movement::PayoutReturned {
            bank: hb.clone(),
            shard: shard(3),
            merchant: Some(m.id),
            amount: cny(400),
        },
        &[("nostro@3", "payout_clearing@3", "4.00 CNY", "payout_returned")],
    );
    check(
        Movement::Refund { bank: hb, merchant: m, net: usd(497), fee: usd(3) },
        &[
            ("payout_clearing@3", "merchant@3", "4.97 USD", "refund"),
            ("fees@3", "merchant@3", "0.03 USD", "fee_refund"),
        ],
    );
}

#[test]
fn r8_the_table_of_what_banks_take_back() {
    let (bank, m) = (bank(), merchant());
    let reversed =
        |covered, owed| Movement::PaymentReversed { bank: bank.clone(), merchant: m, covered, owed };
    check(reversed(usd(500), usd(0)), &[("merchant@3", "nostro@3", "5.00 USD", "reversal")]);
    check(reversed(usd(0), usd(500)), &[("receivable@3", "nostro@3", "5.00 USD", "reversal_owed")]);
    check(
        reversed(usd(200), usd(300)),
        &[
            ("merchant@3", "nostro@3", "2.00 USD", "reversal"),
            ("receivable@3", "nostro@3", "3.00 USD", "reversal_owed"),
        ],
    );
    check(
        Movement::SuspenseReversed { bank: bank.clone(), shard: shard(5), amount: usd(7) },
        &[("suspense@5", "nostro@5", "0.07 USD", "suspense_reversed")],
    );
    check(
        Movement::ReceivableRepaid { merchant: m, amount: usd(300) },
        &[("merchant@3", "receivable@3", "3.00 USD", "receivable_repaid")],
    );
}

#[test]
fn r45_r46_the_table_of_refusals_charges_and_cover_deals() {
    let (bank, m) = (bank(), merchant());
    let refused =
        |fee, net, bought| Movement::WithdrawalRefused { bank: bank.clone(), merchant: m, fee, net, bought };
    check(
        refused(usd(3), usd(997), Bought::whole(cny(7_078))),
        &[
            ("payout_clearing@3", "exchange@3", "70.78 CNY", "exchange_undone"),
            ("exchange@3", "merchant@3", "9.97 USD", "refund"),
            ("fees@3", "merchant@3", "0.03 USD", "fee_refund"),
        ],
    );
    check(
        refused(usd(0), usd(997), Bought { payee: cny(7_070), spread: cny(7), premium: cny(1) }),
        &[
            ("payout_clearing@3", "exchange@3", "70.70 CNY", "exchange_undone"),
            ("exchange@3", "merchant@3", "9.97 USD", "refund"),
            ("fees@3", "exchange@3", "0.07 CNY", "spread_undone"),
            ("fees@3", "exchange@3", "0.01 CNY", "lock_premium_undone"),
        ],
    );
    check(
        refused(usd(0), usd(997), Bought::whole(usd(997))),
        &[("payout_clearing@3", "merchant@3", "9.97 USD", "refund")],
    );
    let charged = |covered, owed| Movement::Charged { merchant: m, covered, owed };
    check(charged(usd(5), usd(0)), &[("merchant@3", "fees@3", "0.05 USD", "charge")]);
    check(
        charged(usd(2), usd(3)),
        &[
            ("merchant@3", "fees@3", "0.02 USD", "charge"),
            ("receivable@3", "fees@3", "0.03 USD", "charge_owed"),
        ],
    );
    let reclaimed = |covered, owed| Movement::Reclaimed { bank: bank.clone(), merchant: m, covered, owed };
    check(
        reclaimed(cny(2), cny(3)),
        &[
            ("merchant@3", "payout_clearing@3", "0.02 CNY", "reclaim"),
            ("receivable@3", "payout_clearing@3", "0.03 CNY", "reclaim_owed"),
        ],
    );
    check(reclaimed(cny(0), cny(3)), &[("receivable@3", "payout_clearing@3", "0.03 CNY", "reclaim_owed")]);
    check(
        Movement::CoverDeal { bank: bank.clone(), shard: shard(3), sold: usd(1_000), bought: cny(7_100) },
        &[
            ("exchange@3", "nostro@3", "10.00 USD", "cover_sold"),
            ("nostro@3", "exchange@3", "71.00 CNY", "cover_bought"),
        ],
    );
}

#[test]
fn r6_the_table_of_evidence() {
    let (shard, store, amount) = (shard(3), Uuid::from_u128(9), usd(100));
    check(
        Movement::EvidenceAdded { shard, store, amount },
        &[("evidence_source@3", "evidence@3", "1.00 USD", "evidence_added")],
    );
    check(
        Movement::EvidenceUsed { shard, store, amount },
        &[("evidence@3", "evidence_source@3", "1.00 USD", "evidence_used")],
    );
    check(
        Movement::EvidenceReleased { shard, store, amount },
        &[("evidence_source@3", "evidence@3", "1.00 USD", "evidence_released")],
    );
}

#[test]
fn account_ids_depend_on_everything_an_account_is() {
    let (hb, other): (Arc<str>, Arc<str>) = (bank(), Arc::from("hb2"));
    let accounts = [
        Account::nostro(shard(1), &hb, Currency::USD),
        Account::nostro(shard(2), &hb, Currency::USD),
        Account::nostro(shard(1), &other, Currency::USD),
        Account::nostro(shard(1), &hb, Currency::EUR),
        Account::payout_clearing(shard(1), &hb, Currency::USD),
        Account::suspense(shard(1), Currency::USD),
        Account::fees(shard(1), Currency::USD),
        Account::exchange(shard(1), Currency::USD),
        Account::intershard(shard(1), Currency::USD),
        Account::merchant(shard(1), Uuid::from_u128(1), Currency::USD),
        Account::merchant(shard(1), Uuid::from_u128(2), Currency::USD),
        Account::receivable(shard(1), Uuid::from_u128(1), Currency::USD),
        Account::evidence(shard(1), Uuid::from_u128(1), Currency::USD),
        Account::evidence(shard(1), Uuid::from_u128(2), Currency::USD),
        Account::evidence_source(shard(1), Currency::USD),
    ];
    for (i, a) in accounts.iter().enumerate() {
        for b in accounts.iter().skip(i + 1) {
            assert_ne!(a.key(), b.key(), "{a} and {b}");
        }
    }
    assert_eq!(accounts[0].key(), Account::nostro(shard(1), &bank(), Currency::USD).key());
}

fn any_movement() -> impl Strategy<Value = Movement> {
    let amounts = (0..1_000i64, 1..1_000_000_000i64, 1..1_000_000_000i64);
    (0..20usize, amounts, 0..16u8).prop_map(|(which, (fee, net, bought), at)| {
        let (bank, merchant, shard) = (bank(), merchant(), shard(at));
        let (amount, store) = (usd(net), Uuid::from_u128(9));
        match which {
            0 => Movement::PaymentCredited { bank, merchant, amount },
            1 => Movement::PaymentToSuspense { bank, shard, amount },
            2 => Movement::ReviewCredit { shard, merchant, amount },
            3 => Movement::ReviewReturn { bank, shard, amount },
            4 => Movement::ReviewReturnFailed { bank, shard, amount },
            5 => Movement::WithdrawalExchanged {
                bank,
                merchant,
                fee: usd(fee),
                net: amount,
                bought: Bought { payee: cny(bought), spread: cny(fee), premium: cny(fee / 2) },
            },
            6 => Movement::WithdrawalSameCurrency { bank, merchant, fee: usd(fee), net: amount },
            7 => Movement::PayoutPaid { bank, shard, amount },
            8 => Movement::PayoutReturned { bank, shard, merchant: None, amount },
            9 => Movement::PaymentReversed { bank, merchant, covered: usd(fee), owed: amount },
            10 => Movement::SuspenseReversed { bank, shard, amount },
            11 => Movement::ReceivableRepaid { merchant, amount },
            12 => Movement::EvidenceAdded { shard, store, amount },
            13 => Movement::EvidenceUsed { shard, store, amount },
            14 => Movement::EvidenceReleased { shard, store, amount },
            15 => Movement::WithdrawalRefused {
                bank,
                merchant,
                fee: usd(fee),
                net: amount,
                bought: Bought { payee: cny(bought), spread: cny(fee), premium: cny(fee / 2) },
            },
            16 => Movement::Charged { merchant, covered: usd(fee), owed: amount },
            18 => Movement::Reclaimed { bank, merchant, covered: usd(fee), owed: amount },
            17 => Movement::CoverDeal { bank, shard, sold: amount, bought: cny(bought) },
            _ => Movement::Refund { bank, merchant, net: amount, fee: usd(fee) },
        }
    })
}

proptest! {
    #[test]
    fn i1_every_leg_is_balanced_positive_and_in_one_shard_and_currency(movement in any_movement()) {
        let legs: Vec<Leg> = movement.legs();
        prop_assert!(!legs.is_empty());
        for leg in &legs {
            prop_assert!(leg.amount.minor() > 0);
            prop_assert_eq!(leg.debit.currency(), leg.amount.currency());
            prop_assert_eq!(leg.credit.currency(), leg.amount.currency());
            prop_assert_eq!(leg.debit.key().shard, leg.credit.key().shard);
            prop_assert_ne!(leg.debit.key(), leg.credit.key());
            prop_assert_eq!(leg.debit.kind().in_balance_sheet(), leg.credit.kind().in_balance_sheet());
        }
        let intershard: i64 = legs.iter().map(|leg| {
            let side = |account: &Account| i64::from(account.kind() == ledger::AccountKind::Intershard);
            (side(&leg.debit) - side(&leg.credit)) * leg.amount.minor()
        }).sum();
        prop_assert_eq!(intershard, 0);
        let refunds = legs.iter().filter(|leg| leg.kind == TransferKind::FeeRefund).count();
        prop_assert!(refunds <= 1);
    }
}

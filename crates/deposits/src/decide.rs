//! R6 as a function: credit at once, or review with the first reason that applies. No database, no clock.

use std::fmt;

use crate::error::Error;

/// Why a payment is in review, in the order of R6: the first that applies is the payment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The bank named an account that isn't one of ours at this bank.
    UnknownAccount,
    /// Another currency than the account's.
    CurrencyMismatch,
    /// The same reference for the same account came before with another amount or currency, or the document's entry was booked
    /// whole.
    ReferenceConflict,
    /// A document's entry differs from the sum of its details, or is a debit that holds this credit.
    EntrySumMismatch,
    /// The merchant may not receive now (R32).
    MerchantNotActive,
    /// No store is linked to the account, or a PayPal account lacks its eBay stores.
    UnlinkedStore,
    /// No linked store's authorisation is valid now.
    StoreAuthorizationLapsed,
    /// The remitter is not the platform of an authorised store.
    RemitterNotPlatform,
    /// The uncovered orders of the stores don't cover the whole amount.
    OrdersDoNotCover,
}

impl Reason {
    /// All reasons, first that applies first.
    pub const ALL: [Reason; 9] = [
        Reason::UnknownAccount,
        Reason::CurrencyMismatch,
        Reason::ReferenceConflict,
        Reason::EntrySumMismatch,
        Reason::MerchantNotActive,
        Reason::UnlinkedStore,
        Reason::StoreAuthorizationLapsed,
        Reason::RemitterNotPlatform,
        Reason::OrdersDoNotCover,
    ];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::UnknownAccount => "unknown_account",
            Reason::CurrencyMismatch => "currency_mismatch",
            Reason::ReferenceConflict => "reference_conflict",
            Reason::EntrySumMismatch => "entry_sum_mismatch",
            Reason::MerchantNotActive => "merchant_not_active",
            Reason::UnlinkedStore => "unlinked_store",
            Reason::StoreAuthorizationLapsed => "store_authorization_lapsed",
            Reason::RemitterNotPlatform => "remitter_not_platform",
            Reason::OrdersDoNotCover => "orders_do_not_cover",
        }
    }

    /// Reads the name of the contract.
    pub fn parse(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Whether the cause can disappear by itself, so that matching again makes sense (R7). A contradiction, a
    /// foreign currency and a sum that is wrong stay what they are: a person decides.
    pub fn may_disappear(self) -> bool {
        !matches!(self, Reason::CurrencyMismatch | Reason::ReferenceConflict | Reason::EntrySumMismatch)
    }

    pub(crate) fn from_column(name: &str) -> Result<Reason, Error> {
        Reason::parse(name).ok_or_else(|| Error::Unexpected(format!("a payment's reason is {name:?}")))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known about one payment at the moment of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The account it was paid into; `None` when it is not one of ours at this bank.
    pub account: Option<AccountFacts>,
    /// An earlier report of the same payment contradicts this one.
    pub conflict: bool,
    /// The details of the entry don't sum up to it.
    pub sum_mismatch: bool,
}

/// What is known about the account and those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountFacts {
    pub currency_equal: bool,
    pub merchant_may_receive: bool,
    pub stores_linked: bool,
    pub store_authorised: bool,
    pub remitter_is_platform: bool,
}

/// The first reason for review that applies, or none: credit it. `cover` takes the orders that cover it, all or
/// nothing, and is asked last, since what it takes is taken.
pub(crate) fn decide(facts: &Facts, cover: impl FnOnce() -> bool) -> Option<Reason> {
    let Some(account) = &facts.account else { return Some(Reason::UnknownAccount) };
    if !account.currency_equal {
        Some(Reason::CurrencyMismatch)
    } else if facts.conflict {
        Some(Reason::ReferenceConflict)
    } else if facts.sum_mismatch {
        Some(Reason::EntrySumMismatch)
    } else if !account.merchant_may_receive {
        Some(Reason::MerchantNotActive)
    } else if !account.stores_linked {
        Some(Reason::UnlinkedStore)
    } else if !account.store_authorised {
        Some(Reason::StoreAuthorizationLapsed)
    } else if !account.remitter_is_platform {
        Some(Reason::RemitterNotPlatform)
    } else if !cover() {
        Some(Reason::OrdersDoNotCover)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts = Facts {
        account: Some(AccountFacts {
            currency_equal: true,
            merchant_may_receive: true,
            stores_linked: true,
            store_authorised: true,
            remitter_is_platform: true,
        }),
        conflict: false,
        sum_mismatch: false,
    };

    /// The facts, and whether orders cover the payment.
    type Case = (Facts, bool);

    fn decided((facts, covered): Case) -> Option<Reason> {
        decide(&facts, || covered)
    }

    /// Makes `reason` apply, leaving everything else as it is.
    fn violate((mut facts, mut covered): Case, reason: Reason) -> Case {
        match (reason, &mut facts.account) {
            (Reason::UnknownAccount, account) => *account = None,
            (Reason::ReferenceConflict, _) => facts.conflict = true,
            (Reason::EntrySumMismatch, _) => facts.sum_mismatch = true,
            (Reason::OrdersDoNotCover, _) => covered = false,
            (Reason::CurrencyMismatch, Some(account)) => account.currency_equal = false,
            (Reason::MerchantNotActive, Some(account)) => account.merchant_may_receive = false,
            (Reason::UnlinkedStore, Some(account)) => account.stores_linked = false,
            (Reason::StoreAuthorizationLapsed, Some(account)) => account.store_authorised = false,
            (Reason::RemitterNotPlatform, Some(account)) => account.remitter_is_platform = false,
            (_, None) => {}
        }
        (facts, covered)
    }

    #[test]
    fn r6_with_nothing_against_it_a_payment_is_credited() {
        assert_eq!(decided((GOOD, true)), None);
    }

    #[test]
    fn r6_of_two_reasons_the_first_in_the_rules_order_wins() {
        for (place, first) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(decided(violate((GOOD, true), first)), Some(first));
            for second in &Reason::ALL[place..] {
                let both = violate(violate((GOOD, true), *second), first);
                assert_eq!(decided(both), Some(first), "{first} and {second}");
            }
        }
    }

    #[test]
    fn r6_orders_are_taken_only_when_nothing_else_stands_against_it() {
        for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::OrdersDoNotCover) {
            let (facts, _) = violate((GOOD, true), reason);
            decide(&facts, || panic!("{reason}: orders were asked for"));
        }
    }

    #[test]
    fn r6_the_order_is_the_contracts() {
        let names = Reason::ALL.map(Reason::as_str);
        assert_eq!(
            names,
            [
                "unknown_account",
                "currency_mismatch",
                "reference_conflict",
                "entry_sum_mismatch",
                "merchant_not_active",
                "unlinked_store",
                "store_authorization_lapsed",
                "remitter_not_platform",
                "orders_do_not_cover",
            ]
        );
        assert_eq!(names.map(Reason::parse), Reason::ALL.map(Some));
        assert!(Reason::ALL.is_sorted());
    }
}

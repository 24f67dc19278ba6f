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
    /// The same reference for the same account came before with another amount or currency.
    ReferenceConflict,
    /// The merchant may not receive now (R32).
    MerchantNotActive,
    /// No store is linked to the account, or a PayPal account lacks its eBay stores.
    UnlinkedStore,
    /// No linked store's authorisation is valid now.
    StoreAuthorizationLapsed,
    /// The remitter is not the platform of an authorised store.
    RemitterNotPlatform,
}

impl Reason {
    /// All reasons, first that applies first.
    pub const ALL: [Reason; 7] = [
        Reason::UnknownAccount,
        Reason::CurrencyMismatch,
        Reason::ReferenceConflict,
        Reason::MerchantNotActive,
        Reason::UnlinkedStore,
        Reason::StoreAuthorizationLapsed,
        Reason::RemitterNotPlatform,
    ];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::UnknownAccount => "unknown_account",
            Reason::CurrencyMismatch => "currency_mismatch",
            Reason::ReferenceConflict => "reference_conflict",
            Reason::MerchantNotActive => "merchant_not_active",
            Reason::UnlinkedStore => "unlinked_store",
            Reason::StoreAuthorizationLapsed => "store_authorization_lapsed",
            Reason::RemitterNotPlatform => "remitter_not_platform",
        }
    }

    /// Reads the name of the contract.
    pub fn parse(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Whether the cause can disappear by itself, so that matching again makes sense (R7). A contradiction
    /// and a foreign currency stay what they are: a person decides.
    pub fn may_disappear(self) -> bool {
        !matches!(self, Reason::CurrencyMismatch | Reason::ReferenceConflict)
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

/// The first reason for review that applies, or none: credit it.
pub(crate) fn decide(facts: &Facts) -> Option<Reason> {
    let Some(account) = &facts.account else { return Some(Reason::UnknownAccount) };
    if !account.currency_equal {
        Some(Reason::CurrencyMismatch)
    } else if facts.conflict {
        Some(Reason::ReferenceConflict)
    } else if !account.merchant_may_receive {
        Some(Reason::MerchantNotActive)
    } else if !account.stores_linked {
        Some(Reason::UnlinkedStore)
    } else if !account.store_authorised {
        Some(Reason::StoreAuthorizationLapsed)
    } else if !account.remitter_is_platform {
        Some(Reason::RemitterNotPlatform)
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
    };

    /// Makes `reason` apply, leaving everything else as it is.
    fn violate(mut facts: Facts, reason: Reason) -> Facts {
        if reason == Reason::UnknownAccount {
            facts.account = None;
        }
        if reason == Reason::ReferenceConflict {
            facts.conflict = true;
        }
        if let Some(account) = &mut facts.account {
            match reason {
                Reason::CurrencyMismatch => account.currency_equal = false,
                Reason::MerchantNotActive => account.merchant_may_receive = false,
                Reason::UnlinkedStore => account.stores_linked = false,
                Reason::StoreAuthorizationLapsed => account.store_authorised = false,
                Reason::RemitterNotPlatform => account.remitter_is_platform = false,
                Reason::UnknownAccount | Reason::ReferenceConflict => {}
            }
        }
        facts
    }

    #[test]
    fn r6_with_nothing_against_it_a_payment_is_credited() {
        assert_eq!(decide(&GOOD), None);
    }

    #[test]
    fn r6_of_two_reasons_the_first_in_the_rules_order_wins() {
        for (place, first) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(decide(&violate(GOOD, first)), Some(first));
            for second in &Reason::ALL[place..] {
                let both = violate(violate(GOOD, *second), first);
                assert_eq!(decide(&both), Some(first), "{first} and {second}");
            }
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
                "merchant_not_active",
                "unlinked_store",
                "store_authorization_lapsed",
                "remitter_not_platform",
            ]
        );
        assert_eq!(names.map(Reason::parse), Reason::ALL.map(Some));
        assert!(Reason::ALL.is_sorted());
    }
}

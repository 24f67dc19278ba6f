//! What can be wrong with an amount or a rate.

use crate::currency::Currency;

/// Why a text is not an amount of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Anything but digits with at most one point between them.
    #[error(
        "must be a decimal string such as \"1234.50\": digits and at most one point, no sign, no exponent"
    )]
    NotDecimal,
    /// Non-zero digits beyond the currency's minor unit.
    #[error("has more decimal places than {currency} has ({digits})", digits = currency.exponent())]
    TooPrecise {
        /// The currency concerned.
        currency: Currency,
    },
    /// Zero.
    #[error("must be greater than zero")]
    Zero,
    /// More than 18 digits in minor units.
    #[error("is too large")]
    TooLarge,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal string of at most 18 digits between 10^-12 and 10^12, such as \"7.1034\"")]
pub struct RateError;

/// Why amounts can't be reckoned with each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies where one is meant.
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch {
        /// The one.
        left: Currency,
        /// The other.
        right: Currency,
    },
    /// Beyond 64 bits of minor units.
    #[error("the amount is too large")]
    Overflow,
    /// The result would be negative.
    #[error("the amount would be below zero")]
    BelowZero,
    /// No gross amount reaches what is to be bought.
    #[error("no amount reaches the target")]
    Unreachable,
}

#![doc = include_str!("../README.md")]

mod amount;
mod ask;
mod convert;
mod currency;
mod error;
mod fee;
mod markup;
mod rate;

pub use amount::{Money, signed};
pub use ask::Ask;
pub use convert::{Conversion, convert_floor, smallest_gross_for, worth_ceil};
pub use currency::{Currency, UnknownCurrency};
pub use error::{AmountError, MoneyError, RateError};
pub use fee::FeeSchedule;
pub use markup::Markup;
pub use rate::Rate;

//! Amounts, currencies and rates. Input: a currency's code, a space, a number. What is read, printed and read again
//! is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use money::{Ask, Currency, Money, Rate};

fuzz_target!(|text: &str| {
    let (code, number) = text.split_once(' ').unwrap_or(("USD", text));
    let currency = Currency::parse(code).unwrap_or(Currency::JPY);
    assert_eq!(Currency::parse(currency.code()).ok(), Some(currency));
    if let Ok(amount) = Money::parse(number, currency) {
        assert!(amount.minor() > 0);
        assert_eq!(Money::parse(&amount.to_string(), currency), Ok(amount));
    }
    if let Ok(rate) = Rate::parse(number) {
        assert_eq!(Rate::parse(&rate.to_string()).ok(), Some(rate));
        let _ = Ask::from(rate).inverse_floor();
    }
});

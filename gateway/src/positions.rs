//! The exchange position by pair (`exchange`) must be what the book says by currency (`ledger`).

use std::collections::{BTreeMap, BTreeSet};

use money::Currency;
use rust_decimal::Decimal;

/// What doesn't agree, in words.
pub fn differences(kept: &BTreeMap<Currency, Decimal>, book: &BTreeMap<String, Decimal>) -> Vec<String> {
    let mut codes: BTreeSet<&str> = book.keys().map(String::as_str).collect();
    for currency in kept.keys() {
        codes.insert(currency.code());
    }
    let of = |code: &str| {
        let kept = kept.iter().find(|(currency, _)| currency.code() == code).map(|(_, sum)| *sum);
        (kept.unwrap_or_default(), book.get(code).copied().unwrap_or_default())
    };
    codes
        .into_iter()
        .map(|code| (code, of(code)))
        .filter(|(_, (kept, book))| kept != book)
        .map(|(code, (kept, book))| {
            format!("I2: the exchange position in {code}: {kept} minor units by pair, {book} in the book")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_a_position_that_the_book_does_not_know_is_named() {
        let kept = BTreeMap::from([(Currency::USD, Decimal::from(5)), (Currency::CNY, Decimal::from(-35))]);
        let book = |usd: i64, eur: i64| {
            BTreeMap::from([
                ("USD".to_owned(), Decimal::from(usd)),
                ("CNY".to_owned(), Decimal::from(-35)),
                ("EUR".to_owned(), Decimal::from(eur)),
            ])
        };
        assert!(differences(&kept, &book(5, 0)).is_empty());
        let found = differences(&kept, &book(4, 2)).join("; ");
        assert_eq!(
            found,
            "I2: the exchange position in EUR: 0 minor units by pair, 2 in the book; \
             I2: the exchange position in USD: 5 minor units by pair, 4 in the book"
        );
    }
}

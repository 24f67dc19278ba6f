//! R1, R16, R19: the prices of one message, as far as they are its bank's to make. Pure.

use bank::{FieldError, RatesPublished};
use exchange::PublishedRate;
use money::{Ask, Currency, Rate};
use time::OffsetDateTime;

use crate::commands::Prices;

/// The prices of pairs that `configured` knows for this bank. Another pair is passed over alone: a bank that adds one must not
/// take down the prices of the others.
///
/// # Errors
/// The fields that are wrong: prices out of range, and each pair where none of the message is configured.
pub(super) fn of(
    published: &RatesPublished,
    configured: impl Fn(Currency, Currency) -> bool,
) -> Result<Prices, Vec<FieldError>> {
    let (mut prices, mut errors) = (Prices::default(), Vec::new());
    for (index, rate) in published.rates.iter().enumerate() {
        if !configured(rate.base, rate.quote) {
            prices.unknown.push((index, format!("{}{}", rate.base.code(), rate.quote.code())));
            continue;
        }
        match read(rate, published.as_of) {
            Some(rate) => prices.rates.push(rate),
            None => errors.push(wrong(index, "is out of range".into())),
        }
    }
    if prices.rates.is_empty() && errors.is_empty() {
        let unknown = |(index, pair): &(usize, String)| {
            wrong(*index, format!("{pair} is not configured for this bank"))
        };
        errors.extend(prices.unknown.iter().map(unknown));
    }
    if errors.is_empty() { Ok(prices) } else { Err(errors) }
}

fn wrong(index: usize, message: String) -> FieldError {
    FieldError { field: format!("data.rates[{index}]"), message }
}

/// The bid is rounded down to what rates hold, and the ask stays as it is: what is divided by it is rounded then. A bid that is
/// above the ask is rounded up, so that they stay crossed and that pair is passed over.
fn read(rate: &bank::PublishedRate, as_of: OffsetDateTime) -> Option<PublishedRate> {
    let crossed = rate.bid > rate.ask;
    let bid = if crossed { Rate::ceil(rate.bid) } else { Rate::try_from(rate.bid) };
    let ask = Ask::try_from(rate.ask);
    Some(PublishedRate { base: rate.base, quote: rate.quote, bid: bid.ok()?, ask: ask.ok()?, as_of })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// A pair with its bid and ask.
    type Row<'r> = (&'r str, &'r str, &'r str);

    fn published(rates: &[Row<'_>]) -> RatesPublished {
        let rate = |(pair, bid, ask): &Row<'_>| bank::PublishedRate {
            base: Currency::parse(&pair[..3]).unwrap(),
            quote: Currency::parse(&pair[3..]).unwrap(),
            bid: bid.parse().unwrap(),
            ask: ask.parse().unwrap(),
        };
        RatesPublished { rates: rates.iter().map(rate).collect(), as_of: datetime!(2026-11-23 08:00 UTC) }
    }

    /// USDCNY and EURCNY are the bank's.
    fn read(rates: &[Row<'_>]) -> Result<Prices, Vec<String>> {
        let configured =
            |base: Currency, quote: Currency| ["USD", "EUR"].contains(&base.code()) && quote == Currency::CNY;
        of(&published(rates), configured)
            .map_err(|errors| errors.into_iter().map(|e| format!("{} {}", e.field, e.message)).collect())
    }

    #[test]
    fn r1_r16_a_pair_that_is_not_the_banks_is_passed_over_beside_one_that_is() {
        const USD: Row<'static> = ("USDCNY", "7.10", "7.13");
        const EUR: Row<'static> = ("EURCNY", "8.20", "8.24");
        const HKD: Row<'static> = ("HKDCNY", "0.91", "0.92");
        const BACK: Row<'static> = ("CNYUSD", "0.13", "0.14");
        const ABSURD: Row<'static> = ("EURCNY", "8.20", "99999999999999");
        let not_ours = |index, pair| format!("data.rates[{index}] {pair} is not configured for this bank");
        type Expected<'e> = Result<(&'e [&'e str], &'e [(usize, &'e str)]), Vec<String>>;
        let table: [(&[Row<'_>], Expected<'_>); 7] = [
            (&[USD, EUR], Ok((&["USD", "EUR"], &[]))),
            (&[USD, HKD, EUR], Ok((&["USD", "EUR"], &[(1, "HKDCNY")]))),
            (&[BACK, HKD, USD], Ok((&["USD"], &[(0, "CNYUSD"), (1, "HKDCNY")]))),
            (&[HKD], Err(vec![not_ours(0, "HKDCNY")])),
            (&[HKD, BACK], Err(vec![not_ours(0, "HKDCNY"), not_ours(1, "CNYUSD")])),
            (&[USD, ABSURD], Err(vec!["data.rates[1] is out of range".into()])),
            (&[HKD, ABSURD], Err(vec!["data.rates[1] is out of range".into()])),
        ];
        for (message, expected) in table {
            let read = read(message);
            let told = read.as_ref().map_err(Clone::clone).map(|prices| {
                let bases: Vec<&str> = prices.rates.iter().map(|rate| rate.base.code()).collect();
                let unknown: Vec<(usize, &str)> =
                    prices.unknown.iter().map(|(index, pair)| (*index, &**pair)).collect();
                (bases, unknown)
            });
            let expected = expected.map(|(bases, unknown)| (bases.to_vec(), unknown.to_vec()));
            assert_eq!(told, expected, "{message:?}");
        }
    }

    /// By hand: 1 ÷ 7.127211848 = 0.1403073207…; of the ask rounded up first it would be 0.1403073197….
    #[test]
    fn r19_the_bid_is_rounded_down_and_the_ask_only_when_it_was_divided_by() {
        for (bid, ask, used, inverse, crossed) in [
            ("7.123456789", "7.127211848", "7.1234567", "0.14030732", false),
            ("7.10", "7.13", "7.1", "0.14025245", false),
            ("9.40000001", "9.40000001", "9.4", "0.10638297", false),
            ("9.40000009", "9.40000001", "9.4000001", "0.10638297", true),
        ] {
            let prices = read(&[("USDCNY", bid, ask)]).unwrap();
            let [rate] = prices.rates.as_slice() else { panic!("{prices:?}") };
            let told = (rate.bid.to_string(), rate.ask.inverse_floor().to_string());
            assert_eq!(told, (used.to_owned(), inverse.to_owned()), "{bid}/{ask}");
            assert_eq!(rate.ask.to_string(), ask.trim_end_matches('0'), "{bid}/{ask}: as it was published");
            let stays = rust_decimal::Decimal::from(rate.bid) > rust_decimal::Decimal::from(rate.ask);
            assert_eq!(stays, crossed, "{bid}/{ask}");
        }
    }
}

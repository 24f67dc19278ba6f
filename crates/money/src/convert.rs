//! The one place that rounds an exchange.

use rust_decimal::Decimal;

use crate::amount::Money;
use crate::currency::Currency;
use crate::error::MoneyError;
use crate::fee::FeeSchedule;
use crate::markup::{MILLION, Markup};
use crate::rate::Rate;

/// What an exchange yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// What arrives: the exact product less the markup, rounded down to the minor unit of the bought currency.
    pub received: Money,
    /// What the institution keeps as its spread, bought currency.
    pub spread: Money,
    /// What the institution keeps for locking the rate, bought currency.
    pub premium: Money,
    /// The exact product before any markup, in major units of the bought currency; its fraction stays in the
    /// exchange position.
    pub exact: Decimal,
}

/// Sells `net` at `rate` for `to`: floor(net × rate) in the minor unit of `to`. With a markup what arrives is
/// floor(net × rate × (1 − markup)), rounded once; spread and premium are the difference, so that the three together
/// are floor(net × rate).
///
/// # Errors
/// `Overflow` when the product has more digits than can be kept exactly.
pub fn convert_floor(net: Money, rate: Rate, markup: Markup, to: Currency) -> Result<Conversion, MoneyError> {
    let (mantissa, scale) = rate.parts();
    let product = u128::from(net.minor().unsigned_abs()).checked_mul(mantissa).ok_or(MoneyError::Overflow)?;
    let exact_scale = net.currency().exponent() + scale;
    let less = |parts: u32| -> Result<i64, MoneyError> {
        let left = u128::from(MILLION.saturating_sub(parts));
        let product = product.checked_mul(left).ok_or(MoneyError::Overflow)?;
        floor_to_minor(product, exact_scale + 6, to.exponent()).ok_or(MoneyError::Overflow)
    };
    let (whole, without_spread) = (less(0)?, less(markup.spread)?);
    let received = less(markup.spread.saturating_add(markup.premium))?;
    let signed = i128::try_from(product).map_err(|_| MoneyError::Overflow)?;
    let exact = Decimal::try_from_i128_with_scale(signed, exact_scale).map_err(|_| MoneyError::Overflow)?;
    Ok(Conversion {
        received: Money::new(received, to)?,
        spread: Money::new(whole - without_spread, to)?,
        premium: Money::new(without_spread - received, to)?,
        exact: exact.normalize(),
    })
}

/// floor(digits × 10^-scale × 10^places)
fn floor_to_minor(digits: u128, scale: u32, places: u32) -> Option<i64> {
    let minor = if places >= scale {
        digits.checked_mul(10u128.checked_pow(places - scale)?)?
    } else {
        digits / 10u128.checked_pow(scale - places)?
    };
    i64::try_from(minor).ok()
}

/// What `amount` is worth in `to`: amount × `times` ÷ `by`, rounded up, so that what is above a limit never looks
/// as if it were below. For comparing, never for pricing.
///
/// # Errors
/// `Overflow`.
pub fn worth_ceil(amount: Money, times: Rate, by: Rate, to: Currency) -> Result<Money, MoneyError> {
    let ((times, times_scale), (by, by_scale)) = (times.parts(), by.parts());
    let (up, down) = (by_scale + to.exponent(), times_scale + amount.currency().exponent());
    let shifted = |value: u128, places: u32| 10u128.checked_pow(places).and_then(|p| value.checked_mul(p));
    let dividend = u128::from(amount.minor().unsigned_abs())
        .checked_mul(times)
        .and_then(|product| shifted(product, up.saturating_sub(down)))
        .ok_or(MoneyError::Overflow)?;
    let divisor = shifted(by, down.saturating_sub(up)).ok_or(MoneyError::Overflow)?;
    let minor = i64::try_from(dividend.div_ceil(divisor)).map_err(|_| MoneyError::Overflow)?;
    Money::new(minor, to)
}

/// What arrives for a gross amount: the fee comes off first, then the net is converted. None where the fee
/// leaves nothing.
fn received(
    gross: Money,
    rate: Option<(Rate, Markup)>,
    fee: &FeeSchedule,
    to: Currency,
) -> Result<i64, MoneyError> {
    let Ok(net) = gross.checked_sub(fee.fee(gross)?) else { return Ok(0) };
    match rate {
        Some((rate, markup)) => Ok(convert_floor(net, rate, markup, to)?.received.minor()),
        None => Ok(net.minor()),
    }
}

/// The smallest gross amount for which what arrives reaches `target` (R19, fixed bought side). `rate`, with what is
/// taken off it, is none for one and the same currency.
///
/// # Errors
/// `Unreachable` when the fee takes all of any amount; `Overflow` when the gross amount would be too large;
/// `CurrencyMismatch` for two currencies without a rate.
pub fn smallest_gross_for(
    target: Money,
    rate: Option<(Rate, Markup)>,
    fee: &FeeSchedule,
    sell: Currency,
) -> Result<Money, MoneyError> {
    if rate.is_none() && target.currency() != sell {
        return Err(MoneyError::CurrencyMismatch { left: sell, right: target.currency() });
    }
    if fee.takes_all() || rate.is_some_and(|(_, markup)| markup.takes_all()) {
        return Err(MoneyError::Unreachable);
    }
    let reaches = |minor: i64| -> Result<bool, MoneyError> {
        Ok(received(Money::new(minor, sell)?, rate, fee, target.currency())? >= target.minor())
    };
    let mut high = 1i64;
    while !reaches(high)? {
        high = high.checked_mul(2).ok_or(MoneyError::Overflow)?;
    }
    // What arrives never falls when the gross amount grows: a bisection finds the smallest.
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if reaches(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Money::new(high, sell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FREE: FeeSchedule = FeeSchedule::ZERO;
    const THREE_PER_MILLE: FeeSchedule = FeeSchedule::share(3_000);

    fn schedule(fixed: i64, ppm: u32, minimum: i64, maximum: Option<i64>, free: i64) -> FeeSchedule {
        FeeSchedule {
            fixed_minor: fixed,
            parts_per_million: ppm,
            minimum_minor: minimum,
            maximum_minor: maximum,
            free_minor: free,
        }
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    fn at(text: &str) -> Option<(Rate, Markup)> {
        Some((rate(text), Markup::NONE))
    }

    /// By hand: 1000.00 − 3.00 = 997.00; × 7.1 = 7078.70. 0.01 × 7.1 = 0.071 → 0.07. 10,000 yen × 0.047 = 470.
    /// 100 CNY at 1/7.13 = 0.14025245: 14.025245 → 14.02.
    #[test]
    fn r19_worked_examples() {
        let rows = [
            ("997.00", Currency::USD, "7.1000", Currency::CNY, "7078.70", "7078.7"),
            ("0.01", Currency::USD, "7.1000", Currency::CNY, "0.07", "0.071"),
            ("10000", Currency::JPY, "0.047000", Currency::CNY, "470.00", "470"),
            ("100.00", Currency::CNY, "0.14025245", Currency::USD, "14.02", "14.025245"),
            ("1.00", Currency::USD, "150.75", Currency::JPY, "150", "150.75"),
        ];
        for (net, from, at, to, received, exact) in rows {
            let conversion =
                convert_floor(Money::parse(net, from).unwrap(), rate(at), Markup::NONE, to).unwrap();
            assert_eq!(conversion.received.to_string(), received, "{net} {from} at {at}");
            assert_eq!(conversion.exact.to_string(), exact, "{net} {from} at {at}");
        }
    }

    /// By hand: 0.3 % of 1000.00 = 3.00; of 0.01 = 0.00003 → 0.01; of 333.34 = 1.00002 → 1.01.
    #[test]
    fn r19_fees_are_rounded_up() {
        for (gross, expected) in
            [("1000.00", "3.00"), ("0.01", "0.01"), ("333.34", "1.01"), ("333.33", "1.00")]
        {
            let gross = Money::parse(gross, Currency::USD).unwrap();
            assert_eq!(THREE_PER_MILLE.fee(gross).unwrap().to_string(), expected);
        }
        let fixed = FeeSchedule { fixed_minor: 50, minimum_minor: 75, ..FeeSchedule::ZERO };
        assert_eq!(fixed.fee(Money::new(1, Currency::USD).unwrap()).unwrap().minor(), 75);
    }

    /// By hand. 997.00 × 7.1 = 7078.70; × 0.999 = 7071.6213 → 7071.62, so the spread is 7.08; × 0.9988 = 7070.20556 →
    /// 7070.20, so the premium is 1.42. A cent yields 0.071: less 0.1 % that is 0.070929, still 0.07. 10,000 yen × 0.047
    /// = 470; less 50 % that is 235.
    #[test]
    fn r19_spread_and_premium_by_hand() {
        let rows = [
            ("997.00", Currency::USD, "7.1", (1_000, 0), ("7071.62", "7.08", "0.00")),
            ("997.00", Currency::USD, "7.1", (1_000, 200), ("7070.20", "7.08", "1.42")),
            ("997.00", Currency::USD, "7.1", (0, 1_200), ("7070.20", "0.00", "8.50")),
            ("0.01", Currency::USD, "7.1", (1_000, 0), ("0.07", "0.00", "0.00")),
            ("10000", Currency::JPY, "0.047", (250_000, 250_000), ("235.00", "117.50", "117.50")),
        ];
        for (net, from, at, (spread, premium), expected) in rows {
            let net = Money::parse(net, from).unwrap();
            let all = convert_floor(net, rate(at), Markup { spread, premium }, Currency::CNY).unwrap();
            let shown = (all.received.to_string(), all.spread.to_string(), all.premium.to_string());
            assert_eq!((shown.0.as_str(), shown.1.as_str(), shown.2.as_str()), expected, "{net}");
        }
        let target = Money::parse("1.00", Currency::CNY).unwrap();
        let all = Markup { spread: 600_000, premium: 400_000 };
        let error = smallest_gross_for(target, Some((rate("7.1"), all)), &FREE, Currency::USD);
        assert_eq!(error, Err(MoneyError::Unreachable));
    }

    #[test]
    fn amounts_of_18_digits_convert_or_say_that_they_are_too_large() {
        let most = Money::new(999_999_999_999_999_999, Currency::USD).unwrap();
        assert_eq!(
            convert_floor(most, rate("99.999999"), Markup::NONE, Currency::CNY),
            Err(MoneyError::Overflow)
        );
        let one = convert_floor(most, rate("1"), Markup::NONE, Currency::CNY).unwrap();
        assert_eq!(one.received.minor(), most.minor());
    }

    proptest! {
        #[test]
        fn r19_the_institution_never_loses_a_minor_unit_and_the_merchant_less_than_one(
            net in 1i64..100_000_000, mantissa in 1u64..100_000_000, scale in 0u32..8, pair in 0usize..4,
        ) {
            let (from, to) = [
                (Currency::USD, Currency::CNY), (Currency::JPY, Currency::CNY),
                (Currency::CNY, Currency::JPY), (Currency::parse("KWD").unwrap(), Currency::USD),
            ][pair];
            let at = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), scale)).unwrap();
            let conversion = convert_floor(Money::new(net, from).unwrap(), at, Markup::NONE, to).unwrap();
            let received = Decimal::from_i128_with_scale(i128::from(conversion.received.minor()), to.exponent());
            let unit = Decimal::from_i128_with_scale(1, to.exponent());
            prop_assert!(received <= conversion.exact);
            prop_assert!(conversion.exact - received < unit);
        }

        /// With a markup the merchant still loses less than one unit against the all-in price, and what is taken apart
        /// adds up to what the bank's own rate yields.
        #[test]
        fn r19_a_markup_is_rounded_once_and_kept_apart(
            net in 1i64..100_000_000, mantissa in 1u64..100_000_000, scale in 0u32..8,
            spread in 0u32..500_000, premium in 0u32..500_000,
        ) {
            let at = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), scale)).unwrap();
            let sold = Money::new(net, Currency::USD).unwrap();
            let own = convert_floor(sold, at, Markup::NONE, Currency::CNY).unwrap();
            let marked = convert_floor(sold, at, Markup { spread, premium }, Currency::CNY).unwrap();
            prop_assert_eq!(own.exact, marked.exact);
            prop_assert_eq!(marked.received.minor() + marked.spread.minor() + marked.premium.minor(), own.received.minor());
            // received × 10^(scale + 6) lies at most one unit below net × mantissa × (10^6 − markup), never above.
            let unit = 10i128.pow(scale + 6);
            let all_in = i128::from(net) * i128::from(mantissa) * i128::from(1_000_000 - spread - premium);
            let received = i128::from(marked.received.minor()) * unit;
            prop_assert!(received <= all_in && all_in - received < unit);
            let more = convert_floor(Money::new(net + 1, Currency::USD).unwrap(), at, Markup { spread, premium }, Currency::CNY);
            prop_assert!(more.unwrap().received.minor() >= marked.received.minor(), "a cent more never yields less");
        }

        #[test]
        fn r19_fees_round_up_by_less_than_one_unit(gross in 1i64..1_000_000_000_000, ppm in 0u32..1_000_000) {
            let schedule = FeeSchedule::share(ppm);
            let fee = i128::from(schedule.fee(Money::new(gross, Currency::USD).unwrap()).unwrap().minor());
            let exact = i128::from(gross) * i128::from(ppm);
            prop_assert!(fee * 1_000_000 >= exact && (fee - 1) * 1_000_000 < exact);
        }

        #[test]
        fn r19_the_smallest_gross_is_the_smallest(
            target in 1i64..3_000, mantissa in 1u64..100_000_000, ppm in 0u32..500_000, fixed in 0i64..20,
            minimum in 0i64..500, maximum in proptest::option::of(0i64..600), free in 0i64..2_000,
            spread in 0u32..200_000, premium in 0u32..200_000,
        ) {
            let markup = Markup { spread, premium };
            let at = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), 6)).unwrap();
            let fee = schedule(fixed, ppm, minimum, maximum, free);
            let target = Money::new(target, Currency::CNY).unwrap();
            let gross = smallest_gross_for(target, Some((at, markup)), &fee, Currency::USD).unwrap();
            let arrives = |minor: i64| {
                received(Money::new(minor, Currency::USD).unwrap(), Some((at, markup)), &fee, Currency::CNY).unwrap()
            };
            prop_assert!(arrives(gross.minor()) >= target.minor());
            prop_assert!(gross.minor() == 1 || arrives(gross.minor() - 1) < target.minor());
        }

        /// The same against every smaller amount, so that it doesn't rest on what arrives never falling.
        #[test]
        fn r19_the_smallest_gross_by_trying_all(
            target in 1i64..300, mantissa in 500_000u64..100_000_000, ppm in 0u32..900_000, fixed in 0i64..20,
            minimum in 0i64..60, maximum in proptest::option::of(0i64..90), free in 0i64..300, same: bool,
            spread in 0u32..300_000, premium in 0u32..300_000,
        ) {
            let markup = Markup { spread, premium };
            let at = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), 6)).unwrap();
            let (at, sell) = if same { (None, Currency::CNY) } else { (Some((at, markup)), Currency::USD) };
            let fee = schedule(fixed, ppm, minimum, maximum, free);
            let target = Money::new(target, Currency::CNY).unwrap();
            let gross = smallest_gross_for(target, at, &fee, sell).unwrap();
            let first = (1i64..).find(|minor| {
                let gross = Money::new(*minor, sell).unwrap();
                received(gross, at, &fee, Currency::CNY).unwrap() >= target.minor()
            });
            prop_assert_eq!(Some(gross.minor()), first);
            if same {
                // Nothing is left over where nothing is exchanged.
                prop_assert_eq!(received(gross, at, &fee, Currency::CNY), Ok(target.minor()));
            }
        }

        #[test]
        fn r19_amounts_of_18_digits_are_exact_or_refused(
            minor in 1i64..=999_999_999_999_999_999, mantissa in 1u128..100_000_000, scale in 0u32..12,
        ) {
            let at = Rate::try_from(Decimal::from_i128_with_scale(mantissa.cast_signed(), scale)).unwrap();
            // Yen for dollars: floor(minor × mantissa ÷ 10^(scale - 2)).
            let product = minor as u128 * mantissa * 100;
            let expected = i64::try_from(product / 10u128.pow(scale)).map_err(|_| MoneyError::Overflow);
            let conversion = convert_floor(Money::new(minor, Currency::JPY).unwrap(), at, Markup::NONE, Currency::USD);
            prop_assert_eq!(conversion.map(|c| c.received.minor()), expected);
        }

        #[test]
        fn r33_worth_is_rounded_up_by_less_than_one_unit(
            minor in 0i64..=999_999_999_999, times in 1u128..10_000_000, by in 1u128..10_000_000,
        ) {
            let six = |m: u128| Rate::try_from(Decimal::from_i128_with_scale(m.cast_signed(), 6)).unwrap();
            let amount = Money::new(minor, Currency::JPY).unwrap();
            let worth = worth_ceil(amount, six(times), six(by), Currency::USD).unwrap().minor() as u128;
            let product = minor as u128 * times * 100;
            prop_assert!(worth * by >= product && (minor == 0 || (worth - 1) * by < product));
        }
    }

    #[test]
    fn r19_fixed_bought_side_by_hand() {
        // 0.3 % fee, 7.1: 7100.00 CNY needs net 1000.00; gross 1003.01 − 3.01 = 1000.00, 1003.00 − 3.01 = 999.99.
        let target = Money::parse("7100.00", Currency::CNY).unwrap();
        let gross = smallest_gross_for(target, at("7.1"), &THREE_PER_MILLE, Currency::USD).unwrap();
        assert_eq!(gross.to_string(), "1003.01");
        let same =
            smallest_gross_for(Money::parse("10.00", Currency::USD).unwrap(), None, &FREE, Currency::USD);
        assert_eq!(same.unwrap().to_string(), "10.00");
        // 7.1 CNY a dollar: the least that can be sold, a cent, already yields 0.07.
        let five_fen = Money::parse("0.05", Currency::CNY).unwrap();
        assert_eq!(smallest_gross_for(five_fen, at("7.1"), &FREE, Currency::USD).unwrap().minor(), 1);
        let all = FeeSchedule::share(1_000_000);
        assert_eq!(smallest_gross_for(target, at("7.1"), &all, Currency::USD), Err(MoneyError::Unreachable));
    }

    #[test]
    fn r19_a_target_out_of_reach_says_why() {
        let much = Money::new(999_999_999_999_999_999, Currency::USD).unwrap();
        // At 0.0007 the gross would need 20 digits: too large, not too small.
        let krw = Currency::parse("KRW").unwrap();
        assert_eq!(smallest_gross_for(much, at("0.0007"), &FREE, krw), Err(MoneyError::Overflow));
        // The most that can be written is reached, though doubling goes far beyond it.
        let gross = smallest_gross_for(much, None, &THREE_PER_MILLE, Currency::USD).unwrap();
        assert_eq!(gross.checked_sub(THREE_PER_MILLE.fee(gross).unwrap()), Ok(much));
        let fen = Money::new(999_999_999_999_999_999, Currency::CNY).unwrap();
        assert!(smallest_gross_for(fen, at("7.1"), &FREE, Currency::USD).is_ok());
    }

    /// By hand: 1,000,000 yen × 0.0472 ÷ 7.1 = 6647.887…; 7.10 ÷ 7.1 is exactly a dollar; a fen more is not.
    #[test]
    fn r33_worth_for_limits() {
        let rows = [
            ("1000000", Currency::JPY, "0.0472", "7.1", "6647.89"),
            ("7.10", Currency::CNY, "1", "7.1", "1.00"),
            ("71000.00", Currency::CNY, "1", "7.1", "10000.00"),
            ("71000.01", Currency::CNY, "1", "7.1", "10000.01"),
        ];
        for (text, currency, times, by, expected) in rows {
            let amount = Money::parse(text, currency).unwrap();
            let worth = worth_ceil(amount, rate(times), rate(by), Currency::USD).unwrap();
            assert_eq!(worth.to_string(), expected, "{text} {currency}");
        }
        let most = Money::new(i64::MAX, Currency::CNY).unwrap();
        assert_eq!(
            worth_ceil(most, rate("1000000000000"), rate("0.000000000001"), Currency::USD),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn r19_without_a_rate_both_sides_are_one_currency() {
        let yen = Money::new(100, Currency::JPY).unwrap();
        let mixed = smallest_gross_for(yen, None, &FREE, Currency::USD);
        assert!(matches!(mixed, Err(MoneyError::CurrencyMismatch { .. })));
    }
}

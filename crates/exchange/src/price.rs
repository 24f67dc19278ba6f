//! R19: what leaves the balance, what arrives, and at which rate. Pure.

use money::{Conversion, Currency, FeeSchedule, Markup, Money, MoneyError, Rate};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::market::Market;
use crate::policy::RatePolicy;

/// The side that the merchant fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedSide {
    /// This much leaves the balance.
    Sell(Money),
    /// This much arrives.
    Buy(Money),
}

impl FixedSide {
    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            FixedSide::Sell(_) => "sell",
            FixedSide::Buy(_) => "buy",
        }
    }
}

/// What the institution takes for an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Out of what is sold.
    pub fees: FeeSchedule,
    /// Out of what is bought; none where the currency is the same.
    pub markup: Markup,
}

/// A price, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Gross: what leaves the balance, sold currency.
    pub sell: Money,
    /// The fee taken out of it, sold currency.
    pub fee: Money,
    /// `sell` less `fee`, sold currency: what is converted.
    pub net: Money,
    /// Bought units for one sold; none where the currency is the same.
    pub rate: Option<Rate>,
    /// The time at which the rate held.
    pub rate_as_of: Option<OffsetDateTime>,
    /// What arrives, bought currency.
    pub buy: Money,
    /// The institution's spread, already taken off, bought currency.
    pub spread: Money,
    /// What locking the rate costs, already taken off, bought currency.
    pub premium: Money,
    /// net × rate exactly, before spread and premium, major units of the bought currency.
    pub exact: Decimal,
}

/// Why there is no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// The pair is not traded here.
    #[error("these currencies can't be exchanged here")]
    UnsupportedCorridor,
    /// R16: no rate, or none that is new enough.
    #[error("there is no rate that is new enough")]
    RateUnavailable,
    /// The fee takes all of it, or less than one minor unit would arrive.
    #[error("the amount is too small: nothing would arrive")]
    AmountTooSmall,
    /// The amount can't be reckoned with.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Prices an exchange of the corridor's first currency into its second. Selling the base of a published pair takes the bid; buying it takes
/// 1 ÷ ask. Which rate is used, if any is, the policy says (R16). One and the same currency needs no rate.
///
/// # Errors
/// `PricingError`; the pair's being configured at all is the caller's to check. An amount that is not of its
/// side's currency is `Money(CurrencyMismatch)`.
pub fn price(
    side: FixedSide,
    (sell, buy): (Currency, Currency),
    market: &Market,
    terms: Terms,
    now: OffsetDateTime,
    rates: &RatePolicy,
) -> Result<Price, PricingError> {
    let (given, expected) = match side {
        FixedSide::Sell(gross) => (gross.currency(), sell),
        FixedSide::Buy(target) => (target.currency(), buy),
    };
    if given != expected {
        return Err(MoneyError::CurrencyMismatch { left: given, right: expected }.into());
    }
    let quoted = if sell == buy {
        None
    } else {
        Some(market.rate_for(sell, buy, rates, now).ok_or(PricingError::RateUnavailable)?)
    };
    let rate = quoted.map(|(rate, _)| rate);
    let marked = rate.map(|rate| (rate, terms.markup));
    let gross = match side {
        FixedSide::Sell(gross) => gross,
        FixedSide::Buy(target) => {
            money::smallest_gross_for(target, marked, &terms.fees, sell).map_err(|error| match error {
                MoneyError::Unreachable => PricingError::AmountTooSmall,
                other => PricingError::Money(other),
            })?
        }
    };
    let fee = terms.fees.fee(gross)?;
    let net = gross.checked_sub(fee).map_err(|_| PricingError::AmountTooSmall)?;
    let converted = match marked {
        Some((rate, markup)) => money::convert_floor(net, rate, markup, buy)?,
        None => same_currency(net),
    };
    let arrives = match side {
        FixedSide::Sell(_) => converted.received,
        FixedSide::Buy(target) => target,
    };
    if net.minor() == 0 || arrives.minor() == 0 {
        return Err(PricingError::AmountTooSmall);
    }
    let rate_as_of = quoted.map(|(_, as_of)| as_of);
    let Conversion { spread, premium, exact, .. } = converted;
    Ok(Price { sell: gross, fee, net, rate, rate_as_of, buy: arrives, spread, premium, exact })
}

fn same_currency(net: Money) -> Conversion {
    let exact = Decimal::from_i128_with_scale(i128::from(net.minor()), net.currency().exponent());
    let none = Money::zero(net.currency());
    Conversion { received: net, spread: none, premium: none, exact: exact.normalize() }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::market::CurrentRate;

    const NOW: OffsetDateTime = datetime!(2026-11-23 08:00:00 UTC);
    const AGE: Duration = Duration::minutes(15);
    const FEES: Terms = Terms { fees: FeeSchedule::share(3_000), markup: Markup::NONE };

    fn rates() -> RatePolicy {
        RatePolicy::of_age(AGE)
    }

    fn market(as_of: OffsetDateTime) -> Market {
        let rate = |base, bid, ask| CurrentRate {
            base,
            quote: Currency::CNY,
            bid: Rate::parse(bid).unwrap(),
            ask: Rate::parse(ask).unwrap().into(),
            as_of,
            bank: "hb".into(),
        };
        Market::new([rate(Currency::USD, "7.1000", "7.1300"), rate(Currency::JPY, "0.047000", "0.047200")])
    }

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn cny(text: &str) -> Money {
        Money::parse(text, Currency::CNY).unwrap()
    }

    fn shown(price: &Price) -> [String; 5] {
        let rate = price.rate.map_or("-".into(), |rate| rate.to_string());
        [price.sell.to_string(), price.fee.to_string(), price.net.to_string(), rate, price.buy.to_string()]
    }

    /// By hand. 1003.01 is the smallest gross for 7100.00 (see `money`); 100 CNY less 0.30 is 99.70, at
    /// 0.14025245 that is 13.98316926…, so 13.98 USD.
    #[test]
    fn r19_sold_and_bought_side_in_both_directions() {
        let (u, c) = (Currency::USD, Currency::CNY);
        let table = [
            (FixedSide::Sell(usd("1000.00")), u, c, ["1000.00", "3.00", "997.00", "7.1", "7078.70"]),
            (FixedSide::Buy(cny("7100.00")), u, c, ["1003.01", "3.01", "1000.00", "7.1", "7100.00"]),
            (FixedSide::Sell(cny("100.00")), c, u, ["100.00", "0.30", "99.70", "0.14025245", "13.98"]),
            (FixedSide::Sell(usd("10.00")), u, u, ["10.00", "0.03", "9.97", "-", "9.97"]),
            (FixedSide::Buy(usd("9.97")), u, u, ["10.00", "0.03", "9.97", "-", "9.97"]),
        ];
        for (side, sell, buy, expected) in table {
            let price = price(side, (sell, buy), &market(NOW), FEES, NOW, &rates()).unwrap();
            assert_eq!(shown(&price), expected, "{side:?}");
        }
    }

    #[test]
    fn r16_an_old_rate_is_an_error_never_a_price() {
        let (u, c) = (Currency::USD, Currency::CNY);
        let at = |as_of| price(FixedSide::Sell(usd("1.00")), (u, c), &market(as_of), FEES, NOW, &rates());
        assert!(at(NOW - AGE).is_ok());
        assert_eq!(at(NOW - AGE - Duration::MICROSECOND), Err(PricingError::RateUnavailable));
        let none = price(FixedSide::Sell(usd("1.00")), (u, c), &Market::default(), FEES, NOW, &rates());
        assert_eq!(none, Err(PricingError::RateUnavailable));
    }

    #[test]
    fn r19_what_would_leave_nothing_is_refused() {
        let (u, c, j) = (Currency::USD, Currency::CNY, Currency::JPY);
        // 0.01 USD: the fee is 0.01. 1 yen: the fee is 1.
        let tiny = price(FixedSide::Sell(usd("0.01")), (u, c), &market(NOW), FEES, NOW, &rates());
        assert_eq!(tiny, Err(PricingError::AmountTooSmall));
        let yen = FixedSide::Sell(Money::parse("1", j).unwrap());
        assert_eq!(price(yen, (j, c), &market(NOW), FEES, NOW, &rates()), Err(PricingError::AmountTooSmall));
    }

    #[test]
    fn r16_an_old_direction_gives_way_to_a_new_one() {
        let (u, c) = (Currency::USD, Currency::CNY);
        let rate = |base, quote, bid: &str, ask: &str, as_of| CurrentRate {
            base,
            quote,
            bid: Rate::parse(bid).unwrap(),
            ask: Rate::parse(ask).unwrap().into(),
            as_of,
            bank: "hb".into(),
        };
        let at = |cny_usd_as_of| {
            let market = Market::new([
                rate(u, c, "7.1000", "7.1300", NOW),
                rate(c, u, "0.14", "0.141", cny_usd_as_of),
            ]);
            price(FixedSide::Sell(cny("1.00")), (c, u), &market, FEES, NOW, &rates()).unwrap().rate.unwrap()
        };
        assert_eq!(at(NOW - AGE).to_string(), "0.14");
        assert_eq!(at(NOW - AGE * 2).to_string(), "0.14025245");
    }

    /// A cent at 7.1 is 0.07 already: who asks for 0.05 gets 0.05; the exact product says what is left over.
    #[test]
    fn r19_a_fixed_bought_side_arrives_as_it_was_asked_for() {
        let (u, c) = (Currency::USD, Currency::CNY);
        let free = Terms::default();
        let price = price(FixedSide::Buy(cny("0.05")), (u, c), &market(NOW), free, NOW, &rates()).unwrap();
        assert_eq!(shown(&price), ["0.01", "0.00", "0.01", "7.1", "0.05"]);
        assert_eq!(price.exact.to_string(), "0.071");
    }

    /// By hand, as in `money`: 7078.70 less 0.1 % and 0.02 %. The other way: 7100.00 CNY need 7.1 × net × 0.9988 ≥ 7100,
    /// so net 1001.21 (1001.201… rounded up to where the floor reaches it) and with 0.3 % a gross of 1004.23.
    #[test]
    fn r19_spread_and_premium_are_shown_apart() {
        let (u, c) = (Currency::USD, Currency::CNY);
        let terms = Terms { markup: Markup { spread: 1_000, premium: 200 }, ..FEES };
        let sold =
            price(FixedSide::Sell(usd("1000.00")), (u, c), &market(NOW), terms, NOW, &rates()).unwrap();
        assert_eq!(shown(&sold), ["1000.00", "3.00", "997.00", "7.1", "7070.20"]);
        assert_eq!((sold.spread.to_string(), sold.premium.to_string()), ("7.08".into(), "1.42".into()));
        let bought =
            price(FixedSide::Buy(cny("7100.00")), (u, c), &market(NOW), terms, NOW, &rates()).unwrap();
        assert_eq!(shown(&bought), ["1004.23", "3.02", "1001.21", "7.1", "7100.00"]);
        let same = price(FixedSide::Sell(usd("10.00")), (u, u), &market(NOW), terms, NOW, &rates()).unwrap();
        assert_eq!((same.buy, same.spread.minor(), same.premium.minor()), (usd("9.97"), 0, 0));
    }

    #[test]
    fn r19_an_amount_of_another_currency_is_no_price() {
        let (u, c) = (Currency::USD, Currency::CNY);
        for side in [FixedSide::Sell(cny("1.00")), FixedSide::Buy(usd("1.00"))] {
            let mixed = price(side, (u, c), &market(NOW), FEES, NOW, &rates());
            assert!(
                matches!(mixed, Err(PricingError::Money(MoneyError::CurrencyMismatch { .. }))),
                "{side:?}: {mixed:?}"
            );
        }
    }

    #[test]
    fn r19_too_much_is_not_called_too_little() {
        let (j, c) = (Currency::JPY, Currency::CNY);
        let most = cny("9999999999999999.99");
        // About 2.1 × 10^17 yen: large, but a price.
        assert!(price(FixedSide::Buy(most), (j, c), &market(NOW), FEES, NOW, &rates()).is_ok());
        let huge = Money::new(i64::MAX, c).unwrap();
        let error = price(FixedSide::Buy(huge), (c, c), &market(NOW), FEES, NOW, &rates());
        assert_eq!(error, Err(PricingError::Money(MoneyError::Overflow)));
        let all = Terms { fees: FeeSchedule::share(1_000_000), ..FEES };
        let error = price(FixedSide::Buy(cny("1.00")), (j, c), &market(NOW), all, NOW, &rates());
        assert_eq!(error, Err(PricingError::AmountTooSmall));
    }
}

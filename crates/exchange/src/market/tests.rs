use proptest::prelude::*;
use time::Duration;
use time::macros::datetime;

use super::*;
use crate::policy::PairPolicy;
use crate::price::{FixedSide, Terms, price};

const NOW: OffsetDateTime = datetime!(2026-11-23 08:00:00 UTC);
const AGE: Duration = Duration::minutes(15);

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// A bank's rate, so many seconds old.
fn word(pair: &str, bid: &str, ask: &str, bank: &str, seconds: i64) -> CurrentRate {
    let (base, quote) = pair.split_at(3);
    CurrentRate {
        base: currency(base),
        quote: currency(quote),
        bid: Rate::parse(bid).unwrap(),
        ask: Rate::parse(ask).unwrap().into(),
        as_of: NOW - Duration::seconds(seconds),
        bank: bank.into(),
    }
}

fn market(rates: &[(&str, &str, &str)]) -> Market {
    Market::new(rates.iter().map(|(pair, bid, ask)| word(pair, bid, ask, "hb", 0)))
}

fn ordered(sources: &[&str], max_age: Duration) -> RatePolicy {
    let mut policy = RatePolicy::of_age(AGE);
    let sources = sources.iter().map(|bank| (*bank).to_owned()).collect();
    let own = PairPolicy { sources, max_age, ..policy.usual.clone() };
    policy.pairs.insert((Currency::USD, Currency::CNY), own);
    policy
}

fn through_dollars() -> RatePolicy {
    RatePolicy { cross_through: Some(Currency::USD), ..RatePolicy::of_age(AGE) }
}

/// By hand: 1,000,000 yen × 0.0472 = 47,200 CNY; ÷ 7.1 = 6647.887…; 7.10 CNY ÷ 7.1 is a dollar exactly;
/// 100 EUR × 1.17 = 117; 780.01 HKD ÷ 7.8 = 100.0012…
#[test]
fn r33_limits_compare_in_dollars_rounded_up() {
    let market = market(&[
        ("USDCNY", "7.1000", "7.1300"),
        ("JPYCNY", "0.047000", "0.047200"),
        ("EURCNY", "8.2000", "8.2400"),
        ("EURUSD", "1.15", "1.17"),
        ("USDHKD", "7.8", "7.9"),
    ]);
    let table = [
        ("5.00", "USD", Some("5.00")),
        ("1000000", "JPY", Some("6647.89")),
        ("7.10", "CNY", Some("1.00")),
        ("71000.00", "CNY", Some("10000.00")),
        ("71000.01", "CNY", Some("10000.01")),
        ("100.00", "EUR", Some("117.00")),
        ("780.01", "HKD", Some("100.01")),
        ("1.00", "GBP", None),
    ];
    for (amount, code, expected) in table {
        let amount = Money::parse(amount, currency(code)).unwrap();
        let worth = market.usd_equivalent(amount).map(|worth| worth.to_string());
        assert_eq!(worth.as_deref(), expected, "{amount} {code}");
    }
    assert_eq!(Market::default().usd_equivalent(Money::new(1, Currency::CNY).unwrap()), None);
}

/// Three banks: how old their rates are in seconds, and who is out.
#[test]
fn r16_the_first_source_that_can_makes_the_price() {
    let minute = Duration::MINUTE;
    let order: &[&str] = &["a", "b"];
    type Case<'c> = (&'c [&'c str], Duration, [i64; 3], &'c [&'c str], Option<&'c str>);
    let table: [Case<'_>; 12] = [
        (order, minute, [60, 0, 0], &[], Some("a")),
        (order, minute, [61, 60, 0], &[], Some("b")),
        (order, minute, [61, 61, 0], &[], None),
        (order, minute, [1, 2, 3], &["a"], Some("b")),
        (order, minute, [1, 61, 3], &["a"], None),
        (order, minute, [1, 2, 3], &["a", "b"], None),
        (&["c"], minute, [0, 0, 60], &[], Some("c")),
        (&[], minute, [3, 2, 1], &[], Some("c")),
        (&[], minute, [3, 2, 1], &["c"], Some("b")),
        (&[], minute, [2, 2, 61], &[], Some("a")),
        (&[], minute, [61, 61, 61], &[], None),
        (&[], minute, [3, 2, -60], &[], Some("c")),
    ];
    for (sources, max_age, ages, out, expected) in table {
        let words = ["a", "b", "c"]
            .iter()
            .zip(ages)
            .map(|(bank, seconds)| (word("USDCNY", "7.1", "7.13", bank, seconds), out.contains(bank)));
        let market = Market::of(words);
        let policy = ordered(sources, max_age);
        let pricing = market.pricing(Currency::USD, Currency::CNY, &policy, NOW);
        assert_eq!(pricing.map(|rate| &*rate.bank), expected, "{sources:?} {ages:?} {out:?}");
        let sold = market.rate_for(Currency::USD, Currency::CNY, &policy, NOW);
        assert_eq!(sold.is_some(), expected.is_some(), "{sources:?} {ages:?} {out:?}");
        let bought = market.rate_for(Currency::CNY, Currency::USD, &policy, NOW);
        assert_eq!(bought.is_some(), expected.is_some(), "the other way round, it is the same pair");
    }
}

/// By hand, as the README has them.
#[test]
fn r19_through_a_third_currency() {
    let market = market(&[
        ("EURUSD", "1.0850", "1.0860"),
        ("USDCNY", "7.1000", "7.1300"),
        ("USDJPY", "154.90", "155.10"),
    ]);
    let table = [
        ("EUR", "CNY", "7.7035", "100.00", "770.35"),
        ("CNY", "EUR", "0.1291459", "1000.00", "129.14"),
        ("JPY", "CNY", "0.045776917", "10000", "457.76"),
        ("EUR", "USD", "1.085", "100.00", "108.50"),
    ];
    for (sell, buy, rate, gross, arrives) in table {
        let (sell, buy) = (currency(sell), currency(buy));
        let found = market.rate_for(sell, buy, &through_dollars(), NOW).unwrap();
        assert_eq!(found.0.to_string(), rate, "{sell} into {buy}");
        let side = FixedSide::Sell(Money::parse(gross, sell).unwrap());
        let free = Terms::default();
        let price = price(side, (sell, buy), &market, free, NOW, &through_dollars()).unwrap();
        assert_eq!(price.buy.to_string(), arrives, "{sell} into {buy}");
    }
    assert_eq!(market.rate_for(currency("EUR"), Currency::CNY, &RatePolicy::of_age(AGE), NOW), None);
    assert_eq!(market.rate_for(currency("EUR"), currency("GBP"), &through_dollars(), NOW), None);
}

#[test]
fn r16_each_leg_has_its_own_age_and_a_rate_of_its_own_goes_first() {
    let (eur, cny) = (currency("EUR"), Currency::CNY);
    let at = |eur_usd: i64, usd_cny: i64, direct: Option<i64>| {
        let legs =
            [word("EURUSD", "1.1", "1.2", "hb", eur_usd), word("USDCNY", "7.1", "7.13", "hb", usd_cny)];
        let direct = direct.map(|seconds| word("EURCNY", "8", "9", "hb", seconds));
        let policy = RatePolicy { cross_through: Some(Currency::USD), ..ordered(&[], Duration::MINUTE) };
        let found = Market::new(legs.into_iter().chain(direct)).rate_for(eur, cny, &policy, NOW);
        found.map(|(rate, as_of)| (rate.to_string(), (NOW - as_of).whole_seconds()))
    };
    let cross = |seconds| Some(("7.81".to_owned(), seconds));
    assert_eq!(at(900, 60, None), cross(900), "as old as the older one");
    assert_eq!(at(10, 60, None), cross(60));
    assert_eq!(at(901, 0, None), None);
    assert_eq!(at(0, 61, None), None);
    assert_eq!(at(0, 0, Some(900)), Some(("8".to_owned(), 900)));
    assert_eq!(at(0, 0, Some(901)), cross(0));
}

/// Which side of a pair a leg takes: sold as its base (bid), or bought as its base (1 ÷ ask).
fn leg(from: Currency, to: Currency, sells_base: bool, rate: Rate) -> CurrentRate {
    let (base, quote) = if sells_base { (from, to) } else { (to, from) };
    CurrentRate { base, quote, bid: rate, ask: rate.into(), as_of: NOW, bank: "hb".into() }
}

proptest! {
    /// product × asks ≤ bids, in whole numbers: mantissas of at most 5 digits, so that nothing overflows.
    #[test]
    fn r19_a_cross_rate_never_gives_more_than_both_legs(
        mantissas in (1u32..100_000, 1u32..100_000), scales in (0u32..5, 0u32..5), sells_base: (bool, bool),
    ) {
        let rate = |mantissa: u32, scale| Rate::try_from(Decimal::new(i64::from(mantissa), scale)).unwrap();
        let rates = (rate(mantissas.0, scales.0), rate(mantissas.1, scales.1));
        let (eur, usd, cny) = (currency("EUR"), Currency::USD, Currency::CNY);
        let market = Market::new([leg(eur, usd, sells_base.0, rates.0), leg(usd, cny, sells_base.1, rates.1)]);
        let (product, _) = market.rate_for(eur, cny, &through_dollars(), NOW).unwrap();
        let (mut product, mut exact) = (Decimal::from(product), Decimal::ONE);
        for (rate, sells_base) in [(rates.0, sells_base.0), (rates.1, sells_base.1)] {
            let side = if sells_base { &mut exact } else { &mut product };
            *side = side.checked_mul(Decimal::from(rate)).unwrap();
        }
        prop_assert!(product <= exact, "{product} > {exact}");
        // And less by what eight digits of the product and of each inverse leave out, no more.
        prop_assert!(product >= exact * Decimal::new(9_999_996, 7), "{product} << {exact}");
    }
}

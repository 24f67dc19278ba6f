//! `[exchange]`: whose rates make prices, for how long, and what becomes of one that jumps (R16); what is kept of
//! exchanges besides the fee (R19).

use std::collections::BTreeMap;

use exchange::{Markups, PairPolicy, RatePolicy};
use money::Currency;
use serde::Deserialize;
use time::Duration;

use super::Seconds;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub rate_max_age_seconds: Seconds,
    pub rate_jump_parts_per_million: u32,
    pub cross_through: Option<Currency>,
    pub quote_lock_seconds: Seconds,
    #[serde(default)]
    pub pairs: Vec<RatePair>,
    #[serde(default)]
    pub lock_premiums: Vec<LockPremium>,
    /// Tier → millionths of what is bought.
    #[serde(default)]
    pub spreads: BTreeMap<String, u32>,
}

/// What locks longer than so much cost, in millionths of what is bought.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockPremium {
    pub longer_than_seconds: Seconds,
    pub parts_per_million: u32,
}

/// `[[exchange.pairs]]`: a pair for which something is otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatePair {
    /// `USDCNY`: base, then quote.
    pub pair: String,
    /// Banks, the first that can make a price goes first.
    #[serde(default)]
    pub sources: Vec<String>,
    pub max_age_seconds: Option<Seconds>,
    pub jump_parts_per_million: Option<u32>,
}

/// The two currencies of a pair as it is written: `USDCNY`.
pub fn currencies(pair: &str) -> Option<(Currency, Currency)> {
    let (base, quote) = pair.split_at_checked(3)?;
    Currency::parse(base).ok().zip(Currency::parse(quote).ok()).filter(|(base, quote)| base != quote)
}

impl Exchange {
    /// What is kept of exchanges besides the fee (R19).
    pub fn markups(&self) -> Markups {
        let premium = |premium: &LockPremium| {
            let longer_than = Duration::seconds(i64::from(premium.longer_than_seconds.0));
            (longer_than, premium.parts_per_million)
        };
        Markups::new(self.spreads.clone(), self.lock_premiums.iter().map(premium).collect())
    }

    /// How rates are believed and used.
    ///
    /// # Errors
    /// In words, for a configuration that was not checked.
    pub fn policy(&self) -> Result<RatePolicy, String> {
        let seconds = |seconds: Seconds| Duration::seconds(i64::from(seconds.0));
        let usual = PairPolicy {
            sources: Vec::new(),
            max_age: seconds(self.rate_max_age_seconds),
            jump_parts_per_million: self.rate_jump_parts_per_million,
        };
        let mut pairs = BTreeMap::new();
        for listed in &self.pairs {
            let pair = currencies(&listed.pair).ok_or_else(|| format!("{} is not a pair", listed.pair))?;
            let own = PairPolicy {
                sources: listed.sources.clone(),
                max_age: listed.max_age_seconds.map_or(usual.max_age, seconds),
                jump_parts_per_million: listed.jump_parts_per_million.unwrap_or(usual.jump_parts_per_million),
            };
            pairs.insert(pair, own);
        }
        Ok(RatePolicy { usual, pairs, cross_through: self.cross_through })
    }
}

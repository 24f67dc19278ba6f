//! `[limits]`: how much may be withdrawn (R30).

use std::sync::Arc;

use money::{Currency, Money};
use serde::Deserialize;
use time::UtcOffset;
use withdrawals::Scope;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub utc_offset_minutes: i32,
    #[serde(default)]
    pub rules: Vec<Limit>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub name: String,
    pub scope: LimitScope,
    pub most_usd: String,
    pub sell: Option<Currency>,
    pub buy: Option<Currency>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    Payout,
    Day,
    BeforeVerification,
}

impl Limit {
    /// What is wrong with it, if anything is.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let named = (1..=40).contains(&self.name.len())
            && self.name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        match Money::parse(&self.most_usd, Currency::USD) {
            _ if !named => Some("its name must be 1 to 40 of a–z, 0–9, - and _"),
            Err(_) => Some("most_usd must be an amount, like \"50000.00\""),
            Ok(_) => None,
        }
    }
}

impl Limits {
    /// As withdrawals are decided by them.
    ///
    /// # Errors
    /// In words, for a configuration that was not checked.
    pub fn policy(&self) -> Result<withdrawals::Limits, String> {
        let offset = self.offset().ok_or("limits.utc_offset_minutes is no offset")?;
        let rule = |limit: &Limit| {
            Ok(withdrawals::Limit {
                name: Arc::from(limit.name.as_str()),
                scope: match limit.scope {
                    LimitScope::Payout => Scope::Payout,
                    LimitScope::Day => Scope::Day,
                    LimitScope::BeforeVerification => Scope::BeforeVerification,
                },
                sell: limit.sell,
                buy: limit.buy,
                most: Money::parse(&limit.most_usd, Currency::USD).map_err(|error| error.to_string())?,
            })
        };
        Ok(withdrawals::Limits::new(self.rules.iter().map(rule).collect::<Result<_, String>>()?, offset))
    }

    /// Where days begin.
    pub fn offset(&self) -> Option<UtcOffset> {
        UtcOffset::from_whole_seconds(self.utc_offset_minutes.checked_mul(60)?).ok()
    }
}

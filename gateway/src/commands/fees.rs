//! R23: what withdrawals cost: read for a batch; and new versions of fees, which two persons set.

use exchange::{QuoteId, Quotes};
use merchants::MerchantId;
use money::{Currency, FeeSchedule, Money};
use pg::Tx;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use withdrawals::{Counter, FeeId, FeeScope, FeeVersion, Fees, Pricing};

use super::facts::Facts;
use super::operators::{No, illegal};
use super::stage::Stage;
use super::void::Void;
use super::{Command, rfc3339};

/// A new version of a fee, as it is asked for and approved. Amounts are minor units of `sell`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFee {
    pub id: FeeId,
    pub merchant: Option<MerchantId>,
    pub sell: Currency,
    pub buy: Option<Currency>,
    pub fixed_minor: i64,
    pub parts_per_million: u32,
    pub minimum_minor: i64,
    pub maximum_minor: Option<i64>,
    pub free_minor: i64,
    /// None: from its approval on.
    #[serde(with = "time::serde::rfc3339::option")]
    pub valid_from: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub valid_until: Option<OffsetDateTime>,
}

impl NewFee {
    fn scope(&self) -> FeeScope {
        FeeScope { merchant: self.merchant, sell: self.sell, buy: self.buy }
    }

    /// As it is in force from `now` on at the earliest.
    pub fn version(&self, now: OffsetDateTime) -> FeeVersion {
        FeeVersion {
            id: self.id,
            scope: self.scope(),
            schedule: FeeSchedule {
                fixed_minor: self.fixed_minor,
                parts_per_million: self.parts_per_million,
                minimum_minor: self.minimum_minor,
                maximum_minor: self.maximum_minor,
                free_minor: self.free_minor,
            },
            valid_from: self.valid_from.unwrap_or(now),
            valid_until: self.valid_until,
        }
    }
}

/// The tariff is read where something is priced at the market's rate, or a fee is set.
pub(super) async fn load(
    tx: &Tx<'_>,
    merchants: &[MerchantId],
    quotes: &[QuoteId],
    facts: &Facts,
    now: OffsetDateTime,
) -> Result<Fees, Void> {
    let at = (now, facts.policy.limits.offset());
    Ok(Fees::load(tx, facts.policy.fees, merchants, quotes, at).await?)
}

/// The counters of the allowances that orders in a batch may use, and whose they are.
pub(super) fn counters(
    live: &[&Command],
    fees: &Fees,
    quotes: &Quotes,
    now: OffsetDateTime,
) -> Vec<(Counter, (MerchantId, Currency))> {
    let needed = live.iter().filter_map(|command| {
        let Command::Withdraw(command) = command else { return None };
        let merchant = command.order.merchant;
        let (counter, sell) = match &command.order.pricing {
            Pricing::Market { sell, buy } => {
                let corridor = (sell.currency(), *buy);
                (fees.counter_at_market(merchant, corridor, now), sell.currency())
            }
            Pricing::Quote(id) => {
                let sell = quotes.get(*id)?.price.sell.currency();
                (fees.counter_of_quote(*id, merchant, sell, now), sell)
            }
        };
        Some((counter?, (merchant, sell)))
    });
    needed.collect()
}

impl Stage<'_> {
    /// Whether a fee can still be set: what has passed is not priced anew.
    pub(super) fn fee_possible(&self, fee: &NewFee) -> Result<(), No> {
        if fee.valid_from.is_some_and(|from| from < self.now) {
            return Err(illegal("valid_from is in the past: no fee is changed for what was before".into()));
        }
        if fee.valid_until.is_some_and(|until| until <= fee.valid_from.unwrap_or(self.now)) {
            return Err(illegal("valid_until is over before the fee is in force".into()));
        }
        if let Some(merchant) = fee.merchant.filter(|merchant| self.merchants.get(*merchant).is_none()) {
            return Err((crate::problem::Problem::NotFound, format!("there is no {merchant}")));
        }
        Ok(())
    }

    pub(super) fn set_fee(&mut self, fee: &NewFee) -> Result<(), No> {
        self.fee_possible(fee)?;
        self.new_fees.push(fee.version(self.now));
        Ok(())
    }

    /// What is in force for the same scope, and after it was set what will be.
    pub(super) fn fee_shown(&self, fee: &NewFee) -> Value {
        let set = self.new_fees.iter().find(|version| version.id == fee.id);
        match set.or_else(|| self.fees.tariff.version(fee.scope(), self.now)) {
            Some(version) => fee_json(version),
            None => json!({"id": null, "status": "none"}),
        }
    }
}

/// A version of a fee as operators and merchants see it; amounts in the sold currency.
pub fn fee_json(version: &FeeVersion) -> Value {
    let (scope, schedule) = (&version.scope, &version.schedule);
    let amount = |minor: i64| Money::new(minor, scope.sell).map(|amount| amount.to_string()).ok();
    json!({
        "id": version.id.to_string(),
        "merchant_id": scope.merchant.map(|merchant| merchant.to_string()),
        "sell_currency": scope.sell.code(),
        "buy_currency": scope.buy.as_ref().map(Currency::code),
        "fixed": amount(schedule.fixed_minor),
        "percent": Decimal::new(i64::from(schedule.parts_per_million), 4).normalize().to_string(),
        "minimum": amount(schedule.minimum_minor),
        "maximum": schedule.maximum_minor.and_then(amount),
        "free_per_month": amount(schedule.free_minor),
        "valid_from": rfc3339(version.valid_from),
        "valid_until": version.valid_until.map(rfc3339),
    })
}

/// The subject of a fee in the audit trail: the merchant whose own it is, or the fee itself.
pub(super) fn subject(fee: &NewFee) -> String {
    fee.merchant.map_or_else(|| fee.id.to_string(), |merchant| merchant.to_string())
}

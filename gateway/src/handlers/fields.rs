//! Checks fields one after the other and keeps all that is wrong, so that a caller mends everything at once.

use money::{Currency, Money};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime, Time, UtcOffset};

use crate::problem::{FieldError, Refusal};

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Notes a wrong field.
    pub fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, message));
    }

    /// A currency's code.
    pub fn currency(&mut self, field: &str, text: &str) -> Option<Currency> {
        let parsed = Currency::parse(text).ok();
        if parsed.is_none() {
            self.wrong(field, "must be a currency code (ISO 4217)");
        }
        parsed
    }

    /// An amount in a currency; says nothing where the currency was wrong already.
    pub fn amount(&mut self, field: &str, text: &str, currency: Option<Currency>) -> Option<Money> {
        Money::parse(text, currency?).map_err(|error| self.wrong(field, error.to_string())).ok()
    }

    /// A time (RFC 3339) or a day, which begins at midnight in UTC.
    pub fn time(&mut self, field: &str, text: &str) -> Option<OffsetDateTime> {
        let day = || Date::parse(text, &Iso8601::DATE).ok().filter(|_| text.len() == 10);
        let time = OffsetDateTime::parse(text, &Rfc3339)
            .map(|time| time.to_offset(UtcOffset::UTC))
            .ok()
            .or_else(|| Some(OffsetDateTime::new_utc(day()?, Time::MIDNIGHT)));
        if time.is_none() {
            self.wrong(field, "must be a time (RFC 3339) or a day (YYYY-MM-DD)");
        }
        time
    }

    /// # Errors
    /// `invalid-request` with all that was wrong.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::fields(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_comes_at_once() {
        let mut fields = Fields::default();
        let usd = fields.currency("sell_currency", "USD");
        assert!(fields.amount("sell_amount", "1.50", usd).is_some());
        let none = fields.currency("buy_currency", "cny");
        assert!(fields.amount("buy_amount", "x", none).is_none());
        assert!(fields.amount("sell_amount", "-1", usd).is_none());
        let refusal = fields.finish().expect_err("two wrong fields");
        let names: Vec<_> = refusal.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(names, ["buy_currency", "sell_amount"]);
    }

    #[test]
    fn days_and_times() {
        let mut fields = Fields::default();
        let seconds = |time: Option<OffsetDateTime>| time.map(OffsetDateTime::unix_timestamp);
        assert_eq!(seconds(fields.time("from", "2026-11-23")), Some(1_795_392_000));
        assert_eq!(seconds(fields.time("from", "2026-11-23T08:00:00+08:00")), Some(1_795_392_000));
        assert!(fields.time("from", "yesterday").is_none());
        assert!(fields.time("from", "2026-W10").is_none());
    }
}

//! Checks fields one after the other and keeps all that is wrong, so that a caller mends everything at once.

use money::{Currency, Money};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
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

    /// A time (RFC 3339) or a day, which begins at midnight in UTC; of the years 1 to 9998.
    pub fn time(&mut self, field: &str, text: &str) -> Option<OffsetDateTime> {
        let midnight = || Some(OffsetDateTime::new_utc(day(text)?, Time::MIDNIGHT)).filter(in_calendar);
        let time = moment(text).or_else(midnight);
        if time.is_none() {
            self.wrong(field, "must be a time (RFC 3339) or a day (YYYY-MM-DD)");
        }
        time
    }

    /// A day (YYYY-MM-DD).
    pub fn day(&mut self, field: &str, text: &str) -> Option<Date> {
        let day = day(text);
        if day.is_none() {
            self.wrong(field, "must be a day (YYYY-MM-DD)");
        }
        day
    }

    /// # Errors
    /// `invalid-request` with all that was wrong.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::fields(self.errors)) }
    }
}

/// A time (RFC 3339) in UTC, of the years 1 to 9998: also with an offset it can be written, and the database keeps it.
pub fn moment(text: &str) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    moment.checked_to_offset(UtcOffset::UTC).filter(in_calendar)
}

fn in_calendar(time: &OffsetDateTime) -> bool {
    (1..=9998).contains(&time.year())
}

/// YYYY-MM-DD and nothing else: the library's year may have a sign.
fn day(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok().filter(|_| plain)
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

    #[test]
    fn times_at_the_edges_of_the_calendar_are_wrong_fields() {
        for wrong in [
            "9999-12-31T23:59:59-01:00",
            "9999-12-31T23:59:59Z",
            "9999-01-01T00:00:00Z",
            "9998-12-31T23:00:00-01:00",
            "9999-01-01",
            "0000-01-01",
            "0000-01-01T00:00:00+01:00",
            "0001-01-01T00:00:00+01:00",
        ] {
            let mut fields = Fields::default();
            assert_eq!(fields.time("from", wrong), None, "{wrong}");
            assert_eq!(fields.finish().expect_err(wrong).errors[0].field, "from");
        }
        let mut fields = Fields::default();
        for right in ["0001-01-01", "0001-01-01T00:00:00Z", "9998-12-31T23:59:59.999999999Z", "9998-12-31"] {
            assert!(fields.time("from", right).is_some_and(|time| time.offset().is_utc()), "{right}");
        }
    }

    #[test]
    fn a_day_is_written_one_way() {
        let mut fields = Fields::default();
        for wrong in
            ["-009999001", "2026-W10-1", "+2026-1123", "2026-11-31", "2026-11-2", "20261123", "2026-328"]
        {
            assert_eq!(fields.time("from", wrong), None, "{wrong}");
        }
    }
}

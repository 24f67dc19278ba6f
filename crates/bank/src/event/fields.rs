//! Reads fields out of a JSON object, collecting what is wrong with each under its path.

use std::borrow::Cow;
use std::collections::BTreeMap;

use money::{Currency, Money};
use rust_decimal::Decimal;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

use super::{FieldError, MAX_FREE_TEXT, MAX_REFERENCE, is_placeholder};
use crate::json::Json;
use crate::reason;

/// Digits of a published price; money's rates keep eight of them.
const MAX_PRICE_DIGITS: usize = 18;
/// More than this many faults help nobody.
const MAX_FAULTS: usize = 50;

/// What was wrong so far.
#[derive(Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    pub(crate) fn add(&mut self, field: String, message: impl Into<String>) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(FieldError { field, message: message.into() });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }
}

/// An object and where it stands.
pub(super) struct Section<'j, 'a> {
    fields: &'j BTreeMap<Cow<'a, str>, Json<'a>>,
    path: String,
}

impl<'j, 'a> Section<'j, 'a> {
    /// The whole body.
    pub(super) fn root(json: &'j Json<'a>, faults: &mut Faults) -> Option<Section<'j, 'a>> {
        Section::at(json, String::new(), faults)
    }

    fn at(json: &'j Json<'a>, path: String, faults: &mut Faults) -> Option<Section<'j, 'a>> {
        match json {
            Json::Object(fields) => Some(Section { fields, path }),
            _ => {
                faults.add(path, "must be an object");
                None
            }
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path of one of its fields.
    pub(super) fn field(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn fault(&self, name: &str, message: impl Into<String>, faults: &mut Faults) {
        faults.add(self.field(name), message);
    }

    /// `null` counts as absent.
    fn present(&self, name: &str) -> Option<&'j Json<'a>> {
        self.fields.get(name).filter(|json| **json != Json::Null)
    }

    fn required(&self, name: &str, faults: &mut Faults) -> Option<&'j Json<'a>> {
        let present = self.present(name);
        if present.is_none() {
            self.fault(name, "is missing", faults);
        }
        present
    }

    /// An object that must be there.
    pub(super) fn section(&self, name: &str, faults: &mut Faults) -> Option<Section<'j, 'a>> {
        let json = self.required(name, faults)?;
        Section::at(json, self.field(name), faults)
    }

    /// An object that may be absent.
    pub(super) fn optional_section(&self, name: &str, faults: &mut Faults) -> Option<Section<'j, 'a>> {
        Section::at(self.present(name)?, self.field(name), faults)
    }

    /// An array of one to `most` objects.
    pub(super) fn list(&self, name: &str, most: usize, faults: &mut Faults) -> Option<Vec<Section<'j, 'a>>> {
        match self.required(name, faults)? {
            Json::Array(items) if (1..=most).contains(&items.len()) => {
                let path = |at| format!("{}[{at}]", self.field(name));
                let sections = items.iter().enumerate();
                Some(sections.filter_map(|(at, item)| Section::at(item, path(at), faults)).collect())
            }
            Json::Array(_) => {
                self.fault(name, format!("must have 1 to {most} elements"), faults);
                None
            }
            _ => {
                self.fault(name, "must be an array", faults);
                None
            }
        }
    }

    fn as_text(&self, name: &str, json: &'j Json<'a>, faults: &mut Faults) -> Option<&'j str> {
        match json {
            Json::Text(text) => Some(text),
            _ => {
                self.fault(name, "must be a string", faults);
                None
            }
        }
    }

    /// A string that must be there and not be empty.
    pub(super) fn text(&self, name: &str, faults: &mut Faults) -> Option<&'j str> {
        let text = self.as_text(name, self.required(name, faults)?, faults)?;
        if text.is_empty() {
            self.fault(name, "must not be empty", faults);
            return None;
        }
        Some(text)
    }

    /// A string that may be absent; an empty one counts as absent.
    pub(super) fn optional_text(&self, name: &str, faults: &mut Faults) -> Option<&'j str> {
        self.as_text(name, self.present(name)?, faults).filter(|text| !text.is_empty())
    }

    /// A person's or bank's free words: cut, and cleaned of control characters, never refused.
    pub(super) fn free_text(&self, name: &str, faults: &mut Faults) -> Option<String> {
        self.optional_text(name, faults).map(|text| clean(text, MAX_FREE_TEXT))
    }

    /// A key-like text that must be there, without the blanks around it: banks pad, and another format has the same without (R4).
    pub(super) fn code(&self, name: &str, most: usize, faults: &mut Faults) -> Option<String> {
        let text = self.text(name, faults)?;
        self.check_code(name, text, most, faults)
    }

    /// A key-like text that may be absent.
    pub(super) fn optional_code(&self, name: &str, most: usize, faults: &mut Faults) -> Option<String> {
        let text = self.optional_text(name, faults)?;
        self.check_code(name, text, most, faults)
    }

    /// A reason's code. What is none is never refused (R5), and never handed on.
    pub(super) fn reason(&self, name: &str, faults: &mut Faults) -> Option<String> {
        self.optional_text(name, faults).and_then(reason::code)
    }

    fn check_code(&self, name: &str, text: &str, most: usize, faults: &mut Faults) -> Option<String> {
        let text = text.trim();
        if text.chars().nth(most).is_some() {
            self.fault(name, format!("must have at most {most} characters"), faults);
        } else if text.chars().any(char::is_control) {
            self.fault(name, "must not have control characters", faults);
        } else if text.is_empty() {
            self.fault(name, "must not be blank", faults);
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// A reference; the placeholder for none is none, or all payments without one would be the same payment.
    pub(super) fn reference(&self, name: &str, faults: &mut Faults) -> Option<String> {
        let text = self.code(name, MAX_REFERENCE, faults)?;
        if is_placeholder(&text) {
            self.fault(name, "is a placeholder, not a reference", faults);
            return None;
        }
        Some(text)
    }

    /// An ISO 4217 code.
    pub(super) fn currency(&self, name: &str, faults: &mut Faults) -> Option<Currency> {
        let text = self.text(name, faults)?;
        Currency::parse(text).map_err(|_| self.fault(name, "must be an ISO 4217 currency code", faults)).ok()
    }

    /// `amount` and `currency`, which belong together.
    pub(super) fn money(&self, faults: &mut Faults) -> Option<Money> {
        let currency = self.currency("currency", faults);
        let text = self.text("amount", faults);
        let (currency, text) = (currency?, text?);
        Money::parse(text, currency).map_err(|error| self.fault("amount", error.to_string(), faults)).ok()
    }

    /// An amount in a currency known from elsewhere.
    pub(super) fn optional_amount(
        &self,
        name: &str,
        currency: Currency,
        faults: &mut Faults,
    ) -> Option<Money> {
        let text = self.optional_text(name, faults)?;
        Money::parse(text, currency).map_err(|error| self.fault(name, error.to_string(), faults)).ok()
    }

    /// A price: plain decimal digits, above zero.
    pub(super) fn price(&self, name: &str, faults: &mut Faults) -> Option<Decimal> {
        let text = self.text(name, faults)?;
        let price = plain_decimal(text);
        if price.is_none() {
            let message = format!("must be a decimal above zero of at most {MAX_PRICE_DIGITS} digits");
            self.fault(name, message, faults);
        }
        price
    }

    /// A day that exists, `YYYY-MM-DD`.
    pub(super) fn optional_date(&self, name: &str, faults: &mut Faults) -> Option<Date> {
        let text = self.optional_text(name, faults)?;
        let date = day(text);
        if date.is_none() {
            self.fault(name, "must be a date, YYYY-MM-DD", faults);
        }
        date
    }

    /// A time that must be there, RFC 3339 with any offset, of the year 1 or later in UTC.
    pub(super) fn moment(&self, name: &str, faults: &mut Faults) -> Option<OffsetDateTime> {
        let text = self.text(name, faults)?;
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok();
        let utc = moment.and_then(|moment| moment.checked_to_offset(UtcOffset::UTC));
        let utc = utc.filter(|moment| moment.year() >= 1);
        if utc.is_none() {
            self.fault(name, "must be an RFC 3339 time", faults);
        }
        utc
    }
}

/// A day that exists, of the year 1 or later: ten characters, `YYYY-MM-DD`. The library's year may have a sign, which no bank
/// means and no table takes.
pub(crate) fn day(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let read = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    read.filter(|day| plain && day.year() >= 1)
}

/// Cut to `most` characters, line ends and tabs made spaces. Other control characters become marks that are seen: whoever compares
/// a name must know that something stood there (R6).
pub(crate) fn clean(text: &str, most: usize) -> String {
    let seen = |c: char| match c {
        '\t' | '\n' | '\r' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().take(most).map(seen).collect()
}

/// Digits, at most one point inside them; no sign, exponent, space or separator.
fn plain_decimal(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || text.len() > MAX_PRICE_DIGITS + 1 {
        return None;
    }
    Decimal::from_str_exact(text).ok().filter(|price| *price > Decimal::ZERO)
}

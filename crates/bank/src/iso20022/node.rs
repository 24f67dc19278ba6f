//! Reads fields out of the tree, collecting what is wrong with each under its path.

use money::{AmountError, Currency, Money};
use time::Date;

use super::xml::Element;
use crate::event::fields::{Faults, clean, day};
use crate::event::{MAX_FREE_TEXT, MAX_REFERENCE, is_placeholder};
use crate::reason;

/// ISO 20022's amounts: digits in all, and of them after the point.
const MAX_DIGITS: usize = 18;
const MAX_FRACTION: usize = 5;

/// An element and where it stands.
#[derive(Clone)]
pub(crate) struct Node<'x> {
    element: &'x Element,
    path: String,
}

impl<'x> Node<'x> {
    /// `path` may be empty: the fields of the message itself.
    pub(crate) fn new(element: &'x Element, path: String) -> Node<'x> {
        Node { element, path }
    }

    pub(crate) fn name(&self) -> &'x str {
        &self.element.name
    }

    /// The path of something inside it.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Every element of this name directly inside it, numbered in its path.
    pub(crate) fn all(&self, name: &str) -> Vec<Node<'x>> {
        let found = self.element.children.iter().filter(|child| child.name == name);
        let number = |(at, element)| Node::new(element, format!("{}[{at}]", self.path_of(name)));
        found.enumerate().map(number).collect()
    }

    /// The first element at the end of these names.
    pub(crate) fn find(&self, names: &[&str]) -> Option<Node<'x>> {
        names.iter().try_fold(self.clone(), |node, name| {
            let child = node.element.children.iter().find(|child| child.name == *name)?;
            Some(Node::new(child, node.path_of(name)))
        })
    }

    /// The one element of this name; of two, which one holds would be a guess.
    pub(crate) fn one(&self, name: &str, faults: &mut Faults) -> Option<Node<'x>> {
        if self.element.children.iter().filter(|child| child.name == name).count() > 1 {
            faults.add(self.path_of(name), "stands more than once");
        }
        self.find(&[name])
    }

    /// Like [`Node::one`], and it must be there.
    pub(crate) fn required(&self, name: &str, faults: &mut Faults) -> Option<Node<'x>> {
        let found = self.one(name, faults);
        if found.is_none() {
            faults.add(self.path_of(name), "is missing");
        }
        found
    }

    /// Without the blanks around it.
    pub(crate) fn text(&self) -> &'x str {
        self.element.text.trim()
    }

    /// Text at the end of these names, where there is any.
    pub(crate) fn text_at(&self, names: &[&str]) -> Option<&'x str> {
        self.find(names).map(|node| node.text()).filter(|text| !text.is_empty())
    }

    /// Free words: cut and cleaned, never refused.
    pub(crate) fn free_text(&self, names: &[&str]) -> Option<String> {
        self.text_at(names).map(|text| clean(text, MAX_FREE_TEXT))
    }

    /// A reference as the bank wrote it, of any length; what stands for none is none.
    pub(crate) fn reference(&self, names: &[&str]) -> Option<String> {
        self.text_at(names).filter(|text| !is_placeholder(text)).map(str::to_owned)
    }

    /// A short code, `AC04`; cut and cleaned.
    pub(crate) fn code(&self, names: &[&str]) -> Option<String> {
        self.text_at(names).map(|text| clean(text, MAX_REFERENCE))
    }

    /// `Rsn`'s code, else the bank's own, which may be words.
    pub(crate) fn reason(&self) -> Option<String> {
        let said = self.text_at(&["Rsn", "Cd"]).or_else(|| self.text_at(&["Rsn", "Prtry"]));
        said.and_then(reason::code)
    }

    /// `Id/IBAN` or `Id/Othr/Id` of an account.
    pub(crate) fn account(&self) -> Option<&'x str> {
        self.text_at(&["Id", "IBAN"]).or_else(|| self.text_at(&["Id", "Othr", "Id"]))
    }

    /// `Amt` directly inside it; nothing where there is none. May be zero.
    pub(crate) fn amount(&self, faults: &mut Faults) -> Option<Money> {
        self.one("Amt", faults)?.own_amount(faults)
    }

    /// The element's own text as an amount in its `Ccy`. May be zero.
    pub(crate) fn own_amount(&self, faults: &mut Faults) -> Option<Money> {
        let Some(code) = &self.element.currency else {
            faults.add(self.path_of("@Ccy"), "is missing");
            return None;
        };
        let Ok(currency) = Currency::parse(code) else {
            faults.add(self.path_of("@Ccy"), "must be an ISO 4217 currency code");
            return None;
        };
        money(self.text(), currency).map_err(|why| faults.add(self.path.clone(), why)).ok()
    }

    /// `true`, `false`, `1` or `0`; `false` where there is none.
    pub(crate) fn flag(&self, name: &str, faults: &mut Faults) -> bool {
        let Some(node) = self.one(name, faults) else { return false };
        match node.text() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                faults.add(node.path, "must be true or false");
                false
            }
        }
    }

    /// `Dt` or `DtTm` inside the element of this name; a moment's date is the one the bank wrote.
    pub(crate) fn date(&self, name: &str, faults: &mut Faults) -> Option<Date> {
        let node = self.one(name, faults)?;
        let written = node.find(&["Dt"]).or_else(|| node.find(&["DtTm"]))?;
        written.day(faults)
    }

    /// The element's own text as a date, or as a moment of which the date counts.
    pub(crate) fn day(&self, faults: &mut Faults) -> Option<Date> {
        let text = self.text();
        let read = day(text.get(..10).unwrap_or(text));
        if read.is_none() {
            faults.add(self.path.clone(), "must be a date, YYYY-MM-DD");
        }
        read
    }
}

/// XML Schema's decimals: a plus, a bare point and zeros in front are allowed there.
fn money(text: &str, currency: Currency) -> Result<Money, String> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err("is missing".into());
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() + fraction.len() > MAX_DIGITS || fraction.len() > MAX_FRACTION {
        return Err(format!("must have at most {MAX_DIGITS} digits, {MAX_FRACTION} of them after the point"));
    }
    match Money::parse(&format!("0{whole}.{fraction:0<1}"), currency) {
        Err(AmountError::Zero) => Ok(Money::zero(currency)),
        read => read.map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, currency, minor) in [
            ("1200.00", Currency::JPY, 1200),
            ("100.00000", Currency::USD, 10_000),
            ("100.12000", Currency::USD, 10_012),
            ("+5", Currency::USD, 500),
            (".5", Currency::USD, 50),
            ("5.", Currency::USD, 500),
            ("00000000000000000000007.10", Currency::USD, 710),
            ("0", Currency::USD, 0),
            ("0.00000", Currency::JPY, 0),
            ("1.234", Currency::parse("KWD").unwrap(), 1234),
            ("999999999999999999", Currency::JPY, 999_999_999_999_999_999),
        ] {
            assert_eq!(money(text, currency).map(|money| money.minor()), Ok(minor), "{text} {currency}");
        }
        for (text, currency) in [
            ("100.001", Currency::USD),
            ("100.5", Currency::JPY),
            ("1.000000", Currency::USD),
            ("-1", Currency::USD),
            ("1,00", Currency::USD),
            ("1e3", Currency::USD),
            ("1 000", Currency::USD),
            ("1.2.3", Currency::USD),
            ("", Currency::USD),
            (".", Currency::USD),
            ("9999999999999999999", Currency::JPY),
            ("1٠", Currency::USD),
        ] {
            assert!(money(text, currency).is_err(), "{text} {currency}");
        }
    }
}

//! What is typed after `/`: fields that the server understands (`bank:sandbox status:unknown needs:operator`) are asked of
//! it, other words narrow the page that is shown.

use crate::item::Item;
use crate::source::{Field, Rules};

/// A filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// For the server.
    pub params: Vec<(String, String)>,
    /// For this page: each word must stand somewhere in the row. Lower case.
    pub narrow: Vec<String>,
    /// Fields that this list does not have, as they were typed.
    pub strange: Vec<String>,
}

impl Filter {
    /// Reads what was typed, as this list can be filtered.
    pub fn parse(text: &str, rules: &Rules) -> Filter {
        let mut filter = Filter::default();
        let mut rest: Vec<&str> = Vec::new();
        for word in text.split_whitespace() {
            match named(word, rules) {
                Named::Field(field, value) => filter.set(field, value),
                Named::Strange(name) => filter.strange.push(name.to_owned()),
                Named::No => match rules.fields.iter().find(|field| field.values.contains(&word)) {
                    Some(field) => filter.set(field, word),
                    None => rest.push(word),
                },
            }
        }
        match rules.text {
            Some(param) if !rest.is_empty() => filter.put(param, &rest.join(" ")),
            _ => filter.narrow = rest.iter().map(|word| word.to_lowercase()).collect(),
        }
        filter
    }

    fn set(&mut self, field: &Field, value: &str) {
        match (field.param, value) {
            ("needs_operator", "operator") => self.put(field.param, "true"),
            ("needs_operator", "nobody") => self.put(field.param, "false"),
            ("currency", currency) => self.put(field.param, &currency.to_uppercase()),
            (param, value) => self.put(param, value),
        }
    }

    fn put(&mut self, param: &str, value: &str) {
        self.params.retain(|(known, _)| known != param);
        if !value.is_empty() {
            self.params.push((param.to_owned(), value.to_owned()));
        }
    }

    /// Whether this page shows the row.
    pub fn keeps(&self, item: &Item) -> bool {
        if self.narrow.is_empty() {
            return true;
        }
        let text = item.raw.to_string().to_lowercase();
        self.narrow.iter().all(|word| text.contains(word.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.params.is_empty() && self.narrow.is_empty()
    }
}

enum Named<'r, 'w> {
    Field(&'r Field, &'w str),
    Strange(&'w str),
    No,
}

/// `bank:x` or `bank=x`. What does not begin with a word of letters is no field: a time holds colons too.
fn named<'w>(word: &'w str, rules: &Rules) -> Named<'static, 'w> {
    let Some((name, value)) = word.split_once([':', '=']) else { return Named::No };
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '_') {
        return Named::No;
    }
    match rules.fields.iter().find(|field| field.name == name || field.param == name) {
        Some(field) => Named::Field(field, value),
        None => Named::Strange(name),
    }
}

/// What the last word can become: fields, and values of the field that it names. `banks` are those that there are.
pub fn completions(word: &str, rules: &Rules, banks: &[String]) -> Vec<String> {
    if let Some((name, begun)) = word.split_once(':') {
        let Some(field) = rules.fields.iter().find(|field| field.name == name) else { return Vec::new() };
        let values: Vec<String> = match (field.param, field.values) {
            ("bank", []) => banks.to_vec(),
            (_, values) => values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let fitting = values.into_iter().filter(|value| value.starts_with(begun));
        return fitting.map(|value| format!("{name}:{value}")).collect();
    }
    let names = rules.fields.iter().map(|field| format!("{}:", field.name));
    let values = rules
        .fields
        .iter()
        .flat_map(|field| field.values.iter().map(move |value| format!("{}:{value}", field.name)));
    let by_value = values.filter(|whole| {
        !word.is_empty() && whole.split_once(':').is_some_and(|(_, value)| value.starts_with(word))
    });
    names.filter(|name| name.starts_with(word)).chain(by_value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Shape;
    use crate::source::Source;

    #[test]
    fn what_the_server_knows_is_asked_of_it() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (source, text, params, narrow) in [
            (Source::Payouts, "unknown", vec![pair("status", "unknown")], vec![]),
            (Source::Payouts, "status:unknown 99.70", vec![pair("status", "unknown")], vec!["99.70"]),
            (Source::Payouts, "held failed", vec![pair("status", "failed")], vec![]),
            (
                Source::Payouts,
                "bank:alpha status:unknown needs:operator currency:cny",
                vec![
                    pair("bank", "alpha"),
                    pair("status", "unknown"),
                    pair("needs_operator", "true"),
                    pair("currency", "CNY"),
                ],
                vec![],
            ),
            (Source::Payouts, "merchant:mer_1", vec![pair("merchant_id", "mer_1")], vec![]),
            (
                Source::Events,
                "bank=alpha conflict",
                vec![pair("bank", "alpha"), pair("verdict", "conflict")],
                vec![],
            ),
            (
                Source::Merchants,
                "ada ltd status:frozen",
                vec![pair("status", "frozen"), pair("query", "ada ltd")],
                vec![],
            ),
            (Source::Rates, "USD", vec![], vec!["usd"]),
            (Source::Payouts, "02:41", vec![], vec!["02:41"]),
            (Source::Payouts, "bank:", vec![], vec![]),
            (Source::Payouts, "  ", vec![], vec![]),
        ] {
            let filter = Filter::parse(text, &source.rules());
            assert_eq!(filter.params, params, "{text}");
            assert_eq!(filter.narrow, narrow, "{text}");
            assert!(filter.strange.is_empty(), "{text}");
        }
        let filter = Filter::parse("colour:red unknown", &Source::Payouts.rules());
        assert_eq!(filter.strange, ["colour"]);
    }

    #[test]
    fn the_rest_narrows_the_page() {
        let item = Item::read(Shape::Payout, json!({"id": "po_1", "amount": "99.70", "bank": "Sandbox"}));
        for (text, kept) in [("99.70", true), ("sandbox 99", true), ("sandbox 98", false), ("", true)] {
            assert_eq!(Filter::parse(text, &Source::Payouts.rules()).keeps(&item), kept, "{text}");
        }
    }

    #[test]
    fn a_word_is_completed_to_a_field_or_its_value() {
        let banks = ["alpha".to_owned(), "beta".to_owned()];
        let rules = Source::Payouts.rules();
        for (word, expected) in [
            ("ba", vec!["bank:"]),
            ("bank:", vec!["bank:alpha", "bank:beta"]),
            ("bank:b", vec!["bank:beta"]),
            ("un", vec!["status:unknown"]),
            ("status:s", vec!["status:sent"]),
            ("needs:o", vec!["needs:operator"]),
            ("", vec!["status:", "needs:", "bank:", "merchant:", "currency:"]),
            ("colour:", vec![]),
        ] {
            assert_eq!(completions(word, &rules, &banks), expected, "{word}");
        }
    }
}

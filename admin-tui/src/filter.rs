//! What is typed after `/`: what the server understands is asked of it, the rest narrows the page that is shown.

use crate::item::Item;
use crate::source::Rules;

/// A filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// For the server.
    pub params: Vec<(String, String)>,
    /// For this page: each word must stand somewhere in the row. Lower case.
    pub narrow: Vec<String>,
}

impl Filter {
    /// Reads what was typed, as this list can be filtered.
    pub fn parse(text: &str, rules: &Rules) -> Filter {
        let mut filter = Filter::default();
        let mut rest: Vec<&str> = Vec::new();
        for word in text.split_whitespace() {
            let named = word.split_once('=').filter(|(name, _)| rules.named.contains(name));
            let known = rules.words.iter().find(|(_, values)| values.contains(&word));
            match (named, known) {
                (Some((name, value)), _) => filter.set(name, value),
                (None, Some((name, _))) => filter.set(name, word),
                (None, None) => rest.push(word),
            }
        }
        match rules.text {
            Some(name) if !rest.is_empty() => filter.set(name, &rest.join(" ")),
            _ => filter.narrow = rest.iter().map(|word| word.to_lowercase()).collect(),
        }
        filter
    }

    fn set(&mut self, name: &str, value: &str) {
        self.params.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.params.push((name.to_owned(), value.to_owned()));
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
            (Source::Payouts, "unknown 99.70", vec![pair("status", "unknown")], vec!["99.70"]),
            (Source::Payouts, "held failed", vec![pair("status", "failed")], vec![]),
            (
                Source::Events,
                "bank=alpha conflict",
                vec![pair("bank", "alpha"), pair("verdict", "conflict")],
                vec![],
            ),
            (Source::Merchants, "ada ltd", vec![pair("query", "ada ltd")], vec![]),
            (Source::Rates, "USD", vec![], vec!["usd"]),
            (Source::Payouts, "colour=red", vec![], vec!["colour=red"]),
            (Source::Payouts, "  ", vec![], vec![]),
        ] {
            let filter = Filter::parse(text, &source.rules());
            assert_eq!(filter.params, params, "{text}");
            assert_eq!(filter.narrow, narrow, "{text}");
        }
    }

    #[test]
    fn the_rest_narrows_the_page() {
        let item = Item::read(Shape::Payout, json!({"id": "po_1", "amount": "99.70", "bank": "Sandbox"}));
        for (text, kept) in [("99.70", true), ("sandbox 99", true), ("sandbox 98", false), ("", true)] {
            assert_eq!(Filter::parse(text, &Source::Payouts.rules()).keeps(&item), kept, "{text}");
        }
    }
}

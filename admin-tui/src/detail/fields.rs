//! Members of a thing, in the contract's words.

use serde_json::Value;
use time::OffsetDateTime;

use super::{Line, Link};
use crate::columns::{Tone, distance, tone_of};
use crate::item::Shape;
use crate::wrap::{fit_id, width, wrap};

/// What one looks for first, where it says anything.
const FIRST: [&str; 43] = [
    "id",
    "withdrawal_id",
    "payment_id",
    "status",
    "verdict",
    "needs_operator",
    "held_by",
    "amount",
    "reversed_amount",
    "returned_amount",
    "sell_amount",
    "fee",
    "rate",
    "payee",
    "action",
    "subject",
    "request",
    "shown",
    "reason",
    "failure",
    "requested_by",
    "at",
    "kind",
    "text",
    "name",
    "tier",
    "fully_verified",
    "legal_reference",
    "until",
    "frozen_until",
    "bank",
    "bank_reference",
    "event_id",
    "redeliveries",
    "remitter",
    "account_number",
    "reference",
    "merchant_id",
    "estimated_arrival",
    "received_at",
    "created_at",
    "expires_at",
    "held",
];
/// Columns of a shortened id.
const SHORT_ID: usize = 14;
/// Shown as what happened instead.
const ELSEWHERE: [&str; 3] = ["evidence", "timeline", "timeline_truncated"];

/// What stands first; ids lead on.
pub(super) fn leading(raw: &Value, own: &str, width: usize, now: OffsetDateTime) -> Vec<Line> {
    let said = |name: &str, value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(amount) if name == "reversed_amount" => {
            amount.chars().any(|digit| matches!(digit, '1'..='9'))
        }
        _ => true,
    };
    let shown =
        FIRST.iter().filter_map(|name| Some((*name, raw.get(*name).filter(|value| said(name, value))?)));
    shown.flat_map(|(name, value)| field(name, &short(raw, name, value), own, width, now)).collect()
}

/// An amount with its currency, a person's account on one line.
fn short(raw: &Value, name: &str, value: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let with = |currency: &str| match raw[currency].as_str() {
        Some(currency) => Value::String(format!("{} {currency}", text(value))),
        None => value.clone(),
    };
    match (name, value) {
        ("amount" | "reversed_amount" | "returned_amount", _) => with("currency"),
        ("sell_amount" | "fee", _) => with("sell_currency"),
        ("payee", Value::Object(members)) => {
            let parts =
                ["holder_name", "account_number", "bank_name", "bank_code", "currency", "country", "status"];
            let parts =
                parts.iter().filter_map(|part| members.get(*part)?.as_str()).filter(|part| !part.is_empty());
            Value::String(parts.collect::<Vec<_>>().join("  "))
        }
        ("failure", Value::Object(members)) => {
            let parts = members.values().filter_map(Value::as_str);
            Value::String(parts.collect::<Vec<_>>().join(": "))
        }
        _ => value.clone(),
    }
}

/// Every member, by name.
pub(super) fn all(raw: &Value, own: &str, width: usize, now: OffsetDateTime) -> Vec<Line> {
    let members =
        raw.as_object().into_iter().flatten().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
    members.flat_map(|(name, value)| field(name, value, own, width, now)).collect()
}

fn field(name: &str, value: &Value, own: &str, width: usize, now: OffsetDateTime) -> Vec<Line> {
    let tone = match value {
        Value::String(status) if matches!(name, "status" | "verdict") => tone_of(status),
        Value::Bool(true) if name == "needs_operator" => Tone::Bad,
        Value::Null => Tone::Dim,
        _ => Tone::Plain,
    };
    let mut texts = shown(value);
    if let (true, Some(text)) = (is_time(name), texts.first_mut()) {
        let since = distance(text, now);
        if !since.is_empty() {
            text.push_str(&format!("  ({since})"));
        }
    }
    let parts = texts.iter().flat_map(|text| {
        let link = link_in(text, own);
        wrap(text, width).into_iter().map(move |part| (part, link.clone()))
    });
    parts
        .enumerate()
        .map(|(at, (text, link))| {
            let label = if at == 0 { name.to_owned() } else { String::new() };
            Line { label, text, tone, link }
        })
        .collect()
}

/// Whether a member is a moment, by its name.
fn is_time(name: &str) -> bool {
    name == "at" || name == "valid_from" || name.ends_with("until") || name.ends_with("_at")
}

/// What the first id in a text leads to, other than the thing itself.
pub fn link_in(text: &str, own: &str) -> Option<Link> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|id| *id != own);
    words.find_map(|id| Shape::of_id(id).map(|shape| Link::Id(shape, id.to_owned())))
}

/// A text whose ids are shortened where it would not fit on one line: Enter still leads to the whole ones.
pub(super) fn with_short_ids(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut shown = String::new();
    let mut rest = text;
    while let Some(from) = rest.find(is_word) {
        let (before, begun) = rest.split_at(from);
        let (word, after) = begun.split_at(begun.find(|c| !is_word(c)).unwrap_or(begun.len()));
        shown.push_str(before);
        match Shape::of_id(word) {
            Some(_) => shown.push_str(&fit_id(word, SHORT_ID)),
            None => shown.push_str(word),
        }
        rest = after;
    }
    shown + rest
}

/// A value on one line or several.
fn shown(value: &Value) -> Vec<String> {
    match value {
        Value::Null => vec!["-".to_owned()],
        // Where a line ended in a text of several lines.
        Value::String(text) => text.split("\\u{a}").map(str::to_owned).collect(),
        Value::Array(values) if values.is_empty() => vec!["-".to_owned()],
        Value::Array(_) | Value::Object(_) => {
            let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
            pretty.lines().map(str::to_owned).collect()
        }
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_off_a_moment_is_is_said() {
        let raw = serde_json::json!({"frozen_until": "2026-11-26T07:00:00Z", "name": "2026-11-26T07:00:00Z"});
        let now = time::macros::datetime!(2026-11-26 03:00 UTC);
        let texts: Vec<String> = all(&raw, "", 80, now).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["2026-11-26T07:00:00Z  (+4h)", "2026-11-26T07:00:00Z"]);
    }

    #[test]
    fn the_first_id_in_a_text_leads_on() {
        let (one, other) = (format!("po_{:032x}", 1), format!("wd_{:032x}", 2));
        let link = |shape, id: &str| Some(Link::Id(shape, id.to_owned()));
        for (text, expected) in [
            (one.clone(), None),
            (other.clone(), link(Shape::Withdrawal, &other)),
            (format!("  \"payment_id\": \"{other}\","), link(Shape::Withdrawal, &other)),
            (format!("of {one}, by {other}"), link(Shape::Withdrawal, &other)),
            ("po_1".to_owned(), None),
        ] {
            assert_eq!(link_in(&text, &one), expected, "{text}");
        }
    }

    #[test]
    fn ids_are_shortened_where_the_text_would_not_fit_otherwise() {
        let id = "mer_01a21a55526b77c29dc39d1f6ce51f01";
        let whole = format!("3.75 USD from merchant:{id} to fees (fee)");
        let short = "3.75 USD from merchant:mer_..6ce51f01 to fees (fee)";
        assert_eq!(with_short_ids(&whole, whole.len()), whole);
        assert_eq!(with_short_ids(&whole, whole.len() - 1), short);
        assert_eq!(with_short_ids(&format!("给 {id}"), 20), "给 mer_..6ce51f01");
        for (text, shown) in
            [(id, "mer_..6ce51f01"), ("mer_1 and what else", "mer_1 and what else"), ("", "")]
        {
            assert_eq!(with_short_ids(text, 5), shown);
        }
    }
}

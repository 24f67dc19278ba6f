//! Who or what a subject is, in the question: ids alone say nothing to whoever has to decide.

use serde_json::Value;

use crate::item::{Item, Shape};
use crate::model::Model;
use crate::text::{T, fill};

/// Decimal places of a rate that are compared; rates have fewer.
const PLACES: usize = 12;

/// What the row says of it, with its merchant's masked name where that was seen.
pub(super) fn parts(model: &Model, item: &Item) -> Vec<String> {
    match item.shape {
        Shape::Rate => rate(model, &item.raw["held"], Some(&item.raw)),
        Shape::Published => {
            let is_pair =
                |seen: &Item| ["base", "quote", "bank"].iter().all(|name| seen.text(name) == item.text(name));
            let believed = model.last_seen(|seen| seen.shape == Shape::Rate && is_pair(seen));
            rate(model, &item.raw, believed.map(|(seen, _)| &seen.raw))
        }
        Shape::Position => vec![
            fill("{}: {} {}", &[model.text(T::Held), item.text("held"), item.text("sell_currency")]),
            fill("{}: {} {}", &[model.text(T::Short), item.text("short"), item.text("buy_currency")]),
        ],
        _ => {
            let said = members(item.shape).iter().filter_map(|name| member(item, name));
            said.chain(name_of_merchant(model, item)).collect()
        }
    }
}

fn members(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Payout | Shape::Withdrawal => &["payee", "merchant_id"],
        Shape::Payment => &["remitter", "account_number", "reference", "merchant_id"],
        Shape::Reversal => &["reference", "original_reference", "payment_id"],
        Shape::Merchant => &["name", "kind", "email"],
        Shape::User => &["label", "key_fingerprint", "merchant_id"],
        Shape::FrozenAmount => &["reason", "legal_reference", "until", "merchant_id"],
        Shape::Fee => &["sell_currency", "buy_currency", "merchant_id"],
        Shape::Event => &["event_id"],
        Shape::Notice => &["type", "channel", "subject"],
        Shape::Line => &["outcome", "direction"],
        _ => &[],
    }
}

/// `label: till`, in the contract's words.
fn member(item: &Item, name: &str) -> Option<String> {
    let text = match &item.raw[name] {
        Value::Object(payee) => {
            let parts = ["holder_name", "account_number", "bank_code", "country"];
            let parts =
                parts.iter().filter_map(|part| payee.get(*part)?.as_str()).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(" ")
        }
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    (!text.is_empty()).then(|| format!("{name}: {text}"))
}

fn name_of_merchant(model: &Model, item: &Item) -> Option<String> {
    let id = Some(item.text("merchant_id")).filter(|id| !id.is_empty())?;
    let (seen, _) = model.last_seen(|seen| seen.shape == Shape::Merchant && seen.id() == id)?;
    member(seen, "name")
}

/// What waits, against what is believed, as far as that is known.
fn rate(model: &Model, held: &Value, believed: Option<&Value>) -> Vec<String> {
    let text = |rate: &Value, name: &str| rate[name].as_str().unwrap_or_default().to_owned();
    let said = [text(held, "bid"), text(held, "ask"), text(held, "as_of")];
    let held = fill(model.text(T::RateHeld), &said.each_ref().map(String::as_str));
    let Some(believed) = believed else { return vec![held] };
    let (bid, ask) = (text(believed, "bid"), text(believed, "ask"));
    let change = change(&bid, &said[0]).unwrap_or_else(|| "?".to_owned());
    vec![held, fill(model.text(T::RateBelieved), &[&bid, &ask, &change])]
}

/// By how much one rate differs from the one before: `+28.1%`.
fn change(before: &str, now: &str) -> Option<String> {
    let (before, now) = (digits(before)?, digits(now)?);
    let tenths = now.checked_sub(before)?.checked_mul(1_000)?.checked_div(before)?;
    let sign = if tenths < 0 { "-" } else { "+" };
    let tenths = tenths.unsigned_abs();
    Some(format!("{sign}{}.{}%", tenths / 10, tenths % 10))
}

/// A decimal number in its smallest places, exactly.
fn digits(text: &str) -> Option<i128> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 18
        || places.len() > PLACES
        || !is_number(whole)
        || !is_number(places)
    {
        return None;
    }
    format!("{whole}{places:0<PLACES$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn r16_how_far_a_rate_jumps_is_said() {
        for (before, now, expected) in [
            ("7.1000", "9.1000", Some("+28.1%")),
            ("7.1", "7.1000", Some("+0.0%")),
            ("9.1000", "7.1000", Some("-21.9%")),
            ("0.0064", "0.0128", Some("+100.0%")),
            ("0", "1", None),
            ("", "7.1", None),
            ("7.1", "-7.1", None),
            ("7.1e3", "7.1", None),
        ] {
            assert_eq!(change(before, now).as_deref(), expected, "{before} {now}");
        }
    }
}

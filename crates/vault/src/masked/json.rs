//! JSON with every value masked, except under names that are known to hold no personal data.

use serde_json::{Map, Value};

use super::{HIDDEN, is_name, is_plain};

/// Names of the contract whose values are codes, amounts, references or times.
const SHOWN: &[&str] = &[
    "amount",
    "amount_received",
    "as_of",
    "ask",
    "bank_reference",
    "base",
    "bid",
    "currency",
    "original_reference",
    "quote",
    "reason",
    "reference",
    "type",
    "uetr",
    "value_date",
];

/// None: not JSON.
pub(super) fn masked(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().map(|value| mask("", value))
}

fn mask(name: &str, value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().map(member).collect::<Map<_, _>>()),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| mask(name, item)).collect()),
        Value::Null | Value::Bool(_) => value,
        Value::String(text) => Value::String(mask_text(name, &text)),
        Value::Number(number) => {
            if SHOWN.contains(&name) {
                return Value::Number(number);
            }
            Value::String(mask_text(name, &number.to_string()))
        }
    }
}

fn member((name, value): (String, Value)) -> (String, Value) {
    let masked = mask(&name, value);
    let name = if is_name(&name) { name } else { HIDDEN.to_owned() };
    (name, masked)
}

fn mask_text(name: &str, text: &str) -> String {
    match name {
        "account_number" | "iban" => privacy::mask_account_number(text),
        "name" => privacy::mask_name(text),
        _ if SHOWN.contains(&name) && is_plain(text) => text.to_owned(),
        _ => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r35_names_account_numbers_and_free_text_are_masked() {
        let event = json!({"type": "funds.received", "data": {
            "reference": "HB-1", "account_number": "8335001234", "amount": "2500.00", "currency": "USD",
            "value_date": "2026-11-23", "uetr": "eb6305c9-1f7f-49de-aed0-16487c27b42d",
            "remitter": {"name": "Zhang San", "account_number": "DE89370400440532013000",
                "address": {"street": "Main 1", "lines": ["Zhang San", "Beijing"]}},
            "remittance_information": "for Zhang San", "end_to_end_id": "ZHANG-1", "urgent": true,
            "phone": 13812345678_u64, "8335001234": 1, "reason": "please ask Zhang San"}});
        let shown = masked(event.to_string().as_bytes()).unwrap();
        let expected = json!({"type": "funds.received", "data": {
            "reference": "HB-1", "account_number": "****1234", "amount": "2500.00", "currency": "USD",
            "value_date": "2026-11-23", "uetr": "eb6305c9-1f7f-49de-aed0-16487c27b42d",
            "remitter": {"name": "Z****", "account_number": "****3000",
                "address": {"street": "****", "lines": ["****", "****"]}},
            "remittance_information": "****", "end_to_end_id": "****", "urgent": true,
            "phone": "****", "****": "****", "reason": "****"}});
        assert_eq!(shown, expected);
    }

    #[test]
    fn r35_a_known_name_does_not_open_what_lies_below_it() {
        let event =
            json!({"reference": {"name": "Zhang San", "x": "Zhang"}, "amount": ["12.00", "Zhang San"]});
        let shown = masked(event.to_string().as_bytes()).unwrap();
        let expected = json!({"reference": {"name": "Z****", "x": "****"}, "amount": ["12.00", "****"]});
        assert_eq!(shown, expected);
    }

    #[test]
    fn prices_are_shown() {
        let event = json!({"type": "rates.published", "data": {"as_of": "2026-11-23T08:00:00Z",
            "rates": [{"base": "USD", "quote": "CNY", "bid": "7.1034", "ask": 7.1336}]}});
        assert_eq!(masked(event.to_string().as_bytes()).unwrap(), event);
    }
}

//! R35: an event as operators may see it without a reason. What is not known to be harmless is masked: banks add
//! fields without asking, and any of them may hold personal data.

mod json;
mod xml;

use serde_json::Value;

use crate::RawEvent;

/// Longest value that is shown as it is, in characters.
const LONGEST: usize = 64;
/// How much of a signature is shown, in characters.
const SIGNATURE: usize = 10;
/// In place of a value.
const HIDDEN: &str = "****";

/// A body without personal data.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The same JSON.
    Json(Value),
    /// The same elements, as text.
    Xml(String),
    /// Nothing can be shown of it; its length and hash are known from the event.
    Opaque,
}

/// The body, masked.
pub fn body(raw: &RawEvent) -> Body {
    let masked = if raw.is_xml() {
        xml::masked(&raw.body).map(Body::Xml)
    } else {
        json::masked(&raw.body).map(Body::Json)
    };
    masked.unwrap_or(Body::Opaque)
}

/// The headers that were kept; of those that are not ids, times or kinds of content, only the beginning.
pub fn headers(raw: &RawEvent) -> Vec<(String, String)> {
    raw.headers().map(|(name, value)| (name.to_owned(), header(name, value))).collect()
}

fn header(name: &str, value: &str) -> String {
    let harmless = matches!(name, "content-type" | "user-agent")
        || name.ends_with("-id")
        || name.ends_with("-timestamp")
        || value.chars().count() <= SIGNATURE;
    if harmless {
        return value.to_owned();
    }
    format!("{}…", value.chars().take(SIGNATURE).collect::<String>())
}

/// Of letters, digits and some marks, not too long: a code, an amount, a reference or a time, never free text.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '+' | '/');
    text.chars().count() <= LONGEST && text.chars().all(plain)
}

/// A name of a field or an element that can't be data itself.
fn is_name(text: &str) -> bool {
    is_plain(text) && text.chars().filter(char::is_ascii_digit).count() < 6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(headers: &str, body: &str) -> RawEvent {
        RawEvent { headers: headers.to_owned(), body: body.into() }
    }

    #[test]
    fn r35_headers_show_who_and_when_but_no_signature() {
        let text = "webhook-id: evt-1\nwebhook-timestamp: 1700000000\ncontent-type: application/json\n\
                    webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n";
        let shown: Vec<(String, String)> = headers(&raw(text, ""));
        let shown: Vec<(&str, &str)> = shown.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("webhook-id", "evt-1"),
                ("webhook-timestamp", "1700000000"),
                ("content-type", "application/json"),
                ("webhook-signature", "v1,g0hM9Ss…"),
            ]
        );
    }

    #[test]
    fn r35_what_can_t_be_read_is_not_shown() {
        let xml = "content-type: application/xml\n";
        for (headers, text) in [
            ("", "Zhang San 8335001234"),
            ("", "{\"name\":\"Zhang San\""),
            (xml, "<a>Zhang San"),
            (xml, "<!DOCTYPE a [<!ENTITY z \"Zhang San\">]><a>&z;</a>"),
            (xml, "<a></b>"),
            (xml, "Zhang San"),
        ] {
            assert_eq!(body(&raw(headers, text)), Body::Opaque, "{text}");
        }
        let bytes = RawEvent { headers: String::new(), body: vec![0xff, 0xfe] };
        assert_eq!(body(&bytes), Body::Opaque);
    }
}

//! One thing, line by line: what its state means, all that the API says of it, what was done to it.

use serde_json::Value;
use time::OffsetDateTime;

use crate::columns::{Tone, age, distance, tone_of};
use crate::item::{Item, Row, Shape};
use crate::model::Model;
use crate::model::frame::Detail;
use crate::source::Source;
use crate::text::T;
use crate::wrap::wrap;

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub label: String,
    pub text: String,
    pub tone: Tone,
    pub link: Option<Link>,
}

/// What Enter on a line opens.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    Id(Shape, String),
    Item(Box<Item>),
    List(Source),
}

/// How wide labels are.
pub const LABEL: usize = 19;

/// The lines for a terminal as wide as the model's.
pub fn lines(model: &Model, detail: &Detail) -> Vec<Line> {
    let width = usize::from(model.size.0).saturating_sub(LABEL + 4).max(10);
    let (id, now) = (detail.id.as_str(), model.now());
    let mut lines = Vec::new();
    if let Some(item) = detail.item.data() {
        if let Some(advice) = advice(item) {
            let tone = tone_of(item.status());
            let words = wrap(model.text(advice), width + LABEL);
            lines.extend(words.into_iter().map(|text| Line { label: String::new(), text, tone, link: None }));
        }
        lines.extend(leading(&item.raw, id, width, now));
        if detail.shape == Shape::Merchant {
            let link = Some(Link::List(Source::AccountsOf(detail.id.clone())));
            let text = model.text(T::OpenAccounts).to_owned();
            lines.push(Line { label: "accounts".to_owned(), text, tone: Tone::Plain, link });
        }
    }
    if let Some(freezes) = detail.extra.data().and_then(|extra| extra["data"].as_array()) {
        lines.push(heading(model.text(T::FrozenAmounts)));
        match freezes.as_slice() {
            [] => lines.push(line("", model.text(T::NoneOfThem), Tone::Dim)),
            some => lines.extend(some.iter().flat_map(|freeze| all(freeze, "", width, now))),
        }
    }
    if !matches!(detail.shape, Shape::Rate | Shape::Account | Shape::Transfer) {
        lines.extend(trail(model, detail, width));
    }
    if let Some(item) = detail.item.data() {
        lines.extend(evidence(model, &item.raw, width));
        lines.push(heading(model.text(T::AllOfIt)));
        lines.extend(all(&item.raw, id, width, now));
    }
    lines
}

/// What an operator at three in the morning wants to know about this state.
pub fn advice(item: &Item) -> Option<T> {
    match &item.row {
        Row::Payout(row) | Row::Withdrawal(row) => match (row.status.as_str(), row.needs_operator) {
            ("unknown", true) => Some(T::AdviceUnknownStuck),
            ("unknown", false) => Some(T::AdviceUnknown),
            ("sent", true) => Some(T::AdviceSentStuck),
            ("disputed", _) => Some(T::AdviceDisputed),
            ("failed", _) if row.withdrawal_id.is_some() => Some(T::AdviceFailed),
            ("returned", _) => Some(T::AdviceReturned),
            ("held", _) if row.held_by.as_deref() == Some("freeze") => Some(T::AdviceHeldByFreeze),
            ("held", _) => Some(T::AdviceHeld),
            _ => None,
        },
        Row::Payment(row) if row.status == "in_review" => Some(T::AdviceReview),
        Row::Merchant(row) if row.status == "frozen" => Some(T::AdviceFrozen),
        Row::Approval(row) if row.status == "pending" => Some(T::AdviceApproval),
        Row::Strange => Some(T::NotUnderstood),
        _ => None,
    }
}

/// What one looks for first, where it says anything; before what was done to it.
const FIRST: [&str; 22] = [
    "id",
    "withdrawal_id",
    "status",
    "verdict",
    "needs_operator",
    "amount",
    "action",
    "subject",
    "shown",
    "reason",
    "requested_by",
    "name",
    "kind",
    "bank",
    "event_id",
    "redeliveries",
    "remitter",
    "account_number",
    "merchant_id",
    "received_at",
    "created_at",
    "expires_at",
];

/// What stands first, in the contract's words; ids lead on.
fn leading(raw: &Value, own: &str, width: usize, now: OffsetDateTime) -> Vec<Line> {
    let said = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let shown = FIRST.iter().filter_map(|name| Some((*name, raw.get(*name).filter(|value| said(value))?)));
    shown
        .flat_map(|(name, value)| match (name, raw["currency"].as_str()) {
            ("amount", Some(currency)) => {
                let text = format!("{} {currency}", value.as_str().unwrap_or_default());
                field(name, &Value::String(text), own, width, now)
            }
            _ => field(name, value, own, width, now),
        })
        .collect()
}

/// Every member, by name.
fn all(raw: &Value, own: &str, width: usize, now: OffsetDateTime) -> Vec<Line> {
    let members = raw.as_object().into_iter().flatten().filter(|(name, _)| *name != EVIDENCE);
    members.flat_map(|(name, value)| field(name, value, own, width, now)).collect()
}

fn field(name: &str, value: &Value, own: &str, width: usize, now: OffsetDateTime) -> Vec<Line> {
    let tone = match value {
        Value::String(status) if matches!(name, "status" | "verdict") => tone_of(status),
        Value::Bool(true) if name == "needs_operator" => Tone::Bad,
        Value::Null => Tone::Dim,
        _ => Tone::Plain,
    };
    let id = value.as_str().filter(|id| *id != own);
    let link = id.and_then(|id| Shape::of_id(id).map(|shape| Link::Id(shape, id.to_owned())));
    let mut texts = shown(value);
    if let (true, Some(text)) = (name.ends_with("_at"), texts.first_mut()) {
        let since = distance(text, now);
        if !since.is_empty() {
            text.push_str(&format!("  ({since})"));
        }
    }
    let texts = texts.iter().flat_map(|text| wrap(text, width)).enumerate();
    texts
        .map(|(at, text)| {
            let label = if at == 0 { name.to_owned() } else { String::new() };
            Line { label, text, tone, link: link.clone() }
        })
        .collect()
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

/// The member with what was asked and heard about a payout.
const EVIDENCE: &str = "evidence";

/// What was asked and heard about a payout, the last first.
fn evidence(model: &Model, raw: &Value, width: usize) -> Vec<Line> {
    let Some(heard) = raw[EVIDENCE].as_array() else { return Vec::new() };
    let mut lines = vec![heading(model.text(T::Evidence))];
    for one in heard.iter().rev() {
        let text = |member: &str| one[member].as_str().unwrap_or_default();
        let said = format!("{}: {}", text("source"), text("text"));
        for (at, part) in wrap(&said, width).into_iter().enumerate() {
            let label = if at == 0 { age(text("at"), model.now()) } else { String::new() };
            lines.push(Line { label, text: part, tone: Tone::Plain, link: None });
        }
    }
    lines
}

fn trail(model: &Model, detail: &Detail, width: usize) -> Vec<Line> {
    let mut lines = vec![heading(model.text(T::Trail))];
    if let Some(why) = &detail.trail.trouble {
        lines.push(line("", why, Tone::Bad));
    }
    let Some(rows) = detail.trail.data() else {
        lines.push(line("", model.text(T::Loading), Tone::Dim));
        return lines;
    };
    if rows.items.is_empty() {
        lines.push(line("", model.text(T::NothingDone), Tone::Dim));
    }
    for item in &rows.items {
        let said = format!("{} {}: {}", item.text("actor"), item.text("action"), item.text("reason"));
        let link = Some(Link::Item(Box::new(item.clone())));
        for (at, text) in wrap(&said, width).into_iter().enumerate() {
            let label = if at == 0 { age(item.text("at"), model.now()) } else { String::new() };
            lines.push(Line { label, text, tone: Tone::Plain, link: link.clone() });
        }
    }
    lines
}

fn line(label: &str, text: &str, tone: Tone) -> Line {
    Line { label: label.to_owned(), text: text.to_owned(), tone, link: None }
}

fn heading(text: &str) -> Line {
    line("", text, Tone::Strong)
}

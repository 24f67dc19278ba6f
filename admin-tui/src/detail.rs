//! One thing, line by line: what its state means, what one looks for first, where it leads, what happened, all of it.

mod fields;
mod merchant;
mod steps;

use serde_json::Value;

pub use self::fields::link_in;
use crate::columns::{Tone, age, tone_of};
use crate::item::{Item, Row, Shape};
use crate::model::Model;
use crate::model::frame::Detail;
use crate::source::Source;
use crate::text::{T, fill};
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
    let steps = steps::of(detail, model.lang);
    let mut lines = Vec::new();
    if let Some(item) = detail.item.data() {
        if let Some(advice) = advice(item) {
            let tone = match tone_of(item.status()) {
                Tone::Bad => Tone::Bad,
                _ => Tone::Warn,
            };
            let words = wrap(model.text(advice), width + LABEL);
            lines.extend(words.into_iter().map(|text| Line { label: String::new(), text, tone, link: None }));
        }
        lines.extend(fields::leading(&item.raw, id, width, now));
        if let Some(last) = steps.last().filter(|_| steps.len() > 1) {
            let said = format!("{} {}: {}", age(last.text("at"), now), last.text("kind"), last.text("text"));
            let label = model.text(T::Latest);
            lines.extend(wrapped(label, &said, width, Tone::Strong, last.link.clone()));
        }
        lines.extend(leads(model, detail, item));
        if detail.shape == Shape::Merchant {
            lines.extend(merchant::lines(model, detail, item, width));
        }
    }
    if has_steps(detail.shape) {
        lines.extend(history(model, detail, &steps, width));
    }
    if let Some(item) = detail.item.data() {
        lines.push(heading(model.text(T::AllOfIt)));
        lines.extend(fields::all(&item.raw, id, width, now));
    }
    lines
}

/// Things to which nothing happens that is written down elsewhere.
fn has_steps(shape: Shape) -> bool {
    !matches!(
        shape,
        Shape::Rate
            | Shape::Account
            | Shape::Transfer
            | Shape::Step
            | Shape::Published
            | Shape::Position
            | Shape::Fee
            | Shape::Sum
            | Shape::Statement
    )
}

/// What an operator at three in the morning wants to know about this state.
pub fn advice(item: &Item) -> Option<T> {
    match &item.row {
        Row::Payout(row) => match (row.status.as_str(), row.needs_operator) {
            ("unknown", true) => Some(T::AdviceUnknownStuck),
            ("sent", true) => Some(T::AdviceSentStuck),
            ("failed", _) if row.withdrawal_id.is_none() => None,
            ("held", _) if row.held_by.as_deref() == Some("freeze") => Some(T::AdviceHeldByFreeze),
            (status, _) => advice_on_payout(status),
        },
        Row::Withdrawal(row) => match (row.status.as_str(), row.payouts.last()) {
            ("refunded" | "refused" | "paid", _) | (_, None) => None,
            (_, Some(last)) => advice_on_payout(&last.status),
        },
        Row::Payment(row) if row.status == "in_review" => Some(T::AdviceReview),
        Row::Merchant(row) if row.status == "frozen" => Some(T::AdviceFrozen),
        Row::Approval(row) if row.status == "pending" => Some(T::AdviceApproval),
        Row::Strange => Some(T::NotUnderstood),
        Row::Rate(row) if row.held.is_some() => Some(T::AdviceRateHeld),
        _ => None,
    }
}

fn advice_on_payout(status: &str) -> Option<T> {
    match status {
        "unknown" => Some(T::AdviceUnknown),
        "disputed" => Some(T::AdviceDisputed),
        "failed" => Some(T::AdviceFailed),
        "returned" => Some(T::AdviceReturned),
        "held" => Some(T::AdviceHeld),
        _ => None,
    }
}

/// Where it leads besides the ids in it.
fn leads(model: &Model, detail: &Detail, item: &Item) -> Vec<Line> {
    let lead = |label: &str, text: T, source: Source| {
        let link = Some(Link::List(source));
        Line { label: label.to_owned(), text: model.text(text).to_owned(), tone: Tone::Plain, link }
    };
    match &item.row {
        Row::Withdrawal(row) => {
            let attempts = row.payouts.iter().map(|attempt| {
                let reason = attempt.reason.as_deref().unwrap_or_default();
                Line {
                    label: format!("payout #{}", attempt.attempt),
                    text: format!("{} {} {reason}", attempt.id, attempt.status).trim_end().to_owned(),
                    tone: tone_of(&attempt.status),
                    link: Some(Link::Id(Shape::Payout, attempt.id.clone())),
                }
            });
            attempts.collect()
        }
        Row::Rate(row) => {
            vec![lead("history", T::OpenHistory, Source::History(format!("{}{}", row.base, row.quote)))]
        }
        Row::Simple if detail.shape == Shape::Statement => {
            vec![lead("lines", T::OpenItsLines, Source::LinesOf(detail.id.clone()))]
        }
        Row::Event(_) => outcomes(&item.raw),
        _ => Vec::new(),
    }
}

/// What an event's answer says of each payment in it.
fn outcomes(raw: &Value) -> Vec<Line> {
    let answer = if raw["later"].is_object() { &raw["later"] } else { &raw["first"] };
    let outcomes = answer["answer"]["outcomes"].as_array().cloned().unwrap_or_default();
    let line = |one: &Value| {
        let text = |member: &str| one[member].as_str().unwrap_or_default();
        let id = text("payment_id");
        let said = [text("outcome"), text("reason"), id]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>();
        let link = Shape::of_id(id).map(|shape| Link::Id(shape, id.to_owned()));
        Line { label: "outcome".to_owned(), text: said.join(" "), tone: tone_of(text("outcome")), link }
    };
    outcomes.iter().map(line).collect()
}

/// What happened, first to last. Each step opens what it is about.
fn history(model: &Model, detail: &Detail, steps: &[steps::Step], width: usize) -> Vec<Line> {
    let head = fill(model.text(T::WhatHappened), &[&steps.len().to_string()]);
    let mut lines = vec![heading(&head)];
    if steps::are_cut(detail) {
        lines.push(line("", model.text(T::SomeLeftOut), Tone::Warn));
    }
    if let Some(why) = &detail.trail.trouble {
        lines.push(line("", why, Tone::Bad));
    }
    if steps.is_empty() {
        let text = if detail.trail.data().is_some() { T::NothingDone } else { T::Loading };
        lines.push(line("", model.text(text), Tone::Dim));
    }
    for step in steps {
        let label = format!("{:>4} {}", age(step.text("at"), model.now()), step.text("kind"));
        let text = fields::with_short_ids(step.text("text"), width);
        lines.extend(wrapped(&label, &text, width, Tone::Plain, step.link.clone()));
    }
    lines
}

/// A text on as many lines as it takes, the label on the first.
fn wrapped(label: &str, text: &str, width: usize, tone: Tone, link: Option<Link>) -> Vec<Line> {
    let parts = wrap(text, width).into_iter().enumerate();
    parts
        .map(|(at, text)| {
            let label = if at == 0 { label.to_owned() } else { String::new() };
            Line { label, text, tone, link: link.clone() }
        })
        .collect()
}

fn line(label: &str, text: &str, tone: Tone) -> Line {
    Line { label: label.to_owned(), text: text.to_owned(), tone, link: None }
}

fn heading(text: &str) -> Line {
    line("", text, Tone::Strong)
}

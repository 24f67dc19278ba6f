//! What a merchant has, what of it is stopped, and where its things are.

use serde_json::Value;

use super::{Line, Link, heading, line};
use crate::columns::Tone;
use crate::item::{Item, Shape};
use crate::model::Model;
use crate::model::frame::Detail;
use crate::source::Source;
use crate::text::{T, fill};
use crate::wrap::{fit, pad};

/// As merchants see them themselves.
const COLUMNS: [&str; 5] = ["available", "in_transit", "in_review", "frozen", "receivable"];

pub(super) fn lines(model: &Model, detail: &Detail, item: &Item, width: usize) -> Vec<Line> {
    let lead = |label: &str, text: T, source: Source| {
        let link = Some(Link::List(source));
        Line { label: label.to_owned(), text: model.text(text).to_owned(), tone: Tone::Plain, link }
    };
    let mut lines = vec![
        lead("withdrawals", T::OpenWithdrawals, Source::WithdrawalsOf(detail.id.clone())),
        lead("payees", T::OpenPayees, Source::PayeesOf(detail.id.clone())),
        lead("quotes", T::OpenQuotesOf, Source::QuotesOf(detail.id.clone())),
        lead("frozen", T::OpenFrozen, Source::FrozenOf(detail.id.clone())),
        lead("accounts", T::OpenAccounts, Source::AccountsOf(detail.id.clone())),
        lead("users", T::OpenUsers, Source::UsersOf(detail.id.clone())),
    ];
    lines.extend(balances(model, &item.raw["balances"], width));
    lines.extend(frozen(model, detail));
    lines.extend(documents(model, &item.raw["documents"]));
    lines
}

/// What shows who it is, and until when.
fn documents(model: &Model, documents: &Value) -> Vec<Line> {
    let Some(documents) = documents.as_array().filter(|documents| !documents.is_empty()) else {
        return Vec::new();
    };
    let mut lines = vec![heading(model.text(T::Documents))];
    for document in documents {
        let text = |name: &str| document[name].as_str().unwrap_or_default();
        let tone = match text("status") {
            "expired" => Tone::Bad,
            "expiring" => Tone::Warn,
            _ => Tone::Plain,
        };
        let shown = format!("{} {} {}", text("status"), text("number"), text("expires_on"));
        lines.push(line(text("kind"), shown.trim_end(), tone));
    }
    lines
}

/// A currency a line, under their titles.
fn balances(model: &Model, balances: &Value, width: usize) -> Vec<Line> {
    let Some(balances) = balances.as_array() else { return Vec::new() };
    let mut lines = vec![heading(model.text(T::Balances))];
    if balances.is_empty() {
        lines.push(line("", model.text(T::NoneOfThem), Tone::Dim));
        return lines;
    }
    let each = width / COLUMNS.len();
    let row = |cell: &dyn Fn(&str) -> String| -> String {
        let cells = COLUMNS.map(|name| pad(&fit(&cell(name), each.saturating_sub(1)), each, true));
        cells.concat()
    };
    lines.push(Line {
        label: " ".to_owned(),
        text: row(&|name| name.to_owned()),
        tone: Tone::Dim,
        link: None,
    });
    for balance in balances {
        let text = |name: &str| balance[name].as_str().unwrap_or_default().to_owned();
        lines.push(line(&text("currency"), &row(&text), Tone::Plain));
    }
    lines
}

/// Each opens, and can be lifted there.
fn frozen(model: &Model, detail: &Detail) -> Vec<Line> {
    let Some(freezes) = detail.extra.data().and_then(|extra| extra["data"].as_array()) else {
        return Vec::new();
    };
    let mut lines = vec![heading(model.text(T::FrozenAmounts))];
    if freezes.is_empty() {
        lines.push(line("", model.text(T::NoneOfThem), Tone::Dim));
    }
    for freeze in freezes {
        let item = Item::read(Shape::FrozenAmount, freeze.clone());
        let until = if item.text("until").is_empty() {
            String::new()
        } else {
            fill(model.text(T::UntilThen), &[item.text("until")])
        };
        lines.push(Line {
            label: format!("{} {}", item.text("amount"), item.text("currency")),
            text: format!("{}{until} {}", item.text("reason"), item.text("legal_reference"))
                .trim_end()
                .to_owned(),
            tone: Tone::Warn,
            link: Some(Link::Item(Box::new(item))),
        });
    }
    lines
}

//! Things that are shown by the names of their members alone.

use time::OffsetDateTime;

use super::cells::{cell, plain, sign};
use super::{Cell, Column, Tone, age, tone_of};
use crate::item::{Item, Shape};
use crate::text::T;

/// What a column shows of its member.
#[derive(Debug, Clone, Copy)]
enum Shown {
    Text,
    Strong,
    Age,
    Status,
    Sign,
}

use Shown::{Age, Sign, Status, Strong, Text};

type Field = (Column, &'static str, Shown);

const fn left(title: T, most: usize, rank: u8, member: &'static str, shown: Shown) -> Field {
    (Column::left(title, most, rank), member, shown)
}

const fn right(title: T, most: usize, rank: u8, member: &'static str, shown: Shown) -> Field {
    (Column::right(title, most, rank), member, shown)
}

const SIGN: Field = left(T::Nothing, 2, 0, "status", Sign);
const STATUS: Field = left(T::Status, 13, 0, "status", Status);
const ID: Field = left(T::Id, 37, 2, "id", Text);
const BANK: Field = left(T::Bank, 12, 0, "bank", Text);
const MERCHANT: Field = left(T::Merchant, 37, 2, "merchant_id", Text);

const PUBLISHED: &[Field] = &[
    SIGN,
    STATUS,
    right(T::Bid, 14, 0, "bid", Strong),
    right(T::Ask, 14, 0, "ask", Strong),
    right(T::Age, 5, 0, "received_at", Age),
    BANK,
    left(T::AsOf, 28, 1, "as_of", Text),
    ID,
];
const POSITION: &[Field] = &[
    left(T::SoldCurrency, 6, 0, "sell_currency", Text),
    right(T::Held, 18, 0, "held", Strong),
    left(T::BoughtCurrency, 6, 0, "buy_currency", Text),
    right(T::Short, 18, 0, "short", Strong),
    right(T::OpenQuotes, 6, 0, "quotes", Text),
    right(T::QuotedSold, 18, 1, "net_amount", Text),
    right(T::QuotedBought, 18, 1, "buy_amount", Text),
];
const COVER: &[Field] = &[
    STATUS,
    BANK,
    right(T::Sold, 18, 0, "sell_amount", Strong),
    left(T::Currency, 4, 0, "sell_currency", Text),
    right(T::Bought, 18, 0, "buy_amount", Strong),
    left(T::Currency, 4, 0, "buy_currency", Text),
    right(T::Age, 5, 0, "booked_at", Age),
    left(T::BankReference, 24, 0, "bank_reference", Text),
    ID,
];
const FROZEN: &[Field] = &[
    right(T::Amount, 20, 0, "amount", Strong),
    left(T::Currency, 4, 0, "currency", Text),
    right(T::Age, 5, 0, "created_at", Age),
    left(T::Reason, 24, 0, "reason", Text),
    left(T::LegalReference, 18, 1, "legal_reference", Text),
    left(T::UntilTitle, 28, 1, "until", Text),
    ID,
];
const USER: &[Field] = &[
    left(T::Name, 30, 0, "label", Strong),
    STATUS,
    left(T::KeyPrint, 12, 0, "key_fingerprint", Text),
    right(T::Age, 5, 1, "created_at", Age),
    ID,
];
const NOTICE: &[Field] = &[
    left(T::Type, 24, 0, "type", Text),
    left(T::Channel, 8, 0, "channel", Text),
    right(T::AttemptsTitle, 8, 0, "attempts", Text),
    left(T::LastAnswer, 16, 0, "last_answer", Text),
    right(T::Age, 5, 0, "died_at", Age),
    left(T::Subject, 37, 0, "subject", Text),
    MERCHANT,
    ID,
];
const STATEMENT: &[Field] = &[
    SIGN,
    STATUS,
    BANK,
    left(T::StatementNumber, 16, 0, "number", Text),
    left(T::Currency, 4, 0, "currency", Text),
    right(T::OpenLines, 5, 0, "open", Strong),
    right(T::MatchedLines, 7, 0, "matched", Text),
    right(T::Difference, 14, 0, "difference", Text),
    right(T::Age, 5, 0, "received_at", Age),
    ID,
];
const PAYEE: &[Field] = &[
    SIGN,
    STATUS,
    left(T::Currency, 4, 0, "currency", Text),
    left(T::AccountNumber, 14, 0, "account_number", Strong),
    left(T::Name, 16, 0, "holder_name", Text),
    left(T::Bank, 18, 0, "bank_name", Text),
    left(T::BankCode, 14, 1, "bank_code", Text),
    left(T::Country, 4, 1, "country", Text),
    right(T::Age, 5, 1, "created_at", Age),
    ID,
];
const QUOTE: &[Field] = &[
    STATUS,
    right(T::Sold, 18, 0, "sell_amount", Strong),
    left(T::Currency, 4, 0, "sell_currency", Text),
    right(T::Bought, 18, 0, "buy_amount", Strong),
    left(T::Currency, 4, 0, "buy_currency", Text),
    right(T::Rate, 12, 0, "rate", Text),
    right(T::Age, 5, 0, "created_at", Age),
    MERCHANT,
    left(T::UntilTitle, 28, 1, "expires_at", Text),
    ID,
];
const SUM: &[Field] = &[
    left(T::Name, 42, 0, "name", Text),
    right(T::Balance, 22, 0, "balance", Strong),
    left(T::Currency, 4, 0, "currency", Text),
    right(T::Debits, 22, 1, "debits", Text),
    right(T::Credits, 22, 1, "credits", Text),
    right(T::Shards, 6, 1, "shards", Text),
];
const FEE: &[Field] = &[
    left(T::Merchant, 37, 0, "merchant_id", Text),
    left(T::SoldCurrency, 6, 0, "sell_currency", Text),
    left(T::BoughtCurrency, 6, 0, "buy_currency", Text),
    right(T::Fixed, 10, 0, "fixed", Strong),
    right(T::Percent, 8, 0, "percent", Strong),
    right(T::Minimum, 10, 0, "minimum", Text),
    right(T::Maximum, 10, 0, "maximum", Text),
    left(T::FromTitle, 28, 1, "valid_from", Text),
    left(T::UntilTitle, 28, 2, "valid_until", Text),
];

const fn fields(shape: Shape) -> &'static [Field] {
    match shape {
        Shape::Published => PUBLISHED,
        Shape::Position => POSITION,
        Shape::Cover => COVER,
        Shape::FrozenAmount => FROZEN,
        Shape::User => USER,
        Shape::Notice => NOTICE,
        Shape::Statement => STATEMENT,
        Shape::Fee => FEE,
        Shape::Sum => SUM,
        Shape::Payee => PAYEE,
        Shape::Quote => QUOTE,
        _ => &[],
    }
}

/// The columns.
pub(super) fn columns(shape: Shape) -> Vec<Column> {
    fields(shape).iter().map(|(column, _, _)| *column).collect()
}

/// What stands in them.
pub(super) fn cells(item: &Item, now: OffsetDateTime) -> Vec<Cell> {
    let shown = |(_, member, shown): &Field| {
        let text = text(item, member);
        match shown {
            Text => plain(&text),
            Strong => cell(&text, Tone::Strong),
            Age => plain(&age(&text, now)),
            Status => cell(&text, tone_of(&text)),
            Sign => sign(&text),
        }
    };
    fields(item.shape).iter().map(shown).collect()
}

/// Numbers as they are written; nothing for what is not there.
fn text(item: &Item, member: &str) -> String {
    match &item.raw[member] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Null if item.shape == Shape::Fee && member == "merchant_id" => "*".to_owned(),
        _ => String::new(),
    }
}

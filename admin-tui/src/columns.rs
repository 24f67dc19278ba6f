//! What a list shows of each row. The first columns always stay; narrow screens drop the later ones.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::item::{Item, Row, Shape};
use crate::text::T;

/// How something is meant; a colour, never without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Dim,
    Good,
    Warn,
    Bad,
    Strong,
}

/// What stands in one column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub title: T,
    /// Never wider than this.
    pub most: usize,
    pub right: bool,
    /// 0 stays; the highest goes first.
    pub rank: u8,
}

const fn left(title: T, most: usize, rank: u8) -> Column {
    Column { title, most, right: false, rank }
}

const fn right(title: T, most: usize, rank: u8) -> Column {
    Column { title, most, right: true, rank }
}

const SIGN: Column = left(T::Nothing, 2, 0);
const ID: Column = left(T::Id, 37, 0);
const STATUS: Column = left(T::Status, 13, 0);
const AMOUNT: Column = right(T::Amount, 20, 0);
const CURRENCY: Column = left(T::Currency, 4, 0);
const AGE: Column = right(T::Age, 5, 0);
const BANK: Column = left(T::Bank, 12, 1);
const REASON: Column = left(T::Reason, 24, 1);
const MERCHANT: Column = left(T::Merchant, 37, 4);

const PAYOUT: &[Column] = &[
    SIGN,
    STATUS,
    AMOUNT,
    CURRENCY,
    AGE,
    ID,
    BANK,
    right(T::Tries, 10, 0),
    left(T::Reason, 24, 2),
    MERCHANT,
    left(T::BankReference, 20, 5),
];
const PAYMENT: &[Column] = &[
    SIGN,
    STATUS,
    AMOUNT,
    CURRENCY,
    AGE,
    left(T::Reason, 26, 0),
    ID,
    BANK,
    left(T::Remitter, 14, 2),
    left(T::AccountNumber, 12, 3),
    MERCHANT,
    left(T::Reference, 24, 5),
];
const REVERSAL: &[Column] =
    &[SIGN, STATUS, AMOUNT, CURRENCY, AGE, REASON, ID, BANK, left(T::Reference, 24, 5)];
const MERCHANT_LIST: &[Column] = &[
    SIGN,
    STATUS,
    left(T::Name, 16, 0),
    left(T::Kind, 12, 0),
    ID,
    left(T::Reason, 24, 1),
    left(T::Email, 24, 2),
    AGE,
];
const EVENT: &[Column] = &[
    SIGN,
    left(T::Verdict, 10, 0),
    right(T::Http, 4, 0),
    AGE,
    BANK,
    ID,
    left(T::EventId, 34, 1),
    right(T::Redeliveries, 7, 2),
    left(T::Key, 12, 3),
];
const RATE: &[Column] = &[
    SIGN,
    left(T::Pair, 8, 0),
    right(T::Bid, 14, 0),
    right(T::Ask, 14, 0),
    AGE,
    BANK,
    STATUS,
    left(T::Prices, 6, 0),
    right(T::HeldBid, 14, 1),
    right(T::HeldAsk, 14, 1),
    left(T::AsOf, 28, 2),
];
const ACCOUNT: &[Column] = &[
    left(T::Name, 42, 0),
    right(T::Balance, 22, 0),
    CURRENCY,
    right(T::Shard, 5, 1),
    right(T::Debits, 22, 2),
    right(T::Credits, 22, 2),
    left(T::Id, 44, 4),
];
const TRANSFER: &[Column] = &[
    left(T::Direction, 7, 0),
    AMOUNT,
    CURRENCY,
    AGE,
    left(T::Kind, 20, 0),
    left(T::Cause, 37, 0),
    left(T::OtherAccount, 40, 1),
];
const LINE: &[Column] = &[
    SIGN,
    STATUS,
    left(T::Outcome, 15, 0),
    AMOUNT,
    CURRENCY,
    left(T::Direction, 7, 1),
    AGE,
    BANK,
    ID,
    left(T::Reason, 24, 3),
];
const APPROVAL: &[Column] = &[
    SIGN,
    STATUS,
    left(T::Action, 20, 0),
    left(T::Subject, 37, 0),
    left(T::RequestedBy, 14, 0),
    AGE,
    left(T::Reason, 40, 1),
    left(T::Id, 37, 3),
];
const AUDIT: &[Column] = &[
    right(T::Sequence, 7, 2),
    AGE,
    left(T::Actor, 14, 0),
    left(T::Action, 28, 0),
    left(T::Subject, 37, 0),
    left(T::Reason, 40, 0),
    left(T::Origin, 16, 4),
];

/// The columns of things of this shape.
pub fn of(shape: Shape) -> &'static [Column] {
    match shape {
        Shape::Payout | Shape::Withdrawal => PAYOUT,
        Shape::Payment => PAYMENT,
        Shape::Reversal => REVERSAL,
        Shape::Merchant => MERCHANT_LIST,
        Shape::Event => EVENT,
        Shape::Rate => RATE,
        Shape::Account => ACCOUNT,
        Shape::Transfer => TRANSFER,
        Shape::Line => LINE,
        Shape::Approval => APPROVAL,
        Shape::Audit => AUDIT,
    }
}

/// What stands in each of [`of`]'s columns.
pub fn cells(item: &Item, now: OffsetDateTime) -> Vec<Cell> {
    let raw = |member: &str| plain(item.text(member));
    let status = || cell(item.status(), tone_of(item.status()));
    let aged = |since: &str| cell(&age(item.text(since), now), Tone::Plain);
    let money = || vec![cell(item.text("amount"), Tone::Strong), raw("currency")];
    let id = || plain(item.id());
    let joined = |parts: Vec<Vec<Cell>>| parts.concat();
    match &item.row {
        Row::Payout(row) | Row::Withdrawal(row) => {
            let sign = cell(sign_of_payout(&row.status, row.needs_operator), Tone::Bad);
            let held = row.held_by.as_ref().map(|by| format!("held by {by}"));
            let reason = row.reason.clone().or(held).unwrap_or_default();
            let attempt = if row.attempt > 1 { format!("#{} ", row.attempt) } else { String::new() };
            let tries = format!("{attempt}{}/{}", row.sends, row.queries);
            joined(vec![
                vec![sign, status()],
                money(),
                vec![aged("created_at"), id(), raw("bank"), plain(&tries), plain(&reason)],
                vec![raw("merchant_id"), raw("bank_reference")],
            ])
        }
        Row::Payment(_) => joined(vec![
            vec![sign(item.status()), status()],
            money(),
            vec![aged("received_at"), raw("reason"), id(), raw("bank"), raw("remitter")],
            vec![raw("account_number"), raw("merchant_id"), raw("reference")],
        ]),
        Row::Reversal(_) => joined(vec![
            vec![sign(item.status()), status()],
            money(),
            vec![aged("received_at"), raw("reason"), id(), raw("bank"), raw("reference")],
        ]),
        Row::Merchant(_) => vec![
            sign(item.status()),
            status(),
            raw("name"),
            raw("kind"),
            id(),
            raw("reason"),
            raw("email"),
            aged("created_at"),
        ],
        Row::Event(row) => vec![
            sign(item.status()),
            status(),
            plain(&row.status.to_string()),
            aged("received_at"),
            raw("bank"),
            id(),
            raw("event_id"),
            plain(&row.redeliveries.to_string()),
            raw("key_id"),
        ],
        Row::Rate(row) => vec![
            sign(item.status()),
            cell(&format!("{}{}", row.base, row.quote), Tone::Strong),
            raw("bid"),
            raw("ask"),
            aged("as_of"),
            raw("bank"),
            status(),
            plain(if row.prices { "*" } else { "" }),
            plain(row.held.as_ref().map_or("", |held| held.bid.as_str())),
            plain(row.held.as_ref().map_or("", |held| held.ask.as_str())),
            raw("as_of"),
        ],
        Row::Account(row) => vec![
            raw("name"),
            cell(&row.balance, Tone::Strong),
            raw("currency"),
            plain(&row.shard.to_string()),
            raw("debits"),
            raw("credits"),
            raw("id"),
        ],
        Row::Transfer(_) => joined(vec![
            vec![raw("direction")],
            money(),
            vec![aged("created_at"), raw("kind"), raw("cause"), raw("other_account")],
        ]),
        Row::Line(_) => joined(vec![
            vec![sign(item.status()), status(), raw("outcome")],
            money(),
            vec![raw("direction"), aged("received_at"), raw("bank"), id(), raw("reason")],
        ]),
        Row::Approval(_) => vec![
            sign(item.status()),
            status(),
            raw("action"),
            raw("subject"),
            raw("requested_by"),
            aged("created_at"),
            raw("reason"),
            id(),
        ],
        Row::Audit(row) => vec![
            plain(&row.seq.to_string()),
            aged("at"),
            raw("actor"),
            cell(&row.action, Tone::Strong),
            raw("subject"),
            raw("reason"),
            raw("origin"),
        ],
        Row::Strange => strange(item),
    }
}

/// A row that is not understood: its id where ids stand, and its status.
fn strange(item: &Item) -> Vec<Cell> {
    let what = |column: &Column| match column.title {
        T::Id | T::Name => plain(item.id()),
        T::Status | T::Verdict => plain(item.status()),
        T::Nothing => cell("?", Tone::Bad),
        _ => plain(""),
    };
    of(item.shape).iter().map(what).collect()
}

fn cell(text: &str, tone: Tone) -> Cell {
    Cell { text: text.to_owned(), tone }
}

fn plain(text: &str) -> Cell {
    cell(text, Tone::Plain)
}

fn sign(status: &str) -> Cell {
    let sign = match tone_of(status) {
        Tone::Bad => "!",
        Tone::Warn => "~",
        _ => "",
    };
    cell(sign, tone_of(status))
}

fn sign_of_payout(status: &str, needs_operator: bool) -> &'static str {
    match (needs_operator, tone_of(status)) {
        (true, _) => "!!",
        (false, Tone::Bad) => "!",
        (false, Tone::Warn) => "~",
        _ => "",
    }
}

/// How a status is meant.
pub fn tone_of(status: &str) -> Tone {
    match status {
        "unknown" | "disputed" | "failed" | "frozen" | "malformed" | "invalid" | "conflict" => Tone::Bad,
        "held" | "returned" | "returning" | "in_review" | "restricted" | "closing" | "pending" | "open"
        | "waiting" | "stale" => Tone::Warn,
        "paid" | "credited" | "active" | "accepted" | "approved" | "matched" | "applied" | "fresh" => {
            Tone::Good
        }
        "closed" | "void" | "expired" | "rejected" | "dismissed" | "ignored" => Tone::Dim,
        _ => Tone::Plain,
    }
}

/// How long ago: `12s`, `3m`, `5h`, `2d`.
pub fn age(at: &str, now: OffsetDateTime) -> String {
    let Ok(at) = OffsetDateTime::parse(at, &Rfc3339) else { return String::new() };
    seconds((now - at).whole_seconds())
}

/// How long ago, or with a sign how long from now: `+23h`.
pub fn distance(at: &str, now: OffsetDateTime) -> String {
    match OffsetDateTime::parse(at, &Rfc3339) {
        Ok(at) if at > now => format!("+{}", seconds((at - now).whole_seconds())),
        _ => age(at, now),
    }
}

/// A span of time, short.
pub fn seconds(seconds: i64) -> String {
    match seconds.max(0) {
        second @ 0..120 => format!("{second}s"),
        second @ 120..7_200 => format!("{}m", second / 60),
        second @ 7_200..172_800 => format!("{}h", second / 3_600),
        second => format!("{}d", second / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spans_are_short() {
        for (span, expected) in [
            (-5, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_199, "119m"),
            (7_200, "2h"),
            (172_799, "47h"),
            (172_800, "2d"),
        ] {
            assert_eq!(seconds(span), expected);
        }
    }

    #[test]
    fn what_is_to_come_has_a_sign() {
        let now = time::macros::datetime!(2026-11-26 03:00 UTC);
        for (at, expected) in [
            ("2026-11-27T02:00:00Z", "+23h"),
            ("2026-11-26T02:59:00Z", "60s"),
            ("2026-11-26T03:00:00Z", "0s"),
            ("soon", ""),
        ] {
            assert_eq!(distance(at, now), expected);
        }
    }

    #[test]
    fn every_row_fills_its_columns() {
        let shapes =
            [Shape::Payout, Shape::Payment, Shape::Merchant, Shape::Event, Shape::Audit, Shape::Line];
        for shape in shapes {
            let item = Item::read(shape, json!({"id": "x", "status": "odd", "verdict": "odd"}));
            assert_eq!(cells(&item, OffsetDateTime::UNIX_EPOCH).len(), of(shape).len(), "{shape:?}");
        }
    }
}

//! What stands in the columns of a row.

use admin_api::AttemptRow;
use time::OffsetDateTime;

use super::tables::of;
use super::{Cell, Column, Tone, age, tone_of};
use crate::item::{Item, Row};
use crate::text::T;

/// What stands in each of [`super::of`]'s columns.
pub fn cells(item: &Item, now: OffsetDateTime) -> Vec<Cell> {
    let raw = |member: &str| plain(item.text(member));
    let status = || cell(item.status(), tone_of(item.status()));
    let aged = |since: &str| cell(&age(item.text(since), now), Tone::Plain);
    let money = || vec![cell(item.text("amount"), Tone::Strong), raw("currency")];
    let id = || plain(item.id());
    let joined = |parts: Vec<Vec<Cell>>| parts.concat();
    match &item.row {
        Row::Payout(row) => {
            let sign = cell(sign_of_payout(&row.status, row.needs_operator), Tone::Bad);
            let held = row.held_by.as_ref().map(|by| format!("held by {by}"));
            let reason = row.reason.clone().or(held).unwrap_or_default();
            let attempt = if row.attempt > 1 { format!("#{} ", row.attempt) } else { String::new() };
            let to = row.payee.as_ref().map_or("", |payee| payee.account_number.as_str());
            let tries = format!("{attempt}{}/{}", row.sends, row.queries);
            joined(vec![
                vec![sign, status()],
                money(),
                vec![cell(row.returned_amount.as_deref().unwrap_or_default(), Tone::Warn)],
                vec![aged("created_at"), id(), raw("bank"), plain(&tries), plain(&reason), plain(to)],
                vec![raw("merchant_id"), raw("bank_reference")],
            ])
        }
        Row::Withdrawal(row) => joined(vec![
            vec![sign(item.status()), status()],
            money(),
            vec![cell(row.payouts.last().map_or("", came_back), Tone::Warn)],
            vec![aged("created_at"), id(), plain(&row.payee.account_number), raw("reason")],
            vec![plain(&format!("{} {}", row.sell_amount, row.sell_currency)), raw("bank")],
            vec![plain(&row.payouts.len().to_string()), raw("merchant_id"), raw("client_reference")],
        ]),
        Row::Payment(row) => joined(vec![
            vec![sign(item.status()), status()],
            money(),
            vec![cell(some(&row.reversed_amount), Tone::Warn)],
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
        Row::Simple => super::simple::cells(item, now),
        Row::Strange => strange(item),
    }
}

/// An amount, unless it is none.
fn some(amount: &str) -> &str {
    if amount.chars().all(|digit| matches!(digit, '0' | '.')) { "" } else { amount }
}

fn came_back(attempt: &AttemptRow) -> &str {
    attempt.returned_amount.as_deref().unwrap_or_default()
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

pub(super) fn cell(text: &str, tone: Tone) -> Cell {
    Cell { text: text.to_owned(), tone }
}

pub(super) fn plain(text: &str) -> Cell {
    cell(text, Tone::Plain)
}

pub(super) fn sign(status: &str) -> Cell {
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

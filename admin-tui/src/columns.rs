//! What a list shows of each row. The first columns always stay; narrow screens drop the later ones.

mod cells;
mod simple;
mod tables;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::text::T;

pub use cells::cells;
pub use tables::of;

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
    /// Few rows have it: it has its place on the screen only where any of them does.
    pub rare: bool,
}

impl Column {
    const fn left(title: T, most: usize, rank: u8) -> Column {
        Column { title, most, right: false, rank, rare: false }
    }

    const fn right(title: T, most: usize, rank: u8) -> Column {
        Column { title, most, right: true, rank, rare: false }
    }

    const fn rare(self) -> Column {
        Column { rare: true, ..self }
    }
}

/// How a status is meant.
pub fn tone_of(status: &str) -> Tone {
    match status {
        "unknown"
        | "disputed"
        | "failed"
        | "payee_action_required"
        | "frozen"
        | "malformed"
        | "invalid"
        | "conflict" => Tone::Bad,
        "held" | "returned" | "returning" | "in_review" | "restricted" | "closing" | "pending" | "open"
        | "waiting" | "stale" => Tone::Warn,
        "paid" | "credited" | "active" | "accepted" | "approved" | "matched" | "applied" | "fresh"
        | "booked" | "reconciled" => Tone::Good,
        "closed" | "void" | "expired" | "rejected" | "dismissed" | "ignored" | "refunded" | "refused"
        | "outdated" | "superseded" => Tone::Dim,
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
    use crate::item::{Item, Shape};

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
        let shapes = [
            Shape::Payout,
            Shape::Payment,
            Shape::Withdrawal,
            Shape::Merchant,
            Shape::Event,
            Shape::Audit,
            Shape::Line,
            Shape::Published,
            Shape::Position,
            Shape::Cover,
            Shape::FrozenAmount,
            Shape::User,
            Shape::Notice,
            Shape::Statement,
            Shape::Fee,
            Shape::Payee,
            Shape::Quote,
        ];
        for shape in shapes {
            for raw in [json!({"id": "x", "status": "odd", "verdict": "odd"}), json!(null)] {
                let item = Item::read(shape, raw);
                assert_eq!(cells(&item, OffsetDateTime::UNIX_EPOCH).len(), of(shape).len(), "{shape:?}");
            }
        }
    }
}

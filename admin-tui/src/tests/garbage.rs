//! Answers that are none: whatever comes over the network, the console shows what it can, says why, and goes on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::bench::Bench;
use super::data;
use crate::action::Role;
use crate::text::Lang;
use crate::view::{Theme, draw};

const EVERYWHERE: [&str; 18] = [
    "1",
    "2",
    "2 Enter",
    "3",
    "3 Enter",
    "4",
    "4 Enter",
    "5",
    "5 Enter",
    "5 Tab",
    "6",
    "6 Tab",
    "7",
    "7 Tab Tab",
    "8",
    "8 Tab Tab",
    "9",
    "9 Tab",
];

/// Keys that look into everything a screen offers.
const AROUND: [&str; 8] = ["j", "a", "Esc", "v", "s", "Enter", "PgDn", "Esc"];

fn look(bench: &Bench) {
    let (width, height) = bench.model.size;
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(&bench.model, Theme { colour: true }, area, &mut buffer);
}

/// The true answer, with every value that is no list or object turned into something else.
fn twisted(value: Value, turn: usize) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(|value| twisted(value, turn + 1)).collect(),
        Value::Object(members) => members
            .into_iter()
            .enumerate()
            .map(|(at, (name, value))| {
                (name, if (at + turn).is_multiple_of(3) { odd(at + turn) } else { twisted(value, turn + 1) })
            })
            .collect(),
        other => other,
    }
}

fn odd(which: usize) -> Value {
    let odd = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!([]),
        json!({}),
        json!(true),
        json!("9".repeat(400)),
        json!([[[[null]]]]),
    ];
    odd[which % odd.len()].clone()
}

/// Every time in an answer is this one.
fn timed(value: Value, at: &str) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(|value| timed(value, at)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, timed(value, at))).collect(),
        Value::String(text) if OffsetDateTime::parse(&text, &Rfc3339).is_ok() => json!(at),
        other => other,
    }
}

fn settles(answers: fn(&str) -> Value) {
    for keys in EVERYWHERE {
        let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Approver), answers);
        bench.press(": \"arm 15 why\" Enter");
        bench.press(keys);
        for key in AROUND {
            bench.press(key);
            look(&bench);
        }
        bench.pass(30.0);
        bench.settle();
        look(&bench);
        assert!(bench.posts.is_empty(), "{keys}");
    }
}

#[test]
fn answers_of_another_shape_break_nothing() {
    settles(|_| json!(null));
    settles(|_| json!([1, "x", null]));
    settles(|_| json!({"data": {}, "next_cursor": 5, "has_more": "yes"}));
    settles(
        |_| json!({"data": [null, 1, "x", {}, [], {"id": 7, "status": []}], "next_cursor": "c", "has_more": true}),
    );
    settles(|path| twisted(data::answer(path), 0));
    settles(|path| twisted(data::answer(path), 1));
    settles(|path| twisted(data::answer(path), 2));
}

#[test]
fn the_ends_of_all_time_break_nothing() {
    settles(|path| timed(data::answer(path), "9999-12-31T23:59:59.999999999Z"));
    settles(|path| timed(data::answer(path), "9999-12-31T23:59:50Z"));
    settles(|path| timed(data::answer(path), "9999-12-31T23:59:59-23:59"));
    settles(|path| timed(data::answer(path), "0000-01-01T00:00:00Z"));
    settles(|path| timed(data::answer(path), "0000-01-01T00:00:00+23:59"));
}

#[test]
fn what_is_no_answer_is_said_and_what_was_seen_stays() {
    let mut bench = Bench::new(80, 24);
    bench.press("2");
    bench.answer_by(|_| json!("nonsense"));
    bench.pass(20.0);
    bench.settle();
    assert!(bench.shows("707.87") && bench.shows(" STALE 20s "), "{}", bench.screen());
    assert!(bench.shows("invalid type"), "why is said: {}", bench.screen());
}

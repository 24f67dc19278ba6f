//! What others write never does anything to the terminal: looked at byte by byte, as a terminal gets it.

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde_json::Value;

use super::bench::Bench;
use super::data;
use crate::action::Role;
use crate::msg::{Msg, Outcome, Told, Trouble};
use crate::text::Lang;
use crate::view::{Theme, draw};

/// Clears the screen, sets the title, rings, copies, turns the direction, hides.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{1b}]52;c;b3duZWQ=\u{7}a\u{202e}b\u{200b}c\r\n\u{85}\u{2066}\u{feff}";

/// The same answers, with something hostile in every text that is not looked for by its value.
fn hostile(path: &str) -> Value {
    spoil(data::answer(path))
}

fn spoil(value: Value) -> Value {
    const KEPT: [&str; 12] = [
        "status",
        "verdict",
        "amount",
        "currency",
        "created_at",
        "received_at",
        "at",
        "oldest",
        "balance",
        "debits",
        "credits",
        "as_of",
    ];
    match value {
        Value::Array(values) => values.into_iter().map(spoil).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) if !KEPT.contains(&name.as_str()) => {
                    (name, Value::String(format!("{HOSTILE}{text}")))
                }
                other => (name, spoil(other)),
            })
            .collect(),
        other => other,
    }
}

/// What a terminal is sent for the screen as it is.
fn bytes(bench: &Bench) -> Vec<u8> {
    let (width, height) = bench.model.size;
    let area = Rect::new(0, 0, width, height);
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut sent = Vec::new();
    let backend = CrosstermBackend::new(&mut sent);
    let mut terminal = Terminal::with_options(backend, options).expect("a terminal");
    terminal
        .draw(|frame| {
            draw(&bench.model, Theme { colour: true }, area, frame.buffer_mut());
        })
        .expect("drawn");
    drop(terminal);
    sent
}

fn check(sent: &[u8], what: &str) {
    let text = std::str::from_utf8(sent).expect("UTF-8");
    for hidden in ['\u{7}', '\r', '\u{85}', '\u{9b}', '\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}'] {
        assert!(!text.contains(hidden), "{what}: {hidden:?}");
    }
    // Sequences that place and colour text, and no others.
    for sequence in text.split('\u{1b}').skip(1) {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        let (head, last) = (&sequence[..end], sequence.chars().nth(end));
        assert!(
            head.starts_with('[') && matches!(last, Some('H' | 'm' | 'l' | 'h')),
            "{what}: ESC {sequence:?}"
        );
    }
    let mut terminal = vt100::Parser::new(40, 160, 0);
    terminal.process(sent);
    assert!(!terminal.screen().contents().contains("owned\u{7}"), "{what}");
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    for keys in [
        "4 Enter",
        "5 Tab",
        "5 Tab Enter",
        "6 Tab",
        "6 Tab Enter",
        "7 Tab",
        "7 Tab Enter",
        "7 Tab Tab",
        "7 Tab Tab Tab",
        "8 Tab Tab",
        "8 Tab Tab Enter",
        "9 Enter",
        "7 Enter",
        "8 Tab Enter",
        "2 a",
        "2 V a",
        "1",
        "2",
        "2 Enter",
        "3",
        "3 Enter",
        "4",
        "5",
        "5 Enter",
        "6",
        "6 Enter",
        "7",
        "8",
        "8 Enter",
        "8 Enter Enter",
        "9",
        "9 Tab",
    ] {
        let mut bench = Bench::of(160, 40, Lang::English, Some(Role::Approver), hostile);
        bench.press(keys);
        check(&bytes(&bench), keys);
        let text = crate::once::text(&mut bench.model);
        assert!(text.chars().all(|c| c == '\n' || crate::plain::is_plain(c)), "{keys}: {text}");
    }
    let mut bench = Bench::of(160, 40, Lang::English, Some(Role::Operator), hostile);
    bench.press("3");
    assert!(bench.shows("\\u{1b}[2J"), "it is shown, not done: {}", bench.screen());
}

/// The second line of defence: had a text come in as it was, the drawn screen would still hold nothing of it.
#[test]
fn what_was_not_made_plain_before_is_on_the_screen() {
    let mut bench = Bench::new(160, 40);
    bench.model.warn(HOSTILE);
    bench.model.who.id = Some(HOSTILE.into());
    bench.press("3");
    bench.model.warn(HOSTILE);
    check(&bytes(&bench), "flash");
}

/// What comes back from commands, searches and the stream is as hostile as any list.
#[test]
fn nothing_hostile_comes_by_other_ways() {
    let problem = || admin_api::ProblemAnswer {
        title: HOSTILE.into(),
        status: 409,
        code: HOSTILE.into(),
        detail: HOSTILE.into(),
        request_id: HOSTILE.into(),
        errors: vec![admin_api::WrongField { field: HOSTILE.into(), message: HOSTILE.into() }],
    };
    let outcomes = [
        Outcome::Done(serde_json::json!({"status": HOSTILE, "text": HOSTILE})),
        Outcome::Waits(HOSTILE.into()),
        Outcome::Refused(problem()),
        Outcome::NotSent(HOSTILE.into()),
        Outcome::Unsure(HOSTILE.into()),
    ];
    for outcome in outcomes {
        let mut bench = Bench::new(160, 40);
        bench.press(": \"arm 15 why\" Enter 2 V a Enter Tab \"why\" Enter \"2\" Enter Enter");
        bench.posted(outcome.clone());
        check(&bytes(&bench), &format!("{outcome:?}"));
        bench.press("Esc Esc 1");
        check(&bytes(&bench), "afterwards");
    }
    let mut bench = Bench::of(160, 40, Lang::English, Some(Role::Operator), hostile);
    bench.press(": \"HB-20261125-000017\"");
    bench.pass(0.9);
    bench.settle();
    check(&bytes(&bench), "search");
    let mut bench = Bench::new(160, 40);
    bench.send(Msg::Armed(Err(Trouble::Refused(problem()))));
    check(&bytes(&bench), "arming");
    bench.send(Msg::Told(Told::Ended(HOSTILE.into())));
    check(&bytes(&bench), "stream");
    let overview = crate::plain::plain_json(spoil(data::overview("development")));
    bench.send(Msg::Told(Told::Overview(Box::new(serde_json::from_value(overview).expect("an overview")))));
    check(&bytes(&bench), "overview");
    bench.send(Msg::Paste(HOSTILE.into()));
    bench.press("/ 2 /");
    bench.send(Msg::Paste(HOSTILE.into()));
    check(&bytes(&bench), "filter");
}

//! What happened to one thing, in order, from wherever it is known.

use serde_json::{Value, json};

use super::bench::Bench;
use super::data::{self, PAYMENT, STUCK};
use crate::detail;
use crate::model::frame::{Content, Detail};

fn shown(bench: &Bench) -> &Detail {
    match bench.model.frame().map(|frame| &frame.content) {
        Some(Content::Detail(detail)) => detail,
        _ => panic!("no detail\n{}", bench.screen()),
    }
}

/// The kinds of its steps, in order.
fn kinds(bench: &Bench) -> Vec<String> {
    let lines = detail::lines(&bench.model, shown(bench));
    let head = lines.iter().position(|line| line.text.starts_with("WHAT HAPPENED")).expect("a heading");
    let steps = lines[head + 1..].iter().take_while(|line| !line.text.starts_with("ALL OF IT"));
    steps.filter_map(|line| line.label.split_whitespace().nth(1).map(str::to_owned)).collect()
}

/// Brings the cursor onto the first step of a kind and presses Enter.
fn open(bench: &mut Bench, kind: &str) {
    let lines = detail::lines(&bench.model, shown(bench));
    let is_it = |line: &detail::Line| line.label.split_whitespace().nth(1) == Some(kind);
    let at = lines.iter().position(is_it).unwrap_or_else(|| panic!("no {kind}"));
    bench.press("g");
    bench.press(&"j ".repeat(at));
    bench.press("Enter");
}

#[test]
fn a_payout_tells_the_story_of_its_withdrawal() {
    let mut bench = Bench::new(100, 40);
    bench.press("2 Enter");
    // What the withdrawal's timeline says, with what was booked on the merchant's account; the audit entry comes once.
    assert_eq!(
        kinds(&bench),
        ["submitted", "payout", "transfer", "send", "query", "audit"],
        "{}",
        bench.screen()
    );
    assert!(bench.shows("99.70 USD to exchange (withdrawal_net)"), "{}", bench.screen());
    assert!(
        bench.shows("latest              10m audit: payout.query by ops-1: ask the bank"),
        "{}",
        bench.screen()
    );
    for (kind, leads_to) in [
        ("submitted", "wd_..000000a5"),
        ("transfer", "0.12.2"),
        ("audit", "before              {}"),
        // What is only known as words is shown whole.
        ("send", "text                no answer in time"),
    ] {
        open(&mut bench, kind);
        assert!(bench.shows(leads_to), "{kind}: {}", bench.screen());
        bench.press("Esc");
        assert_eq!(shown(&bench).id, STUCK, "Esc goes back");
    }
}

/// A withdrawal whose timeline has the book's entries.
fn with_legs(path: &str) -> Value {
    let mut answer = data::answer(path);
    if let Some(timeline) = answer["timeline"].as_array_mut() {
        for text in
            ["99.70 USD from merchant to exchange (exchange_sold)", "0.30 USD from merchant to fees (fee)"]
        {
            timeline
                .push(json!({"at": "2026-11-26T02:41:00Z", "kind": "transfer", "id": STUCK, "text": text}));
        }
    }
    answer
}

#[test]
fn where_the_timeline_has_every_leg_none_comes_twice() {
    let mut bench = Bench::new(100, 40);
    bench.answer_by(with_legs);
    bench.press("2 Enter");
    let expected = ["submitted", "payout", "transfer", "transfer", "send", "query", "audit"];
    assert_eq!(kinds(&bench), expected, "{}", bench.screen());
    assert!(bench.shows("0.30 USD from merchant to fees (fee)"), "{}", bench.screen());
    assert!(!bench.shows("withdrawal_net"), "{}", bench.screen());
}

#[test]
fn that_something_is_left_out_of_a_timeline_is_said() {
    let cut = |path: &str| {
        let mut answer = data::answer(path);
        if answer["timeline"].is_array() {
            answer["timeline_truncated"] = json!(true);
        }
        answer
    };
    // A withdrawal's own, and that which its payout is shown with.
    for keys in ["4 Enter", "2 Enter"] {
        let mut bench = Bench::new(100, 40);
        bench.answer_by(cut);
        bench.press(keys);
        let said = "too much happened: some of it is left out here";
        assert!(bench.shows(said) && !bench.shows("timeline_truncated"), "{}", bench.screen());
        let mut bench = Bench::new(100, 40);
        bench.press(keys);
        assert!(bench.shows("WHAT HAPPENED") && !bench.shows(said), "{}", bench.screen());
    }
}

/// What is behind it is asked for once for each answer about it, not because of its own answer.
#[test]
fn questions_come_to_an_end() {
    let mut bench = Bench::new(100, 40);
    bench.press("2 Enter");
    bench.settle();
    assert!(bench.asked.is_empty(), "{:?}", bench.asked);
    bench.pass(4.0);
    bench.settle();
    assert!(bench.asked.is_empty(), "{:?}", bench.asked);
}

#[test]
fn from_the_bank_event_to_the_payment_and_back() {
    let mut bench = Bench::new(100, 40);
    bench.press("3 Enter");
    assert_eq!(kinds(&bench), ["event", "received", "note", "audit"], "{}", bench.screen());
    open(&mut bench, "event");
    assert!(bench.shows("outcome             in_review unknown_account"), "{}", bench.screen());
    let lines = detail::lines(&bench.model, shown(&bench));
    let at = lines.iter().position(|line| line.label == "outcome").expect("an outcome");
    bench.press(&"j ".repeat(at));
    bench.press("Enter");
    assert_eq!(shown(&bench).id, PAYMENT);
    bench.press("Esc Esc");
    assert_eq!(shown(&bench).id, PAYMENT);
}

#[test]
fn a_merchant_shows_what_it_has_and_what_of_it_is_stopped() {
    let mut bench = Bench::new(100, 40);
    bench.press("5 Enter");
    for said in [
        "tier                standard",
        "650.00",
        "250.00 USD          court order until 2026-12-31T00:00:00Z 2026-77",
    ] {
        assert!(bench.shows(said), "{said}: {}", bench.screen());
    }
    let lines = detail::lines(&bench.model, shown(&bench));
    let at = lines.iter().position(|line| line.label == "250.00 USD").expect("a stopped amount");
    bench.press(&"j ".repeat(at));
    bench.press("Enter a");
    assert!(bench.shows("Let the amount go"), "{}", bench.screen());
}

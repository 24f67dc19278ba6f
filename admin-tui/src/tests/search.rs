//! The palette finds what the server knows.

use admin_api::ProblemAnswer;
use serde_json::{Value, json};

use super::bench::Bench;
use super::data::{self, MERCHANT, PAYMENT};
use crate::action::Role;
use crate::key::Key;
use crate::model::frame::Frame;
use crate::msg::{Effect, Msg, Trouble};
use crate::text::Lang;

fn asked(bench: &Bench) -> Vec<&str> {
    let path = |effect: &'_ Effect| match effect {
        Effect::Get { path, .. } if path.contains("search") => Some(path.clone()),
        _ => None,
    };
    bench
        .asked
        .iter()
        .filter(|effect| path(effect).is_some())
        .map(|effect| match effect {
            Effect::Get { path, .. } => path.as_str(),
            _ => "",
        })
        .collect()
}

#[test]
fn once_the_typing_rests_the_server_is_asked() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\"");
    assert!(asked(&bench).is_empty(), "not while typing");
    bench.pass(0.9);
    assert_eq!(asked(&bench), ["/admin/v1/search?q=HB-20261125-000017"]);
    assert!(bench.shows("searching..."), "{}", bench.screen());
    bench.settle();
    assert!(bench.shows("20.00 USD from sandbox, in_review"), "{}", bench.screen());
    bench.pass(5.0);
    assert!(asked(&bench).is_empty(), "asked once");
    bench.press("Enter");
    assert!(bench.shows(PAYMENT) && bench.shows("WHAT HAPPENED"), "{}", bench.screen());
}

#[test]
fn enter_looks_at_once_where_nothing_fits() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\" Enter Down Enter");
    // The second hit is a payee: it leads to whose it is.
    assert!(bench.shows(MERCHANT), "{}", bench.screen());
}

#[test]
fn nothing_found_is_said_and_commands_are_not_looked_for() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"zzzz\"");
    bench.pass(0.9);
    bench.settle();
    assert!(bench.shows("nothing found by id, number, reference or name"), "{}", bench.screen());
    for typed in ["arm 15 why", "po", "export /tmp/x"] {
        let mut bench = Bench::new(100, 30);
        bench.press(&format!(": \"{typed}\""));
        bench.pass(0.9);
        assert!(asked(&bench).is_empty(), "{typed}");
    }
}

/// Numbers are dictated, names typed with pauses, and the server counts how often it is asked for either (R35): between two groups of
/// digits it is not asked.
#[test]
fn r35_what_the_server_counts_is_looked_for_after_a_longer_rest() {
    for (typed, waits) in [("62220298", true), ("MT84MALT", true), ("Acme", true), (PAYMENT, false)] {
        let mut bench = Bench::new(100, 30);
        bench.press(&format!(": \"{typed}\""));
        bench.pass(0.4);
        assert_eq!(asked(&bench).is_empty(), waits, "{typed}");
        bench.pass(0.5);
        assert_eq!(asked(&bench).len(), 1, "{typed}");
    }
    let mut bench = Bench::new(100, 30);
    bench.press(":");
    for group in ["6222", "0298", "7654", "1357"] {
        bench.press(&format!("\"{group}\""));
        bench.pass(0.7);
    }
    assert!(asked(&bench).is_empty(), "{:?}", asked(&bench));
    bench.pass(0.2);
    assert_eq!(asked(&bench), ["/admin/v1/search?q=6222029876541357"]);
}

#[test]
fn that_there_are_more_is_said() {
    let many = |path: &str| match path {
        "/admin/v1/search?q=1357" => {
            let hit = |n: usize| json!({"type": "payee", "id": format!("pye_{n:032x}"), "title": format!("CNY account ****1357 of {MERCHANT}, verified")});
            json!({"data": (0..20).map(hit).collect::<Vec<_>>(), "more": true})
        }
        other => data::answer(other),
    };
    let mut bench = Bench::of(100, 30, Lang::English, Some(Role::Operator), many);
    bench.press(": 1 3 5 7 Enter");
    assert!(bench.shows("there are more than these: type more of it"), "{}", bench.screen());
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\" Enter");
    assert!(bench.shows("20.00 USD from sandbox"), "{}", bench.screen());
    assert!(!bench.shows("more than these"), "{}", bench.screen());
}

/// Who has searched too often is told so, not that there is nothing; Enter asks again.
#[test]
fn a_search_that_was_refused_is_asked_again_by_enter() {
    let refusal = |code: &str| {
        Trouble::Refused(ProblemAnswer {
            title: "Too many requests".into(),
            status: 429,
            code: code.into(),
            detail: "account numbers are looked for thirty times a minute; again in 2 s".into(),
            request_id: "r".into(),
            errors: Vec::new(),
        })
    };
    for (trouble, words) in [
        (refusal("rate-limited"), "too many searches: Enter again soon"),
        (Trouble::NoContact("no contact".into()), "no contact"),
    ] {
        let mut bench = Bench::new(100, 30);
        bench.press(": \"6222029876541357\"");
        bench.pass(0.9);
        let Some(Effect::Get { to, generation, .. }) = bench.asked.pop() else { panic!("it is asked for") };
        bench.send(Msg::Got { to, generation, answer: Err(trouble) });
        assert!(bench.shows(words) && !bench.shows("nothing found"), "{}", bench.screen());
        bench.asked.clear();
        bench.pass(5.0);
        assert!(asked(&bench).is_empty(), "not by itself");
        bench.asked.clear();
        bench.send(Msg::Key(Key::Enter));
        assert_eq!(asked(&bench), ["/admin/v1/search?q=6222029876541357"]);
        assert!(bench.shows("searching..."), "{}", bench.screen());
        // While the answer is awaited, one question is enough.
        bench.asked.clear();
        bench.send(Msg::Key(Key::Enter));
        assert!(asked(&bench).is_empty() && bench.shows("searching..."), "{}", bench.screen());
    }
}

#[test]
fn an_answer_to_other_words_is_not_shown() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\"");
    bench.pass(0.9);
    let late = std::mem::take(&mut bench.asked);
    bench.press("\"8\"");
    bench.asked = late;
    bench.settle();
    assert!(!bench.shows("20.00 USD from"), "{}", bench.screen());
}

const QUOTE: &str = "qt_019ab0c1d2e37a10b000000000000799";

/// Three pages of quotes; the one that is looked for is on the last.
fn quotes(path: &str) -> Value {
    let page = |first: usize, next: Option<&str>, found: bool| {
        let one = data::answer("/admin/v1/quotes")["data"][0].clone();
        let ids = (first..first + 3).map(|n| format!("qt_{n:032x}"));
        let rows = ids.chain(found.then(|| QUOTE.to_owned())).map(|id| {
            let mut row = one.clone();
            row["id"] = json!(id);
            row
        });
        json!({"data": rows.collect::<Vec<_>>(), "next_cursor": next, "has_more": next.is_some()})
    };
    match path {
        "/admin/v1/quotes?limit=50" => page(1, Some("b"), false),
        "/admin/v1/quotes?limit=50&cursor=b" => page(4, Some("c"), false),
        "/admin/v1/quotes?limit=50&cursor=c" => page(7, None, true),
        path if path.starts_with("/admin/v1/search") => {
            json!({"data": [{"type": "quote", "id": QUOTE, "title": "100.00 USD for 707.87 CNY, open"}]})
        }
        "/admin/v1/payouts?needs_operator=true&limit=50" => {
            let mut page = data::answer(path);
            page["next_cursor"] = json!("n");
            page["has_more"] = json!(true);
            page
        }
        other => data::answer(other),
    }
}

#[test]
fn a_quote_is_found_on_whatever_page_it_is() {
    // From the first page, and from one behind it.
    for before in ["1", "7 Tab", "7 Tab PgDn PgDn PgDn PgDn PgDn PgDn"] {
        let mut bench = Bench::of(100, 30, Lang::English, Some(Role::Operator), quotes);
        bench.press(before);
        bench.press(&format!(": \"{QUOTE}\" Enter Enter"));
        let item = bench.model.frame().and_then(Frame::item).map(|item| item.id().to_owned());
        assert_eq!(item.as_deref(), Some(QUOTE), "{before}: {}", bench.screen());
        assert!(bench.shows("1/1  page 3"), "{before}: {}", bench.screen());
        assert!(bench.shows("100.00 USD for 707.87 CNY, open"), "what was found is said: {}", bench.screen());
        // It stays on this page.
        bench.pass(4.0);
        bench.settle();
        assert!(bench.shows("1/1  page 3"), "{before}: {}", bench.screen());
    }
}

#[test]
fn what_an_alarm_leads_to_begins_on_its_first_page() {
    let mut bench = Bench::of(100, 30, Lang::English, Some(Role::Operator), quotes);
    bench.press("Enter PgDn PgDn");
    assert!(bench.shows("page 2"), "{}", bench.screen());
    bench.press("1 g Enter");
    assert!(bench.shows("page 1") && bench.shows("707.87"), "{}", bench.screen());
}

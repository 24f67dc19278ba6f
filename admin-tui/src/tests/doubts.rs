//! What nobody knows the outcome of: it goes out again under its own key or not at all, and none of it is forgotten. What
//! has changed meanwhile is not acted upon, wherever that was seen.

use serde_json::{Value, json};

use super::acting::{armed, confirm};
use super::bench::Bench;
use super::data::{self, ASKED, QUEUED, STUCK};
use crate::action::Role;
use crate::model::confirm::State;
use crate::model::overlay::Overlay;
use crate::msg::Outcome;
use crate::text::Lang;

const BOTH: &str = "2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter";

fn unsure(bench: &mut Bench) {
    bench.posted(Outcome::Unsure("no answer: not in time".into()));
}

fn done(bench: &mut Bench) {
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
}

/// The second payout is paid meanwhile.
fn one_is_paid(path: &str) -> Value {
    match path {
        "/admin/v1/payouts?limit=50" => data::page(vec![
            data::payout(STUCK, "unknown", "707.87", "CNY"),
            data::payout(ASKED, "paid", "14200.00", "CNY"),
        ]),
        other => data::answer(other),
    }
}

#[test]
fn what_is_in_doubt_never_goes_out_under_another_key() {
    // On the payout again, and on its withdrawal: the command is the same.
    for again in ["a Enter", ": \"query\" Enter", "4 j a Enter", "2 Enter a Enter", "2 v v a Enter"] {
        let mut bench = armed("2 a Enter Tab \"why\" Enter \"707.87\" Enter Enter");
        unsure(&mut bench);
        bench.press("Esc");
        bench.press(again);
        assert!(bench.shows("here it is again, under the same key"), "{again}: {}", bench.screen());
        assert!(bench.shows("NO ANSWER, it may be done"), "{again}: {}", bench.screen());
        bench.press("Tab Enter");
        let [first, second] = bench.posts.as_slice() else { panic!("{again}: {:?}", bench.posts) };
        assert_eq!((&first.path, &first.key), (&second.path, &second.key), "{again}");
        done(&mut bench);
        // With its outcome known, it is asked about anew.
        bench.press("Esc 2 g a Enter Tab \"why\" Enter \"707.87\" Enter Enter");
        assert_ne!(bench.posts[2].key, bench.posts[0].key, "{again}");
    }
}

#[test]
fn what_is_something_else_is_asked_about_anew() {
    for another in ["a j Enter", "j a Enter"] {
        let mut bench = armed("2 a Enter Tab \"why\" Enter \"707.87\" Enter Enter");
        unsure(&mut bench);
        bench.press("Esc");
        bench.press(another);
        assert!(bench.shows("[ Cancel ]") && bench.model.left.len() == 1, "{another}: {}", bench.screen());
    }
    // Cover deals and fees all go to one address.
    let two = |path: &str| match path {
        "/admin/v1/positions" => {
            let pair = |sold: &str| json!({"sell_currency": sold, "buy_currency": "CNY", "held": "1.00", "short": "-7.00"});
            json!({"pairs": [pair("USD"), pair("EUR")], "open_quotes": []})
        }
        other => data::answer(other),
    };
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Operator), two);
    let words = "Tab \"sandbox\" Enter \"FX-18\" Enter \"1.00\" Enter \"7.00\" Enter \"cover\" Enter";
    bench.press(&format!(": \"arm 15 why\" Enter 7 Tab Tab a Enter {words} \"USDCNY\" Enter Enter"));
    unsure(&mut bench);
    bench.press("Esc j a Enter");
    assert!(bench.shows("EURCNY") && bench.shows("[ Cancel ]"), "{}", bench.screen());
    bench.press("Esc k a Enter");
    assert!(bench.shows("under the same key"), "{}", bench.screen());
}

#[test]
fn of_many_in_doubt_none_is_forgotten() {
    let many = |path: &str| match path {
        "/admin/v1/payouts?limit=50" => {
            let row = |n: usize| data::payout(&format!("po_{n:032x}"), "unknown", "1.00", "CNY");
            data::page((1..=9).map(row).collect())
        }
        other => data::answer(other),
    };
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Operator), many);
    bench.press(": \"arm 15 why\" Enter");
    for row in 0..8 {
        bench.press(&format!("2 g {} a Enter Tab \"why\" Enter \"1.00\" Enter Enter", "j ".repeat(row)));
        unsure(&mut bench);
        bench.press("Esc");
    }
    let keys: Vec<String> = bench.posts.iter().map(|post| post.key.clone()).collect();
    assert_eq!(keys.len(), 8);
    // The ninth waits: the oldest comes first, and all of them are still there.
    bench.press("2 G a Enter");
    assert!(bench.shows("first the oldest of them"), "{}", bench.screen());
    assert_eq!(confirm(&bench).subjects[0].key, keys[0]);
    bench.press("Esc");
    let mut left: Vec<String> = bench.model.left.iter().map(|left| left.subjects[0].key.clone()).collect();
    left.sort();
    let mut expected = keys.clone();
    expected.sort();
    assert_eq!(left, expected);
    // One of them has its outcome: then there is room.
    bench.press(": \"results\" Enter Tab Enter");
    assert_eq!(bench.posts[8].key, keys[1]);
    done(&mut bench);
    bench.press("Esc 2 G a Enter Tab \"why\" Enter \"1.00\" Enter Enter");
    assert!(bench.posts[9].path.contains("00000009") && !keys.contains(&bench.posts[9].key));
}

#[test]
fn each_that_is_left_is_reached_the_oldest_first() {
    let mut bench = armed("2 a Enter Tab \"why\" Enter \"707.87\" Enter Enter");
    unsure(&mut bench);
    bench.press("Esc j a Enter Tab \"why\" Enter \"14200.00\" Enter Enter");
    unsure(&mut bench);
    bench.press("Esc");
    for id in [STUCK, ASKED, STUCK] {
        bench.press(": \"results\" Enter");
        assert_eq!(confirm(&bench).subjects[0].item.id(), id);
        bench.press("Esc");
    }
    for id in [ASKED, STUCK] {
        bench.press("1 g Enter");
        assert_eq!(confirm(&bench).subjects[0].item.id(), id);
        bench.press("Tab Enter");
        done(&mut bench);
        bench.press("Esc");
    }
    bench.press(": \"results\" Enter");
    assert!(matches!(bench.model.overlay, Overlay::None));
    assert!(bench.shows("No command was left with an unknown outcome"), "{}", bench.screen());
}

#[test]
fn what_changed_beside_it_does_not_bar_what_is_in_doubt() {
    let mut bench = armed(BOTH);
    unsure(&mut bench);
    bench.answer_by(one_is_paid);
    bench.pass(4.0);
    bench.settle();
    bench.press("Tab Enter");
    let [first, second] = bench.posts.as_slice() else { panic!("{:?}\n{}", bench.posts, bench.screen()) };
    assert_eq!((&first.path, &first.key), (&second.path, &second.key));
    done(&mut bench);
    assert_eq!(bench.posts.len(), 2, "the one that changed is not sent");
    assert!(bench.shows("has changed meanwhile") && bench.shows("1 not sent"), "{}", bench.screen());
    assert!(matches!(confirm(&bench).subjects[1].state, State::Unsent(_)));
}

#[test]
fn what_changes_while_others_are_sent_is_not_acted_upon() {
    let mut bench = armed(BOTH);
    bench.answer_by(one_is_paid);
    bench.pass(4.0);
    bench.settle();
    done(&mut bench);
    assert_eq!(bench.posts.len(), 1, "{:?}", bench.posts);
    assert!(bench.shows("has changed meanwhile"), "{}", bench.screen());
    // Asked once more it is the same: it wants another look, and its own question.
    bench.press("Tab Enter");
    assert_eq!(bench.posts.len(), 1);
}

#[test]
fn what_changed_is_known_on_another_screen_too() {
    let mut bench = armed(BOTH);
    unsure(&mut bench);
    bench.press("Esc");
    bench.answer_by(one_is_paid);
    bench.pass(4.0);
    bench.settle();
    bench.press("1 g Enter Tab Enter");
    done(&mut bench);
    assert_eq!(bench.posts.len(), 2, "{:?}", bench.posts);
    assert!(bench.shows("has changed meanwhile"), "{}", bench.screen());
}

/// What was looked at closely is newer than the list that it was found in.
#[test]
fn an_older_list_is_no_change() {
    let mut bench = armed("2 j j");
    bench.answer_by(|path| match path {
        path if path.starts_with(&format!("/admin/v1/payouts/{QUEUED}")) => {
            data::payout(QUEUED, "held", "99.70", "USD")
        }
        other => data::answer(other),
    });
    bench.pass(2.0);
    bench.press("Enter : \"release\" Enter Tab \"why\" Enter \"99.70\" Enter Enter");
    assert_eq!(bench.posts.len(), 1, "{}", bench.screen());
    assert!(bench.posts[0].path.ends_with("/release"));
}

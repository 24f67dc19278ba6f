//! Several at once: what is left out is said, what came of each stays in sight, nothing half-done is hidden.

use serde_json::json;

use super::acting::{armed, confirm, problem};
use super::bench::Bench;
use super::data::{self, ASKED, STUCK};
use crate::action::Role;
use crate::model::confirm::{Phase, State};
use crate::msg::{Effect, Outcome};
use crate::text::Lang;

#[test]
fn several_are_done_one_after_the_other() {
    let mut bench = armed("2 v v a");
    assert!(bench.shows("Actions on 2 marked"), "{}", bench.screen());
    bench.press("Enter");
    assert!(bench.shows("2 of 2 marked, sum: 14907.87 CNY"), "{}", bench.screen());
    bench.press("Tab \"both\" Enter \"2\" Enter Enter");
    assert_eq!(bench.posts.len(), 1, "one at a time");
    bench.posted(Outcome::Refused(problem(409, "illegal-transition")));
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    let [first, second] = bench.posts.as_slice() else { panic!("{:?}", bench.posts) };
    assert!(first.path.contains(STUCK) && second.path.contains(ASKED));
    assert_ne!(first.key, second.key);
    assert!(bench.shows("2 of 2 answered") && bench.shows("REFUSED:") && bench.shows("done, now: unknown"));
    bench.press("Enter");
    assert!(!bench.shows("marked"), "{}", bench.screen());
}

#[test]
fn after_one_without_an_answer_no_further_one_is_sent_by_itself() {
    let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
    bench.posted(Outcome::Unsure("no answer".into()));
    assert_eq!(bench.posts.len(), 1);
    assert!(bench.shows("not sent") && bench.shows("NO ANSWER"), "{}", bench.screen());
    assert!(
        bench.shows("0 done, 0 for a second person, 0 refused, 1 unknown, 1 not sent"),
        "{}",
        bench.screen()
    );
    bench.press("Tab Enter");
    assert_eq!(bench.posts[0].key, bench.posts[1].key);
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    assert_eq!(bench.posts.len(), 3, "then the rest");
}

#[test]
fn what_it_can_not_be_done_to_is_left_out_and_said() {
    let mut bench = armed("2 V a");
    assert!(bench.shows("Ask the bank (2 of 4 marked)"), "{}", bench.screen());
    bench.press("Enter");
    assert!(bench.shows("2 of 4 marked, sum: 14907.87 CNY"), "{}", bench.screen());
    let screen = bench.screen().replace('│', "").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        screen.contains(
            "2 left out: only while it may be at the bank (sent, unknown) (po_..000000c7 po_..000000d8)"
        ),
        "{screen}"
    );
    bench.press("Tab \"all of them\" Enter \"4\" Enter");
    assert!(!confirm(&bench).is_complete(), "it is two that are done");
    bench.press("Backspace \"2\" Enter Enter");
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    let paths: Vec<&str> = bench.posts.iter().map(|post| post.path.as_str()).collect();
    assert!(paths.len() == 2 && paths[0].contains(STUCK) && paths[1].contains(ASKED), "{paths:?}");
}

#[test]
fn what_allows_nothing_in_common_is_not_offered() {
    let mut bench = armed("2 j j v v a");
    bench.press("G");
    assert!(bench.shows("no: po_..000000c7: only while it may be at the bank"), "{}", bench.screen());
}

#[test]
fn where_no_connection_was_made_nothing_was_done_and_the_rest_waits() {
    let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
    bench.posted(Outcome::NotSent("no connection: refused".into()));
    assert_eq!(confirm(&bench).phase, Phase::Settled);
    assert!(bench.shows("not sent: no connection: refused"), "{}", bench.screen());
    assert!(bench.shows("0 unknown, 2 not sent"), "{}", bench.screen());
    // Nothing is in doubt, so nothing is kept.
    bench.press("Esc");
    assert!(bench.model.left.is_empty());
}

#[test]
fn what_was_in_doubt_stays_so_until_there_is_an_outcome() {
    let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
    bench.posted(Outcome::Unsure("no answer: not in time".into()));
    bench.press("Tab Enter");
    bench.posted(Outcome::NotSent("no connection: refused".into()));
    assert!(
        matches!(confirm(&bench).subjects[0].state, State::Unsure(_)),
        "it may have been done the first time"
    );
    assert_eq!(confirm(&bench).subjects[1].state, State::Waiting);
}

#[test]
fn what_was_left_in_doubt_is_found_again_with_its_key() {
    let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
    bench.posted(Outcome::Unsure("no answer".into()));
    let key = bench.posts[0].key.clone();
    bench.press("Esc 1");
    assert!(bench.shows("1 of your commands left with an unknown outcome"), "{}", bench.screen());
    // One does not leave by one slip; any other key stays.
    bench.press("q");
    assert!(bench.wanted.is_empty() && bench.shows("leaving forgets its key"), "{}", bench.screen());
    bench.press("j k q");
    assert!(bench.wanted.is_empty());
    // Enter on the first line leads back to it, and so does the palette.
    bench.press("g Enter");
    assert!(bench.shows("1 unknown, 1 not sent"), "{}", bench.screen());
    bench.press("Esc : \"results\" Enter Tab Enter");
    assert_eq!(bench.posts[1].key, key);
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    bench.press("Esc");
    assert!(bench.model.left.is_empty());
    bench.press("q");
    assert_eq!(bench.wanted, [Effect::Quit]);
}

#[test]
fn whoever_leaves_twice_leaves() {
    let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
    bench.posted(Outcome::Unsure("no answer".into()));
    bench.press("Esc ^C ^C");
    assert_eq!(bench.wanted, [Effect::Quit]);
}

#[test]
fn whoever_is_not_let_in_has_done_nothing_and_stops() {
    for (status, code, said) in [
        (403, "not-armed", "you are not armed: nothing was done"),
        (401, "unauthenticated", "token is not valid any more"),
    ] {
        let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
        bench.posted(Outcome::Refused(problem(status, code)));
        assert_eq!(bench.posts.len(), 1, "{code}");
        assert!(
            bench.shows(said) && bench.shows("READ-ONLY") && bench.shows("0 unknown, 2 not sent"),
            "{}",
            bench.screen()
        );
    }
}

#[test]
fn many_outcomes_are_scrolled_through() {
    let many = |path: &str| match path {
        "/admin/v1/payouts?limit=50" => {
            let row = |n: usize| data::payout(&format!("po_{n:032x}"), "unknown", "1.00", "CNY");
            data::page((1..=40).map(row).collect())
        }
        other => data::answer(other),
    };
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Operator), many);
    bench.press(": \"arm 15 why\" Enter 2 V a Enter");
    assert!(bench.shows("40 of 40 marked, sum: 40.00 CNY") && bench.shows("... +35"), "{}", bench.screen());
    bench.press("Tab \"all\" Enter \"40\" Enter Enter");
    for _ in 0..20 {
        bench.posted(Outcome::Done(json!({"status": "unknown"})));
    }
    assert!(
        bench.shows("[####################--------------------] 20 of 40 answered"),
        "{}",
        bench.screen()
    );
    for _ in 20..40 {
        bench.posted(Outcome::Done(json!({"status": "unknown"})));
    }
    assert!(bench.shows("40 done") && bench.shows("1/40") && bench.shows("[ Close ]"), "{}", bench.screen());
    bench.press("PgDn PgDn");
    assert!(
        bench.shows("11/40") && bench.shows("[ Close ]") && bench.shows("0000000b"),
        "{}",
        bench.screen()
    );
}

#[test]
fn time_runs_out_in_the_middle() {
    let mut bench = armed("2 v v a Enter Tab \"both\" Enter \"2\" Enter Enter");
    bench.pass(901.0);
    assert!(bench.shows("READ-ONLY"));
    bench.posted(Outcome::Done(json!({"status": "unknown"})));
    assert_eq!(bench.posts.len(), 1, "the second is not sent any more");
    assert_eq!(confirm(&bench).subjects[1].state, State::Waiting);
    bench.press("Tab Enter");
    assert_eq!(bench.posts.len(), 1);
    assert!(bench.shows("READ-ONLY: first type"), "{}", bench.screen());
}

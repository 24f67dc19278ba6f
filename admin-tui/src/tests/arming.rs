//! Who one is and whether one may act: as the server says, and only as long as it says so.

use admin_api::ProblemAnswer;
use serde_json::json;
use time::Duration as Span;

use super::acting::{armed, problem};
use super::bench::{Bench, START};
use super::data;
use crate::action::Role;
use crate::msg::{Arm, Effect, Msg, Outcome, Trouble};
use crate::text::Lang;

const ARM: &str = ": \"arm 15 stuck payouts\" Enter";

#[test]
fn arming_wants_minutes_and_a_reason() {
    for (typed, arms) in [
        ("arm 15 stuck", true),
        ("arm 60 x", true),
        ("arm", false),
        ("arm 15", false),
        ("arm 61 x", false),
        ("arm 0 x", false),
        ("arm stuck", false),
    ] {
        let mut bench = Bench::new(80, 24);
        bench.press(&format!(": \"{typed}\" Enter"));
        assert_eq!(bench.model.is_armed(), arms, "{typed}");
        assert_eq!(bench.shows("READ-ONLY"), !arms, "{typed}");
    }
    let mut bench = armed(": \"disarm\" Enter");
    assert!(bench.shows("READ-ONLY") && !bench.model.is_armed());
    bench = Bench::of(80, 24, Lang::English, Some(Role::Viewer), data::answer);
    bench.press(ARM);
    assert!(!bench.model.is_armed() && bench.shows("your role may only look"));
    assert_eq!(bench.wanted, Vec::<Effect>::new());
}

#[test]
fn the_server_says_who_one_is() {
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Viewer), data::answer);
    assert!(bench.shows("DEVELOPMENT") && bench.shows("ops-1 olga (viewer)"), "{}", bench.screen());
    bench.press("2 a");
    assert!(bench.shows("your role may only look"), "{}", bench.screen());
}

#[test]
fn arming_is_asked_of_the_server() {
    let mut bench = Bench::new(80, 24);
    bench.send(Msg::Key(crate::key::Key::Char(':')));
    for key in "arm 15 stuck".chars() {
        bench.send(Msg::Key(crate::key::Key::Char(key)));
    }
    bench.send(Msg::Key(crate::key::Key::Enter));
    assert_eq!(bench.wanted, [Effect::Arm(Arm { minutes: 15, reason: "stuck".into() })]);
    assert!(bench.shows("ASKING") && !bench.model.is_armed(), "not before it says so: {}", bench.screen());
}

#[test]
fn a_refusal_to_arm_is_shown_as_the_server_wrote_it() {
    let mut bench = Bench::new(80, 24);
    bench.send(Msg::Armed(Err(Trouble::Refused(problem(403, "forbidden")))));
    assert!(!bench.model.is_armed());
    assert!(bench.shows("does not let you act: Not possible in the present state"), "{}", bench.screen());
}

#[test]
fn after_a_lost_answer_to_arming_the_server_is_asked_what_is_true() {
    let mut bench = Bench::new(80, 24);
    bench.armed = Some((START + Span::minutes(15), "why".into()));
    bench.send(Msg::Armed(Err(Trouble::NoContact("no answer: not in time".into()))));
    assert!(!bench.model.is_armed());
    bench.settle();
    assert!(bench.shows(" ARMED 15:00"), "it was: {}", bench.screen());
}

#[test]
fn armed_or_disarmed_elsewhere_is_seen_here() {
    let mut bench = Bench::new(80, 24);
    bench.armed = Some((START + Span::minutes(30), "at another gateway".into()));
    bench.pass(10.0);
    bench.settle();
    // By the server's clock, which these answers don't move.
    assert!(bench.shows(" ARMED 30:00"), "{}", bench.screen());
    bench.armed = None;
    bench.pass(10.0);
    bench.settle();
    assert!(bench.shows("READ-ONLY again"), "{}", bench.screen());
}

#[test]
fn disarming_counts_here_at_once() {
    let mut bench = armed("2");
    bench.send(Msg::Key(crate::key::Key::Char(':')));
    for key in "disarm".chars() {
        bench.send(Msg::Key(crate::key::Key::Char(key)));
    }
    bench.send(Msg::Key(crate::key::Key::Enter));
    assert_eq!(bench.wanted, [Effect::Disarm]);
    assert!(!bench.model.is_armed() && bench.shows("READ-ONLY"));
    bench.settle();
    assert!(bench.armed.is_none());
}

#[test]
fn a_server_that_says_not_armed_is_believed() {
    let mut bench = armed("2 j j a Enter Tab \"why\" Enter \"99.70\" Enter Enter");
    bench.armed = None;
    let problem = ProblemAnswer { detail: "arm first".into(), ..problem(403, "not-armed") };
    bench.posted(Outcome::Refused(problem));
    assert!(
        bench.shows("READ-ONLY") && bench.shows("you are not armed: nothing was done"),
        "{}",
        bench.screen()
    );
    // Armed again, the same command goes out under the same key: it was never carried out.
    bench.press("Tab Enter");
    assert!(bench.shows("READ-ONLY: first type"), "{}", bench.screen());
    bench.armed = Some((START + Span::minutes(15), "again".into()));
    bench.pass(10.0);
    bench.settle();
    bench.press("Enter");
    assert_eq!(bench.posts.len(), 2, "{}", bench.screen());
    assert_eq!(bench.posts[0].key, bench.posts[1].key);
    bench.posted(Outcome::Done(json!({"status": "held"})));
    assert!(bench.shows("done, now: held"));
}

#[test]
fn whoever_is_not_let_in_is_told_so() {
    let mut bench = Bench::new(80, 24);
    bench.pass(3.0);
    for effect in std::mem::take(&mut bench.asked) {
        let Effect::Get { to, generation, .. } = effect else { continue };
        bench.send(Msg::Got {
            to,
            generation,
            answer: Err(Trouble::Refused(problem(401, "unauthenticated"))),
        });
    }
    assert!(bench.shows(" NO ACCESS 3s ") && bench.shows("does not accept your token"), "{}", bench.screen());
    assert!(bench.shows("1 payout(s) stuck"), "what was seen stays");
}

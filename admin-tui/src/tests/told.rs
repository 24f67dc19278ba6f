//! The stream of events: what is shown is asked for when it has changed, and its age is the truth.

use admin_api::{Changed, More};

use super::bench::Bench;
use super::data::{self, PAYMENT, STUCK};
use crate::msg::{Effect, Msg, Told};

fn told(bench: &mut Bench, told: Told) {
    bench.send(Msg::Told(told));
}

fn changed(change: impl Fn(&mut Changed)) -> Told {
    let mut changed = Changed::default();
    change(&mut changed);
    Told::Changed(Box::new(changed))
}

fn payouts() -> Told {
    changed(|changed| changed.payouts = vec![STUCK.to_owned()])
}

/// What was asked since, but for who one is.
fn asked(bench: &mut Bench) -> Vec<String> {
    let paths = std::mem::take(&mut bench.asked).into_iter().filter_map(|effect| match effect {
        Effect::Get { path, .. } => Some(path),
        _ => None,
    });
    paths.filter(|path| path != "/admin/v1/me").collect()
}

fn listening(keys: &str) -> Bench {
    let mut bench = Bench::new(80, 24);
    bench.press(keys);
    told(&mut bench, Told::Began);
    bench.pass(1.0);
    bench.settle();
    bench
}

#[test]
fn where_the_stream_tells_nothing_is_asked_again_and_again() {
    let mut bench = listening("2");
    for _ in 0..12 {
        bench.pass(1.0);
        told(&mut bench, Told::Beat);
        let paths = asked(&mut bench);
        assert!(paths.is_empty(), "{paths:?}");
    }
    // Somebody was there a moment ago and told of no change: what is shown is as true as then.
    assert!(bench.shows(" LIVE 0s "), "{}", bench.screen());
    bench.pass(6.0);
    assert!(bench.shows(" LIVE 6s "), "{}", bench.screen());
}

#[test]
fn what_is_shown_is_asked_for_when_it_changed_at_most_once_a_second() {
    let mut bench = listening("2");
    bench.pass(1.0);
    for _ in 0..20 {
        told(&mut bench, payouts());
    }
    bench.pass(0.25);
    assert_eq!(bench.asked.len(), 1, "{:?}", bench.asked);
    bench.settle();
    let mut all = 0;
    for _ in 0..12 {
        told(&mut bench, payouts());
        bench.pass(0.25);
        all += bench
            .asked
            .iter()
            .filter(|effect| matches!(effect, Effect::Get { path, .. } if path.contains("payouts")))
            .count();
        bench.settle();
    }
    assert!((2..=4).contains(&all), "{all} in three seconds");
}

#[test]
fn a_change_of_another_kind_is_none_here() {
    for (keys, told_of, is_asked) in [
        ("2", payouts(), true),
        ("4", payouts(), true),
        ("3", payouts(), false),
        ("3", changed(|changed| changed.payments = vec![PAYMENT.to_owned()]), true),
        ("3", changed(|changed| changed.more = More { payments: true, ..More::default() }), true),
        ("6", changed(|changed| changed.bank_events = vec![data::EVENT.to_owned()]), true),
        ("7", changed(|changed| changed.rates = vec!["rate_1".to_owned()]), true),
        ("9", changed(|changed| changed.approvals = vec![data::APPROVAL.to_owned()]), true),
        ("9 Tab", changed(|changed| changed.audit = true), true),
        ("9 Tab", payouts(), false),
        ("2 Enter", payouts(), true),
        ("2 Enter", changed(|changed| changed.payouts = vec![data::QUEUED.to_owned()]), false),
        ("2 Enter", changed(|changed| changed.audit = true), true),
        ("2 Space", payouts(), false),
    ] {
        let mut bench = listening(keys);
        bench.pass(1.0);
        told(&mut bench, told_of);
        bench.pass(0.25);
        let paths = asked(&mut bench);
        assert_eq!(!paths.is_empty(), is_asked, "{keys}: {paths:?}");
    }
}

#[test]
fn what_changed_while_it_was_not_shown_is_asked_for_when_it_is() {
    let mut bench = listening("2");
    bench.press("3");
    bench.pass(1.0);
    bench.settle();
    told(&mut bench, payouts());
    bench.pass(0.25);
    assert!(asked(&mut bench).is_empty());
    bench.send(Msg::Key(super::bench::named("2")));
    assert_eq!(asked(&mut bench), ["/admin/v1/payouts?limit=50"]);
}

#[test]
fn the_overview_comes_by_the_stream() {
    let mut bench = listening("1");
    let mut overview: admin_api::Overview =
        serde_json::from_value(data::overview("development")).expect("an overview");
    overview.payouts_for_operators = 7;
    told(&mut bench, Told::Overview(Box::new(overview)));
    assert!(bench.shows("7 payout(s) stuck"), "{}", bench.screen());
    bench.pass(10.0);
    assert!(asked(&mut bench).is_empty(), "it is not asked for besides");
    // A stream that brings none for long: then it is.
    bench.pass(6.0);
    assert_eq!(asked(&mut bench), ["/admin/v1/overview"]);
}

#[test]
fn a_change_that_is_not_answered_ages() {
    let mut bench = listening("2");
    bench.pass(1.0);
    told(&mut bench, payouts());
    bench.pass(0.25);
    // Asked, and nobody answers; the stream goes on.
    bench.asked.clear();
    for _ in 0..15 {
        bench.pass(1.0);
        told(&mut bench, payouts());
    }
    assert!(bench.shows(" STALE 16s "), "{}", bench.screen());
}

#[test]
fn without_a_stream_it_is_asked_as_before() {
    let mut bench = listening("2");
    told(&mut bench, Told::Ended("the stream ended".to_owned()));
    bench.pass(4.0);
    let paths = asked(&mut bench);
    assert_eq!(paths, ["/admin/v1/overview", "/admin/v1/payouts?limit=50"]);
    assert!(!bench.shows("the stream ended"), "that is no trouble to an operator: {}", bench.screen());
}

#[test]
fn after_a_reset_everything_is_asked_anew() {
    let mut bench = listening("2");
    bench.pass(2.0);
    told(&mut bench, Told::Reset);
    assert_eq!(asked(&mut bench), ["/admin/v1/payouts?limit=50"]);
    bench.send(Msg::Key(super::bench::named("3")));
    assert!(!asked(&mut bench).is_empty(), "lists that were not shown too");
}

/// Whoever answered with a failure is asked again as soon as where there is no stream.
#[test]
fn what_was_asked_and_failed_is_asked_again_soon() {
    let failed = |bench: &mut Bench| {
        for effect in std::mem::take(&mut bench.asked) {
            let Effect::Get { to, generation, .. } = effect else { continue };
            let answer = Err(crate::msg::Trouble::Refused(super::acting::problem(503, "ledger-unavailable")));
            bench.send(Msg::Got { to, generation, answer });
        }
    };
    for (keys, path) in [
        ("2", "/admin/v1/payouts?limit=50"),
        ("3", "/admin/v1/payments?limit=50"),
        ("2 Enter", &format!("/admin/v1/payouts/{STUCK}")),
        ("1", "/admin/v1/overview"),
    ] {
        let mut bench = listening(keys);
        bench.pass(61.0);
        assert!(
            bench.asked.iter().any(|effect| matches!(effect, Effect::Get { path: it, .. } if it == path))
        );
        failed(&mut bench);
        for _ in 0..8 {
            bench.pass(0.25);
            told(&mut bench, Told::Beat);
        }
        assert!(asked(&mut bench).is_empty(), "{keys}: not all the time");
        bench.pass(2.0);
        assert!(
            bench.asked.iter().any(|effect| matches!(effect, Effect::Get { path: it, .. } if it == path))
        );
        bench.settle();
        assert!(bench.shows(" LIVE 0s "), "{keys}: {}", bench.screen());
        bench.pass(10.0);
        assert!(asked(&mut bench).is_empty(), "{keys}: answered, it is told of again");
    }
    // A list that never had any rows.
    let mut bench = listening("2");
    bench.send(Msg::Key(super::bench::named("3")));
    failed(&mut bench);
    assert!(bench.shows("no data"), "{}", bench.screen());
    bench.pass(4.0);
    bench.settle();
    assert!(bench.shows("20.00"), "{}", bench.screen());
}

/// A thing that is opened is as old as where it was seen, until it is answered itself.
#[test]
fn what_is_known_from_an_old_list_is_not_new() {
    let mut bench = listening("2");
    bench.press("3");
    bench.pass(30.0);
    told(&mut bench, Told::Beat);
    bench.settle();
    bench.press(&format!(": \"{STUCK}\""));
    bench.send(Msg::Key(super::bench::named("Enter")));
    assert!(bench.shows(" STALE 30s ") && bench.shows("707.87"), "{}", bench.screen());
    bench.settle();
    assert!(bench.shows(" LIVE 0s "), "{}", bench.screen());
}

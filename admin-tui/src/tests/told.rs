//! The stream of events: what is shown is asked for when it has changed, and its age is the truth.

use admin_api::{Changed, More};

use super::bench::Bench;
use super::data::{self, PAYMENT, STUCK};
use crate::msg::{Effect, FOREIGN, Msg, Told, Trouble};

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

fn unavailable() -> Trouble {
    Trouble::Refused(super::acting::problem(503, "ledger-unavailable"))
}

fn overview() -> Told {
    let overview = serde_json::from_value(data::overview("development"));
    Told::Overview(Box::new(overview.expect("an overview")))
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
        told(&mut bench, overview());
        let paths = asked(&mut bench);
        assert!(paths.is_empty(), "{paths:?}");
    }
    // It told of itself a moment ago and of no change: what is shown is as true as then.
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
    bench.pass(9.0);
    assert!(asked(&mut bench).is_empty(), "it is not asked for besides");
    // A stream that tells nothing for long: then it is.
    told(&mut bench, Told::Beat);
    bench.pass(1.0);
    assert_eq!(asked(&mut bench), ["/admin/v1/overview"]);
    // And one that tells of all but that.
    let mut bench = listening("1");
    for _ in 0..14 {
        assert!(asked(&mut bench).is_empty());
        bench.pass(1.0);
        told(&mut bench, payouts());
    }
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
    let failed = |bench: &mut Bench| bench.fail(&unavailable());
    for (keys, path) in [
        ("2", "/admin/v1/payouts?limit=50"),
        ("3", "/admin/v1/payments?limit=50"),
        ("2 Enter", &format!("/admin/v1/payouts/{STUCK}")),
        ("1", "/admin/v1/overview"),
    ] {
        let mut bench = listening(keys);
        // Late enough to be asked for though the stream goes on.
        for _ in 0..if keys == "1" { 13 } else { 59 } {
            bench.pass(1.0);
            told(&mut bench, if keys == "1" { payouts() } else { overview() });
        }
        bench.pass(1.0);
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
        for _ in 0..10 {
            bench.pass(1.0);
            told(&mut bench, overview());
        }
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
    told(&mut bench, overview());
    bench.settle();
    bench.press(&format!(": \"{STUCK}\""));
    bench.send(Msg::Key(super::bench::named("Enter")));
    assert!(bench.shows(" STALE 30s ") && bench.shows("707.87"), "{}", bench.screen());
    bench.settle();
    assert!(bench.shows(" LIVE 0s "), "{}", bench.screen());
}

/// What the header says of what is shown, for as long as nothing else happens: `LIVE`, `STALE`, `OFFLINE`.
fn words(bench: &Bench) -> String {
    let screen = bench.screen();
    let header = screen.lines().next().unwrap_or_default();
    let word = ["LIVE", "STALE", "OFFLINE", "NO ACCESS"].into_iter().find(|word| header.contains(word));
    let after = word.and_then(|word| header.split_once(word)).map_or("", |(_, after)| after);
    let age = after.trim_start().split("  ").next().unwrap_or_default();
    format!("{} {age}", word.unwrap_or_default())
}

/// The gateway is there and its database is not: that is not the same as nobody being there.
#[test]
fn without_its_database_the_gateway_is_there_and_what_is_shown_grows_stale() {
    for keys in ["1", "2", "3", "2 Enter", "5", "9 Tab"] {
        let mut bench = listening(keys);
        told(&mut bench, overview());
        let mut seen = Vec::new();
        for second in 1..=30 {
            bench.pass(1.0);
            // Its sign of life goes on.
            if second % 8 == 0 {
                told(&mut bench, Told::Beat);
            }
            bench.fail(&unavailable());
            seen.push(words(&bench));
        }
        let first_old = seen.iter().position(|word| word.starts_with("STALE")).expect("grows stale");
        assert!(first_old < 10, "{keys}: {seen:?}");
        assert!(seen[..first_old].iter().all(|word| word.starts_with("LIVE")), "{keys}: {seen:?}");
        assert!(seen[first_old..].iter().all(|word| word.starts_with("STALE")), "{keys}: {seen:?}");
        assert_eq!(seen.last().map(String::as_str), Some("STALE 30s"), "{keys}: {seen:?}");
        assert!(bench.shows("(503 ledger-unavailable)"), "{keys}: why: {}", bench.screen());
        // It is back.
        bench.pass(4.0);
        bench.settle();
        told(&mut bench, overview());
        assert_eq!(words(&bench), "LIVE 0s", "{keys}: {}", bench.screen());
        assert!(!bench.shows("503"), "{keys}: {}", bench.screen());
    }
}

#[test]
fn whether_anybody_is_there_is_told_by_what_comes() {
    let refused = |status: u16, code: &str| Trouble::Refused(super::acting::problem(status, code));
    let nobody = || Trouble::NoContact("no answer: not in time".to_owned());
    // How the questions end, whether there is a stream, how long ago it gave its last sign of life; then the header.
    for (trouble, streams, ago, word) in [
        (nobody(), false, 0, "OFFLINE 5s"),
        (nobody(), true, 0, "STALE 5s"),
        (nobody(), true, 9, "STALE 14s"),
        (nobody(), true, 10, "OFFLINE 15s"),
        (refused(503, "ledger-unavailable"), false, 0, "STALE 5s"),
        (refused(500, "internal"), true, 9, "STALE 14s"),
        (refused(404, "not-found"), false, 0, "STALE 5s"),
        (refused(502, FOREIGN), false, 0, "OFFLINE 5s"),
        (refused(403, FOREIGN), false, 0, "OFFLINE 5s"),
        (refused(401, "unauthenticated"), true, 0, "NO ACCESS 5s"),
    ] {
        for keys in ["1", "2", "2 Enter"] {
            let mut bench = Bench::new(80, 24);
            bench.press(keys);
            bench.pass(4.0);
            bench.settle();
            bench.pass(5.0);
            if streams {
                told(&mut bench, Told::Beat);
            }
            bench.pass(f64::from(ago));
            bench.fail(&trouble);
            let case = format!("{trouble:?}, {streams}, {ago} s, {keys}");
            assert_eq!(words(&bench), word, "{case}: {}", bench.screen());
            let said = if bench.model.contact.barred { "NO ACCESS" } else { &*trouble.words() };
            assert!(bench.shows(said), "{case}: {}", bench.screen());
        }
    }
}

/// A thing that never had an answer is not live either.
#[test]
fn what_was_never_answered_is_not_live() {
    let mut bench = Bench::new(80, 24);
    bench.send(Msg::Key(super::bench::named("4")));
    bench.fail(&unavailable());
    assert_eq!(words(&bench), "STALE no data", "{}", bench.screen());
}

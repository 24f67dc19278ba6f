//! What the screens look like. `cargo insta` is not needed: INSTA_UPDATE=always writes what is drawn.

use super::bench::Bench;
use super::data;
use crate::action::Role;
use crate::msg::Outcome;
use crate::text::Lang;

const ARM: &str = ": \"arm 15 stuck payouts\" Enter";

fn look(name: &str, bench: &Bench) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, bench.screen());
    });
}

#[test]
fn screens_in_both_sizes() {
    for (width, height) in [(80, 24), (160, 50)] {
        for (name, keys) in [
            ("overview", "1"),
            ("payouts", "2"),
            ("payout", "2 Enter"),
            ("review", "3"),
            ("payment", "3 Enter"),
            ("withdrawals", "4"),
            ("withdrawal", "4 j Enter"),
            ("fees", "5 Tab"),
            ("notices", "6 Tab"),
            ("rate", "7 Enter"),
            ("quotes", "7 Tab"),
            ("positions", "7 Tab Tab"),
            ("covers", "7 Tab Tab Tab"),
            ("payees", "5 Enter j j j j j j j Enter"),
            ("statements", "8 Tab Tab"),
            ("merchants", "5"),
            ("merchant", "5 Enter"),
            ("events", "6"),
            ("event", "6 Enter"),
            ("rates", "7"),
            ("accounts", "8"),
            ("shards", "8 Enter"),
            ("transfers", "8 Enter Enter"),
            ("approvals", "9"),
            ("audit", "9 Tab"),
            ("help", "2 ?"),
            ("palette", "2 : \"re\""),
            ("filter", "2 / \"status:\" Tab"),
            ("sorted", "2 / \"bank:sandbox\" Enter s s s"),
            ("menu-read-only", "2 a"),
        ] {
            let mut bench = Bench::new(width, height);
            bench.press(keys);
            look(&format!("{name}-{width}x{height}"), &bench);
        }
    }
}

#[test]
fn acting_in_both_sizes() {
    for (width, height) in [(80, 24), (160, 50)] {
        for (name, keys) in [
            ("armed-menu", "2 j j a"),
            ("question", "2 j j a Enter"),
            ("question-filled", "2 j j a Enter Tab \"asked by the bank\" Enter \"99.70\" Enter"),
            ("question-many", "2 V a Enter"),
            ("question-cover", "7 Tab Tab a Enter"),
            ("question-payee", "2 j j j a j Enter Tab Right"),
            ("question-freeze", "5 a Enter"),
        ] {
            let mut bench = Bench::new(width, height);
            bench.press(ARM);
            bench.press(keys);
            look(&format!("{name}-{width}x{height}"), &bench);
        }
    }
}

#[test]
fn an_approver_sees_what_is_approved() {
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Approver), data::answer);
    bench.id = "app-1".to_owned();
    bench.press(ARM);
    bench.press("9 Enter");
    look("approval-80x24", &bench);
    bench.press("a Enter");
    look("question-approve-80x24", &bench);
}

#[test]
fn a_few_in_chinese() {
    for (name, keys) in [
        ("overview", "1"),
        ("payouts", "2"),
        ("payout", "2 Enter"),
        ("withdrawals", "4"),
        ("merchants", "5"),
        ("merchant", "5 Enter"),
        ("positions", "7 Tab Tab"),
        ("question-payee", "2 j j j a j Enter Tab Right"),
        ("question-many", "2 V a Enter"),
        ("palette", ":"),
        ("menu", "2 j j a"),
        ("menu-some", "2 j v v a"),
        ("withdrawal", "4 j Enter"),
        ("question", "2 j j a Enter"),
        ("help", "2 ?"),
    ] {
        let mut bench = Bench::of(80, 24, Lang::Chinese, Some(Role::Operator), data::answer);
        bench.press(ARM);
        bench.press(keys);
        look(&format!("chinese-{name}-80x24"), &bench);
    }
}

#[test]
fn what_came_of_several_and_what_was_found() {
    for (lang, prefix) in [(Lang::English, ""), (Lang::Chinese, "chinese-")] {
        let mut bench = Bench::of(80, 24, lang, Some(Role::Operator), data::answer);
        bench.press(ARM);
        bench.press("2 V a Enter Tab \"all of them\" Enter \"2\" Enter Enter");
        bench.posted(Outcome::Done(serde_json::json!({"status": "unknown"})));
        bench.posted(Outcome::Unsure("no answer: not in time".into()));
        look(&format!("{prefix}outcomes-80x24"), &bench);
        bench.press("Esc 1");
        look(&format!("{prefix}left-80x24"), &bench);
        let mut bench = Bench::of(80, 24, lang, Some(Role::Operator), data::answer);
        bench.press(": \"HB-20261125-000017\"");
        bench.pass(0.9);
        bench.settle();
        look(&format!("{prefix}found-80x24"), &bench);
    }
}

#[test]
fn the_overview_says_at_once_whether_anything_is_wrong() {
    let quiet = |path: &str| match path {
        "/admin/v1/overview" => {
            let mut overview = data::overview("production");
            for (member, value) in
                [("payouts_for_operators", 0), ("unknown_payouts", 0), ("approvals_waiting_for_me", 0)]
            {
                overview[member] = value.into();
            }
            for member in ["payouts", "review", "suspense"] {
                overview[member] = serde_json::json!([]);
            }
            overview
        }
        other => data::answer(other),
    };
    let broken = |path: &str| match path {
        "/admin/v1/overview" => {
            let mut overview = data::overview("production");
            overview["verification"]["result"] = "broken".into();
            overview["verification"]["broken"] = serde_json::json!(["I1", "I3"]);
            overview["banks"][0]["breaker"] = "open".into();
            overview["banks"][0]["state"] = "down".into();
            overview["oldest_unsent_seconds"] = 700.0.into();
            overview["rates"][0]["age_seconds"] = 1000.0.into();
            overview
        }
        other => data::answer(other),
    };
    for (lang, prefix) in [(Lang::English, ""), (Lang::Chinese, "chinese-")] {
        let bench = Bench::of(80, 24, lang, Some(Role::Operator), quiet);
        look(&format!("{prefix}all-well-80x24"), &bench);
        let bench = Bench::of(80, 24, lang, Some(Role::Operator), broken);
        look(&format!("{prefix}all-wrong-80x24"), &bench);
    }
}

#[test]
fn production_offline_and_frozen() {
    let production = |path: &str| match path {
        "/admin/v1/overview" => data::overview("production"),
        other => data::answer(other),
    };
    let mut bench = Bench::of(80, 24, Lang::English, None, production);
    bench.press("2");
    bench.pass(5.0);
    bench.lose();
    bench.pass(40.0);
    look("production-offline-80x24", &bench);
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Viewer), production);
    bench.press("2 Space");
    bench.pass(30.0);
    look("production-frozen-80x24", &bench);
    let mut bench = Bench::of(20, 5, Lang::English, Some(Role::Viewer), production);
    bench.press("2");
    look("tiny-20x5", &bench);
}

/// What the console itself says is Chinese there; the contract's words and what the server wrote stay as they are.
#[test]
fn no_english_words_of_the_consoles_own_are_left_in_chinese() {
    let chinese = |keys: &str| {
        let mut bench = Bench::of(80, 60, Lang::Chinese, Some(Role::Operator), data::answer);
        bench.press(ARM);
        bench.press(keys);
        bench
    };
    let bench = chinese("5 Enter");
    assert!(bench.shows("court order 至 2026-12-31"), "{}", bench.screen());
    assert!(!bench.shows("until 2026-12-31"), "{}", bench.screen());
    let bench = chinese("4 j Enter");
    assert!(bench.shows("99.70 USD 转至 exchange（withdrawal_net）"), "{}", bench.screen());
    let mut bench = chinese("2 j j j a j Enter Tab \"pye_1\" Enter \"why\" Enter \"1000000.00\" Enter Enter");
    bench.posted(Outcome::Done(
        serde_json::json!({"status": "failed", "withdrawal": {"status": "processing"}}),
    ));
    assert!(bench.shows("提现 processing"), "{}", bench.screen());
}

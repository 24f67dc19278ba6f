//! What a question names, wants typed and sums is what moves; and it says whom and what it is about.

use serde_json::{Value, json};

use super::acting::{armed, confirm};
use super::bench::Bench;
use super::data::{self, FAILED, PAYMENT};
use crate::action::Role;
use crate::msg::Outcome;
use crate::text::Lang;

fn bench(role: Role, answers: fn(&str) -> Value, keys: &str) -> Bench {
    let mut bench = Bench::of(80, 24, Lang::English, Some(role), answers);
    if role == Role::Approver {
        bench.id = "app-1".to_owned();
    }
    bench.press(": \"arm 15 stuck payouts\" Enter");
    bench.press(keys);
    bench
}

/// The payout came back, five short.
fn came_back(path: &str) -> Value {
    let payout = || {
        let mut row = data::payout(FAILED, "returned", "8847.75", "CNY");
        row["returned_amount"] = json!("8842.75");
        row
    };
    match path.split('?').next().unwrap_or_default() {
        "/admin/v1/payouts" => data::page(vec![payout()]),
        path if path.starts_with("/admin/v1/withdrawals/") => {
            let mut shown = data::withdrawal(FAILED);
            shown["status"] = json!("returned");
            shown["payouts"] = json!([payout()]);
            shown
        }
        _ => data::answer(path),
    }
}

/// Yen that never left, with their fee.
fn failed_yen(path: &str) -> Value {
    let payout = || data::payout(FAILED, "failed", "124625", "JPY");
    match path.split('?').next().unwrap_or_default() {
        "/admin/v1/payouts" => data::page(vec![payout()]),
        path if path.starts_with("/admin/v1/withdrawals/") => {
            let mut shown = data::withdrawal(FAILED);
            shown["payouts"] = json!([payout()]);
            for (member, value) in [("sell_amount", "125000"), ("fee", "375"), ("sell_currency", "JPY")] {
                shown[member] = json!(value);
            }
            shown
        }
        _ => data::answer(path),
    }
}

fn payment(amount: &str, taken: &str) -> Value {
    let mut row = data::payment();
    row["amount"] = json!(amount);
    row["currency"] = json!("EUR");
    row["reversed_amount"] = json!(taken);
    row
}

fn taken_back(path: &str) -> Value {
    match path.split('?').next().unwrap_or_default() {
        "/admin/v1/payments" => data::page(vec![payment("25000.55", "20000.00")]),
        "/admin/v1/approvals" => {
            let mut page = data::answer("/admin/v1/approvals");
            page["data"][0]["shown"] = json!(payment("25000.55", "20000.00").to_string());
            page
        }
        other if other.starts_with("/admin/v1/approvals/") => {
            let mut shown = data::answer(other);
            shown["shown"] = json!(payment("25000.55", "20000.00").to_string());
            shown
        }
        _ => data::answer(path),
    }
}

#[test]
fn r29_what_came_back_is_asked_about_and_typed() {
    let mut bench = bench(Role::Operator, came_back, "2");
    assert!(bench.shows("Came back") && bench.shows("8842.75"), "{}", bench.screen());
    bench.press("a Enter");
    assert!(bench.shows("Send again, same payee"), "{}", bench.screen());
    assert!(bench.shows("8842.75 CNY (its amount: 8847.75"), "{}", bench.screen());
    assert!(
        bench.shows("Type 8842.75 to confirm") && bench.shows("payee: 深**** ****0005"),
        "{}",
        bench.screen()
    );
    bench.press("Tab \"again\" Enter \"8847.75\" Enter Enter");
    assert!(bench.posts.is_empty() && bench.shows("This is not 8842.75"), "{}", bench.screen());
}

#[test]
fn r28_a_refund_names_what_is_booked_fee_and_all() {
    let mut bench = bench(Role::Operator, failed_yen, "2 a j j Enter");
    assert!(bench.shows("125000 JPY (124625, and the fee of 375)"), "{}", bench.screen());
    bench.press("Tab \"why\" Enter \"125000\" Enter Enter");
    assert_eq!(bench.posts.len(), 1, "{}", bench.screen());
}

#[test]
fn r28_no_figure_no_refund() {
    let nobody = |path: &str| match path {
        path if path.starts_with("/admin/v1/withdrawals/") => json!({"id": "wd_1"}),
        other => failed_yen(other),
    };
    let bench = bench(Role::Operator, nobody, "2 a j j Enter Tab \"why\" Enter \"124625\" Enter Enter Enter");
    assert!(bench.posts.is_empty() && bench.shows("its amount is being asked for"), "{}", bench.screen());
}

#[test]
fn r8_a_payment_is_credited_less_what_the_bank_took_back() {
    let mut one = bench(Role::Operator, taken_back, "3");
    assert!(one.shows("Taken back") && one.shows("20000.00"), "{}", one.screen());
    one.press("a Enter");
    assert!(one.shows("5000.55 EUR (its amount: 25000.55 EUR)"), "{}", one.screen());
    assert_eq!(confirm(&one).wanted.text, "5000.55");
    let other = bench(Role::Approver, taken_back, "9 Enter a Enter");
    assert!(
        other.shows("Type 5000.55 to confirm") && other.shows("  5000.55 EUR  pending"),
        "{}",
        other.screen()
    );
    let several = |path: &str| match path.split('?').next().unwrap_or_default() {
        "/admin/v1/payments" => {
            let mut second = payment("12.30", "2.30");
            second["id"] = json!("pay_019ab0c1d2e37a10b0000000000000ea");
            data::page(vec![payment("25000.55", "20000.00"), second])
        }
        _ => data::answer(path),
    };
    let both = bench(Role::Operator, several, "3 V a j Enter");
    assert!(both.shows("2 of 2 marked, sum: 5010.55 EUR"), "{}", both.screen());
}

#[test]
fn r8_what_the_bank_took_back_since_the_question_stops_it() {
    let before = |path: &str| match path.split('?').next().unwrap_or_default() {
        "/admin/v1/payments" => data::page(vec![payment("12.30", "0.00")]),
        _ => data::answer(path),
    };
    let mut bench = bench(Role::Operator, before, "3 a j Enter Tab \"why\" Enter \"12.30\" Enter");
    assert!(bench.shows("Return to the remitter"), "{}", bench.screen());
    bench.answer_by(|path| match path.split('?').next().unwrap_or_default() {
        "/admin/v1/payments" => data::page(vec![payment("12.30", "2.30")]),
        _ => data::answer(path),
    });
    bench.pass(12.0);
    bench.settle();
    bench.press("Enter");
    assert!(bench.posts.is_empty() && bench.shows("has changed meanwhile"), "{}", bench.screen());
    assert!(bench.shows(&PAYMENT[..20]), "{}", bench.screen());
}

#[test]
fn r16_a_held_rate_is_believed_by_its_figures() {
    let bench = armed("7 a Enter");
    assert!(bench.shows("held 9.1000 / 9.1300 as of 2026-11-26T02:59:58Z"), "{}", bench.screen());
    assert!(bench.shows("believed 7.1000 / 7.1300, so +28.1%"), "{}", bench.screen());
    assert!(bench.shows("Type 9.1000 to confirm"), "{}", bench.screen());
}

#[test]
fn a_question_says_whom_it_is_about() {
    for (keys, said) in [
        ("5 a Enter", "name: 深****  kind: enterprise  email: fin***@example.com"),
        ("5 Enter j j j j j j j j j j j Enter a Enter", "label: till  key_fingerprint: 5f2b8c01d4aa"),
        ("3 a Enter", "remitter: A****  account_number: ****0001"),
        ("7 Tab Tab a Enter", "We are short of: 679.70 CNY"),
    ] {
        let bench = armed(keys);
        assert!(bench.shows(said), "{keys}: {}", bench.screen());
    }
}

#[test]
fn r32_until_when_a_freeze_holds_is_shown_with_its_zone() {
    let mut bench = armed("5 a Enter Tab Enter");
    assert!(bench.shows("a day: to its end, UTC+8"), "{}", bench.screen());
    bench.press("\"2026-12-31\"");
    assert!(bench.shows("= 2027-01-01 00:00:00 UTC+8  (2026-12-31T16:00:00Z, +35d)"), "{}", bench.screen());
    bench.press("Enter \"order\" Enter");
    assert!(bench.shows("= 2027-01-01 00:00:00 UTC+8"), "{}", bench.screen());
    let bench = armed("5 a Enter Tab Enter \"31.12.\"");
    assert!(bench.shows("no time: 2026-12-31"), "{}", bench.screen());
}

#[test]
fn a_note_that_is_written_is_done() {
    let mut bench = armed("3 a j j j Enter Tab \"called them\" Enter \"20.00\" Enter Enter");
    bench.posted(Outcome::Done(json!({"id": "n", "author": "ops-1", "text": "called them"})));
    assert!(bench.shows("  done ") && !bench.shows("done, now"), "{}", bench.screen());
    assert!(!bench.shows("20.00 USD  in_review"), "what it was is not said beside it: {}", bench.screen());
}

#[test]
fn a_paste_that_is_cut_is_said_to_be() {
    let mut bench = armed("3 a j j j Enter Tab");
    bench.send(crate::msg::Msg::Paste("a".repeat(1_001)));
    assert!(bench.shows("What was pasted is cut at 1000 characters."), "{}", bench.screen());
}

#[test]
fn no_figure_of_a_small_overview_is_out_of_reach() {
    let five = |path: &str| match path {
        "/admin/v1/overview" => {
            let mut overview = data::overview("development");
            let reasons =
                ["unknown_account", "merchant_frozen", "currency_mismatch", "remitter", "over_limit"];
            let line = |reason: &&str| {
                json!({"reason": reason, "count": 2, "amount": "50.00", "currency": "USD",
                    "oldest": "2026-11-25T20:00:00Z", "older_than_1_day": 0, "older_than_5_days": 0})
            };
            overview["review"] = reasons.iter().map(line).collect();
            overview["verification"]["result"] = "broken".into();
            overview["banks"][0]["state"] = "down".into();
            overview["oldest_unsent_seconds"] = 700.0.into();
            overview
        }
        other => data::answer(other),
    };
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Operator), five);
    assert!(bench.shows("more: PgDn") && !bench.shows("over_limit"), "{}", bench.screen());
    bench.press("PgDn");
    assert!(bench.shows("over_limit") && bench.shows("suspense"), "{}", bench.screen());
    assert!(bench.shows("more: PgUp"), "{}", bench.screen());
    bench.press("PgUp");
    assert!(bench.shows("unknown outcome"), "{}", bench.screen());
}

#[test]
fn r29_what_was_not_answered_is_asked_again() {
    let mut bench = Bench::of(80, 24, Lang::English, Some(Role::Operator), came_back);
    bench.press(": \"arm 15 why\" Enter 2 a");
    // The question comes up, and nobody answers.
    bench.send(crate::msg::Msg::Key(crate::key::Key::Enter));
    assert_eq!(confirm(&bench).wanted.text, "");
    bench.lose();
    assert!(bench.shows("no connection: refused"), "{}", bench.screen());
    bench.press("Tab \"again\" Enter Enter");
    assert!(bench.shows("Type 8842.75 to confirm"), "{}", bench.screen());
}

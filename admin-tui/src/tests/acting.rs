//! Acting: only armed, only asked twice, each command under its own key.

use admin_api::ProblemAnswer;
use serde_json::json;

use super::bench::Bench;
use super::data::{self, FAILED, MERCHANT, QUEUED, STUCK};
use crate::action::{Action, Role, Who};
use crate::item::{Item, Shape};
use crate::model::confirm::Phase;
use crate::model::overlay::Overlay;
use crate::msg::Outcome;
use crate::text::T;

const ARM: &str = ": \"arm 15 stuck payouts\" Enter";

pub(super) fn armed(keys: &str) -> Bench {
    let mut bench = Bench::new(80, 24);
    bench.press(ARM);
    assert!(bench.shows(" ARMED 15:00"), "{}", bench.screen());
    bench.press(keys);
    bench
}

pub(super) fn problem(status: u16, code: &str) -> ProblemAnswer {
    ProblemAnswer {
        title: "Not possible in the present state".into(),
        status,
        code: code.into(),
        detail: "the payout is paid".into(),
        request_id: "req_1".into(),
        errors: Vec::new(),
    }
}

pub(super) fn confirm(bench: &Bench) -> &crate::model::confirm::Confirm {
    match &bench.model.overlay {
        Overlay::Confirm(confirm) => confirm,
        other => panic!("no question, but {other:?}"),
    }
}

#[test]
fn the_stuck_payout_is_found_and_asked_about() {
    let mut bench = Bench::new(80, 24);
    assert!(bench.shows("1 payout(s) stuck"), "the first line says what is wrong: {}", bench.screen());
    bench.press("Enter Enter");
    assert!(bench.shows(STUCK) && bench.shows("STUCK."), "{}", bench.screen());
    // Read-only: the action is shown with its reason; choosing it leads to arming.
    bench.press("a");
    assert!(bench.shows("READ-ONLY: first type"), "{}", bench.screen());
    bench.press("Enter");
    assert!(bench.shows(":arm 15 "), "{}", bench.screen());
    bench.press("\"stuck at the bank\" Enter a Enter");
    assert!(bench.shows("The bank is asked about this reference at once"), "{}", bench.screen());
    assert!(bench.posts.is_empty());
    bench.press("Tab \"asked for by the merchant\" Enter \"707.87\" Enter Enter");
    let [post] = bench.posts.as_slice() else { panic!("{:?}\n{}", bench.posts, bench.screen()) };
    assert_eq!(post.path, format!("/admin/v1/payouts/{STUCK}/query"));
    assert_eq!(post.body, json!({"reason": "asked for by the merchant"}));
    bench.posted(Outcome::Done(json!({"id": STUCK, "status": "unknown"})));
    assert!(bench.shows("done, now: unknown"), "{}", bench.screen());
    bench.press("Enter");
    assert!(matches!(bench.model.overlay, Overlay::None));
}

#[test]
fn enter_alone_never_does_anything() {
    let mut bench = armed("2 j j a");
    assert!(bench.shows("Hold"));
    // The menu's entry, then Cancel, which has the focus; then the row under it is opened, and so on.
    for _ in 0..40 {
        bench.press("Enter");
    }
    assert!(bench.posts.is_empty(), "{:?}", bench.posts);
}

#[test]
fn without_the_right_words_there_is_no_way_to_the_button() {
    for typed in [
        "Tab \"why\"",
        "Tab Tab \"99.70\"",
        "Tab \"why\" Enter \"99.7\"",
        "Tab \"why\" Enter \"99.70 USD\"",
        "Tab \" \" Enter \"99.70\"",
    ] {
        let mut bench = armed("2 j j a Enter");
        bench.press(typed);
        for _ in 0..6 {
            bench.press("Tab");
            assert!(!confirm(&bench).is_complete(), "{typed}");
        }
        bench.press("Enter Enter Enter");
        assert!(bench.posts.is_empty(), "{typed}");
    }
    let mut bench = armed("2 j j a Enter Tab \"why\" Enter \"99.7\" Enter");
    assert!(bench.shows("This is not 99.70"), "it is said: {}", bench.screen());
    bench.press("\"0\" Enter");
    assert!(confirm(&bench).is_complete());
}

#[test]
fn a_paste_with_line_feeds_is_no_enter() {
    let mut bench = armed("2 j j a Enter Tab");
    bench.send(crate::msg::Msg::Paste("why\n\n99.70\n\n".into()));
    assert_eq!(confirm(&bench).reason.text(), "why 99.70");
    bench.press("Esc");
    bench.send(crate::msg::Msg::Paste("a\n\n\n".into()));
    assert!(bench.posts.is_empty() && matches!(bench.model.overlay, Overlay::None));
}

#[test]
fn after_a_lost_answer_the_same_key_asks_again() {
    let mut bench = armed("2 j j a Enter Tab \"why\" Enter \"99.70\" Enter Enter");
    bench.posted(Outcome::Unsure("no answer: not in time".into()));
    assert!(bench.shows("NO ANSWER, it may be done: no answer: not in time"), "{}", bench.screen());
    bench.press("Tab Enter");
    let [first, second] = bench.posts.as_slice() else { panic!("{:?}", bench.posts) };
    assert_eq!((&first.path, &first.body, &first.key), (&second.path, &second.body, &second.key));
    assert_ne!(first.ticket, second.ticket);
    // The first answer comes after all: too late, the second is awaited.
    let late = first.ticket;
    bench.send(crate::msg::Msg::Posted { ticket: late, outcome: Outcome::Done(json!({"status": "late"})) });
    assert_eq!(confirm(&bench).phase, Phase::Sending);
    bench.posted(Outcome::Done(json!({"status": "held"})));
    assert!(bench.shows("done, now: held"), "{}", bench.screen());
}

#[test]
fn a_refusal_is_shown_and_other_words_are_another_command() {
    let mut bench = armed("2 j j a Enter Tab \"why\" Enter \"99.70\" Enter Enter");
    bench.posted(Outcome::Refused(problem(409, "illegal-transition")));
    let screen = bench.screen().replace("│", "").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("REFUSED: Not possible in the present state: the payout is paid"), "{screen}");
    assert!(screen.contains("(409 illegal-transition)"), "{screen}");
    bench.press("Tab Enter Tab Tab \"99.70\" Enter Enter");
    let [first, second] = bench.posts.as_slice() else { panic!("{:?}\n{}", bench.posts, bench.screen()) };
    assert_ne!(first.key, second.key);
}

#[test]
fn a_second_person_is_waited_for_by_name() {
    let mut bench = armed("2 j j j a Enter Tab \"payee is right\" Enter \"1000000.00\" Enter Enter");
    assert_eq!(bench.posts[0].path, format!("/admin/v1/payouts/{FAILED}/retry"));
    bench.posted(Outcome::Waits(data::APPROVAL.into()));
    assert!(bench.shows("waits for a second person: apr_"), "{}", bench.screen());
}

#[test]
fn what_is_asked_for_besides_the_reason_is_sent() {
    let mut bench =
        armed("2 j j j a j Enter Tab \"pye_1\" Enter \"other payee\" Enter \"1000000.00\" Enter Enter");
    assert_eq!(bench.posts[0].body, json!({"reason": "other payee", "payee_id": "pye_1"}));
    bench = armed("5 a Enter Tab Enter Enter \"court order\" Enter \"0a01\" Enter Enter");
    assert_eq!(bench.posts[0].path, format!("/admin/v1/merchants/{MERCHANT}/freeze"));
    assert_eq!(bench.posts[0].body, json!({"reason": "court order"}), "what is empty is left out");
    bench.press("Esc");
    assert_eq!(confirm(&bench).phase, Phase::Sending, "Esc stops nothing that is under way");
}

#[test]
fn what_the_bank_said_is_booked_by_two_persons() {
    let mut bench =
        armed("2 Enter a j Enter Tab \"B-17\" Enter \"statement of today\" Enter \"707.87\" Enter Enter");
    let body = json!({"outcome": "paid", "bank_reference": "B-17", "reason": "statement of today"});
    assert_eq!(
        (&*bench.posts[0].path, &bench.posts[0].body),
        (&*format!("/admin/v1/payouts/{STUCK}/resolve"), &body)
    );
    bench.posted(Outcome::Waits(data::APPROVAL.into()));
    assert!(bench.shows("waits for a second person"), "{}", bench.screen());
}

#[test]
fn r16_a_rate_that_jumps_is_decided_upon_by_its_own_id() {
    let bench = armed("7 a j Enter Tab \"a slip of the bank\" Enter \"9.1000\" Enter Enter");
    let path = "/admin/v1/rates/rate_019ab0c1d2e37a10b000000000000777/reject";
    assert_eq!(
        (&*bench.posts[0].path, &bench.posts[0].body),
        (path, &json!({"reason": "a slip of the bank"}))
    );
}

#[test]
fn what_has_changed_meanwhile_is_looked_at_again() {
    let mut bench = armed("2 j j a Enter Tab \"why\" Enter \"99.70\" Enter");
    bench.answer_by(|path| match path {
        "/admin/v1/payouts?limit=50" => data::page(vec![data::payout(QUEUED, "sent", "99.70", "USD")]),
        other => data::answer(other),
    });
    bench.pass(4.0);
    bench.settle();
    bench.press("Enter");
    assert!(bench.posts.is_empty());
    assert!(bench.shows("has changed meanwhile"), "{}", bench.screen());
}

/// Everything that operators can have done by the API is offered by the console, but for what is no action on a thing that
/// is there.
#[test]
fn what_the_api_can_do_is_offered() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../gateway/openapi.yaml");
    let contract = std::fs::read_to_string(file).expect("the contract");
    let mut posts = Vec::new();
    let mut path = String::new();
    for line in contract.lines() {
        match line.strip_prefix("  /admin/v1/") {
            Some(rest) => path = rest.trim_end_matches(':').to_owned(),
            None if line.starts_with("  /") => path.clear(),
            None if line == "    post:" && !path.is_empty() => posts.push(path.clone()),
            None => {}
        }
    }
    assert!(posts.len() > 20, "{posts:?}");
    let shapes = [
        Shape::Payout,
        Shape::Withdrawal,
        Shape::Payment,
        Shape::Reversal,
        Shape::Merchant,
        Shape::FrozenAmount,
        Shape::User,
        Shape::Fee,
        Shape::Event,
        Shape::Notice,
        Shape::Line,
        Shape::Approval,
        Shape::Rate,
        Shape::Position,
    ];
    let offered = |path: &str| {
        shapes.into_iter().any(|shape| {
            let raw = match shape {
                Shape::Withdrawal => data::withdrawal(FAILED),
                _ => json!({"id": "ID", "withdrawal_id": "ID"}),
            };
            let item = Item::read(shape, raw);
            crate::action::of(shape).iter().any(|action| {
                let posted = action.path(&item);
                posted == format!("/admin/v1/{}", path.replace("{id}", "ID"))
            })
        })
    };
    // The answer to a new user is its key, and that to a request for a copy all that is kept of a merchant, in the clear: neither
    // is for a screen (R37). A settlement is looked for over days, by letter and telephone: nobody on call has to end that.
    let elsewhere = |path: &&String| {
        let path = path.as_str();
        let shows_secrets = ["merchants/{id}/users", "merchants/{id}/data"].contains(&path);
        shows_secrets || matches!(path, "arm" | "disarm" | "merchants" | "settlements/{id}/close")
    };
    for path in posts.iter().filter(|path| !elsewhere(path)) {
        assert!(offered(path), "{path}");
    }
}

#[test]
fn other_actions_send_what_they_are_about() {
    for (keys, path, body) in [
        (
            "5 a j Enter Tab \"10.00\" Enter \"USD\" Enter Enter \"2026-12-31\" Enter \"order 7\" Enter \"0a01\" Enter Enter",
            "merchants/mer_019aa000000070008000000000000a01/amount-freezes",
            json!({"amount": "10.00", "currency": "USD", "until": "2026-12-31T16:00:00Z", "reason": "order 7"}),
        ),
        (
            "3 a j j j Enter Tab \"called them\" Enter \"20.00\" Enter Enter",
            "payments/pay_019ab0c1d2e37a10b0000000000000e9/notes",
            json!({"reason": "called them"}),
        ),
        (
            "3 Tab a Enter Tab \"pay_1\" Enter \"bank: it is this one\" Enter \"18.00\" Enter Enter",
            "reversals/rev_019ab0c1d2e37a10b000000000000601/apply",
            json!({"payment_id": "pay_1", "reason": "bank: it is this one"}),
        ),
        (
            "3 Tab a j Enter Tab \"told twice\" Enter \"18.00\" Enter Enter",
            "reversals/rev_019ab0c1d2e37a10b000000000000601/dismiss",
            json!({"reason": "told twice"}),
        ),
        (
            "6 a j Enter Tab \"bank asks\" Enter \"0101\" Enter Enter",
            "events/evt_019ab0c1d2e37a10b000000000000101/unmask",
            json!({"field": "body", "reason": "bank asks"}),
        ),
        (
            "6 Tab a Enter Tab \"they fixed it\" Enter \"0401\" Enter Enter",
            "dead-letters/dlv_019ab0c1d2e37a10b000000000000401/replay",
            json!({"reason": "they fixed it"}),
        ),
        (
            "7 Tab Tab a Enter Tab \"sandbox\" Enter \"FX-18\" Enter \"97.00\" Enter \"679.70\" Enter \"day's cover\" Enter \"USDCNY\" Enter Enter",
            "cover-deals",
            json!({"bank": "sandbox", "bank_reference": "FX-18", "sell_currency": "USD", "sell_amount": "97.00",
                "buy_currency": "CNY", "buy_amount": "679.70", "reason": "day's cover"}),
        ),
        (
            "5 Tab a Enter Tab Enter \"0.25\" Enter Enter Enter Enter \"agreed\" Enter \"0301\" Enter Enter",
            "fees",
            json!({"sell_currency": "USD", "buy_currency": "CNY", "percent": "0.25", "reason": "agreed"}),
        ),
        (
            "4 a j Enter Tab \"pye_1\" Enter \"new account\" Enter \"1000000.00\" Enter Enter",
            "payouts/po_019ab0c1d2e37a10b0000000000000d8/retry",
            json!({"payee_id": "pye_1", "reason": "new account"}),
        ),
    ] {
        let bench = armed(keys);
        let [post] = bench.posts.as_slice() else { panic!("{keys}: {:?}\n{}", bench.posts, bench.screen()) };
        assert_eq!((&*post.path, &post.body), (&*format!("/admin/v1/{path}"), &body), "{keys}");
    }
}

#[test]
fn r28_another_payee_is_chosen_from_the_merchants() {
    let mut bench = armed("2 j j j a j Enter Tab");
    assert!(bench.shows("Left/Right chooses among 2"), "verified, in its currency: {}", bench.screen());
    bench.press("Right Right");
    assert!(bench.shows("2/2  CNY  ****0028"), "{}", bench.screen());
    bench.press("Right");
    assert!(bench.shows("1/2  CNY  ****0005") && bench.shows("(as before)"), "{}", bench.screen());
    bench.press("Left Enter \"new account\" Enter \"1000000.00\" Enter Enter");
    let body = json!({"payee_id": format!("pye_{:032x}", 4), "reason": "new account"});
    assert_eq!(bench.posts[0].body, body);
    bench.posted(Outcome::Done(
        json!({"id": FAILED, "status": "failed", "withdrawal": {"status": "processing"}}),
    ));
    assert!(bench.shows("done, now: withdrawal processing"), "{}", bench.screen());
}

#[test]
fn r28_a_payee_beyond_the_first_page_is_not_denied() {
    // The first page of fifty holds none that fits; all two hundred are asked for.
    let sixty = |path: &str| match path.split_once("/payees?limit=") {
        Some((_, limit)) => {
            let mut page = data::answer(path);
            let fitting = page["data"][3].clone();
            let other = page["data"][1].clone();
            let asked: usize = limit.parse().expect("a number");
            let rows = std::iter::repeat_n(other, 59).chain([fitting]).take(asked);
            page["data"] = rows.collect();
            page
        }
        None => data::answer(path),
    };
    let more = |path: &str| {
        let mut page = data::answer(path);
        if path.contains("/payees") {
            page["next_cursor"] = json!("c");
            page["has_more"] = json!(true);
        }
        page
    };
    let none = |path: &str| {
        let mut page = data::answer(path);
        if path.contains("/payees") {
            page = json!({"data": [page["data"][1]], "next_cursor": "c", "has_more": true});
        }
        page
    };
    type Answers = fn(&str) -> serde_json::Value;
    let answers: [(Answers, &str, &str); 3] = [
        (sixty, "Left/Right chooses among 1 ", "1/1  CNY  ****0028"),
        (more, "Left/Right chooses among 2; it has more payees: type their id", "1/2+  CNY  ****0005"),
        (none, "none fits among its first 200 payees, and it has more", "none fits among its first 200"),
    ];
    for (answers, before, after) in answers {
        let mut bench = Bench::of(80, 24, crate::text::Lang::English, Some(Role::Operator), answers);
        bench.press(ARM);
        bench.press("2 j j j a j Enter Tab");
        assert!(bench.shows(before) && !bench.shows("no verified payee"), "{}", bench.screen());
        bench.press("Right");
        assert!(bench.shows(after), "{}", bench.screen());
    }
}

#[test]
fn r35_what_was_unmasked_is_seen_once() {
    let mut bench = armed("6 a j Enter Tab \"bank asks\" Enter \"0101\" Enter Enter");
    bench.posted(Outcome::Done(json!({"id": data::EVENT, "field": "body", "length": 9, "base64": "e30=", "text": "{\"name\":\"ADA LTD\"}"})));
    assert!(bench.shows("as it came:") && bench.shows("ADA LTD"), "{}", bench.screen());
    bench.press("Esc");
    assert!(!bench.shows("ADA LTD"), "{}", bench.screen());
}

#[test]
fn what_a_state_allows() {
    use Action::*;
    let payout = |status: &str, more: serde_json::Value| {
        let mut raw = data::payout(QUEUED, status, "1.00", "USD");
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            raw[name] = value;
        }
        Item::read(Shape::Payout, raw)
    };
    let none = || json!({});
    let who = |role| Who { id: Some("ops-1".into()), role: Some(role) };
    for (action, item, expected) in [
        (QueryPayout, payout("unknown", none()), Ok(())),
        (QueryPayout, payout("sent", none()), Ok(())),
        (QueryPayout, payout("paid", none()), Err(T::OnlyAtBank)),
        (ResolvePaid, payout("unknown", none()), Ok(())),
        (ResolveNotPaid, payout("disputed", none()), Ok(())),
        (ResolveNotPaid, payout("sent", none()), Ok(())),
        (ResolveNotPaid, payout("paid", none()), Err(T::OnlyUnresolved)),
        (HoldPayout, payout("queued", none()), Ok(())),
        (HoldPayout, payout("held", json!({"held_by": "freeze"})), Ok(())),
        (HoldPayout, payout("held", json!({"held_by": "operator"})), Err(T::OnlyQueued)),
        (HoldPayout, payout("sent", none()), Err(T::OnlyQueued)),
        (ReleasePayout, payout("held", json!({"held_by": "operator"})), Ok(())),
        (ReleasePayout, payout("held", json!({"held_by": "freeze"})), Err(T::HeldByFreeze)),
        (ReleasePayout, payout("queued", none()), Err(T::OnlyHeld)),
        (RetryPayout, payout("failed", none()), Ok(())),
        (RetryPayout, payout("returned", none()), Ok(())),
        (RetryPayout, payout("unknown", none()), Err(T::WhileUnknown)),
        (RetryPayout, payout("disputed", none()), Err(T::WhileDisputed)),
        (RetryPayout, payout("paid", none()), Err(T::OnlyFailed)),
        (RetryPayout, payout("failed", json!({"withdrawal_id": null})), Err(T::NoWithdrawal)),
        (RefundWithdrawal, payout("sent", none()), Err(T::WhileUnknown)),
        (RefuseWithdrawal, payout("queued", none()), Ok(())),
        (RefuseWithdrawal, payout("queued", json!({"sends": 1})), Err(T::OnlyUnsent)),
        (CreditPayment, Item::read(Shape::Payment, data::payment()), Ok(())),
        (FreezeMerchant, Item::read(Shape::Merchant, data::merchant("active")), Ok(())),
        (FreezeMerchant, Item::read(Shape::Merchant, data::merchant("frozen")), Ok(())),
        (FreezeMerchant, Item::read(Shape::Merchant, data::merchant("closed")), Err(T::ItIsClosed)),
        (UnfreezeMerchant, Item::read(Shape::Merchant, data::merchant("active")), Err(T::NotFrozen)),
        (
            HoldPayout,
            Item::read(Shape::Payout, json!({"id": "po_1", "status": "queued"})),
            Err(T::NotUnderstood),
        ),
    ] {
        assert_eq!(action.allowed(&item, &who(Role::Operator)), expected, "{action:?} {}", item.status());
        assert_eq!(action.allowed(&item, &who(Role::Viewer)), Err(T::NeedsOperator), "{action:?}");
    }
    let approval =
        Item::read(Shape::Approval, data::answer(&format!("/admin/v1/approvals/{}", data::APPROVAL)));
    let another = Who { id: Some("app-1".into()), role: Some(Role::Approver) };
    assert_eq!(Approve.allowed(&approval, &another), Ok(()));
    assert_eq!(Approve.allowed(&approval, &who(Role::Operator)), Err(T::NeedsApprover));
    let listed = Item::read(Shape::Approval, data::answer("/admin/v1/approvals")["data"][0].clone());
    assert_eq!(Approve.allowed(&listed, &another), Err(T::OpenFirst), "not without having seen all of it");
    let mut own = approval.clone();
    own.raw["may_approve"] = json!(false);
    assert_eq!(Approve.allowed(&own, &another), Err(T::OwnRequest), "the same person with another token");
    assert_eq!(Approve.allowed(&approval, &who(Role::Approver)), Err(T::OwnRequest), "four eyes");
    assert_eq!(Reject.allowed(&approval, &who(Role::Approver)), Ok(()));
}

//! Which keys lead where.

use super::bench::Bench;
use super::data::{APPROVAL, MERCHANT, PAYMENT, STUCK};
use crate::msg::Effect;

#[test]
fn keys_lead_to_screens() {
    for (keys, expected) in [
        ("1", "1 Overview"),
        ("2", "2 Payouts"),
        ("3", "3 Review [Payments]"),
        ("3 Tab", "3 Review  Payments  [Taken back]"),
        ("4", "4 Withdrawals"),
        ("5", "5 Merchants"),
        ("6", "6 Bank events"),
        ("7", "7 Rates and quotes"),
        ("8", "8 Ledger [Accounts]"),
        ("8 Enter", "8 Ledger / Accounts"),
        ("8 Enter Enter", "8 Ledger / Accounts / Transfers"),
        ("9", "9 Audit and approvals [Approvals]"),
        ("9 Tab", "9 Audit and approvals  Approvals  [Audit trail]"),
        // The first alarm leads to what is stuck, Enter opens it, Esc goes out again.
        ("Enter", "2 Payouts"),
        ("Enter Enter", "2 Payouts / po_..000000a5"),
        ("Enter Enter Esc", "2 Payouts   "),
        ("Enter", "filter: needs:operator"),
        ("j Enter", "filter: status:unknown"),
        // The palette: screens, ids, commands.
        (": \"mer\" Enter", "5 Merchants"),
        (": \"pyt\" Enter", "2 Payouts"),
        (": \"mer_019aa000000070008000000000000a01\" Enter", "1 Overview / mer_..00000a01"),
        ("? ", "KEYS HERE"),
        ("L", "总览"),
        ("2 /", "filter:"),
        ("2 / \"held\" Enter", "no rows"),
        ("2 / \"14200\" Enter", "filter: 14200 (this page only)  1/1"),
        ("2 / \"14200\" Enter Esc", "1/4"),
        ("2 j v v", "2 marked"),
        ("2 j v v Esc", "4/4"),
        ("2 s", "Sorted by the server: the newest first"),
        ("2 s s s", "sort -amount"),
        ("2 s s s s s", "unknown first, then disputed"),
        ("7 s", "The server gives this list in one order only"),
        ("2 /", "Tab: status: needs: bank: merchant: currency:"),
        ("2 / \"ba\" Tab Tab", "filter: bank:sandbox"),
        ("2 / \"un\" Tab Enter", "filter: status:unknown"),
        ("2 / \"status:\" Tab Tab", "filter: status:disputed"),
        ("2 / \"colour:red\" Enter", "There is no field colour here; there are: status:"),
        ("2 Enter q", "Esc goes back; q quits"),
        ("2 Space", "FROZEN"),
        ("2 Space Space", "LIVE"),
        ("4", "payee_action_required"),
        ("4 Enter", "payout #1"),
        ("5 Enter j j j j j j Enter", "5 Merchants / mer_..00000a01 / Withdrawals"),
        ("5 Tab", "5 Merchants  Merchants  [Fees]"),
        ("6 Tab", "HTTP 500"),
        ("6 Enter", "outcome             in_review unknown_account pay_"),
        ("7 Enter", "The newest rate jumps"),
        ("7 Tab", "707.87"),
        ("7 Tab Tab", "679.70"),
        ("7 Tab Tab Tab", "FX-17"),
        ("5 Enter j j j j j j j Enter", "****0028"),
        ("8 Tab Tab", "2026-330"),
        ("8 Tab Tab Enter j j j j j Enter", "/ Reconciliation"),
        ("2 V", "4 marked"),
        ("2 V V", "1/4"),
    ] {
        let mut bench = Bench::new(100, 30);
        bench.press(keys);
        assert!(bench.shows(expected), "{keys}: no {expected:?} in\n{}", bench.screen());
        assert!(bench.posts.is_empty(), "{keys}");
    }
}

#[test]
fn questions_go_to_the_server_with_filter_and_page() {
    for (keys, expected) in [
        ("2", "/admin/v1/payouts?limit=50"),
        ("2 / \"unknown 707\" Enter", "/admin/v1/payouts?status=unknown&limit=50"),
        ("5 / \"ada & co\" Enter", "/admin/v1/merchants?query=ada+%26+co&limit=50"),
        ("2 / \"needs:operator bank:x\" Enter", "/admin/v1/payouts?needs_operator=true&bank=x&limit=50"),
        ("2 s s s", "/admin/v1/payouts?sort=-amount&limit=50"),
        ("2 / \"unknown\" Enter s", "/admin/v1/payouts?status=unknown&sort=-created_at&limit=50"),
        ("9 Enter", "/admin/v1/approvals/apr_019ab0c1d2e37a10b0000000000000f1"),
        ("8", "/admin/v1/ledger/accounts"),
        ("8 Enter", "/admin/v1/accounts?kind=nostro&currency=USD&limit=50"),
        ("6 / \"conflict bank=x\" Enter", "/admin/v1/events?verdict=conflict&bank=x&limit=50"),
        ("7", "/admin/v1/rates"),
        ("9 Tab / \"mer_1\" Enter", "/admin/v1/audit?subject=mer_1&limit=50"),
    ] {
        let mut bench = Bench::new(80, 24);
        bench.press(keys);
        bench.pass(4.0);
        let asked: Vec<_> = bench.asked.iter().map(path).collect();
        assert!(asked.contains(&expected), "{keys}: {asked:?}");
    }
}

fn path(effect: &Effect) -> &str {
    match effect {
        Effect::Get { path, .. } => path,
        _ => "",
    }
}

#[test]
fn a_page_ends_and_the_next_begins() {
    let pages = |path: &str| {
        let rows = |first: usize, next: Option<&str>| {
            let ids = (first..first + 3).map(|n| format!("po_{n:032x}"));
            let rows = ids.map(|id| super::data::payout(&id, "unknown", "1.00", "CNY")).collect();
            let mut page = super::data::page(rows);
            page["next_cursor"] = next.into();
            page["has_more"] = next.is_some().into();
            page
        };
        match path {
            "/admin/v1/payouts?limit=50" => rows(1, Some("c 2")),
            "/admin/v1/payouts?limit=50&cursor=c+2" => rows(4, None),
            other => super::data::answer(other),
        }
    };
    let mut bench = Bench::of(100, 30, crate::text::Lang::English, None, pages);
    bench.press("2 PgDn");
    assert!(bench.shows("3/3  page 1  more: PgDn"), "{}", bench.screen());
    bench.press("PgDn");
    assert!(bench.shows("1/3  page 2 ") || bench.shows("1/3  page 2\n"), "{}", bench.screen());
    assert!(bench.shows("00000004") && !bench.shows("00000003"));
    bench.press("PgDn PgDn PgUp PgUp");
    assert!(bench.shows("page 1"), "{}", bench.screen());
}

/// A filter may let nothing through for some pages: the next ones are asked for by themselves.
#[test]
fn empty_pages_are_turned_by_themselves() {
    let pages = |path: &str| match path {
        "/admin/v1/payouts?limit=50" => serde_json::json!({"data": [], "next_cursor": "b", "has_more": true}),
        "/admin/v1/payouts?limit=50&cursor=b" => {
            serde_json::json!({"data": [], "next_cursor": "c", "has_more": true})
        }
        "/admin/v1/payouts?limit=50&cursor=c" => super::data::payouts(),
        other => super::data::answer(other),
    };
    let mut bench = Bench::of(100, 30, crate::text::Lang::English, None, pages);
    bench.press("2");
    assert!(bench.shows("1/4  page 3"), "{}", bench.screen());
}

#[test]
fn another_order_begins_on_the_first_page() {
    let mut bench = Bench::new(100, 30);
    bench.press("2 j j v s");
    let list = bench.model.frame().and_then(crate::model::frame::Frame::as_list).expect("a list");
    assert_eq!((list.selected, list.cursors.len(), list.marks.len()), (0, 0, 1), "what is marked stays so");
}

#[test]
fn the_cursor_stays_on_its_row_whatever_comes() {
    let mut bench = Bench::new(100, 30);
    bench.press("2 j j");
    let held = bench.model.frame().and_then(crate::model::frame::Frame::item).map(|item| item.key());
    assert_eq!(held.as_deref(), Some(super::data::QUEUED));
    // Two rows are gone, one is new, and what was the third is the second.
    let other = |path: &str| match path {
        "/admin/v1/payouts?limit=50" => super::data::page(vec![
            super::data::payout("po_11111111111111111111111111111111", "unknown", "3.00", "USD"),
            super::data::payout(super::data::QUEUED, "held", "99.70", "USD"),
        ]),
        other => super::data::answer(other),
    };
    bench.answer_by(other);
    bench.pass(4.0);
    bench.settle();
    let item = bench.model.frame().and_then(crate::model::frame::Frame::item).expect("a row");
    assert_eq!((item.id(), item.status()), (super::data::QUEUED, "held"));
}

#[test]
fn what_is_looked_at_can_be_copied_and_exported() {
    for (keys, expected) in [
        ("2 y", STUCK),
        ("2 Enter y", STUCK),
        ("3 y", PAYMENT),
        ("5 y", MERCHANT),
        ("7 y", "USDCNY"),
        ("9 y", APPROVAL),
        // Of an entry of the trail, what it is about.
        ("9 Tab y", STUCK),
    ] {
        let mut bench = Bench::new(80, 24);
        bench.press(keys);
        assert_eq!(bench.wanted, [Effect::Copy(expected.to_owned())], "{keys}");
    }
    let mut bench = Bench::new(80, 24);
    bench.press("2 : \"export /tmp/rows.csv\" Enter");
    let [Effect::Export { file, text }] = bench.wanted.as_slice() else { panic!("{:?}", bench.wanted) };
    assert_eq!(file, "/tmp/rows.csv");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[0].starts_with("sign,Status,Amount,Cur,Came back,Age,Id,Bank"), "{text}");
    assert!(lines[1].starts_with(&format!("!!,unknown,707.87,CNY,,19m,{STUCK},sandbox")), "{text}");
}

#[test]
fn one_leaves_from_the_root_or_by_force() {
    for (keys, leaves) in
        [("q", true), ("2 q", true), ("2 Enter q", false), ("2 Enter Ctrl", true), (": \"quit\" Enter", true)]
    {
        let mut bench = Bench::new(80, 24);
        bench.press(&keys.replace("Ctrl", "^C"));
        assert_eq!(bench.wanted.contains(&Effect::Quit), leaves, "{keys}");
    }
}

#[test]
fn a_slow_answer_is_said_to_be_slow() {
    let mut bench = Bench::new(80, 24);
    bench.send(crate::msg::Msg::Key(super::bench::named("2")));
    bench.pass(3.0);
    assert!(bench.shows("no answer yet, asked 3s ago"), "{}", bench.screen());
    bench.settle();
    assert!(!bench.shows("no answer yet") && bench.shows("707.87"), "{}", bench.screen());
}

#[test]
fn late_answers_are_dropped() {
    let mut bench = Bench::new(80, 24);
    bench.send(crate::msg::Msg::Key(super::bench::named("2")));
    let late = std::mem::take(&mut bench.asked);
    bench.press("r");
    assert!(bench.shows("707.87"));
    for effect in late {
        let Effect::Get { to, generation, .. } = effect else { continue };
        bench.send(crate::msg::Msg::Got { to, generation, answer: Ok(super::data::page(vec![])) });
    }
    assert!(bench.shows("707.87"), "{}", bench.screen());
}

#[test]
fn without_contact_the_data_stays_with_its_age_and_comes_back() {
    let mut bench = Bench::new(80, 24);
    bench.press("2");
    assert!(bench.shows(" LIVE 0s "));
    bench.pass(5.0);
    bench.lose();
    assert!(bench.shows(" OFFLINE 5s ") && bench.shows("707.87"), "{}", bench.screen());
    assert!(bench.shows("no connection: refused"));
    bench.pass(90.0);
    bench.lose();
    assert!(bench.shows(" OFFLINE 95s ") && bench.shows("707.87"), "{}", bench.screen());
    bench.pass(4.0);
    bench.settle();
    assert!(bench.shows(" LIVE 0s ") && !bench.shows("refused"), "{}", bench.screen());
    // Nobody answers at all: what is shown grows stale.
    bench.pass(11.0);
    assert!(bench.shows(" STALE 11s "), "{}", bench.screen());
}

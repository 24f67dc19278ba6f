//! What is listed: the bank's lines, the book's, and statements that contradict themselves.

use money::Currency;
use reconciliation::{
    BookEntry, Cursor, Direction, EntryKind, LineFilter, LineState, Origin, Outcome, Statement, list,
    list_missing, next_check, open_lines, statements, unbalanced,
};
use time::Duration;
use time::macros::date;

use crate::world::{DAY, OWN, RECEIVING, World, entry, line, noon, statement};
use Direction::{Credit, Debit};
use EntryKind::{CoverBought, CoverSold, Payment, Payout, PayoutReturn, Reversal};

/// Looks for the other side of every statement; how many entries were listed, or none if there was nothing to ask.
async fn check(world: &World, book: &[BookEntry]) -> Option<usize> {
    let mut listed = None;
    let mut conn = world.db.pool.get().await.unwrap();
    while let Some(check) = next_check(&conn).await.unwrap() {
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        // In two pages.
        let (first, second) = book.split_at(book.len() / 2);
        let found = list_missing(&tx, &check, first, false, now).await.unwrap()
            + list_missing(&tx, &check, second, true, now).await.unwrap();
        tx.commit().await.unwrap();
        listed = Some(listed.unwrap_or(0) + found);
    }
    listed
}

fn on(
    day: time::Date,
    number: &str,
    account: [u8; 32],
    lines: Vec<reconciliation::StatementLine>,
) -> Statement {
    Statement { period: Some((day, day)), ..statement(number, account, lines) }
}

#[tokio::test]
async fn r44_what_the_book_has_and_the_bank_lacks_is_listed_until_the_bank_catches_up() {
    let world = World::new().await;
    let at = |entry, day| BookEntry { at: noon(day), since: noon(day), ..entry };
    let next = DAY.next_day().unwrap();
    let book = [
        at(entry(Payment, 1, "A", 100), next),
        at(entry(Payment, 2, "B", 50), next),
        at(entry(Payout, 3, "po_3", 40), next),
        at(entry(Payout, 4, "po_4", 40), next),
        // Named by a line that differs; not due yet; before everything; in no statement's currency.
        at(entry(Payout, 5, "po_5", 70), next),
        at(entry(Payout, 6, "po_6", 70), next.next_day().unwrap()),
        at(entry(Payout, 7, "po_7", 70), DAY),
        BookEntry {
            amount: money::Money::new(9, Currency::EUR).unwrap(),
            ..at(entry(Payout, 8, "po_8", 1), next)
        },
    ];
    world.store(&[&on(DAY, "1", OWN, vec![])]).await;
    assert_eq!(check(&world, &book).await, Some(0));
    let lines = vec![line(Credit, "A", 100), line(Debit, "po_3", 40), line(Debit, "po_5", 71)];
    world.store(&[&on(next.next_day().unwrap(), "2", OWN, lines)]).await;
    // Not before the statement's own lines were looked at.
    assert_eq!(check(&world, &book).await, None);
    world.round(&book).await;
    assert_eq!(check(&world, &book).await, Some(2));
    assert_eq!(check(&world, &book).await, None);
    assert_eq!(
        world.open().await,
        [("amount_differs", 71), ("missing_at_bank", 40), ("missing_at_bank", 50)]
    );
    // A later statement asks for the same days again, and adds nothing.
    world.store(&[&on(date!(2026 - 11 - 23), "3", OWN, vec![line(Debit, "po_6", 70)])]).await;
    world.round(&book).await;
    assert_eq!(check(&world, &book).await, Some(0));
    // The bank catches up.
    world.store(&[&on(date!(2026 - 11 - 24), "4", OWN, vec![line(Credit, "B", 50)])]).await;
    world.round(&book).await;
    world.round(&book).await;
    assert_eq!(world.open().await, [("amount_differs", 71), ("missing_at_bank", 40)]);
    let conn = world.db.pool.get().await.unwrap();
    let filter = LineFilter { bank: Some("hb"), outcome: Some(Outcome::MissingAtBank) };
    let missing = list(&conn, LineState::Open, filter, Cursor::START, 10).await.unwrap();
    assert_eq!(missing[0].origin, Origin::Book);
    assert_eq!((missing[0].entry_kind, missing[0].entries.as_slice()), (Some(Payout), &[book[3].id.id][..]));
    assert_eq!((missing[0].booked_on, &missing[0].references), (Some(next), &vec!["po_4".to_owned()]));
    let other = LineFilter { bank: Some("other"), ..filter };
    assert!(list(&conn, LineState::Open, other, Cursor::START, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn r29_r44_what_is_settled_long_after_it_was_sent_is_asked_for_by_the_day_of_that_and_listed_once() {
    let world = World::new().await;
    let day = |days: i64| DAY + Duration::days(days);
    let late = |number, reference, minor, at| BookEntry {
        at: noon(at),
        since: noon(day(1)),
        ..entry(Payout, number, reference, minor)
    };
    let mut told_nobody = late(3, "po_3", 42, day(12));
    told_nobody.since = noon(DAY);
    let mut back = late(4, "po_4", 90, day(12));
    back.id.kind = PayoutReturn;
    let booked = [late(1, "po_1", 40, day(12)), late(2, "po_2", 41, day(13)), told_nobody, back];
    let under_way = booked.clone().map(|entry| BookEntry { booked: false, ..entry });
    let mut listed = Vec::new();
    for at in 0..18 {
        let lines = if at == 16 { vec![line(Debit, "po_1", 40)] } else { vec![] };
        world.store(&[&on(day(at), &at.to_string(), OWN, lines)]).await;
        let book = if at < 12 { &under_way } else { &booked };
        world.round(book).await;
        listed.push(check(&world, book).await.unwrap());
    }
    // The statement of the day behind tells, and no other one again.
    assert_eq!(listed, [vec![0; 13], vec![2, 1, 0, 0, 0]].concat());
    world.round(&booked).await;
    assert_eq!(world.open().await, [("missing_at_bank", 41), ("missing_at_bank", 90)]);
}

#[tokio::test]
async fn r29_r44_what_came_back_is_missed_though_a_line_about_the_payout_itself_does_not_agree() {
    let world = World::new().await;
    let next = DAY.next_day().unwrap();
    let at = |entry| BookEntry { at: noon(next), since: noon(next), ..entry };
    let paid = at(entry(Payout, 1, "po_1", 100));
    let mut back = at(entry(Payout, 1, "po_1", 90));
    back.id.kind = PayoutReturn;
    let book = [paid, back];
    world.store(&[&on(DAY, "1", OWN, vec![])]).await;
    let lines = vec![line(Debit, "po_1", 101)];
    world.store(&[&on(next.next_day().unwrap(), "2", OWN, lines)]).await;
    world.round(&book).await;
    assert_eq!(check(&world, &book).await, Some(1));
    assert_eq!(world.open().await, [("amount_differs", 101), ("missing_at_bank", 90)]);
}

/// Made on Friday, settled on Tuesday: nobody misses it before, and whoever invented one is asked for it then. A receiving account knows
/// nothing of deals.
#[tokio::test]
async fn r44_a_deal_is_missed_once_it_should_be_settled_and_on_our_own_account_alone() {
    let world = World::new().await;
    let day = |days: i64| DAY + Duration::days(days);
    let at = |entry| BookEntry { at: noon(day(1)), since: noon(day(1)), ..entry };
    let deal = |number, reference| {
        let mut bought = at(entry(CoverBought, number, reference, 710));
        bought.amount = money::Money::new(710, Currency::EUR).unwrap();
        [at(entry(CoverSold, number, reference, 100 + i64::try_from(number).unwrap())), bought]
    };
    let book = [deal(1, "FX-1"), deal(2, "FX-2")].concat();
    let mut listed = Vec::new();
    for at in 0..8 {
        let lines = if at == 5 { vec![line(Debit, "FX-1", 101)] } else { vec![] };
        world.store(&[&on(day(at), &at.to_string(), OWN, lines), &on(day(at), "r", RECEIVING, vec![])]).await;
        world.round(&book).await;
        listed.push(check(&world, &book).await.unwrap());
    }
    assert_eq!(listed, [0, 0, 0, 0, 0, 0, 1, 0], "in dollars: the account's currency");
    let conn = world.db.pool.get().await.unwrap();
    let open = list(&conn, LineState::Open, LineFilter::default(), Cursor::START, 10).await.unwrap();
    let missing: Vec<_> =
        open.iter().map(|line| (line.outcome, line.amount.minor(), line.entry_kind)).collect();
    assert_eq!(missing, [(Outcome::MissingAtBank, 102, Some(CoverSold))]);
    assert_eq!((open[0].booked_on, open[0].direction), (Some(day(1)), Debit));
}

#[tokio::test]
async fn r44_a_receiving_account_answers_for_itself_only() {
    let world = World::new().await;
    let later = DAY + Duration::days(3);
    let statement = |account| Statement { period: Some((DAY, later)), ..statement("1", account, vec![]) };
    let mut book =
        vec![entry(Payment, 1, "A", 100), entry(Reversal, 2, "A", 60), entry(Payout, 3, "po_3", 40)];
    let mut other = entry(Payment, 4, "B", 7);
    other.account = Some([9; 32]);
    book.push(other);
    for entry in &mut book {
        (entry.at, entry.since) = (noon(DAY + Duration::days(1)), noon(DAY + Duration::days(1)));
    }
    world.store(&[&statement(RECEIVING)]).await;
    assert_eq!(check(&world, &book).await, Some(2));
    assert_eq!(world.open().await, [("missing_at_bank", 60), ("missing_at_bank", 100)]);
    // Our own account answers for the rest.
    world.store(&[&statement(OWN)]).await;
    assert_eq!(check(&world, &book).await, Some(2));
    assert_eq!(world.open().await.len(), 4);
    // Without days there is nothing to ask for.
    world.store(&[&Statement { period: None, ..statement(OWN) }]).await;
    assert_eq!(check(&world, &book).await, None);
}

#[tokio::test]
async fn r44_statements_that_contradict_their_balances_are_listed() {
    let world = World::new().await;
    let with = |number, opening, closing| Statement {
        opening_minor: Some(opening),
        closing_minor: closing,
        ..statement(number, OWN, vec![line(Credit, "A", 100), line(Debit, "B", 30)])
    };
    world.store(&[&with("1", -20, Some(50)), &with("2", 0, Some(71)), &with("3", 0, None)]).await;
    let conn = world.db.pool.get().await.unwrap();
    let mut shown = statements(&conn, None, Cursor::NEWEST, 10).await.unwrap();
    shown.sort_by(|a, b| a.number.cmp(&b.number));
    let differences: Vec<_> = shown.iter().map(|row| row.difference_minor).collect();
    assert_eq!(differences, [Some(0), Some(-1), None]);
    assert_eq!((shown[0].opening_minor, shown[0].closing_minor), (Some(-20), Some(50)));
    let unbalanced = unbalanced(&conn).await.unwrap();
    assert_eq!((unbalanced[0].bank.as_str(), unbalanced[0].statements), ("hb", 1));
    let open = open_lines(&conn).await.unwrap();
    assert_eq!((open.len(), open[0].outcome, open[0].lines), (1, Outcome::New, 6));
    // One after another, newest first.
    let mut after = Cursor::NEWEST;
    for _ in 0..3 {
        let page = statements(&conn, None, after, 1).await.unwrap();
        after = Cursor::after_statement(&page[0]).to_string().parse().unwrap();
    }
    assert!(statements(&conn, None, after, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn r44_the_programs_role_changes_no_line_and_removes_nothing() {
    let world = World::new().await;
    world.store(&[&statement("1", OWN, vec![line(Credit, "A", 100)])]).await;
    let conn = world.db.pool.get().await.unwrap();
    for sql in [
        "UPDATE reconciliation_lines SET amount_minor = 1",
        "UPDATE reconciliation_lines SET digest = sha256('')",
        "UPDATE bank_statements SET difference = 0",
        "UPDATE reconciled_entries SET line = entry",
        "DELETE FROM reconciliation_lines",
        "DELETE FROM reconciled_entries",
        "DELETE FROM bank_statements",
    ] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}

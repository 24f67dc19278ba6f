//! Statements come once, their lines are matched once.

use std::sync::Arc;

use reconciliation::{
    Cursor, Direction, EntryKind, Error, LineFilter, LineState, Origin, Outcome, Refusal, Stored, explain,
    lines_of, list, statements,
};
use time::Duration;

use crate::world::{OWN, RECEIVING, World, entry, line, statement};
use Direction::{Credit, Debit};
use EntryKind::{Payment, Payout};

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[reconciliation::MIGRATIONS]).await;
}

#[tokio::test]
async fn r44_the_same_statement_twice_adds_nothing() {
    let world = World::new().await;
    let day = statement("7", OWN, vec![line(Credit, "A", 100), line(Credit, "A", 100), line(Debit, "B", 5)]);
    let again = statement("7", OWN, day.lines.clone());
    // In one batch, and later.
    let stored = world.store(&[&day, &again]).await;
    assert_eq!(stored, [Stored { new: true, lines: 3 }, Stored { new: false, lines: 0 }]);
    assert_eq!(world.store(&[&again]).await, [Stored { new: false, lines: 0 }]);
    // A corrected one adds what is new in it.
    let mut more = again.lines.clone();
    more.insert(1, line(Debit, "C", 7));
    let corrected = statement("7", OWN, more);
    assert_eq!(world.store(&[&corrected]).await, [Stored { new: true, lines: 1 }]);
    // The same lines under another number, or for another account, are others.
    let next = statement("8", OWN, day.lines.clone());
    let other = statement("7", RECEIVING, day.lines.clone());
    let stored = world.store(&[&next, &other]).await;
    assert_eq!(stored, [Stored { new: true, lines: 3 }; 2]);
    assert_eq!(world.open().await.len(), 10);
    assert!(world.store(&[]).await.is_empty());
}

#[tokio::test]
async fn r44_the_same_statement_at_once_is_kept_once() {
    let world = Arc::new(World::new().await);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let lines = (0..50).map(|n| line(Credit, &format!("R{n}"), 100 + n)).collect();
                world.store(&[&statement("7", OWN, lines)]).await
            })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        new += task.await.unwrap()[0].lines;
    }
    assert_eq!((new, world.open().await.len()), (50, 50));
}

#[tokio::test]
async fn r44_lines_are_matched_or_listed_with_what_is_wrong() {
    let world = World::new().await;
    let day = statement(
        "7",
        OWN,
        vec![
            line(Credit, "A", 100),
            line(Credit, "A", 100),
            line(Debit, "po_1", 40),
            line(Debit, "po_2", 41),
            line(Credit, "?", 9),
        ],
    );
    world.store(&[&day]).await;
    assert!(world.open().await.iter().all(|(outcome, _)| *outcome == "new"));
    let book = [entry(Payment, 1, "A", 100), entry(Payout, 2, "po_1", 40), entry(Payout, 3, "po_2", 40)];
    let settled = world.round(&book).await;
    assert_eq!((settled.looked_at, settled.matched), (5, 2));
    assert_eq!(world.open().await, [("amount_differs", 41), ("duplicate", 100), ("unknown", 9)]);
    let conn = world.db.pool.get().await.unwrap();
    let lines = lines_of(&conn, day.id, Cursor::START, 100).await.unwrap();
    let found: Vec<_> = lines.iter().map(|line| (line.outcome.as_str(), line.book_minor)).collect();
    assert_eq!(
        found,
        [
            ("matched", Some(100)),
            ("duplicate", Some(100)),
            ("matched", Some(40)),
            ("amount_differs", Some(40)),
            ("unknown", None)
        ]
    );
    assert_eq!(lines[0].entries, [book[0].id.id]);
    assert!(
        lines.iter().all(|line| line.origin == Origin::Bank
            && line.settled_at.is_some() == (line.state == LineState::Matched))
    );
    // Page by page, the same.
    let mut pages = Vec::new();
    let mut after = Cursor::START;
    loop {
        let page = lines_of(&conn, day.id, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Cursor::after_in_statement(last).to_string().parse().unwrap();
        pages.extend(page);
    }
    assert_eq!(pages, lines);
    let shown = statements(&conn, Some("hb"), Cursor::NEWEST, 10).await.unwrap();
    assert_eq!((shown[0].lines, shown[0].open, shown[0].matched, shown[0].explained), (5, 3, 2, 0));
    assert!(statements(&conn, Some("other"), Cursor::NEWEST, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn r44_an_open_line_is_matched_by_itself_when_the_book_catches_up() {
    let world = World::new().await;
    world.store(&[&statement("7", OWN, vec![line(Credit, "A", 100), line(Debit, "po_1", 40)])]).await;
    let mut sent = entry(Payout, 2, "po_1", 40);
    sent.booked = false;
    world.round(&[sent]).await;
    assert_eq!(world.open().await, [("unknown", 40), ("unknown", 100)]);
    // Not at every moment: the next look is some seconds away.
    assert!(world.due(Duration::ZERO).await.is_empty());
    assert_eq!(world.due(Duration::seconds(6)).await.len(), 2);
    world.round(&[entry(Payment, 1, "A", 100)]).await;
    assert_eq!(world.open().await, [("unknown", 40)]);
    world.round(&[entry(Payout, 2, "po_1", 40)]).await;
    assert!(world.open().await.is_empty());
}

#[tokio::test]
async fn r44_an_entry_is_taken_by_one_line_whoever_matches_at_once() {
    let world = Arc::new(World::new().await);
    // Two statements of two accounts, in shards of their own, name the same payments.
    for account in [OWN, RECEIVING] {
        let lines = (0..40).map(|n| line(Credit, &format!("R{n}"), 100)).collect();
        world.store(&[&statement("7", account, lines)]).await;
    }
    let book: Arc<Vec<_>> =
        Arc::new((0..40).map(|n| entry(Payment, 100 + n, &format!("R{n}"), 100)).collect());
    let tasks: Vec<_> = (0..12)
        .map(|task: usize| {
            let (world, book) = (world.clone(), book.clone());
            tokio::spawn(async move {
                let mut lines = world.due(Duration::days(1)).await;
                let by = task * 7 % lines.len().max(1);
                lines.rotate_left(by);
                lines.truncate(30);
                match world.settle(&lines, &book).await {
                    Ok(settled) => settled.matched,
                    Err(Error::Contended) => 0,
                    Err(error) => panic!("{error}"),
                }
            })
        })
        .collect();
    let mut matched = 0;
    for task in tasks {
        matched += task.await.unwrap();
    }
    matched += world.round(&book).await.matched;
    assert_eq!(matched, 40);
    let open = world.open().await;
    assert_eq!((open.len(), open.iter().all(|(outcome, _)| *outcome == "duplicate")), (40, true));
}

#[tokio::test]
async fn r44_a_line_is_explained_once_and_then_left_alone() {
    let world = World::new().await;
    world.store(&[&statement("7", OWN, vec![line(Credit, "A", 100), line(Credit, "B", 50)])]).await;
    world.round(&[entry(Payment, 2, "B", 50)]).await;
    let mut conn = world.db.pool.get().await.unwrap();
    let open = list(&conn, LineState::Open, LineFilter::default(), Cursor::START, 10).await.unwrap();
    let id = open[0].id;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let (before, after) =
        explain(&tx, id, "an opening gift of the bank", "op_1", now).await.unwrap().unwrap();
    assert_eq!((before.state, after.state), (LineState::Open, LineState::Explained));
    let again = explain(&tx, id, "again", "op_2", now).await.unwrap();
    assert_eq!(again.unwrap_err(), Refusal::IllegalTransition(LineState::Explained));
    let nowhere = reconciliation::LineId::new(id.shard());
    assert_eq!(explain(&tx, nowhere, "?", "op_1", now).await.unwrap().unwrap_err(), Refusal::NotFound);
    tx.commit().await.unwrap();
    // The book catches up too late for it.
    assert_eq!(world.round(&[entry(Payment, 1, "A", 100)]).await.looked_at, 0);
    let shown = reconciliation::get(&conn, id).await.unwrap().unwrap();
    assert_eq!((shown.state, shown.outcome), (LineState::Explained, Outcome::Unknown));
    assert_eq!(shown.explanation.as_deref(), Some("an opening gift of the bank"));
    assert_eq!(shown.explained_by.as_deref(), Some("op_1"));
    let explained =
        list(&conn, LineState::Explained, LineFilter::default(), Cursor::START, 10).await.unwrap();
    assert_eq!(explained, [shown]);
    // What is matched can't be explained.
    let of_statement = lines_of(&conn, explained[0].statement.unwrap(), Cursor::START, 10).await.unwrap();
    let tx = conn.begin().await.unwrap();
    let refused = explain(&tx, of_statement[1].id, "why", "op_1", now).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::IllegalTransition(LineState::Matched));
}

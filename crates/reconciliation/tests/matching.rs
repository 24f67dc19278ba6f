//! R44's table: a line, what the book has, what was found. No database.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;

use money::{Currency, Money};
use pg::Shard;
use reconciliation::{
    BookEntry, Direction, EntryId, EntryKind, Line, LineId, LineState, Origin, Outcome, find,
};
use time::OffsetDateTime;
use uuid::Uuid;

use Direction::{Credit, Debit};
use EntryKind::{CoverBought, CoverSold, Payment, Payout, PayoutReturn, Reversal};

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn id(kind: EntryKind, number: u128) -> EntryId {
    EntryId { shard: Shard::new(1).unwrap(), kind, id: Uuid::from_u128(number) }
}

fn entry(kind: EntryKind, number: u128, reference: &str, minor: i64) -> BookEntry {
    BookEntry {
        id: id(kind, number),
        bank: "hb".into(),
        references: vec![reference.into(), format!("own-{number}")],
        account: matches!(kind, Payment | Reversal).then_some([7; 32]),
        amount: usd(minor),
        booked: true,
        at: OffsetDateTime::UNIX_EPOCH,
        since: OffsetDateTime::UNIX_EPOCH,
    }
}

fn line(direction: Direction, references: &[&str], minor: i64) -> Line {
    Line {
        id: LineId::new(Shard::new(1).unwrap()),
        origin: Origin::Bank,
        bank: "hb".into(),
        statement: None,
        position: 0,
        account: None,
        booked_on: None,
        value_date: None,
        amount: usd(minor),
        direction,
        reversal: false,
        references: references.iter().map(|reference| (*reference).to_owned()).collect(),
        state: LineState::Open,
        outcome: Outcome::New,
        entry_kind: None,
        entries: vec![],
        book_minor: None,
        explanation: None,
        explained_by: None,
        received_at: OffsetDateTime::UNIX_EPOCH,
        settled_at: None,
    }
}

struct Case {
    what: &'static str,
    line: Line,
    book: Vec<BookEntry>,
    taken: Vec<EntryId>,
    outcome: Outcome,
    /// Numbers of the entries named.
    entries: &'static [u128],
}

fn cases() -> Vec<Case> {
    use Outcome::{AmountDiffers, Duplicate, Matched, Unknown};
    let case = |what, line, book: Vec<BookEntry>, outcome, entries| Case {
        what,
        line,
        book,
        taken: vec![],
        outcome,
        entries,
    };
    let reversal = |line: Line| Line { reversal: true, ..line };
    let of_account = |line: Line, account| Line { account: Some(account), ..line };
    let mut elsewhere = entry(Payment, 1, "R", 100);
    elsewhere.bank = "other".into();
    let mut euros = entry(Payment, 1, "R", 100);
    euros.amount = Money::new(100, Currency::EUR).unwrap();
    let mut sent = entry(Payout, 1, "po_1", 100);
    sent.booked = false;
    let deal = || {
        let mut bought = entry(CoverBought, 1, "FX-7", 710);
        bought.amount = Money::new(710, Currency::CNY).unwrap();
        vec![entry(CoverSold, 1, "FX-7", 100), bought]
    };
    let pair = || vec![entry(Payment, 1, "R", 100), entry(Payment, 2, "R", 100)];
    let batch = || vec![entry(Payout, 1, "po_1", 40), entry(Payout, 2, "po_2", 60)];
    let called = |name: &str| {
        let mut batch = batch();
        batch.iter_mut().for_each(|payout| payout.references.push(name.into()));
        batch
    };
    let twins = || {
        let mut twins = called("HB-9");
        twins.iter_mut().for_each(|payout| payout.amount = usd(60));
        twins
    };
    let mut twin = entry(Payout, 2, "po_2", 100);
    twin.references.push("HB-9".into());
    let mut sent_as = sent.clone();
    sent_as.references.push("HB-9".into());
    vec![
        case("an empty book", line(Credit, &["R"], 100), vec![], Unknown, &[]),
        case("a line without references", line(Credit, &[], 100), pair(), Unknown, &[]),
        case("a payment", line(Credit, &["X", "R"], 100), vec![entry(Payment, 1, "R", 100)], Matched, &[1]),
        case(
            "any of its references",
            line(Credit, &["own-1"], 100),
            vec![entry(Payment, 1, "R", 100)],
            Matched,
            &[1],
        ),
        case("another reference", line(Credit, &["r"], 100), vec![entry(Payment, 1, "R", 100)], Unknown, &[]),
        case(
            "another amount",
            line(Credit, &["R"], 99),
            vec![entry(Payment, 1, "R", 100)],
            AmountDiffers,
            &[1],
        ),
        case("another currency", line(Credit, &["R"], 100), vec![euros], AmountDiffers, &[1]),
        case("another bank", line(Credit, &["R"], 100), vec![elsewhere], Unknown, &[]),
        case("the other way", line(Debit, &["R"], 100), vec![entry(Payment, 1, "R", 100)], Unknown, &[]),
        case("a payout", line(Debit, &["po_1"], 100), vec![entry(Payout, 1, "po_1", 100)], Matched, &[1]),
        case("a payout under way", line(Debit, &["po_1"], 100), vec![sent.clone()], Unknown, &[1]),
        case(
            "a payout that came back",
            line(Credit, &["po_1"], 90),
            vec![entry(PayoutReturn, 1, "po_1", 90)],
            Matched,
            &[1],
        ),
        case("what a deal sold", line(Debit, &["FX-7"], 100), deal(), Matched, &[1]),
        case("not its other side", line(Credit, &["FX-7"], 100), vec![deal()[0].clone()], Unknown, &[]),
        Case {
            line: Line { amount: deal()[1].amount, ..line(Credit, &["FX-7"], 1) },
            ..case("what a deal bought", line(Credit, &["FX-7"], 1), vec![deal()[1].clone()], Matched, &[1])
        },
        case("a deal at another rate", line(Debit, &["FX-7"], 101), deal(), AmountDiffers, &[1]),
        case("a deal undone", reversal(line(Credit, &["FX-7"], 100)), deal(), Unknown, &[]),
        Case {
            taken: vec![id(CoverSold, 1)],
            ..case("a deal that was settled twice", line(Debit, &["FX-7"], 100), deal(), Duplicate, &[1])
        },
        case(
            "what was taken back",
            line(Debit, &["R"], 30),
            vec![entry(Reversal, 1, "R", 30)],
            Matched,
            &[1],
        ),
        case(
            "a reversal is not what it reverses",
            reversal(line(Debit, &["po_1"], 100)),
            vec![entry(Payout, 1, "po_1", 100)],
            Unknown,
            &[],
        ),
        case(
            "a reversal so called",
            reversal(line(Debit, &["R"], 100)),
            vec![entry(Payout, 1, "R", 100), entry(Reversal, 2, "R", 100)],
            Matched,
            &[2],
        ),
        case(
            "of the receiving account",
            of_account(line(Credit, &["R"], 100), [7; 32]),
            vec![entry(Payment, 1, "R", 100)],
            Matched,
            &[1],
        ),
        case(
            "of another receiving account",
            of_account(line(Credit, &["R"], 100), [8; 32]),
            vec![entry(Payment, 1, "R", 100)],
            Unknown,
            &[],
        ),
        case("the first of two equal ones", line(Credit, &["R"], 100), pair(), Matched, &[1]),
        Case {
            taken: vec![id(Payment, 1)],
            ..case("the second", line(Credit, &["R"], 100), pair(), Matched, &[2])
        },
        Case {
            taken: vec![id(Payment, 1), id(Payment, 2)],
            ..case("a third", line(Credit, &["R"], 100), pair(), Duplicate, &[1])
        },
        Case {
            taken: vec![id(Payment, 1)],
            ..case(
                "a charge beside what was matched",
                line(Credit, &["R"], 5),
                vec![entry(Payment, 1, "R", 100)],
                AmountDiffers,
                &[1],
            )
        },
        case(
            "the equal one before the others",
            line(Credit, &["R"], 100),
            vec![entry(Payment, 1, "R", 60), entry(Payment, 2, "R", 100)],
            Matched,
            &[2],
        ),
        case("by a bank's name only", line(Debit, &["HB-9"], 60), called("HB-9"), Matched, &[2]),
        case(
            "ours, and not another of one name",
            line(Debit, &["po_2", "HB-9"], 40),
            called("HB-9"),
            AmountDiffers,
            &[2],
        ),
        Case {
            taken: vec![id(Payout, 2)],
            ..case("ours again", line(Debit, &["po_2", "HB-9"], 60), twins(), Duplicate, &[2])
        },
        case(
            "ours, still under way",
            line(Debit, &["po_1", "HB-9"], 100),
            vec![sent_as, twin],
            Unknown,
            &[1],
        ),
        case("all of one name", line(Debit, &["HB-9"], 100), called("HB-9"), Matched, &[1, 2]),
        case(
            "all of one name, one of them by ours",
            line(Debit, &["po_1", "HB-9"], 100),
            called("HB-9"),
            Matched,
            &[1, 2],
        ),
        case("many as one", line(Debit, &["po_1", "po_2"], 100), batch(), Matched, &[1, 2]),
        case("many, but not all of it", line(Debit, &["po_1", "po_2"], 101), batch(), AmountDiffers, &[1]),
        Case {
            taken: vec![id(Payout, 1)],
            ..case(
                "many, one of them taken",
                line(Debit, &["po_1", "po_2"], 100),
                batch(),
                AmountDiffers,
                &[2],
            )
        },
        case(
            "not many of different kinds",
            line(Debit, &["A", "B"], 100),
            vec![entry(Payout, 1, "A", 40), entry(Reversal, 2, "B", 60)],
            AmountDiffers,
            &[2],
        ),
        case(
            "not what is under way",
            line(Debit, &["po_1", "po_2"], 140),
            vec![sent, entry(Payout, 2, "po_2", 40)],
            AmountDiffers,
            &[2],
        ),
    ]
}

#[test]
fn r44_what_a_line_is_in_the_book() {
    for case in cases() {
        let taken: HashSet<EntryId> = case.taken.iter().copied().collect();
        let found = find(&case.line, &case.book, &taken);
        let numbers: Vec<u128> = found.entries.iter().map(|entry| entry.id.as_u128()).collect();
        assert_eq!((found.outcome, numbers.as_slice()), (case.outcome, case.entries), "{}", case.what);
        let sum: i64 = case
            .book
            .iter()
            .filter(|entry| found.entries.contains(&entry.id))
            .map(|entry| entry.amount.minor())
            .sum();
        let expected = (!case.entries.is_empty()).then_some(sum);
        assert_eq!(found.book_minor, expected, "{}", case.what);
        // The order in which the book is told doesn't matter.
        let reversed: Vec<BookEntry> = case.book.iter().rev().cloned().collect();
        assert_eq!(find(&case.line, &reversed, &taken), found, "{}", case.what);
    }
}

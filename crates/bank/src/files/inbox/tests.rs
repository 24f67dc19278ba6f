use std::cell::Cell;

use super::super::samples::{REFERENCE, cny};
use super::*;
use crate::connector::QueryOutcome;

/// A status of one transaction, made at this second.
fn report(reference: &str, status: &str, second: u32) -> String {
    format!(
        "<Document><CstmrPmtStsRpt><GrpHdr><MsgId>B</MsgId><CreDtTm>2026-11-26T10:00:{second:02}Z</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{reference}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts>\
         <OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
}

struct World {
    folder: tempfile::TempDir,
    inbox: Inbox,
    asked: Cell<usize>,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::new(folder.path().to_owned());
        World { folder, inbox, asked: Cell::new(0) }
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn refresh(&mut self) -> Reading {
        let later = Instant::now() + Duration::from_secs(60);
        let asked = &self.asked;
        let ours = |reference: &str| {
            asked.set(asked.get() + 1);
            Ok(reference.starts_with("po_").then(|| cny(700)))
        };
        self.inbox.refresh(later, ours).unwrap()
    }

    fn take_news(&mut self) -> Vec<String> {
        let news = self.inbox.news(9);
        assert_eq!(self.inbox.news(9), news, "until it is said to be told");
        self.inbox.told(&news);
        news
    }

    fn about(&mut self, reference: &str) -> Option<QueryOutcome> {
        assert_eq!(self.refresh(), Reading::Whole);
        self.inbox.answers.about(reference)
    }
}

fn failed() -> Option<QueryOutcome> {
    Some(QueryOutcome::Failed { reason: "MS03".into() })
}

fn is_paid(outcome: Option<QueryOutcome>) -> bool {
    matches!(outcome, Some(QueryOutcome::Paid { amount, .. }) if amount == cny(700))
}

#[test]
fn each_file_is_read_once_and_another_banks_payments_are_passed_over() {
    let mut world = World::new();
    assert_eq!(world.about(REFERENCE), None);
    world.put("a.xml", &report(REFERENCE, "PDNG", 1));
    assert_eq!(world.about(REFERENCE), Some(QueryOutcome::Pending));
    world.put("b", &report("theirs", "ACSC", 1));
    assert_eq!(world.about("theirs"), None);
    world.put("c.XML", &report(REFERENCE, "ACSC", 2));
    assert!(is_paid(world.about(REFERENCE)));
    world.about(REFERENCE);
    assert_eq!((world.asked.get(), world.inbox.read()), (3, 3));
}

#[test]
fn what_is_no_answer_is_left_alone() {
    let mut world = World::new();
    for name in [".a.xml", "b.tmp", "c.xml.part", "d.FILEPART"] {
        world.put(name, &report(REFERENCE, "ACSC", 1));
    }
    fs::create_dir(world.folder.path().join("archive")).unwrap();
    world.put("archive/e.xml", &report(REFERENCE, "ACSC", 1));
    std::os::unix::fs::symlink(world.folder.path().join(".a.xml"), world.folder.path().join("f.xml"))
        .unwrap();
    world.put("camt.xml", "<Document><BkToCstmrStmt/></Document>");
    assert_eq!(world.about(REFERENCE), None);
    assert_eq!((world.inbox.read(), world.inbox.broken()), (1, 0));
}

#[test]
fn a_file_that_is_still_written_is_looked_at_again_and_blocks_nothing() {
    let mut world = World::new();
    let whole = report(REFERENCE, "ACSC", 1);
    world.put("a.xml", &whole[..100]);
    world.put("b.xml", &report("po_2", "ACSC", 1));
    world.put("c.pdf", "%PDF");
    assert_eq!(world.about(REFERENCE), None);
    assert!(is_paid(world.about("po_2")), "others go on");
    assert_eq!(world.inbox.broken(), 2);
    // In place: the folder itself doesn't change.
    let path = world.folder.path().join("a.xml");
    std::io::Write::write_all(
        &mut File::options().append(true).open(path).unwrap(),
        &whole.as_bytes()[100..],
    )
    .unwrap();
    assert!(is_paid(world.about(REFERENCE)));
    assert_eq!(world.inbox.broken(), 1);
    fs::remove_file(world.folder.path().join("c.pdf")).unwrap();
    world.refresh();
    assert_eq!(world.inbox.broken(), 0);
}

#[test]
fn a_file_larger_than_any_answer_is_not_read() {
    let mut world = World::new();
    File::create(world.folder.path().join("a.xml")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(world.about(REFERENCE), None);
    assert_eq!(world.inbox.broken(), 1);
}

#[test]
fn r29_results_that_come_later_and_contradictions_are_news() {
    let mut world = World::new();
    world.put("1", &report("po_1", "ACSC", 1));
    world.put("2", &report("po_2", "RJCT", 1));
    world.put("3", &report("po_2", "ACSC", 2));
    world.refresh();
    assert_eq!(world.take_news(), ["po_2"], "of what lay there before, only what contradicts itself");
    assert_eq!(world.take_news(), [""; 0], "told once");
    world.put("4", &report("po_1", "ACSC", 3));
    world.put("5", &report("po_3", "RJCT", 3));
    world.put("6", &report("po_4", "PDNG", 3));
    world.refresh();
    assert_eq!(world.take_news(), ["po_3"], "a repetition is none");
    world.put("7", &report("po_1", "RJCT", 4));
    world.refresh();
    assert_eq!(world.take_news(), ["po_1"]);
    let told = world.inbox.answers.results("po_1");
    assert!(is_paid(told.first().cloned()) && told.get(1).cloned() == failed(), "both words: {told:?}");
}

#[test]
fn a_reading_that_runs_out_of_time_goes_on_where_it_stopped() {
    let mut world = World::new();
    for at in 0..50 {
        world.put(&format!("{at:02}"), &report(&format!("po_{at}"), "ACSC", 1));
    }
    let past = Instant::now();
    assert_eq!(world.inbox.refresh(past, |_| Ok(Some(cny(1)))).unwrap(), Reading::Partial);
    assert_eq!(world.inbox.read(), 0);
    // Records that can't be looked at stop it, and lose nothing.
    let later = past + Duration::from_secs(60);
    let mut looks = 0;
    let stops = |_: &str| {
        looks += 1;
        if looks > 20 { Err(io::Error::other("gone")) } else { Ok(Some(cny(1))) }
    };
    assert!(world.inbox.refresh(later, stops).is_err());
    assert_eq!(world.inbox.read(), 20);
    assert_eq!(world.refresh(), Reading::Whole);
    assert_eq!((world.inbox.read(), world.inbox.answers.len()), (50, 50));
}

#[test]
fn an_index_that_grew_too_large_is_built_anew_from_what_lies_there() {
    let mut world = World::new();
    world.put("1", &report("po_1", "ACSC", 1));
    world.put("2", &report("po_2", "ACSC", 1));
    world.refresh();
    fs::remove_file(world.folder.path().join("1")).unwrap();
    assert!(is_paid(world.about("po_1")), "remembered");
    world.inbox.limit = 1;
    assert_eq!(world.about("po_1"), None);
    assert!(is_paid(world.about("po_2")));
    assert_eq!(world.inbox.limit, SPARE);
}

#[test]
fn a_folder_that_is_not_there_is_no_empty_one() {
    let mut inbox = Inbox::new("/nowhere/at/all".into());
    assert!(inbox.refresh(Instant::now() + Duration::from_secs(9), |_| Ok(Some(cny(1)))).is_err());
}

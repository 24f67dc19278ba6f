use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant as Clock};

use proptest::prelude::*;

use super::samples::{REFERENCE, cny, order, settings};
use super::*;

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let world = World { folder: tempfile::tempdir().unwrap() };
        for name in ["out", "in", "sent"] {
            fs::create_dir(world.path(name)).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A gateway that has just started.
    fn files(&self) -> Files {
        Files::new("h2h", settings(self.folder.path()), 4)
    }

    /// What lies in the outbox, by name.
    fn outbox(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("out")).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn answer(&self, name: &str, status: &str, second: u32) {
        fs::write(self.path("in").join(name), report(REFERENCE, status, second)).unwrap();
    }
}

fn report(reference: &str, status: &str, second: u32) -> String {
    format!(
        "<Document><CstmrPmtStsRpt><GrpHdr><MsgId>B</MsgId><CreDtTm>2026-11-26T10:00:{second:02}Z</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{reference}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts>\
         <OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

async fn send(files: &Files) -> SendOutcome {
    files.send(&order(), soon()).await
}

async fn query(files: &Files) -> QueryOutcome {
    files.query(REFERENCE, soon()).await
}

fn paid() -> QueryOutcome {
    QueryOutcome::Paid { amount: cny(70_787), amount_received: None, bank_reference: None }
}

fn refused() -> QueryOutcome {
    QueryOutcome::Failed { reason: "MS03".into() }
}

#[tokio::test]
async fn r27_a_payout_from_its_file_to_its_result() {
    let world = World::new();
    let files = world.files();
    assert_eq!(query(&files).await, QueryOutcome::NeverSeen, "nothing was written");
    assert_eq!(send(&files).await, accepted());
    assert_eq!(world.outbox(), [format!("{REFERENCE}.xml")]);
    assert_eq!(query(&files).await, QueryOutcome::Pending, "it lies there");
    fs::remove_file(world.path("out").join(format!("{REFERENCE}.xml"))).unwrap();
    assert_eq!(query(&files).await, QueryOutcome::Pending, "the bank took it");
    assert_eq!(send(&files).await, accepted(), "the same reference again");
    assert_eq!(send(&world.files()).await, accepted(), "and after a restart");
    assert_eq!(world.outbox(), [""; 0]);
    world.answer("1.xml", "ACSP", 1);
    assert_eq!(query(&files).await, QueryOutcome::Pending);
    world.answer("2.xml", "ACSC", 2);
    assert_eq!(query(&files).await, paid());
    assert_eq!(query(&world.files()).await, paid());
    let other = files.query("po_0", soon()).await;
    assert_eq!(other, QueryOutcome::NeverSeen);
}

/// Whatever the process's umask is: as a rule it lets everybody read.
#[tokio::test]
async fn r36_nobody_but_owner_and_group_reads_what_was_written() {
    let world = World::new();
    let left_open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(world.path("sent"), left_open).unwrap();
    let files = world.files();
    files.outbox.prepare("po_0", "<unsent/>", cny(1)).unwrap();
    assert_eq!(send(&files).await, accepted());
    let mode = |path: &str| fs::metadata(world.path(path)).unwrap().permissions().mode() & 0o777;
    let sent = format!("sent/{REFERENCE}");
    for folder in ["sent/po_0", &*sent] {
        assert_eq!(mode(folder) & !0o750, 0, "{folder}: {:o}", mode(folder));
    }
    let amount = format!("{sent}/amount");
    for file in ["sent/po_0/unsent.xml", "sent/po_0/amount", &*amount, &*format!("out/{REFERENCE}.xml")] {
        assert_eq!(mode(file) & !0o640, 0, "{file}: {:o}", mode(file));
        assert_eq!(mode(file) & 0o600, 0o600, "{file}: {:o}", mode(file));
    }
    assert_eq!(mode("sent"), 0o777, "what was there stays as it is");
}

#[tokio::test]
async fn r29_both_words_of_a_contradiction_are_told() {
    let world = World::new();
    let files = world.files();
    assert_eq!(send(&files).await, accepted());
    assert_eq!(files.news(soon()).await, []);
    world.answer("1.xml", "RJCT", 1);
    let news = |outcomes: &[QueryOutcome]| -> Vec<News> {
        let one = |outcome: &QueryOutcome| News { reference: REFERENCE.into(), outcome: outcome.clone() };
        outcomes.iter().map(one).collect()
    };
    assert_eq!(files.news(soon()).await, news(&[refused()]));
    assert_eq!(query(&files).await, refused());
    world.answer("2.xml", "ACSC", 2);
    assert_eq!(files.news(soon()).await, news(&[paid(), refused()]));
    assert_eq!(query(&files).await, paid());
    assert_eq!(files.news(soon()).await, []);
    assert_eq!(world.files().news(soon()).await, news(&[paid(), refused()]), "also after a restart");
    // A result about what we never sent is nobody's.
    fs::write(world.path("in/3.xml"), report("po_2", "ACSC", 1)).unwrap();
    assert_eq!(files.news(soon()).await, []);
    assert_eq!(files.query("po_2", soon()).await, QueryOutcome::NeverSeen);
}

#[tokio::test]
async fn r27_a_crash_between_record_and_rename_is_never_seen_and_sent_once() {
    let world = World::new();
    let before = world.files();
    before.outbox.prepare(REFERENCE, "<the first bytes/>", cny(70_787)).unwrap();
    let files = world.files();
    assert_eq!(query(&files).await, QueryOutcome::NeverSeen, "the bank can't know of it");
    assert_eq!(send(&files).await, accepted());
    let file = world.path("out").join(format!("{REFERENCE}.xml"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "<the first bytes/>");
    assert_eq!(query(&files).await, QueryOutcome::Pending);
}

/// A power cut may bring the record back to before the rename, while the bank has read the file.
#[tokio::test]
async fn r27_what_the_bank_answers_counts_whatever_the_record_says() {
    let world = World::new();
    let files = world.files();
    files.outbox.prepare(REFERENCE, "<order/>", cny(70_787)).unwrap();
    fs::write(world.path("out").join(format!("{REFERENCE}.xml")), "<order/>").unwrap();
    assert!(matches!(query(&files).await, QueryOutcome::Unreachable { .. }));
    assert!(matches!(send(&files).await, SendOutcome::Unknown { .. }));
    world.answer("1.xml", "PDNG", 1);
    assert_eq!(query(&files).await, QueryOutcome::Pending);
    world.answer("2.xml", "ACSC", 2);
    assert_eq!(query(&files).await, paid());
}

#[tokio::test]
async fn r27_nothing_is_written_after_the_deadline() {
    let world = World::new();
    let files = world.files();
    let late = files.send(&order(), Instant::now()).await;
    assert!(matches!(late, SendOutcome::NotSent { .. }), "{late:?}");
    assert_eq!(world.outbox(), [""; 0]);

    // The threads hang in the file system: nothing more is begun, and nothing comes later.
    let hung = files.threads.clone().acquire_many_owned(4).await.unwrap();
    let short = || Instant::now() + Duration::from_millis(50);
    assert!(matches!(files.send(&order(), short()).await, SendOutcome::NotSent { .. }));
    assert!(matches!(files.query(REFERENCE, short()).await, QueryOutcome::Unreachable { .. }));
    drop(hung);
    assert_eq!(world.outbox(), [""; 0]);
    assert_eq!(send(&files).await, accepted());
}

#[test]
fn r27_caller_and_thread_agree_on_who_was_first() {
    let (gate, other) = (Gate::default(), Gate::default());
    assert!(gate.begin() && !gate.close() && !gate.begin());
    assert!(other.close() && !other.begin());
}

#[tokio::test]
async fn r31_folders_that_are_missing_are_trouble_and_no_answer() {
    let world = World::new();
    let files = world.files();
    for name in ["out", "in", "sent"] {
        fs::rename(world.path(name), world.path("away")).unwrap();
        let asked = query(&files).await;
        assert!(matches!(asked, QueryOutcome::Unreachable { .. }), "without {name}: {asked:?}");
        if name != "in" {
            let sent = send(&files).await;
            assert!(matches!(sent, SendOutcome::NotSent { .. }), "without {name}: {sent:?}");
        }
        fs::rename(world.path("away"), world.path(name)).unwrap();
    }
    assert_eq!(query(&files).await, QueryOutcome::NeverSeen);
    assert_eq!(send(&files).await, accepted());
}

#[tokio::test]
async fn what_no_file_can_hold_is_refused_for_good() {
    let world = World::new();
    let mut order = order();
    order.beneficiary.bank_code = String::new();
    let files = world.files();
    let refused = files.send(&order, soon()).await;
    assert_eq!(refused, SendOutcome::Rejected { reason: "RC01".into() });
    assert_eq!((world.outbox(), query(&files).await), (vec![], QueryOutcome::NeverSeen));
    order.reference = "../po".into();
    assert!(matches!(files.send(&order, soon()).await, SendOutcome::NotSent { .. }));
    assert!(matches!(files.query("../po", soon()).await, QueryOutcome::Unreachable { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_a_reference_that_is_sent_many_times_at_once_is_one_file() {
    let world = World::new();
    let (one, two) = (Arc::new(world.files()), Arc::new(world.files()));
    let mut sends = tokio::task::JoinSet::new();
    for at in 0..40 {
        let files = if at % 2 == 0 { one.clone() } else { two.clone() };
        sends.spawn(async move { send(&files).await });
    }
    while let Some(sent) = sends.join_next().await {
        let sent = sent.unwrap();
        // Between the looks of two of them, the file is suddenly there: then it is asked about.
        assert!(sent == accepted() || matches!(sent, SendOutcome::Unknown { .. }), "{sent:?}");
    }
    assert_eq!(world.outbox().len(), 1);
    assert_eq!(query(&one).await, QueryOutcome::Pending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_answers_are_read_once_and_quickly() {
    const FILES: usize = 20_000;
    let world = World::new();
    let files = world.files();
    assert_eq!(send(&files).await, accepted());
    for at in 0..FILES {
        fs::write(world.path("in").join(format!("{at}.xml")), report("po_other", "ACSC", 1)).unwrap();
    }
    world.answer("last.xml", "ACSC", 1);
    let begun = Clock::now();
    // Built for tests, and on a slow disk, that takes its time.
    let patient = Instant::now() + Duration::from_secs(120);
    assert_eq!(files.query(REFERENCE, patient).await, paid());
    let first = begun.elapsed();
    let begun = Clock::now();
    for _ in 0..100 {
        assert_eq!(query(&files).await, paid());
    }
    let later = begun.elapsed() / 100;
    println!("{FILES} files: the first query took {first:?}, each later one {later:?}");
    assert!(later < first / 4, "not read again: {later:?} after {first:?}");
}

proptest! {
    #[test]
    fn i4_no_two_references_share_a_file(one in "[a-z0-9_-]{1,35}", other in "[a-z0-9_-]{1,35}") {
        let outbox = Outbox::new(PathBuf::new(), PathBuf::new());
        prop_assert!(Outbox::is_reference(&one) && Outbox::is_reference(&other));
        let same = outbox.names(&one).iter().any(|name| outbox.names(&other).contains(name));
        prop_assert_eq!(same, one == other);
        // Nor on a file system that takes capitals for small letters.
        let lower = |names: [PathBuf; 2]| names.map(|name| name.to_string_lossy().to_lowercase());
        prop_assert_eq!(lower(outbox.names(&one)) == lower(outbox.names(&other)), one == other);
    }
}

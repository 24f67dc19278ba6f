use std::os::unix::fs::PermissionsExt as _;

use super::super::samples::{REFERENCE, cny};
use super::*;

struct Folders(tempfile::TempDir);

impl Folders {
    fn new() -> Folders {
        let folders = Folders(tempfile::tempdir().unwrap());
        for name in ["out", "sent"] {
            fs::create_dir(folders.path(name)).unwrap();
        }
        folders
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn outbox(&self) -> Outbox {
        Outbox::new(self.path("out"), self.path("sent"))
    }

    /// The names in a folder.
    fn names(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(name)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

const FILE: &str = "po_0193b3c1d2e47f00b8a1c2d3e4f50607.xml";

#[test]
fn i4_a_reference_is_one_file_for_ever() {
    let folders = Folders::new();
    let outbox = folders.outbox();
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::None);
    outbox.prepare(REFERENCE, "<order/>", cny(700)).unwrap();
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::Unsent(cny(700)));
    assert_eq!(folders.names("out"), [""; 0], "nothing before the rename");
    assert_eq!(outbox.put(REFERENCE, || true), Put::Done);
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::Gone(cny(700)));
    assert_eq!(fs::read_to_string(folders.path("out").join(FILE)).unwrap(), "<order/>");

    // The bank takes it; neither preparing nor putting brings a second one.
    fs::remove_file(folders.path("out").join(FILE)).unwrap();
    outbox.prepare(REFERENCE, "<other/>", cny(800)).unwrap();
    assert_eq!(outbox.put(REFERENCE, || true), Put::Done);
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::Gone(cny(700)));
    assert_eq!((folders.names("out"), folders.names("sent")), (vec![], vec![REFERENCE.to_owned()]));
    assert_eq!(folders.names(&format!("sent/{REFERENCE}")), ["amount"], "no name, no account number is kept");
}

#[test]
fn i4_of_many_at_once_one_puts_the_file() {
    let folders = Folders::new();
    let taken = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (outbox, folders, taken) = (folders.outbox(), &folders, &taken);
            scope.spawn(move || {
                for at in 0..50 {
                    let reference = format!("po_{at}");
                    outbox.prepare(&reference, &format!("<by{thread}/>"), cny(1)).unwrap();
                    let put = outbox.put(&reference, || true);
                    assert!(matches!(put, Put::Done | Put::Unknown(_)), "{put:?}");
                    // The bank is quick.
                    if fs::remove_file(folders.path("out").join(format!("{reference}.xml"))).is_ok() {
                        taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert_eq!(taken.into_inner(), 50);
    assert_eq!((folders.names("out").len(), folders.names("sent").len()), (0, 50));
}

#[test]
fn r27_nothing_is_put_once_it_is_too_late_or_where_it_fails() {
    let folders = Folders::new();
    let outbox = folders.outbox();
    outbox.prepare(REFERENCE, "<order/>", cny(700)).unwrap();
    assert_eq!(outbox.put(REFERENCE, || false), Put::Not("too late to send".into()));
    assert_eq!((folders.names("out"), outbox.record(REFERENCE).unwrap()), (vec![], Record::Unsent(cny(700))));

    // The folder goes away at the last moment, and comes back.
    let put = outbox.put(REFERENCE, || fs::remove_dir(folders.path("out")).is_ok());
    assert!(matches!(put, Put::Not(_)), "{put:?}");
    fs::create_dir(folders.path("out")).unwrap();
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::Unsent(cny(700)));

    // A file of that name that isn't ours is not overwritten.
    fs::write(folders.path("out").join(FILE), "theirs").unwrap();
    assert!(matches!(outbox.put(REFERENCE, || true), Put::Unknown(_)));
    assert_eq!(fs::read_to_string(folders.path("out").join(FILE)).unwrap(), "theirs");
    fs::remove_file(folders.path("out").join(FILE)).unwrap();
    assert_eq!(outbox.put(REFERENCE, || true), Put::Done);
}

#[test]
fn r27_what_was_put_but_is_perhaps_not_durable_is_unknown() {
    let folders = Folders::new();
    let outbox = folders.outbox();
    outbox.prepare(REFERENCE, "<order/>", cny(700)).unwrap();
    let mode = |bits| fs::set_permissions(folders.path("out"), fs::Permissions::from_mode(bits)).unwrap();
    // Names can be made there, but the folder can't be opened to make them durable. (Root can open all.)
    mode(0o300);
    let is_root = File::open(folders.path("out")).is_ok();
    let put = outbox.put(REFERENCE, || true);
    mode(0o700);
    assert!(matches!((&put, is_root), (Put::Unknown(_), false) | (Put::Done, true)), "{put:?}");
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::Gone(cny(700)));

    // A record that vanishes under way tells nothing.
    outbox.prepare("po_2", "<order/>", cny(700)).unwrap();
    let vanishes = || fs::rename(folders.path("sent/po_2"), folders.path("gone")).is_ok();
    assert!(matches!(outbox.put("po_2", vanishes), Put::Unknown(_)));
}

#[test]
fn a_crash_at_any_step_leaves_what_can_be_read() {
    let folders = Folders::new();
    let outbox = folders.outbox();
    // Before the record got its name: as if nothing had been.
    let scratch = folders.path("sent").join(".new-1");
    outbox.make(&scratch, "<order/>", cny(700)).unwrap();
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::None);
    outbox.prepare(REFERENCE, "<order/>", cny(700)).unwrap();
    assert_eq!(outbox.record(REFERENCE).unwrap(), Record::Unsent(cny(700)));
    // After it: the next one to try sends the same bytes.
    assert_eq!(folders.outbox().put(REFERENCE, || true), Put::Done);
    assert_eq!(fs::read_to_string(folders.path("out").join(FILE)).unwrap(), "<order/>");

    // What is left over goes when it is old enough.
    outbox.tidy().unwrap();
    assert!(scratch.exists());
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 3600);
    File::open(&scratch).unwrap().set_modified(long_ago).unwrap();
    outbox.tidy().unwrap();
    assert_eq!(folders.names("sent"), [REFERENCE]);
}

#[test]
fn what_can_not_be_read_is_never_taken_for_nothing() {
    let folders = Folders::new();
    let outbox = folders.outbox();
    let record = folders.path("sent").join(REFERENCE);
    fs::create_dir(&record).unwrap();
    assert!(outbox.record(REFERENCE).is_err(), "a folder without an amount");
    fs::write(record.join("amount"), "much\n").unwrap();
    assert!(outbox.record(REFERENCE).is_err());
    fs::remove_dir_all(folders.path("sent")).unwrap();
    assert!(outbox.record(REFERENCE).is_err(), "no folder of records");
    // Another file system in its place.
    if fs::metadata("/dev/shm").is_ok_and(|shm| shm.dev() != fs::metadata(folders.path("out")).unwrap().dev())
    {
        let elsewhere = Outbox::new(folders.path("out"), "/dev/shm".into());
        assert!(elsewhere.record(REFERENCE).is_err());
    }
}

#[test]
fn names_are_ours_alone() {
    for right in [REFERENCE, "a", "0-_z"] {
        assert!(Outbox::is_reference(right), "{right}");
    }
    for wrong in ["", "..", "a/b", "po_A", "a.b", "é", " ", &"a".repeat(36)] {
        assert!(!Outbox::is_reference(wrong), "{wrong}");
    }
}

//! Bank days: known far ahead, so that no alert depends on the day of the test, or only for some days more.

use std::fs;
use std::path::{Path, PathBuf};

use time::{Date, Duration, OffsetDateTime};

const FAR: &str = "2099-12-31";
/// Less than the alert tolerates.
const NEAR: Duration = Duration::days(10);

/// Setting for a gateway that knows all of them far ahead, from files in this folder.
pub fn far_ahead(folder: &Path) -> String {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/calendar/calendars");
    let files: Vec<PathBuf> = fs::read_dir(own)
        .expect("the calendars")
        .map(|file| {
            let file = file.expect("a calendar").path();
            let copy = folder.join(file.file_name().expect("a name"));
            fs::write(&copy, known_until(&fs::read_to_string(&file).expect("read"), FAR)).expect("written");
            copy
        })
        .collect();
    assert!(!files.is_empty(), "no calendars");
    format!("calendars = {files:?}\n")
}

/// The configuration of a gateway for which what is known of China ends soon, and the file with it, in the folder of the others. The days themselves are left
/// out: they may lie beyond.
pub fn ending_soon(configuration: &str, folder: &Path) -> (String, PathBuf) {
    let file = folder.join("china-soon.toml");
    let day: Date = (OffsetDateTime::now_utc() + NEAR).date();
    let text =
        "jurisdiction = \"china\"\nknown_from = 2026-01-01\nknown_until = \noffset_hours = 8\nfree = []\n";
    fs::write(&file, known_until(text, &day.to_string())).expect("written");
    let configured = configuration.replace("/china.toml", "/china-soon.toml");
    assert_ne!(configured, configuration, "it names no calendar of China");
    (configured, file)
}

/// What is known there is known far ahead again.
pub fn mend(file: &Path) {
    let text = fs::read_to_string(file).expect("read");
    fs::write(file, known_until(&text, FAR)).expect("written");
}

fn known_until(text: &str, day: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("known_until = ") {
            format!("known_until = {day}\n")
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(line).collect()
}

//! When banks work, as it is configured: the program's calendars, and an operator's own in their places.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use calendar::{Calendars, Jurisdiction};
use time::{Date, OffsetDateTime, Time};

/// The program's calendars with each of these files in the place of its jurisdiction's. None may begin after `today`: who enters
/// only the next year would have the present one counted by weekdays. One that has ended stops nobody from starting.
///
/// # Errors
/// In words: the first file that can't be used, and why.
pub fn open(files: &[PathBuf], today: Date) -> Result<Calendars, String> {
    let mut calendars = Calendars::builtin().map_err(|error| error.to_string())?;
    let mut replaced = BTreeSet::new();
    for file in files {
        let failed = |why: String| format!("{}: {why}", file.display());
        let jurisdiction = load(&mut calendars, file, today).map_err(failed)?;
        if !replaced.insert(jurisdiction) {
            return Err(failed(format!("there is another file for {}", jurisdiction.as_str())));
        }
    }
    Ok(calendars)
}

fn load(calendars: &mut Calendars, file: &Path, today: Date) -> Result<Jurisdiction, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let jurisdiction = calendars.load(&text).map_err(|error| error.to_string())?;
    match calendars.known(jurisdiction) {
        Some(known) if *known.start() > today => Err(format!(
            "it takes the whole place of the program's calendar, so it can't begin only on {}",
            known.start()
        )),
        _ => Ok(jurisdiction),
    }
}

/// Says to whoever watches until when each is known.
pub fn export(calendars: &Calendars) {
    for jurisdiction in Jurisdiction::ALL {
        if let Some(end) = calendars.known(jurisdiction).and_then(|known| known.end().next_day()) {
            metrics::gauge!("sluice_calendar_end_timestamp_seconds", "jurisdiction" => jurisdiction.as_str())
                .set(OffsetDateTime::new_utc(end, Time::MIDNIGHT).unix_timestamp() as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 11 - 28);

    fn china(from: &str, until: &str) -> String {
        format!(
            "jurisdiction = \"china\"\nknown_from = {from}\nknown_until = {until}\noffset_hours = 8\nfree = []\n"
        )
    }

    fn opened(texts: &[&str]) -> Result<Calendars, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |(at, text): (usize, &&str)| {
            let path = folder.path().join(format!("{at}.toml"));
            std::fs::write(&path, text).expect("written");
            path
        };
        let files: Vec<PathBuf> = texts.iter().enumerate().map(write).collect();
        open(&files, TODAY)
    }

    #[test]
    fn a_file_takes_the_place_of_its_jurisdiction_s_calendar_alone() {
        let built_in = opened(&[]).expect("the program's");
        let next = date!(2028 - 12 - 29);
        assert!(built_in.is_working_day(Jurisdiction::China, next).is_err());
        let calendars = opened(&[&china("2026-11-28", "2028-12-31")]).expect("an operator's");
        assert_eq!(calendars.is_working_day(Jurisdiction::China, next), Ok(true));
        let others = Jurisdiction::ALL.into_iter().filter(|other| *other != Jurisdiction::China);
        for other in others {
            assert_eq!(calendars.known(other), built_in.known(other), "{other:?}");
        }
    }

    #[test]
    fn one_that_has_ended_can_be_started_with_one_that_has_not_begun_can_not() {
        assert!(opened(&[&china("2025-01-01", "2025-12-31")]).is_ok());
        let why = opened(&[&china("2027-01-01", "2027-12-31")]).expect_err("not begun");
        assert!(why.contains("0.toml: it takes the whole place") && why.ends_with("2027-01-01"), "{why}");
    }

    #[test]
    fn what_is_no_calendar_or_one_too_many_is_named() {
        let good = china("2026-01-01", "2027-12-31");
        for (texts, says) in [
            (vec![&*good, &*good], "1.toml: there is another file for china"),
            (vec!["free = []"], "0.toml: not a calendar: "),
        ] {
            let why = opened(&texts).expect_err(says);
            assert!(why.contains(says), "{why}");
        }
        let nowhere = open(&[PathBuf::from("/nowhere/china.toml")], TODAY).expect_err("nowhere");
        assert!(nowhere.starts_with("/nowhere/china.toml: "), "{nowhere}");
    }
}

//! What lies in the inbox, read once: an index in memory, kept by file names. Blocking.
//!
//! A listing costs a look at every name, so the folder is listed again only when it changed. Files are read once; one
//! that is no whole document is perhaps still being written, so it is looked at again when its length or time changes.
//! What was read is remembered while the process lives, within bounds: beyond them, and after a restart, the index is
//! built anew from what lies there. So an answer must lie there until its payout is closed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use money::Money;
use tokio::time::Instant;

use super::answers::Answers;
use super::pain_002::{self, Answer, MAX_BYTES, StatusReport};
use crate::event::fields::clean;

/// Files in one inbox; more are not read, and the bank can't be asked until someone clears up.
pub const MAX_FILES: usize = 1_000_000;
/// References that are remembered beyond what a fresh reading of the inbox finds.
const SPARE: usize = 200_000;
/// A folder that changed so shortly before it was listed may have changed again within the clock's grain.
const GRAIN: Duration = Duration::from_secs(2);
/// A listing is believed no longer than this, whatever the folder's time says.
const BELIEVED: Duration = Duration::from_secs(60);

/// How far a reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Everything that lay there was read.
    Whole,
    /// The deadline came first; the next reading goes on from here.
    Partial,
}

/// The folder and what is known of it.
#[derive(Debug)]
pub(super) struct Inbox {
    folder: PathBuf,
    pub(super) answers: Answers,
    /// Names that need no further look.
    done: HashSet<Box<str>>,
    /// Names to be read, in order.
    waiting: BTreeSet<Box<str>>,
    /// Files that could not be read, as they were then.
    broken: HashMap<Box<str>, Look>,
    listed: Option<Listing>,
    /// From how many references on the index is built anew.
    limit: usize,
    /// References with a result that came after the first whole reading, or that contradicts another.
    news: BTreeSet<String>,
    was_whole: bool,
}

/// A folder when it was listed last.
#[derive(Clone, Copy, Debug)]
struct Listing {
    changed: SystemTime,
    settled: bool,
    at: Instant,
}

/// A file when it was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    length: u64,
    modified: Option<SystemTime>,
}

impl Inbox {
    pub(super) fn new(folder: PathBuf) -> Inbox {
        Inbox {
            folder,
            answers: Answers::default(),
            done: HashSet::new(),
            waiting: BTreeSet::new(),
            broken: HashMap::new(),
            listed: None,
            limit: SPARE,
            news: BTreeSet::new(),
            was_whole: false,
        }
    }

    /// How many files can't be read.
    pub(super) fn broken(&self) -> usize {
        self.broken.len()
    }

    /// How many files were read.
    pub(super) fn read(&self) -> usize {
        self.done.len()
    }

    /// References about which something new is to be told, at most so many.
    pub(super) fn news(&self, most: usize) -> Vec<String> {
        self.news.iter().take(most).cloned().collect()
    }

    /// It was told about these.
    pub(super) fn told<'n>(&mut self, references: impl IntoIterator<Item = &'n String>) {
        for reference in references {
            self.news.remove(reference);
        }
    }

    /// Reads what is new, until `deadline`. `ours` gives what was sent under a reference; what we did not send is passed
    /// over: another's file may lie here.
    ///
    /// # Errors
    /// The folder can't be listed: then nothing is known.
    pub(super) fn refresh(
        &mut self,
        deadline: Instant,
        mut ours: impl FnMut(&str) -> io::Result<Option<Money>>,
    ) -> io::Result<Reading> {
        if self.answers.len() > self.limit {
            let news = std::mem::take(&mut self.news);
            *self = Inbox { news, ..Inbox::new(std::mem::take(&mut self.folder)) };
        }
        self.list()?;
        self.look_again();
        while let Some(name) = self.waiting.first().cloned() {
            if Instant::now() >= deadline {
                return Ok(Reading::Partial);
            }
            self.take(&name, &mut ours)?;
            self.waiting.remove(&name);
        }
        self.limit = self.limit.max(2 * self.answers.len()).max(SPARE);
        self.was_whole = true;
        Ok(Reading::Whole)
    }

    fn list(&mut self) -> io::Result<()> {
        let changed = fs::metadata(&self.folder)?.modified()?;
        let unchanged = self.listed.is_some_and(|listing| {
            listing.settled && listing.changed == changed && listing.at.elapsed() < BELIEVED
        });
        if unchanged {
            return Ok(());
        }
        let settled = SystemTime::now().duration_since(changed).is_ok_and(|age| age > GRAIN);
        let at = Instant::now();
        let mut names: HashSet<Box<str>> = HashSet::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // A name that isn't text can't be one of an answer, nor can a folder or a pipe.
            let Some(name) = name.to_str().filter(|name| is_finished(name)) else { continue };
            if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            if names.len() == MAX_FILES {
                return Err(io::Error::other(format!("more than {MAX_FILES} files")));
            }
            if !self.done.contains(name) && !self.broken.contains_key(name) {
                self.waiting.insert(name.into());
            }
            names.insert(Box::from(name));
        }
        self.done.retain(|name| names.contains(name));
        self.waiting.retain(|name| names.contains(name));
        self.broken.retain(|name, _| names.contains(name));
        self.listed = Some(Listing { changed, settled, at });
        Ok(())
    }

    /// Files that could not be read, and have changed since.
    fn look_again(&mut self) {
        for (name, before) in &self.broken {
            let now = fs::symlink_metadata(self.folder.join(&**name)).ok();
            if now.is_some_and(|now| Look::of(&now) != *before) {
                self.waiting.insert(name.clone());
            }
        }
    }

    /// # Errors
    /// Ours can't be told from others'.
    fn take(
        &mut self,
        name: &str,
        ours: &mut impl FnMut(&str) -> io::Result<Option<Money>>,
    ) -> io::Result<()> {
        let (look, read) = match self.open(name) {
            Ok((look, bytes)) => (look, pain_002::parse(&bytes).map_err(|error| error.to_string())),
            // The bank or somebody else has taken it away again.
            Err((_, error)) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err((look, error)) => (look, Err(error.to_string())),
        };
        match read {
            Ok(Some(report)) => self.keep(name, report, ours)?,
            Ok(None) => tracing::debug!(file = %clean(name, 100), "not a pain.002; passed over"),
            Err(why) => {
                if self.broken.insert(name.into(), look).is_none() {
                    tracing::warn!(file = %clean(name, 100), %why, "a bank's file can't be read yet");
                }
                return Ok(());
            }
        }
        self.broken.remove(name);
        self.done.insert(name.into());
        Ok(())
    }

    fn open(&self, name: &str) -> Result<(Look, Vec<u8>), (Look, io::Error)> {
        let none = Look { length: 0, modified: None };
        let mut file = File::open(self.folder.join(name)).map_err(|error| (none, error))?;
        // Before it is read: what is written meanwhile makes a difference.
        let look = file.metadata().map(|now| Look::of(&now)).map_err(|error| (none, error))?;
        let mut bytes = Vec::new();
        let limit = MAX_BYTES as u64 + 1;
        (&mut file).take(limit).read_to_end(&mut bytes).map_err(|error| (look, error))?;
        Ok((look, bytes))
    }

    fn keep(
        &mut self,
        name: &str,
        report: StatusReport,
        ours: &mut impl FnMut(&str) -> io::Result<Option<Money>>,
    ) -> io::Result<()> {
        if report.unreadable > 0 {
            let unreadable = report.unreadable;
            tracing::error!(file = %clean(name, 100), unreadable, "statuses whose amounts can't be read");
        }
        for answer in report.answers {
            let Some(sent) = ours(&answer.reference)? else {
                tracing::debug!(file = %clean(name, 100), "a status of something that we did not send");
                continue;
            };
            let Answer { reference, status } = answer;
            let is_new = self.answers.add(&reference, sent, status, report.created_at, name);
            if is_new && (self.was_whole || self.answers.results(&reference).len() > 1) {
                self.news.insert(reference);
            }
        }
        Ok(())
    }
}

impl Look {
    fn of(metadata: &fs::Metadata) -> Look {
        Look { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// Banks write under a name of their own first, and so do programs that transfer files.
fn is_finished(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    !name.starts_with('.') && ![".tmp", ".part", ".filepart"].iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests;

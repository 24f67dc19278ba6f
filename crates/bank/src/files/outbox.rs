//! One file for one reference, ever: the folders `outbox` and `sent`. Blocking.
//!
//! `sent/<reference>/` is our own record of an order. It is made as a whole, elsewhere, and appears under its name at
//! once, durably, with two files in it: `amount`, which stays, and `unsent.xml`, the document. Sending is one rename of
//! `unsent.xml` to `outbox/<reference>.xml`. A file can be renamed away once only, so whatever is killed when, however
//! many try, and whatever the bank takes out of the outbox, there is never a second file; and what lies in `sent`
//! tells what is known:
//!
//! | in `sent/<reference>/` | then |
//! |---|---|
//! | nothing, no such folder | the bank never had it |
//! | `amount` and `unsent.xml` | the bank never had it, and it may be sent as it is |
//! | `amount` | the bank has it, or can take it |

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use money::{Currency, Money};
use uuid::Uuid;

const AMOUNT: &str = "amount";
const UNSENT: &str = "unsent.xml";
/// Records that are being made; left over only by a crash.
const SCRATCH: &str = ".new-";
/// Documents hold names and account numbers in the clear: ours, and for the group of whoever carries them to read; nobody else's.
const FILE: u32 = 0o640;
const FOLDER: u32 = 0o750;
/// Older than any call.
const LEFT_OVER: Duration = Duration::from_secs(3600);

/// The two folders.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    outbox: PathBuf,
    sent: PathBuf,
}

/// What is known of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// It was never written.
    None,
    /// Written, and never in the outbox.
    Unsent(Money),
    /// In the outbox, or taken from there.
    Gone(Money),
}

impl Record {
    /// The order's amount.
    pub(super) fn sent(self) -> Option<Money> {
        match self {
            Record::None => None,
            Record::Unsent(sent) | Record::Gone(sent) => Some(sent),
        }
    }
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// In the outbox, durably; or it had been there before.
    Done,
    /// Not in the outbox, and nothing was done that could bring it there.
    Not(String),
    /// It may be there.
    Unknown(String),
}

impl Outbox {
    pub(super) fn new(outbox: PathBuf, sent: PathBuf) -> Outbox {
        Outbox { outbox, sent }
    }

    /// Names of ours; lower case only, so that no file system takes two of them for one.
    pub(super) fn is_reference(text: &str) -> bool {
        (1..=35).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
    }

    /// What is known of this reference.
    ///
    /// # Errors
    /// The folders can't be looked at, or are not what they should be: then nothing is known.
    pub(super) fn record(&self, reference: &str) -> io::Result<Record> {
        // A file system that isn't mounted would look like one without records.
        if fs::metadata(&self.sent)?.dev() != fs::metadata(&self.outbox)?.dev() {
            return Err(io::Error::other("sent and outbox are on different file systems"));
        }
        let folder = self.folder(reference);
        let text = match fs::read_to_string(folder.join(AMOUNT)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !folder.try_exists()? => {
                return Ok(Record::None);
            }
            Err(error) => return Err(error),
        };
        let amount = amount_of(&text).ok_or_else(|| io::Error::other("a record that can't be read"))?;
        Ok(if folder.join(UNSENT).try_exists()? { Record::Unsent(amount) } else { Record::Gone(amount) })
    }

    /// Whether a file of its name lies in the outbox.
    pub(super) fn lies_there(&self, reference: &str) -> io::Result<bool> {
        self.target(reference).try_exists()
    }

    /// Makes the record, durably; nothing of it is in the outbox. Another's of the same reference stays.
    pub(super) fn prepare(&self, reference: &str, document: &str, amount: Money) -> io::Result<()> {
        let scratch = self.sent.join(format!("{SCRATCH}{}", Uuid::now_v7().simple()));
        let made = self.make(&scratch, document, amount).and_then(|()| {
            // Fails on a folder that isn't empty, and no record is.
            fs::rename(&scratch, self.folder(reference))
        });
        if let Err(error) = made {
            // Whatever it was, a record that is there now is as good.
            let _ = fs::remove_dir_all(&scratch);
            if !self.folder(reference).join(AMOUNT).try_exists()? {
                return Err(error);
            }
        }
        sync(&self.sent)
    }

    fn make(&self, scratch: &Path, document: &str, amount: Money) -> io::Result<()> {
        DirBuilder::new().mode(FOLDER).create(scratch)?;
        write(&scratch.join(UNSENT), document)?;
        write(&scratch.join(AMOUNT), &format!("{amount} {}\n", amount.currency().code()))?;
        sync(scratch)
    }

    /// Puts a prepared file into the outbox, if `may_begin` still allows it at the last moment.
    pub(super) fn put(&self, reference: &str, may_begin: impl FnOnce() -> bool) -> Put {
        let unsent = self.folder(reference).join(UNSENT);
        let target = self.target(reference);
        match target.try_exists() {
            Ok(false) => {}
            Ok(true) => return Put::Unknown("a file of this name lies in the outbox already".into()),
            Err(error) => return Put::Not(format!("the outbox: {}", error.kind())),
        }
        if !may_begin() {
            return Put::Not("too late to send".into());
        }
        if let Err(error) = fs::rename(&unsent, &target) {
            let why = format!("putting it into the outbox: {}", error.kind());
            return match (unsent.try_exists(), self.folder(reference).join(AMOUNT).try_exists()) {
                (Ok(true), _) => Put::Not(why),
                // Somebody else has put it there, now or long ago.
                (Ok(false), Ok(true)) if error.kind() == ErrorKind::NotFound => Put::Done,
                _ => Put::Unknown(why),
            };
        }
        match sync(&self.outbox).and_then(|()| sync(&self.folder(reference))) {
            Ok(()) => Put::Done,
            Err(error) => Put::Unknown(format!("in the outbox, but perhaps not durably: {}", error.kind())),
        }
    }

    /// Removes what crashes left half made: nothing of it was ever sent, and it holds names.
    pub(super) fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.sent)? {
            let entry = entry?;
            let scratch = entry.file_name().to_string_lossy().starts_with(SCRATCH);
            let age = || SystemTime::now().duration_since(entry.metadata().ok()?.modified().ok()?).ok();
            if scratch && age().is_some_and(|age| age > LEFT_OVER) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Where a reference lies.
    #[cfg(test)]
    pub(super) fn names(&self, reference: &str) -> [PathBuf; 2] {
        [self.folder(reference), self.target(reference)]
    }

    fn folder(&self, reference: &str) -> PathBuf {
        self.sent.join(reference)
    }

    fn target(&self, reference: &str) -> PathBuf {
        self.outbox.join(format!("{reference}.xml"))
    }
}

fn amount_of(text: &str) -> Option<Money> {
    let (amount, currency) = text.trim_end().split_once(' ')?;
    Money::parse(amount, Currency::parse(currency).ok()?).ok()
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Names are durable only when their folder is.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;

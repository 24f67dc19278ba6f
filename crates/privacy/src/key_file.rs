//! The key file: read, made, and given a further key.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

/// Why keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else than its owner can read the file.
    #[error("key file {0} can be read by others: chmod 600")]
    Exposed(String),
    /// The file is not a key file.
    #[error("key file {0}: {1}")]
    Malformed(String, String),
    /// Another process is changing the file, or has just done so.
    #[error("key file {0} is being changed by another process")]
    Busy(String),
    /// The system has no randomness.
    #[error("no randomness to be had")]
    Random,
}

impl KeyError {
    /// What the system says of `path`.
    fn of(path: &Path) -> impl Fn(io::Error) -> KeyError {
        let path = path.display().to_string();
        move |source| KeyError::File { path: path.clone(), source }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    pub active: u32,
    pub index_key: String,
    pub keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyEntry {
    pub id: u32,
    pub key: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.index_key.zeroize();
        self.keys.iter_mut().for_each(|entry| entry.key.zeroize());
    }
}

impl KeyFile {
    /// With fresh keys.
    pub fn fresh() -> Result<KeyFile, KeyError> {
        Ok(KeyFile { active: 1, index_key: fresh_key()?, keys: vec![KeyEntry { id: 1, key: fresh_key()? }] })
    }

    /// One that others can read is refused.
    pub fn load(path: &Path) -> Result<KeyFile, KeyError> {
        KeyFile::read(&mut File::open(path).map_err(KeyError::of(path))?, path)
    }

    fn read(file: &mut File, path: &Path) -> Result<KeyFile, KeyError> {
        let name = || path.display().to_string();
        let mode = file.metadata().map_err(KeyError::of(path))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed(name()));
        }
        let mut text = String::new();
        let read = file.read_to_string(&mut text);
        // The parser's message would quote the line, and with it the key.
        let parsed = toml::from_str(&text).map_err(|_| KeyError::Malformed(name(), "not a key file".into()));
        text.zeroize();
        read.map_err(KeyError::of(path))?;
        parsed
    }

    /// Writes a new file; one that is there already stays and is an error.
    pub fn create(&self, path: &Path) -> Result<(), KeyError> {
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(KeyError::of(path)(io::ErrorKind::AlreadyExists.into()));
        }
        self.write(path, None, |beside| {
            // A hard link fails where the name is taken, so that no key file is ever replaced.
            let linked = std::fs::hard_link(beside, path);
            std::fs::remove_file(beside).and(linked)
        })
    }

    /// Writes it beside its place, whole and as durable as the disk makes it, before `place` gives it its name.
    fn write(
        &self,
        path: &Path,
        owner: Option<&Metadata>,
        place: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), KeyError> {
        let unfit =
            |error: toml::ser::Error| KeyError::Malformed(path.display().to_string(), error.to_string());
        let mut text = toml::to_string(self).map_err(unfit)?;
        let beside = beside(path)?;
        let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let written = open().and_then(|file| {
            let written = fill(file, &text, owner).and_then(|()| place(&beside));
            if written.is_err() {
                // Nothing with keys in it is left lying about.
                let _ = std::fs::remove_file(&beside);
            }
            written
        });
        text.zeroize();
        written.and_then(|()| File::open(folder_of(path))?.sync_all()).map_err(KeyError::of(path))
    }
}

/// Gives a key file a fresh key that is active from now on; its id. `check` says what is wrong with a file's keys.
///
/// The file is replaced at once, by one that its owner alone can read: whoever reads it finds all of the old or all of
/// the new one. Comments in it don't last.
pub(crate) fn add(path: &Path, check: impl Fn(&KeyFile) -> Result<(), KeyError>) -> Result<u32, KeyError> {
    let busy = || KeyError::Busy(path.display().to_string());
    // A link goes on leading to it.
    let place = std::fs::canonicalize(path).map_err(KeyError::of(path))?;
    let mut file = File::open(&place).map_err(KeyError::of(path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(busy()),
        Err(TryLockError::Error(error)) => return Err(KeyError::of(path)(error)),
    }
    let owner = file.metadata().map_err(KeyError::of(path))?;
    // Whoever had the turn before may have put another in its place, and this one counts no more.
    if owner.ino() != std::fs::metadata(&place).map_err(KeyError::of(path))?.ino() {
        return Err(busy());
    }
    let mut keys = KeyFile::read(&mut file, path)?;
    check(&keys)?;
    let highest = keys.keys.iter().map(|entry| entry.id).max().unwrap_or_default();
    let id = highest
        .checked_add(1)
        .ok_or_else(|| KeyError::Malformed(path.display().to_string(), "no id is left for a key".into()))?;
    keys.keys.push(KeyEntry { id, key: fresh_key()? });
    keys.active = id;
    check(&keys)?;
    keys.write(&place, Some(&owner), |beside| std::fs::rename(beside, &place))?;
    Ok(id)
}

fn fresh_key() -> Result<String, KeyError> {
    let mut bytes = [0u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Random)?;
    let text = STANDARD.encode(bytes);
    bytes.zeroize();
    Ok(text)
}

/// A name of this writer's own: where two write at once, neither may give the other one's keys a place.
fn beside(path: &Path) -> Result<PathBuf, KeyError> {
    let mut mark = [0u8; 8];
    SystemRandom::new().fill(&mut mark).map_err(|_| KeyError::Random)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new.{:016x}", u64::from_be_bytes(mark)));
    Ok(path.with_file_name(name))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Into a new file, which nobody else can read; it becomes the owner's of another one, if there is one.
fn fill(mut file: File, text: &str, owner: Option<&Metadata>) -> io::Result<()> {
    if let Some(owner) = owner {
        let own = file.metadata()?;
        let other = |own: u32, owner: u32| (own != owner).then_some(owner);
        fchown(&file, other(own.uid(), owner.uid()), other(own.gid(), owner.gid()))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_in(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// One has written its file and not placed it yet when another one writes another file under the same name.
    #[test]
    fn r36_of_two_who_write_a_key_file_at_once_none_places_the_other_one_s_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let (ours, others) = (KeyFile::fresh().unwrap(), KeyFile::fresh().unwrap());
        ours.create(&path).unwrap();
        let owner = std::fs::metadata(&path).unwrap();
        let place = |mine: &Path| {
            let too_late = others.write(&path, None, |its| {
                std::fs::rename(mine, &path)?;
                std::fs::hard_link(its, &path)
            });
            assert!(too_late.is_err(), "the name is taken");
            Ok(())
        };
        ours.write(&path, Some(&owner), place).unwrap();
        assert_eq!(KeyFile::load(&path).unwrap().index_key, ours.index_key, "every key is there");
        assert_eq!(left_in(folder.path()), ["keys.toml"]);
    }

    #[test]
    fn r36_a_new_key_file_beside_one_that_is_there_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let ours = KeyFile::fresh().unwrap();
        ours.create(&path).unwrap();
        // Another process is about to place this.
        let others = folder.path().join("keys.toml.new");
        std::fs::write(&others, "another one's").unwrap();
        let refused = KeyFile::fresh().unwrap().create(&path).unwrap_err();
        assert!(
            matches!(&refused, KeyError::File { source, .. } if source.kind() == io::ErrorKind::AlreadyExists),
            "{refused}"
        );
        assert_eq!(std::fs::read_to_string(&others).unwrap(), "another one's");
        assert_eq!(KeyFile::load(&path).unwrap().index_key, ours.index_key);
        assert_eq!(left_in(folder.path()), ["keys.toml", "keys.toml.new"]);
    }
}

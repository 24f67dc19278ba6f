//! Where the data lie, who owns them, and whose turn it is.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::failed;
use super::user::OtherUser;
use crate::error::Error;

/// `sun_path` holds 104 bytes on some systems; PostgreSQL's file name in it takes 15.
const LONGEST_SOCKET_PATH: usize = 99;
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// The folder that the caller named, and the one below it that belongs to PostgreSQL.
#[derive(Debug)]
pub(super) struct Folder {
    pub dir: PathBuf,
    pub home: PathBuf,
    pub user: Option<OtherUser>,
}

/// Waits for this process's turn in `dir`; it lasts until the file is dropped, however the process ends.
pub(super) async fn lock(dir: &Path, deadline: Instant) -> Result<File, Error> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| failed("can't open", &path, &error))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Server(format!("another process holds {}", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(failed("can't lock", &path, &error)),
        }
    }
}

impl Folder {
    /// Finds or makes PostgreSQL's folder below `dir`. Call with [`lock`] held.
    pub fn open(dir: &Path, say: fn(&str)) -> Result<Folder, Error> {
        let dir = std::fs::canonicalize(dir).map_err(|error| failed("can't enter", dir, &error))?;
        let link = dir.join("postgres");
        match std::fs::symlink_metadata(&link) {
            // Left by a process that was killed between making the folder and looking who can reach it.
            Ok(found) if found.is_dir() && std::fs::remove_dir(&link).is_ok() => {
                Folder::create(dir, &link, say)
            }
            Ok(_) => Folder::existing(dir, &link),
            Err(error) if error.kind() == ErrorKind::NotFound => Folder::create(dir, &link, say),
            Err(error) => Err(failed("can't look at", &link, &error)),
        }
    }

    fn existing(dir: PathBuf, link: &Path) -> Result<Folder, Error> {
        let home = std::fs::canonicalize(link).map_err(|error| {
            let gone = failed("can't enter", link, &error);
            Error::Server(format!("{gone}; if the data are gone for good, remove the link to begin anew"))
        })?;
        let owner = std::fs::metadata(&home).map_err(|error| failed("can't look at", &home, &error))?;
        let us = nix::unistd::geteuid();
        // Whoever made the data runs the server, even if root would choose someone else by now.
        let user = match us.is_root() {
            true if owner.uid() == 0 => {
                return Err(Error::Server(format!("{} belongs to root", home.display())));
            }
            true => Some(OtherUser { uid: owner.uid(), gid: owner.gid() }),
            false if owner.uid() == us.as_raw() => None,
            false => {
                return Err(Error::Server(format!("{} belongs to another user", home.display())));
            }
        };
        Ok(Folder { dir, home, user })
    }

    fn create(dir: PathBuf, link: &Path, say: fn(&str)) -> Result<Folder, Error> {
        let user = OtherUser::needed()?;
        make_private(link, user)?;
        if user.is_none_or(|user| user.can_use(link)) {
            return Ok(Folder { home: link.to_path_buf(), dir, user });
        }
        std::fs::remove_dir(link).map_err(|error| failed("can't remove", link, &error))?;
        let home = make_elsewhere("/var/tmp/sluice-pg-", user)?;
        symlink(&home, link).map_err(|error| failed("can't make the link", link, &error))?;
        say(&format!(
            "PostgreSQL does not run as root and its user can't reach {}: the data lie in {}",
            dir.display(),
            home.display()
        ));
        Ok(Folder { dir, home, user })
    }

    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// The folder for the socket: the server's own where the path is short enough, else one in `/tmp` that is
    /// remembered beside the data.
    pub fn socket(&self) -> Result<PathBuf, Error> {
        if self.home.as_os_str().len() + SOCKET_NAME.len() <= LONGEST_SOCKET_PATH {
            return Ok(self.home.clone());
        }
        let note = self.home.join("socket-folder");
        let remembered = std::fs::read_to_string(&note).ok().map(PathBuf::from);
        if let Some(folder) = remembered.filter(|folder| self.is_ours(folder)) {
            return Ok(folder);
        }
        let folder = make_elsewhere("/tmp/sluice-pg-", self.user)?;
        let text = folder.to_string_lossy();
        std::fs::write(&note, text.as_bytes()).map_err(|error| failed("can't write", &note, &error))?;
        Ok(folder)
    }

    /// Anyone may put anything into `/tmp`.
    fn is_ours(&self, folder: &Path) -> bool {
        let uid = self.user.map_or_else(|| nix::unistd::geteuid().as_raw(), |user| user.uid);
        std::fs::symlink_metadata(folder)
            .is_ok_and(|found| found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0)
    }
}

fn make_elsewhere(prefix: &str, user: Option<OtherUser>) -> Result<PathBuf, Error> {
    let random = Uuid::now_v7().simple().to_string();
    let mut path = OsString::from(prefix);
    path.push(&random[22..]);
    let path = PathBuf::from(path);
    make_private(&path, user)?;
    Ok(path)
}

/// Fails if there is anything at `path`.
fn make_private(path: &Path, user: Option<OtherUser>) -> Result<(), Error> {
    DirBuilder::new().mode(0o700).create(path).map_err(|error| failed("can't make", path, &error))?;
    if let Some(OtherUser { uid, gid }) = user {
        chown(path, Some(uid), Some(gid)).map_err(|error| failed("can't give away", path, &error))?;
    }
    Ok(())
}

//! One PostgreSQL for one run of the tests.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use pg::server::{PrivateServer, ServerSettings};

use crate::{Failure, say};

/// Starts a server in `folder`, which must be nobody else's: what lay there is stopped and removed first.
pub(super) async fn start(folder: &Path) -> Result<PrivateServer, Failure> {
    pg::server::ensure_binaries(say)?;
    if folder.exists() {
        say("removing the PostgreSQL of an earlier run");
        if may_run(folder) {
            // Taken over if it runs, so that there is a handle to end it by; else a short life.
            let old = PrivateServer::start(folder, &settings(|_| {})).await?;
            remove(old, folder).await?;
        } else {
            discard(folder)?;
        }
    }
    Ok(PrivateServer::start(folder, &settings(say)).await?)
}

/// Stops the server, and removes its folder and those that it has elsewhere.
pub(super) async fn remove(server: PrivateServer, folder: &Path) -> Result<(), Failure> {
    let socket = server.socket().to_path_buf();
    server.stop().await?;
    discard(folder)?;
    remove_folder(&socket)
}

/// A server that runs has this file; one that was killed, too.
fn may_run(folder: &Path) -> bool {
    folder.join("postgres/data/postmaster.pid").exists()
}

/// Removes the folder of a server that doesn't run, whatever is left of it. It is moved aside first, so that
/// nobody who starts a server there meanwhile finds half of it.
fn discard(folder: &Path) -> Result<(), Failure> {
    // The data lie elsewhere if this is a link.
    let elsewhere = std::fs::read_link(folder.join("postgres")).ok();
    // Whoever starts a server in this folder holds this lock, as `pg::server` has it.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if may_run(folder) {
        return Err(
            format!("somebody else has started a server in {}; end it first", folder.display()).into()
        );
    }
    let aside = folder.with_extension(format!("old-{}", std::process::id()));
    std::fs::rename(folder, &aside)?;
    elsewhere.map_or(Ok(()), |home| remove_folder(&home))?;
    remove_folder(&aside)
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("can't remove {}: {error}", folder.display()).into())
        }
        _ => Ok(()),
    }
}

/// Those of the tests themselves, whoever comes first.
fn settings(say: fn(&str)) -> ServerSettings {
    ServerSettings { max_connections: 300, shared_buffers_mib: 128, say, ..ServerSettings::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_run_starts_afresh_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("xtask-pg-{}", std::process::id()));
        let first = start(&folder).await.unwrap();
        assert!(first.create_database("left_by_the_first").await.unwrap());
        // The first run was killed: its server runs on.
        let second = start(&folder).await.unwrap();
        assert!(!second.was_running());
        assert!(second.create_database("left_by_the_first").await.unwrap());
        let (home, socket) = (second.home().to_path_buf(), second.socket().to_path_buf());
        remove(second, &folder).await.unwrap();
        for path in [&folder, &home, &socket] {
            assert!(!path.exists(), "{}", path.display());
        }
    }

    #[tokio::test]
    async fn what_is_left_of_a_folder_is_no_reason_to_fail() {
        let folder = std::env::temp_dir().join(format!("xtask-pg-rest-{}", std::process::id()));
        // A link whose data somebody removed.
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(folder.join("gone"), folder.join("postgres")).unwrap();
        remove(start(&folder).await.unwrap(), &folder).await.unwrap();
        // Half of the data.
        std::fs::create_dir_all(folder.join("postgres/data/base")).unwrap();
        remove(start(&folder).await.unwrap(), &folder).await.unwrap();
        assert!(!folder.exists());
    }
}

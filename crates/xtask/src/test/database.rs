//! One PostgreSQL for one run of the tests.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pg::server::{PrivateServer, ServerSettings};

use crate::{Failure, say};

/// Starts a server in `folder`, which must be nobody else's: what lay there is stopped and removed first.
pub(super) async fn start(folder: &Path) -> Result<PrivateServer, Failure> {
    pg::server::ensure_binaries(say)?;
    if std::fs::canonicalize(folder.join("postgres")).is_ok() {
        say("removing the PostgreSQL of an earlier run");
        // Taken over if it runs, so that there is a handle to end it by; else a short life.
        let old = PrivateServer::start(folder, &settings(|_| {})).await?;
        remove(old, folder).await?;
    }
    remove_folder(folder)?;
    Ok(PrivateServer::start(folder, &settings(say)).await?)
}

/// Stops the server, and removes its folder and those that it has elsewhere.
pub(super) async fn remove(server: PrivateServer, folder: &Path) -> Result<(), Failure> {
    let elsewhere: Vec<PathBuf> = [server.home(), server.socket()].map(Path::to_path_buf).into();
    server.stop().await?;
    for path in elsewhere {
        remove_folder(&path)?;
    }
    remove_folder(folder)
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
        // A link whose data somebody removed is no reason to fail.
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(&home, folder.join("postgres")).unwrap();
        let third = start(&folder).await.unwrap();
        remove(third, &folder).await.unwrap();
    }
}

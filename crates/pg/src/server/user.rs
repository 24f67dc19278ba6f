//! PostgreSQL refuses to run as root: as whom it runs instead.

use std::path::Path;
use std::process::Stdio;

use nix::unistd::{User, geteuid};
use tokio::process::Command;

use crate::error::Error;

/// A user other than our own; only root has to become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OtherUser {
    pub uid: u32,
    pub gid: u32,
}

impl OtherUser {
    /// Whom root becomes; `None` for everyone else.
    pub fn needed() -> Result<Option<OtherUser>, Error> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            if let Ok(Some(user)) = User::from_name(name) {
                return Ok(Some(OtherUser { uid: user.uid.as_raw(), gid: user.gid.as_raw() }));
            }
        }
        Err(Error::Server("PostgreSQL does not run as root, and there is no user postgres or nobody".into()))
    }

    /// Can this user enter and change `folder`? Asked of the kernel in the user's name, since modes of all
    /// parents, access lists and mounts have a say.
    pub fn can_use(self, folder: &Path) -> bool {
        command("/bin/sh".as_ref(), Some(self))
            .into_std()
            .args(["-c", "cd \"$1\" && test -w .", "sh"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// A command as `user`, deaf to our terminal's Ctrl-C and to settings meant for clients. Becoming another user,
/// the standard library also drops root's supplementary groups.
pub(super) fn command(program: &Path, user: Option<OtherUser>) -> Command {
    let mut command = Command::new(program);
    command.process_group(0).current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    if let Some(user) = user {
        command.gid(user.gid).uid(user.uid);
    }
    command
}

//! Becomes `sluice dev`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::{Failure, folder, say};

/// Returns only when something failed before.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    pg::server::ensure_binaries(say)?;
    let metadata = folder::metadata()?;
    let program = metadata.target_directory.join("release/sluice");
    if !program.exists() {
        say("building the gateway and the console; the first time this takes some minutes");
    }
    let build = ["build", "--release", "--package", "gateway", "--package", "admin-tui"];
    let built = folder::cargo(&metadata).args(build).status()?;
    if !built.success() {
        return Err("the gateway or the console does not build".into());
    }
    let failed = Command::new(&program).arg("dev").args(arguments).exec();
    Err(format!("can't run {program}: {failed}").into())
}

//! Processes of the gateway's binary.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::Fault;

/// A start includes initdb, migrations and recovery, on a machine that is busy.
const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(60);

/// The binary that was named, or the one that was built beside this program.
pub fn program(named: Option<&Path>) -> Result<PathBuf, Fault> {
    if let Some(path) = named {
        return Ok(path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let own = std::env::current_exe()?;
    let beside = own.ancestors().map(|folder| folder.join("sluice")).find(|path| path.is_file());
    beside
        .ok_or_else(|| "there is no `sluice` beside this program: build it, or name it with --sluice".into())
}

/// Has `sluice dev` make everything in `dir`, and ends it.
pub async fn prepare(program: &Path, dir: &Path) -> Result<(), Fault> {
    let mut dev = Command::new(program);
    dev.args(["dev", "--traffic", "0", "--var"]).arg(dir);
    let log = dir.join("dev.log");
    let mut child = spawn(dev, &log)?;
    let ready = dir.join("sandbox.json");
    until(&mut child, &log, || ready.exists()).await?;
    // The last thing that it does once it is ready is to keep it.
    std::fs::copy(&ready, dir.join(super::config::PREPARED))?;
    stop(child).await
}

/// Starts it on free ports, with its log in a file.
pub fn spawn(mut command: Command, log: &Path) -> Result<Child, Fault> {
    let file = File::options().create(true).append(true).open(log)?;
    let command = command.env("RUST_LOG", "warn").stdin(Stdio::null()).kill_on_drop(true);
    for name in ["SLUICE_PUBLIC_ADDR", "SLUICE_ADMIN_ADDR", "SLUICE_METRICS_ADDR"] {
        if command.as_std().get_envs().all(|(set, _)| set != name) {
            command.env(name, "127.0.0.1:0");
        }
    }
    Ok(command.stdout(file.try_clone()?).stderr(file).spawn()?)
}

/// How much of a log tells what went wrong: a folder that was used often has a long one.
const LAST_LINES: usize = 20;

/// Waits until `ready`; what it logged last, when it ends before or takes too long.
pub async fn until(child: &mut Child, log: &Path, ready: impl Fn() -> bool) -> Result<(), Fault> {
    let begun = Instant::now();
    while !ready() {
        let ended = child.try_wait()?;
        if ended.is_some() || begun.elapsed() > START {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(LAST_LINES).collect();
            let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
            return Err(format!(
                "the gateway does not get ready ({ended:?}), the end of {}:\n{last}",
                log.display()
            )
            .into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// SIGTERM, and waits until it has drained.
pub async fn stop(mut child: Child) -> Result<(), Fault> {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).ok_or("it has ended by itself")?;
    kill(Pid::from_raw(pid), Signal::SIGTERM)?;
    let status = tokio::time::timeout(STOP, child.wait()).await.map_err(|_| "it doesn't stop")??;
    if status.success() { Ok(()) } else { Err(format!("it stopped with {status}").into()) }
}

/// What `sluice verify` says first; an error when the book is not right.
pub async fn verify(program: &Path, config: &Path) -> Result<String, Fault> {
    let output = Command::new(program).arg("verify").arg("--config").arg(config).output().await?;
    if !output.status.success() {
        return Err(format!("sluice verify: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

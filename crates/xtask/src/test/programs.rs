//! Programs that some tests run. What can't be had is named: its tests are skipped then, and else fail without it.

use std::path::Path;
use std::process::{Command, Stdio};

/// Each with what it is asked to see whether it is there; packages are named as their programs. The console's tests type
/// into tmux, those of the partners' pages run the others.
const PROGRAMS: [(&str, &str); 4] =
    [("tmux", "-V"), ("curl", "--version"), ("openssl", "version"), ("python3", "--version")];

/// Finds what the tests run, or installs it, saying what it does; Prometheus into `folder`. Those that could not be had.
pub(super) fn ensure(folder: &Path, say: impl Fn(&str)) -> Vec<&'static str> {
    let had = |(program, argument): &&(&str, &str)| !ensure_package(program, argument, &say);
    let mut missing: Vec<&str> = PROGRAMS.iter().filter(had).map(|(program, _)| *program).collect();
    if !ensure_prometheus(folder, &say) {
        missing.push("prometheus");
    }
    missing
}

/// Whether it is there now.
fn ensure_package(program: &str, argument: &str, say: &impl Fn(&str)) -> bool {
    if there(program, argument) {
        return true;
    }
    let managers: [&[&str]; 3] =
        [&["apt-get", "install", "-y"], &["dnf", "install", "-y"], &["brew", "install"]];
    let manager = managers.into_iter().find(|manager| there(manager[0], "--version"));
    say(&format!("{program} is not installed; installing it"));
    let command: Vec<&str> = manager.unwrap_or_default().iter().copied().chain([program]).collect();
    manager.is_some() && install(&command, say) && there(program, argument)
}

/// Finds Prometheus with its promtool, which the alerts and dashboards are tried against. Debian's package would start
/// a service: it is only unpacked, into this folder, where the tests look too. Whether it is there now.
fn ensure_prometheus(folder: &Path, say: &impl Fn(&str)) -> bool {
    let is_there = |program: &str| {
        let unpacked = folder.join("usr/bin").join(program);
        there(program, "--version") || there(&unpacked.to_string_lossy(), "--version")
    };
    if ["prometheus", "promtool"].into_iter().all(is_there) {
        return true;
    }
    say("Prometheus is not installed; fetching it");
    if there("apt-get", "--version") {
        unpack(folder, say) || (install(&["apt-get", "update"], say) && unpack(folder, say))
    } else if there("dnf", "--version") {
        install(&["dnf", "install", "-y", "golang-github-prometheus"], say)
    } else {
        there("brew", "--version") && install(&["brew", "install", "prometheus"], say)
    }
}

/// Debian's package, fetched and unpacked: nothing of the system changes, and nobody need be root.
fn unpack(folder: &Path, say: &impl Fn(&str)) -> bool {
    // What an earlier try left would be taken for the package.
    let _ = std::fs::remove_dir_all(folder);
    if std::fs::create_dir_all(folder).is_err() {
        return false;
    }
    let script = "apt-get download prometheus && dpkg-deb -x prometheus_*.deb .";
    say(&format!("  in {}: {script}", folder.display()));
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(folder).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a package manager, as root where it must be.
fn install(command: &[&str], say: &impl Fn(&str)) -> bool {
    let Some((program, arguments)) = command.split_first() else {
        say("  how to install it here is unknown");
        return false;
    };
    let root = nix::unistd::geteuid().is_root() || *program == "brew";
    let program = if root { vec![*program] } else { vec!["sudo", "-n", *program] };
    let whole: Vec<&str> = program.iter().chain(arguments).copied().collect();
    say(&format!("  {}", whole.join(" ")));
    let mut install = Command::new(whole[0]);
    install.args(&whole[1..]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    install.status().is_ok_and(|status| status.success())
}

fn there(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    let silent = command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

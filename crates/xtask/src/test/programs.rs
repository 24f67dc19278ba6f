//! Programs that some tests run. Without one its tests are skipped, and say so.

use std::path::Path;
use std::process::{Command, Stdio};

/// Finds tmux, which the tests of the console type into, or installs it with the system's package manager, saying
/// what it runs.
pub(super) fn ensure_tmux(say: impl Fn(&str)) {
    if there("tmux", "-V") {
        return;
    }
    let command: &[&str] = if there("apt-get", "--version") {
        &["apt-get", "install", "-y", "tmux"]
    } else if there("dnf", "--version") {
        &["dnf", "install", "-y", "tmux"]
    } else if there("brew", "--version") {
        &["brew", "install", "tmux"]
    } else {
        &[]
    };
    say("tmux is not installed; installing it");
    if !install(command, &say) {
        say("tmux could not be installed: the console's tests are skipped");
    }
}

/// Finds Prometheus with its promtool, which the alerts and dashboards are tried against. Debian's package would start
/// a service: it is only unpacked, into this folder, where the tests look too.
pub(super) fn ensure_prometheus(folder: &Path, say: impl Fn(&str)) {
    let is_there = |program: &str| {
        let unpacked = folder.join("usr/bin").join(program);
        there(program, "--version") || there(&unpacked.to_string_lossy(), "--version")
    };
    if ["prometheus", "promtool"].into_iter().all(is_there) {
        return;
    }
    say("Prometheus is not installed; fetching it");
    let got = if there("apt-get", "--version") {
        unpack(folder, &say) || (install(&["apt-get", "update"], &say) && unpack(folder, &say))
    } else if there("dnf", "--version") {
        install(&["dnf", "install", "-y", "golang-github-prometheus"], &say)
    } else {
        there("brew", "--version") && install(&["brew", "install", "prometheus"], &say)
    };
    if !got {
        say("Prometheus is not to be had: the tests of alerts and dashboards are skipped");
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

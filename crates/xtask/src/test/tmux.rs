//! tmux, which the tests of the console type into. Without it they are skipped, and say so.

use std::process::{Command, Stdio};

/// Finds it, or installs it with the system's package manager, saying what it runs.
pub(super) fn ensure(say: impl Fn(&str)) {
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
    let Some((program, arguments)) = command.split_first() else {
        say("tmux is not installed, and how to install it here is unknown: the console's tests are skipped");
        return;
    };
    let root = nix::unistd::geteuid().is_root() || *program == "brew";
    let program = if root { vec![*program] } else { vec!["sudo", "-n", *program] };
    let whole: Vec<&str> = program.iter().chain(arguments).copied().collect();
    say(&format!("tmux is not installed; installing it: {}", whole.join(" ")));
    let mut install = Command::new(whole[0]);
    install.args(&whole[1..]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    if !install.status().is_ok_and(|status| status.success()) {
        say("tmux could not be installed: the console's tests are skipped");
    }
}

fn there(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    let silent = command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

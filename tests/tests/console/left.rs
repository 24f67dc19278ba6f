//! The terminal is given back, however the console ends.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tests::Sluice;

use super::SMALL;
use super::terminal::{Tmux, console};

#[tokio::test]
async fn the_terminal_is_given_back_when_the_console_is_told_to_end() {
    let (sluice, _world) = Sluice::start().await;
    let Some(tmux) = Tmux::there() else { return };
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let pid_file = sluice.dir().join(format!("console-{signal}.pid"));
        let inner = format!(
            "echo \\$\\$ >{}; exec {} --dev --var {}",
            pid_file.display(),
            console(),
            sluice.dir().display()
        );
        let terminal = tmux.open(&format!("sh -c \"{inner}\""), SMALL);
        terminal.see(&["LIVE", "ALL WELL."]);
        kill(pid(&pid_file), signal).expect("told to end");
        terminal.see(&["LEFT-WITH-0"]);
        terminal.is_given_back();
    }
}

fn pid(file: &Path) -> Pid {
    let text = std::fs::read_to_string(file).expect("its process id");
    Pid::from_raw(text.trim().parse().expect("a number"))
}

/// A thread that the console needs can't be made: its stack would be larger than any memory. By then the terminal is the
/// console's, and the panic is a real one.
#[tokio::test]
async fn the_terminal_is_given_back_when_the_console_panics() {
    let (sluice, _world) = Sluice::start().await;
    let Some(tmux) = Tmux::there() else { return };
    let command = format!(
        "RUST_BACKTRACE=0 RUST_MIN_STACK=1152921504606846976 {} --dev --var {}",
        console(),
        sluice.dir().display()
    );
    let terminal = tmux.open(&command, SMALL);
    terminal.see(&["panicked at", "failed to spawn thread", "LEFT-WITH-101"]);
    terminal.is_given_back();
}

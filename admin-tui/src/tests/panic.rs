//! The terminal is given back when the console breaks: seen in a real one, with this test program as the console.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::terminal::Screen;
use crate::view::Theme;

/// Not a test of its own: what the test below runs in a terminal.
#[test]
#[ignore = "takes the terminal over and breaks"]
fn breaks_on_the_screen() {
    let mut screen = Screen::open(Theme { colour: true }).expect("a terminal");
    screen.draw(&super::bench::Bench::new(80, 24).model).expect("drawn");
    let nothing: Option<u32> = std::hint::black_box(None);
    nothing.expect("broken on purpose");
}

fn tmux(server: &str, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new("tmux").args(["-L", server, "-f", "/dev/null"]).args(arguments).output()
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let server = format!("sluice-console-panic-{}", std::process::id());
    let program = std::env::current_exe().expect("this program");
    let inner = format!(
        "{} --ignored --exact --nocapture tests::panic::breaks_on_the_screen; echo LEFT-WITH-$?; stty -a; sleep 60",
        program.display()
    );
    let begun = tmux(&server, &["new-session", "-d", "-x", "120", "-y", "50", &inner]);
    if !begun.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a panic in a terminal needs tmux");
        return;
    }
    let began = Instant::now();
    let screen = loop {
        let shown = tmux(&server, &["capture-pane", "-p"]).expect("tmux");
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        // Its first words, and its last.
        let is_told = text.contains("line = ") && text.contains("extproc");
        if is_told || began.elapsed() > Duration::from_secs(30) {
            break text;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let flags = tmux(&server, &["display-message", "-p", "#{alternate_on} #{cursor_flag}"]).expect("tmux");
    drop(tmux(&server, &["kill-server"]));
    assert!(screen.contains("LEFT-WITH-101") && screen.contains("broken on purpose"), "{screen}");
    assert!(
        screen.contains(" icanon") && screen.contains(" echo "),
        "typing is seen and worked on again: {screen}"
    );
    assert_eq!(String::from_utf8_lossy(&flags.stdout).trim(), "0 1", "the first screen, with its cursor");
}

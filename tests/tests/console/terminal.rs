//! Terminals in a tmux of one's own: typed into, and looked at.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tests::{binary, unique};

/// How long anything may take to be seen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A tmux server with terminals under each other in one window; gone when dropped.
pub struct Tmux {
    server: String,
}

impl Tmux {
    /// None where there is no tmux; then it says so.
    pub fn there() -> Option<Tmux> {
        let there = Command::new("tmux").arg("-V").stdout(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: the console in a terminal needs tmux");
            return None;
        }
        Some(Tmux { server: unique("sluice-console") })
    }

    /// The first terminal, of that size. What is left on its screen afterwards is what a shell would show.
    pub fn open(&self, command: &str, (width, height): (u16, u16)) -> Pane<'_> {
        let (width, height) = (width.to_string(), height.to_string());
        let script = script(command);
        let format = ["-P", "-F", "#{pane_id}"];
        let start = ["-f", "/dev/null", "new-session", "-d", "-x", &width, "-y", &height];
        self.pane(&[&start[..], &format, &[&script]].concat())
    }

    /// One more below the first, of half its height.
    pub fn split(&self, command: &str) -> Pane<'_> {
        let script = script(command);
        self.pane(&["split-window", "-v", "-P", "-F", "#{pane_id}", &script])
    }

    fn pane(&self, arguments: &[&str]) -> Pane<'_> {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        Pane { tmux: self, id: String::from_utf8_lossy(&output.stdout).trim().to_owned() }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.server]).args(arguments).stdin(Stdio::null());
        command.env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").env_remove("TMUX").env_remove("NO_COLOR");
        command.output().expect("tmux runs")
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// The terminal's settings must be afterwards what they were before.
fn script(command: &str) -> String {
    format!(
        "before=$(stty -g); {command}; echo LEFT-WITH-$?; \
         [ \"$before\" = \"$(stty -g)\" ] && echo SETTINGS-AS-BEFORE; exec sleep 600"
    )
}

/// A terminal with a shell in it.
pub struct Pane<'t> {
    tmux: &'t Tmux,
    id: String,
}

impl Pane<'_> {
    pub fn screen(&self) -> String {
        let shown = self.tmux.run(&["capture-pane", "-p", "-t", &self.id]);
        String::from_utf8_lossy(&shown.stdout).into_owned()
    }

    /// Whether a line with this text stands out by being reversed.
    pub fn is_highlighted(&self, text: &str) -> bool {
        let shown = self.tmux.run(&["capture-pane", "-p", "-e", "-t", &self.id]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        let reversed = |line: &str| line.contains("\u{1b}[7m") || line.contains(";7m");
        shown.lines().any(|line| line.contains(text) && reversed(line))
    }

    /// Keys as tmux names them.
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux.run(&["send-keys", "-t", &self.id, key]);
        }
    }

    pub fn write(&self, text: &str) {
        self.tmux.run(&["send-keys", "-t", &self.id, "-l", text]);
    }

    /// Escape alone: told from a key's sequence by what does not follow.
    pub fn escape(&self) {
        self.press(&["Escape"]);
        std::thread::sleep(Duration::from_millis(300));
    }

    /// Waits until all of these are on the screen.
    pub fn see(&self, texts: &[&str]) -> String {
        self.see_that(&format!("{texts:?}"), |screen| texts.iter().all(|text| screen.contains(text)))
    }

    /// Waits until the screen is so.
    pub fn see_that(&self, what: &str, so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if so(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "no {what} on\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Goes down line by line until all of these are on the screen; from the top again now and then, since what is looked
    /// for may have come meanwhile.
    pub fn find_below(&self, texts: &[&str]) {
        let begun = Instant::now();
        for step in 1.. {
            let screen = self.screen();
            if texts.iter().all(|text| screen.contains(text)) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no {texts:?} down to\n{screen}");
            self.press(&[if step % 60 == 0 { "g" } else { "j" }]);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The age beside this word of the header grows while nothing is heard.
    pub fn grows_old(&self, word: &str) {
        let first = self.see_that(word, |screen| age(screen, word).is_some());
        let later = age(&first, word).map(|age| age + 2);
        self.see_that(&format!("{word}, at {later:?} s or more"), |screen| age(screen, word) >= later);
    }

    /// The shell's screen again, with a cursor, and the settings that it had.
    pub fn is_given_back(&self) {
        self.see(&["SETTINGS-AS-BEFORE"]);
        let asked = "#{alternate_on} #{cursor_flag}";
        let said = self.tmux.run(&["display-message", "-p", "-t", &self.id, asked]);
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "0 1", "{}", self.screen());
    }
}

/// In seconds.
fn age(screen: &str, word: &str) -> Option<u64> {
    screen.split_once(&format!("{word} "))?.1.split_once('s')?.0.parse().ok()
}

/// The console's path, for a shell.
pub fn console() -> String {
    let path = binary("sluice-console").expect("the console: build it first, cargo build -p admin-tui");
    path.display().to_string()
}

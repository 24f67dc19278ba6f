//! Terminals in a tmux of one's own: typed into, and looked at.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tests::{binary, there, unique};

/// How long anything may take to be seen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A tmux server with terminals under each other in one window; gone when dropped.
pub struct Tmux {
    server: String,
}

impl Tmux {
    /// None where the tests do without tmux.
    ///
    /// # Panics
    /// There is none, and they don't.
    pub fn there() -> Option<Tmux> {
        there(&["tmux"]).then(|| Tmux { server: unique("sluice-console") })
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

    /// Keys as tmux names them.
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux.run(&["send-keys", "-t", &self.id, key]);
        }
    }

    pub fn write(&self, text: &str) {
        self.tmux.run(&["send-keys", "-t", &self.id, "-l", text]);
    }

    /// Back by Escape, until all of these are on the screen. Whatever is pressed next is far enough from it not to be taken
    /// for one key with it.
    pub fn back_to(&self, texts: &[&str]) {
        self.press(&["Escape"]);
        self.see(texts);
    }

    /// Leaves the console, from wherever one is while no question is open.
    pub fn quit(&self) {
        self.press(&["1"]);
        self.see(&["1 Overview"]);
        self.press(&["q"]);
        self.see(&["LEFT-WITH-0"]);
        self.is_given_back();
    }

    /// Types a command behind `:`.
    pub fn command(&self, command: &str) {
        self.press(&[":"]);
        self.write(command);
        self.press(&["Enter"]);
    }

    /// Chooses what is in the menu of actions under this name, wherever in it that is.
    pub fn choose(&self, name: &str) {
        self.press(&["a"]);
        self.see(&["Actions on"]);
        loop {
            let chosen = self.chosen();
            if chosen.contains(name) {
                self.press(&["Enter"]);
                return;
            }
            self.press(&["j"]);
            let what = format!("{name} in the menu, below {chosen}");
            self.see_that(&what, |_| !matches!(self.chosen(), now if now == chosen || now.is_empty()));
        }
    }

    /// What stands out in the box on the screen by being reversed.
    fn chosen(&self) -> String {
        let shown = self.tmux.run(&["capture-pane", "-p", "-e", "-t", &self.id]);
        let lines: Vec<Vec<(char, bool)>> =
            String::from_utf8_lossy(&shown.stdout).lines().map(with_reversed).collect();
        let at = |line: &[(char, bool)], corner| line.iter().position(|(character, _)| *character == corner);
        let corners =
            lines.iter().enumerate().find_map(|(y, line)| Some((y, at(line, '┌')?, at(line, '┐')?)));
        let Some((top, left, right)) = corners else { return String::new() };
        let inside = lines[top..].iter().take_while(|line| at(line, '└').is_none());
        let inside = inside.flat_map(|line| line.iter().take(right).skip(left + 1));
        inside.filter(|(_, reversed)| *reversed).map(|(character, _)| character).collect()
    }

    /// Fills in a question, from its focus on Cancel: each field, then Enter on the button.
    pub fn answer(&self, fields: &[&str]) {
        self.see(&[">[ Cancel ]"]);
        self.press(&["Tab"]);
        for field in fields {
            self.write(field);
            self.press(&["Enter"]);
        }
        self.press(&["Enter"]);
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

    /// Reads a thing from its first line to its last until this is in it, with single blanks; then again, since it may have
    /// come meanwhile.
    pub fn find_below(&self, text: &str) {
        let begun = Instant::now();
        loop {
            let read = self.read_down();
            if read.contains(text) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no {text:?} in\n{read}");
        }
    }

    /// All of a thing that is looked at, page by page, however many its lines are and few the terminal's.
    fn read_down(&self) -> String {
        self.press(&["g"]);
        let mut screen = self.see_that("the first line", |screen| matches!(place(screen), Some((1, _))));
        let mut pages: Vec<String> = Vec::new();
        loop {
            let lines: Vec<&str> = screen.lines().collect();
            let body = lines.get(2..lines.len().saturating_sub(2)).unwrap_or_default().join(" ");
            let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
            if pages.last() != Some(&body) {
                pages.push(body);
            }
            let (line, last) = place(&screen).expect("a line of so many");
            if line >= last {
                return pages.join(" ");
            }
            self.press(&["NPage"]);
            let further = |(now, last)| now > line || now >= last;
            screen = self.see_that("further lines", |screen| place(screen).is_some_and(further));
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

/// In seconds; of ages in minutes no growth within seconds is seen.
fn age(screen: &str, word: &str) -> Option<u64> {
    let (said, _) = screen.split_once(&format!("{word} "))?.1.split_once(' ')?;
    said.strip_suffix('s')?.parse().ok()
}

/// The line that one is on, and how many there are: `3/47` at the end of the second line.
fn place(screen: &str) -> Option<(usize, usize)> {
    let (line, last) = screen.lines().nth(1)?.split_whitespace().last()?.split_once('/')?;
    Some((line.parse().ok()?, last.parse().ok()?))
}

/// A line's characters, and whether each is reversed.
fn with_reversed(line: &str) -> Vec<(char, bool)> {
    let (mut characters, mut reversed, mut rest) = (Vec::new(), false, line);
    while let Some(character) = rest.chars().next() {
        if let Some((codes, after)) = rest.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m')) {
            // The console's colours are the sixteen: no code is a part of a longer one.
            for code in codes.split(';') {
                reversed = code == "7" || (reversed && !matches!(code, "" | "0" | "27"));
            }
            rest = after;
        } else {
            characters.push((character, reversed));
            rest = &rest[character.len_utf8()..];
        }
    }
    characters
}

/// The console's path, for a shell.
pub fn console() -> String {
    let path = binary("sluice-console").expect("the console: build it first, cargo build -p admin-tui");
    path.display().to_string()
}

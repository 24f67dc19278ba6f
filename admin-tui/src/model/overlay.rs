//! What lies over the screen and takes the keys.

use std::time::Duration;

use admin_api::{SearchHit, SearchHits};

use super::confirm::Confirm;
use super::input::Line;
use crate::action::Action;
use crate::item::Item;
use crate::remote::Asked;
use crate::screen::Screen;

#[derive(Debug, Clone)]
pub enum Overlay {
    None,
    /// The line that it begins with.
    Help(usize),
    /// `/`
    Filter(Typing),
    /// `:`
    Palette(Palette),
    /// `a`
    Menu(Menu),
    Confirm(Box<Confirm>),
}

/// A filter that is typed.
#[derive(Debug, Clone, Default)]
pub struct Typing {
    pub line: Line,
    /// The last word as it was typed, and which of its completions stands there: Tab goes on to the next.
    pub completed: Option<(String, usize)>,
}

/// What can be gone to and done, and what the server finds.
#[derive(Debug, Clone)]
pub struct Palette {
    pub line: Line,
    pub selected: usize,
    /// When something was last typed.
    pub typed: Duration,
    /// What was last looked for.
    pub sought: String,
    pub found: Asked<SearchHits>,
}

impl Palette {
    pub const fn new(line: Line, now: Duration) -> Palette {
        Palette { line, selected: 0, typed: now, sought: String::new(), found: Asked::nothing() }
    }

    /// What the server found for what is typed now.
    pub fn hits(&self) -> &[SearchHit] {
        self.answer().map(|hits| hits.data.as_slice()).unwrap_or_default()
    }

    /// Whether it found more than it told.
    pub fn has_more(&self) -> bool {
        self.answer().is_some_and(|hits| hits.more)
    }

    fn answer(&self) -> Option<&SearchHits> {
        let is_it = self.sought == self.line.text().trim();
        self.found.data().filter(|_| is_it)
    }
}

/// One line of the palette.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    Screen(Screen),
    /// On what is selected; why not, if it is not allowed.
    Act(Action, Result<(), String>),
    Run(Run),
    /// A thing with this id.
    Open(String),
    /// Something that the server found.
    Found(SearchHit),
}

/// What the console itself can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Arm,
    Disarm,
    Results,
    Export,
    Refresh,
    Pause,
    Language,
    Help,
    Quit,
}

impl Run {
    pub const ALL: [Run; 9] = [
        Run::Arm,
        Run::Disarm,
        Run::Results,
        Run::Export,
        Run::Refresh,
        Run::Pause,
        Run::Language,
        Run::Help,
        Run::Quit,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Run::Arm => "arm",
            Run::Disarm => "disarm",
            Run::Results => "results",
            Run::Export => "export",
            Run::Refresh => "refresh",
            Run::Pause => "pause",
            Run::Language => "language",
            Run::Help => "help",
            Run::Quit => "quit",
        }
    }
}

/// What can be done to something, and what can't, with the reason.
#[derive(Debug, Clone)]
pub struct Menu {
    pub targets: Vec<Item>,
    pub actions: Vec<(Action, Result<(), String>)>,
    pub selected: usize,
}

//! What lies over the screen and takes the keys.

use super::confirm::Confirm;
use super::input::Line;
use crate::action::Action;
use crate::item::Item;
use crate::screen::Screen;

#[derive(Debug, Clone)]
pub enum Overlay {
    None,
    /// The line that it begins with.
    Help(usize),
    /// `/`
    Filter(Line),
    /// `:`
    Palette(Palette),
    /// `a`
    Menu(Menu),
    Confirm(Box<Confirm>),
}

/// What can be gone to and done.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    pub line: Line,
    pub selected: usize,
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
}

/// What the console itself can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Arm,
    Disarm,
    Export,
    Refresh,
    Pause,
    Language,
    Help,
    Quit,
}

impl Run {
    pub const ALL: [Run; 8] =
        [Run::Arm, Run::Disarm, Run::Export, Run::Refresh, Run::Pause, Run::Language, Run::Help, Run::Quit];

    pub fn word(self) -> &'static str {
        match self {
            Run::Arm => "arm",
            Run::Disarm => "disarm",
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

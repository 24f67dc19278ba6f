//! Which key does what, where. Hints and help are made from this table and from nothing else.

use crate::key::Key;
use crate::model::Model;
use crate::model::frame::Content;
use crate::model::overlay::Overlay;
use crate::text::T;

/// Where keys mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Overview,
    List,
    Detail,
    Help,
    Filter,
    Palette,
    Menu,
    Confirm,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Screen,
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Open,
    Back,
    Quit,
    NextTab,
    Mark,
    MarkAll,
    Actions,
    Palette,
    Filter,
    Sort,
    Refresh,
    Pause,
    Copy,
    Language,
    Help,
    /// To the next field, and the one before.
    Next,
    Previous,
    /// Enter, in what lies over the screen.
    Accept,
    Complete,
    /// The next of what there is to choose from, or the one before.
    Choose,
    Leave,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub keys: &'static [Key],
    pub command: Command,
    pub places: &'static [Place],
    pub label: T,
    /// Whether the hint bar shows it: there is little room.
    pub hint: bool,
}

use Place::{Confirm, Detail, Filter, Help, List, Menu, Overview, Palette};

const SCREENS: &[Place] = &[Overview, List, Detail];
const LISTS: &[Place] = &[Overview, List, Detail, Menu, Help];
const TYPING: &[Place] = &[Filter, Palette];

const fn bind(
    keys: &'static [Key],
    command: Command,
    places: &'static [Place],
    label: T,
    hint: bool,
) -> Binding {
    Binding { keys, command, places, label, hint }
}

const DIGITS: &[Key] = &[
    Key::Char('1'),
    Key::Char('2'),
    Key::Char('3'),
    Key::Char('4'),
    Key::Char('5'),
    Key::Char('6'),
    Key::Char('7'),
    Key::Char('8'),
    Key::Char('9'),
];

/// The table. The order is that of the hints.
pub const BINDINGS: &[Binding] = &[
    bind(&[Key::Enter], Command::Open, SCREENS, T::KeyOpen, true),
    bind(&[Key::Esc], Command::Back, SCREENS, T::KeyBack, true),
    bind(&[Key::Char('a')], Command::Actions, &[List, Detail], T::KeyActions, true),
    bind(&[Key::Char('/')], Command::Filter, &[List], T::KeyFilter, true),
    bind(&[Key::Char(':')], Command::Palette, SCREENS, T::KeyPalette, true),
    bind(&[Key::Char('v')], Command::Mark, &[List], T::KeyMark, true),
    bind(&[Key::Char('V')], Command::MarkAll, &[List], T::KeyMarkAll, false),
    bind(&[Key::Tab], Command::NextTab, &[List], T::KeyTab, false),
    bind(&[Key::Char('?')], Command::Help, SCREENS, T::KeyHelp, true),
    bind(DIGITS, Command::Screen, SCREENS, T::KeyScreens, true),
    bind(&[Key::Char('q')], Command::Quit, SCREENS, T::KeyQuit, true),
    bind(&[Key::Char('r')], Command::Refresh, SCREENS, T::KeyRefresh, false),
    bind(&[Key::Char(' ')], Command::Pause, SCREENS, T::KeyPause, false),
    bind(&[Key::Char('y')], Command::Copy, SCREENS, T::KeyCopy, false),
    bind(&[Key::Char('s')], Command::Sort, &[List], T::KeySort, false),
    bind(&[Key::Char('j'), Key::Down], Command::Down, LISTS, T::KeyDown, false),
    bind(&[Key::Char('k'), Key::Up], Command::Up, LISTS, T::KeyUp, false),
    bind(&[Key::PageDown], Command::PageDown, LISTS, T::KeyPageDown, false),
    bind(&[Key::PageUp], Command::PageUp, LISTS, T::KeyPageUp, false),
    bind(&[Key::Char('g'), Key::Home], Command::Top, LISTS, T::KeyTop, false),
    bind(&[Key::Char('G'), Key::End], Command::Bottom, LISTS, T::KeyBottom, false),
    bind(&[Key::Char('L')], Command::Language, SCREENS, T::KeyLanguage, false),
    bind(&[Key::Esc, Key::Char('?'), Key::Char('q')], Command::Leave, &[Help], T::KeyClose, true),
    bind(&[Key::Enter], Command::Accept, &[Menu], T::KeyChoose, true),
    bind(&[Key::Esc, Key::Char('q')], Command::Leave, &[Menu], T::KeyClose, true),
    bind(&[Key::Enter], Command::Accept, TYPING, T::KeyAccept, true),
    bind(&[Key::Tab], Command::Complete, TYPING, T::KeyComplete, true),
    bind(&[Key::Down], Command::Down, &[Palette], T::KeyDown, false),
    bind(&[Key::Up], Command::Up, &[Palette], T::KeyUp, false),
    bind(&[Key::Esc], Command::Leave, TYPING, T::KeyClose, true),
    bind(&[Key::Tab, Key::Down], Command::Next, &[Confirm], T::KeyNext, true),
    bind(&[Key::BackTab, Key::Up], Command::Previous, &[Confirm], T::KeyPrevious, true),
    bind(&[Key::Enter], Command::Accept, &[Confirm], T::KeyAccept, true),
    bind(&[Key::Esc], Command::Leave, &[Confirm], T::KeyCancel, true),
    bind(&[Key::Left, Key::Right], Command::Choose, &[Confirm], T::KeyChoosePayee, false),
    bind(&[Key::PageDown], Command::PageDown, &[Confirm], T::KeyScroll, true),
    bind(&[Key::PageUp], Command::PageUp, &[Confirm], T::KeyScroll, false),
];

/// Where the keys go now.
pub fn place(model: &Model) -> Place {
    match &model.overlay {
        Overlay::Help(_) => Help,
        Overlay::Filter(_) => Filter,
        Overlay::Palette(_) => Palette,
        Overlay::Menu(_) => Menu,
        Overlay::Confirm(_) => Confirm,
        Overlay::None => place_below(model),
    }
}

/// Where they would go if nothing lay over the screen.
pub fn place_below(model: &Model) -> Place {
    match model.frame().map(|frame| &frame.content) {
        None => Overview,
        Some(Content::List(_)) => List,
        Some(Content::Detail(_)) => Detail,
    }
}

/// What the key does there.
pub fn command(place: Place, key: Key) -> Option<Command> {
    let found =
        BINDINGS.iter().find(|binding| binding.places.contains(&place) && binding.keys.contains(&key));
    found.map(|binding| binding.command)
}

/// The table's lines for a place.
pub fn bindings(place: Place) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.places.contains(&place))
}

/// The keys as one word: `1-9`, `j/Down`.
pub fn names(binding: &Binding) -> String {
    if binding.command == Command::Screen {
        return "1-9".to_owned();
    }
    binding.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in [Overview, List, Detail, Help, Filter, Palette, Menu, Confirm] {
            let keys: Vec<Key> = bindings(place).flat_map(|binding| binding.keys.iter().copied()).collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[..at].contains(key), "{place:?}: {}", key.name());
            }
        }
    }

    #[test]
    fn where_something_is_typed_no_letter_is_a_command() {
        for place in [Filter, Palette, Confirm] {
            for binding in bindings(place) {
                assert!(!binding.keys.iter().any(|key| matches!(key, Key::Char(_))), "{place:?}");
            }
        }
    }
}

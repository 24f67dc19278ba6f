//! `:` goes anywhere and does anything, by a few letters.

use super::{doubts, keys, menu, search};
use crate::action;
use crate::detail::Link;
use crate::export;
use crate::fuzzy;
use crate::item::Shape;
use crate::key::Key;
use crate::keymap::{self, Command, Place};
use crate::model::frame::List;
use crate::model::input::Line;
use crate::model::overlay::{Choice, Overlay, Palette, Run};
use crate::model::{Arming, Model};
use crate::msg::{Arm, Effect};
use crate::screen::Screen;
use crate::text::T;

/// The longest that one arming lasts.
const MOST_MINUTES: u32 = 60;
/// Lines that are offered.
const MOST: usize = 40;

pub(super) fn open(model: &mut Model, typed: &str) {
    model.overlay = Overlay::Palette(Palette::new(Line::of(typed), model.clock.up));
}

/// What fits what was typed, the best first.
pub fn choices(model: &Model, typed: &str) -> Vec<Choice> {
    let word = typed.split_whitespace().next().unwrap_or_default();
    let hits = match &model.overlay {
        Overlay::Palette(palette) => palette.hits(),
        _ => &[],
    };
    let found_there = hits.iter().cloned().map(Choice::Found);
    if Shape::of_id(typed.trim()).is_some() {
        // Its own words say more than the id alone.
        let whole: Vec<Choice> = found_there.collect();
        return if whole.is_empty() { vec![Choice::Open(typed.trim().to_owned())] } else { whole };
    }
    // A command with its arguments is meant as it stands.
    if typed.contains(' ')
        && let Some(run) = Run::ALL.into_iter().find(|run| run.word() == word)
    {
        return vec![Choice::Run(run)];
    }
    let mut found: Vec<(usize, Choice)> = Vec::new();
    let mut offer = |words: &str, extra: usize, choice: Choice| {
        if let Some(score) = fuzzy::score(typed, words) {
            found.push((score + extra, choice));
        }
    };
    for screen in Screen::ALL {
        let words = format!("{} {}", screen.word(), model.text(screen.title()));
        offer(&words, 0, Choice::Screen(screen));
    }
    let targets = menu::targets(model);
    for (action, allowed) in menu::actions(model, &targets) {
        let words = format!("{} {}", action.word(), model.text(T::Label(action)));
        offer(&words, 0, Choice::Act(action, allowed));
    }
    for run in Run::ALL {
        offer(run.word(), 0, Choice::Run(run));
    }
    if typed.trim().chars().count() >= 4 {
        for item in model.lists().flat_map(List::visible) {
            if Shape::of_id(item.id()).is_some() && item.id().contains(typed.trim()) {
                // After everything that was named on purpose.
                found.push((usize::from(u16::MAX), Choice::Open(item.id().to_owned())));
            }
        }
    }
    found.sort_by_key(|(score, _)| *score);
    // What was named on purpose, then what the server found, then what only contains it.
    let known_there =
        |choice: &Choice| matches!(choice, Choice::Open(id) if hits.iter().any(|hit| hit.id == *id));
    let (named, containing): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(score, _)| *score < usize::from(u16::MAX));
    let named = named.into_iter().map(|(_, choice)| choice);
    let containing = containing.into_iter().map(|(_, choice)| choice).filter(|choice| !known_there(choice));
    let mut choices: Vec<Choice> = named.chain(found_there).chain(containing).collect();
    choices.dedup();
    choices.truncate(MOST);
    choices
}

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Overlay::Palette(palette) = &model.overlay else { return Vec::new() };
    let (typed, selected) = (palette.line.text(), palette.selected);
    let (choices, up) = (choices(model, &typed), model.clock.up);
    let Overlay::Palette(palette) = &mut model.overlay else { return Vec::new() };
    match keymap::command(Place::Palette, key) {
        Some(Command::Leave) => model.overlay = Overlay::None,
        Some(Command::Down) => palette.selected = (selected + 1).min(choices.len().saturating_sub(1)),
        Some(Command::Up) => palette.selected = selected.saturating_sub(1),
        Some(Command::Complete) => {
            if let Some(choice) = choices.get(selected) {
                palette.line = Line::of(&completed(choice));
                palette.selected = 0;
            }
        }
        Some(_) => {
            return match choices.into_iter().nth(selected) {
                Some(choice) => choose(model, choice, &typed),
                None if search::is_open(palette) || search::has_failed(palette) => vec![search::ask(model)],
                None if palette.found.is_pending() => Vec::new(),
                None => {
                    model.warn(model.text(T::NoSuchThing));
                    Vec::new()
                }
            };
        }
        None if key == Key::Ctrl('c') => model.overlay = Overlay::None,
        None => {
            if palette.line.is_empty() && key == Key::Backspace {
                model.overlay = Overlay::None;
            } else if palette.line.key(key) {
                palette.selected = 0;
                palette.typed = up;
            }
        }
    }
    Vec::new()
}

fn completed(choice: &Choice) -> String {
    match choice {
        Choice::Screen(screen) => screen.word().to_owned(),
        Choice::Act(action, _) => action.word().to_owned(),
        Choice::Run(run) => format!("{} ", run.word()),
        Choice::Open(id) => id.clone(),
        Choice::Found(hit) => hit.id.clone(),
    }
}

fn choose(model: &mut Model, choice: Choice, typed: &str) -> Vec<Effect> {
    model.overlay = Overlay::None;
    match choice {
        Choice::Screen(screen) => keys::go(model, screen),
        Choice::Act(action, _) => {
            let targets = menu::targets(model);
            menu::choose(model, action, targets)
        }
        Choice::Open(id) => match Shape::of_id(&id) {
            Some(shape) => keys::follow(model, Link::Id(shape, id)),
            None => Vec::new(),
        },
        Choice::Found(hit) => search::open(model, &hit),
        Choice::Run(run) => {
            let arguments = typed.trim().split_once(' ').map(|(_, rest)| rest.trim()).unwrap_or_default();
            execute(model, run, arguments)
        }
    }
}

fn execute(model: &mut Model, run: Run, arguments: &str) -> Vec<Effect> {
    match run {
        Run::Arm => return arm(model, arguments),
        Run::Disarm => {
            // At once here, whatever becomes of it there.
            model.arming = Arming::ReadOnly;
            model.say(model.text(T::Disarming));
            return vec![Effect::Disarm];
        }
        Run::Results => doubts::reopen(model),
        Run::Export => return export(model, arguments),
        Run::Refresh => return keys::refresh(model),
        Run::Pause => keys::pause(model),
        Run::Language => model.lang = model.lang.other(),
        Run::Help => model.overlay = Overlay::Help(0),
        Run::Quit => return vec![Effect::Quit],
    }
    Vec::new()
}

/// `arm <minutes> <reason>`: both are wanted, in this order.
fn arm(model: &mut Model, arguments: &str) -> Vec<Effect> {
    let viewer = model.who.role == Some(action::Role::Viewer);
    if viewer {
        model.warn(model.text(T::NeedsOperator));
        return Vec::new();
    }
    let (minutes, reason) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let minutes = minutes.parse::<u32>().ok().filter(|minutes| (1..=MOST_MINUTES).contains(minutes));
    match (minutes, reason.trim()) {
        (Some(minutes), reason) if !reason.is_empty() => {
            model.arming = Arming::Asked;
            vec![Effect::Arm(Arm { minutes, reason: reason.to_owned() })]
        }
        (minutes, _) => {
            model.warn(model.text(T::HowToArm));
            open(model, &format!("arm {} ", minutes.unwrap_or(15)));
            Vec::new()
        }
    }
}

fn export(model: &mut Model, file: &str) -> Vec<Effect> {
    if file.is_empty() {
        model.warn(model.text(T::HowToExport));
        open(model, "export ");
        return Vec::new();
    }
    match export::csv(model) {
        Ok(text) => vec![Effect::Export { file: file.to_owned(), text }],
        Err(why) => {
            model.warn(why);
            Vec::new()
        }
    }
}

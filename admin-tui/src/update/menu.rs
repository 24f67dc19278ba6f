//! What can be done to what is selected or marked.

use super::{confirm, palette};
use crate::action::{self, Action};
use crate::item::Item;
use crate::key::Key;
use crate::keymap::{self, Command, Place};
use crate::model::Model;
use crate::model::frame::{Content, Frame};
use crate::model::overlay::{Menu, Overlay};
use crate::msg::Effect;
use crate::text::{T, fill};
use crate::wrap::fit_id;

/// How much of an id tells one of several from the others.
const SHORT: usize = 13;

/// What would be acted upon.
pub(super) fn targets(model: &Model) -> Vec<Item> {
    match model.frame().map(|frame| &frame.content) {
        Some(Content::List(list)) => list.targets(),
        Some(Content::Detail(_)) => model.frame().and_then(Frame::item).cloned().into_iter().collect(),
        None => Vec::new(),
    }
}

/// Each action on these, allowed or not.
pub(super) fn actions(model: &Model, targets: &[Item]) -> Vec<(Action, Result<(), String>)> {
    let Some(first) = targets.first() else { return Vec::new() };
    let each = action::of(first.shape).iter();
    let mut actions: Vec<_> = each.map(|action| (*action, allowed(model, *action, targets))).collect();
    // What these things allow comes first, armed or not.
    actions.sort_by_key(|(action, _)| possible(model, *action, targets).is_err());
    actions
}

/// # Errors
/// Why not.
pub(super) fn allowed(model: &Model, action: Action, targets: &[Item]) -> Result<(), String> {
    possible(model, action, targets)?;
    if model.is_armed() { Ok(()) } else { Err(model.text(T::ReadOnlyHow).to_owned()) }
}

/// Whether the things and the operator's role allow it; of several, whether any of them does.
///
/// # Errors
/// Why not.
fn possible(model: &Model, action: Action, targets: &[Item]) -> Result<(), String> {
    let several = targets.len() > 1;
    if several && targets.iter().any(|item| action.extras(item).iter().any(|extra| extra.needed)) {
        return Err(model.text(T::OneByOne).to_owned());
    }
    match sorted_out(model, action, targets) {
        (good, _) if !good.is_empty() => Ok(()),
        (_, skipped) => match skipped.into_iter().next() {
            Some((item, why)) if several => Err(format!("{}: {why}", fit_id(&item.key(), SHORT))),
            Some((_, why)) => Err(why),
            None => Err(model.text(T::NothingSelected).to_owned()),
        },
    }
}

/// What it can be done to, and what not, with the reason.
pub fn sorted_out(model: &Model, action: Action, targets: &[Item]) -> (Vec<Item>, Vec<(Item, String)>) {
    let (mut good, mut skipped) = (Vec::new(), Vec::new());
    for item in targets {
        match action.allowed(item, &model.who) {
            Ok(()) => good.push(item.clone()),
            Err(why) => skipped.push((item.clone(), model.text(why).to_owned())),
        }
    }
    (good, skipped)
}

pub(super) fn open(model: &mut Model) {
    let targets = targets(model);
    let actions = actions(model, &targets);
    if actions.is_empty() {
        model.say(model.text(T::NothingToDoHere));
        return;
    }
    model.overlay = Overlay::Menu(Menu { targets, actions, selected: 0 });
}

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Overlay::Menu(menu) = &mut model.overlay else { return Vec::new() };
    let last = menu.actions.len().saturating_sub(1);
    match keymap::command(Place::Menu, key) {
        Some(Command::Down) => menu.selected = (menu.selected + 1).min(last),
        Some(Command::Up) => menu.selected = menu.selected.saturating_sub(1),
        Some(Command::Top | Command::PageUp) => menu.selected = 0,
        Some(Command::Bottom | Command::PageDown) => menu.selected = last,
        Some(Command::Accept) => {
            let (action, targets) = (menu.actions.get(menu.selected).map(|one| one.0), menu.targets.clone());
            if let Some(action) = action {
                return choose(model, action, targets);
            }
        }
        Some(_) => model.overlay = Overlay::None,
        None if key == Key::Ctrl('c') => model.overlay = Overlay::None,
        None => {}
    }
    Vec::new()
}

/// On to the question, if it may be asked; else why not, and where read-only is the only reason, how to arm.
pub(super) fn choose(model: &mut Model, action: Action, targets: Vec<Item>) -> Vec<Effect> {
    if targets.is_empty() {
        model.overlay = Overlay::None;
        model.warn(model.text(T::NothingSelected));
        return Vec::new();
    }
    match allowed(model, action, &targets) {
        Ok(()) => return confirm::open(model, action, &targets),
        Err(why) => {
            let only_arming = !model.is_armed() && possible(model, action, &targets).is_ok();
            let label = model.text(T::Label(action));
            if only_arming {
                palette::open(model, "arm 15 ");
                model.warn(model.text(T::ArmFirst));
            } else {
                model.warn(fill(model.text(T::NotPossible), &[label, &why]));
            }
        }
    }
    Vec::new()
}

//! Which rows of a list are shown, and in which order: both are asked of the server.

use super::ask;
use crate::filter::{self, Filter};
use crate::key::Key;
use crate::keymap::{self, Command, Place};
use crate::model::Model;
use crate::model::frame::{Frame, List};
use crate::model::input::Line;
use crate::model::overlay::{Overlay, Typing};
use crate::msg::Effect;
use crate::source::Rules;
use crate::text::{T, fill};

pub(super) fn open(model: &mut Model, typed: &str) {
    // Room for the next word.
    let typed = if typed.is_empty() { String::new() } else { format!("{typed} ") };
    model.overlay = Overlay::Filter(Typing { line: Line::of(&typed), completed: None });
}

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match keymap::command(Place::Filter, key) {
        Some(Command::Leave) => model.overlay = Overlay::None,
        Some(Command::Complete) => complete(model),
        Some(_) => return accept(model),
        None if key == Key::Ctrl('c') => model.overlay = Overlay::None,
        None => {
            if let Overlay::Filter(typing) = &mut model.overlay {
                typing.line.key(key);
                typing.completed = None;
            }
        }
    }
    Vec::new()
}

/// A field that the list does not have is said, and the line stays.
fn accept(model: &mut Model) -> Vec<Effect> {
    let Overlay::Filter(typing) = &model.overlay else { return Vec::new() };
    let typed = typing.line.text();
    let Some(rules) = rules(model) else { return Vec::new() };
    if let [strange, ..] = Filter::parse(&typed, &rules).strange.as_slice() {
        let known: Vec<String> = rules.fields.iter().map(|field| format!("{}:", field.name)).collect();
        let why = fill(model.text(T::NoSuchField), &[strange, &known.join(" ")]);
        model.warn(why);
        return Vec::new();
    }
    model.overlay = Overlay::None;
    let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) else { return Vec::new() };
    apply(list, &typed);
    ask::shown(model, true)
}

fn rules(model: &Model) -> Option<Rules> {
    model.frame().and_then(Frame::as_list).map(|list| list.source.rules())
}

/// What the word before the cursor can become.
pub fn completions(model: &Model, word: &str) -> Vec<String> {
    let overview = model.overview.data();
    let banks: Vec<String> =
        overview.into_iter().flat_map(|overview| &overview.banks).map(|bank| bank.bank.clone()).collect();
    rules(model).map(|rules| filter::completions(word, &rules, &banks)).unwrap_or_default()
}

/// The last word of what is typed, and what stands before it.
pub fn last_word(typed: &str) -> (&str, &str) {
    let at = typed.rfind(' ').map_or(0, |at| at + 1);
    typed.split_at(at)
}

fn complete(model: &mut Model) {
    let Overlay::Filter(typing) = &model.overlay else { return };
    let typed = typing.line.text();
    let (before, word) = last_word(&typed);
    let (stem, next) = match &typing.completed {
        Some((stem, at)) => (stem.clone(), at + 1),
        None => (word.to_owned(), 0),
    };
    let choices = completions(model, &stem);
    let Some(choice) = choices.get(next % choices.len().max(1)) else { return };
    let line = Line::of(&format!("{before}{choice}"));
    // Where only one fits, its values come next.
    let completed = (choices.len() > 1).then_some((stem, next % choices.len()));
    model.overlay = Overlay::Filter(Typing { line, completed });
}

/// Another filter is another list: from its first page, nothing marked.
pub(super) fn apply(list: &mut List, typed: &str) {
    let filter = Filter::parse(typed, &list.source.rules());
    if filter.params != list.filter.params {
        begin_anew(list);
    }
    list.filter = filter;
    typed.trim().clone_into(&mut list.typed);
    list.sought = None;
    list.selected = 0;
    list.marks.clear();
}

/// The same from the first page on, whichever was shown.
pub(super) fn begin(list: &mut List, typed: &str) {
    if !list.cursors.is_empty() {
        begin_anew(list);
    }
    apply(list, typed);
}

/// One row alone, from the first page on until it is found.
pub(super) fn seek(list: &mut List, id: &str) {
    begin_anew(list);
    apply(list, id);
    list.sought = Some(id.to_owned());
}

/// The next order of the list.
pub(super) fn sort(model: &mut Model) -> Vec<Effect> {
    let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) else { return Vec::new() };
    let count = list.source.rules().sorts.len();
    list.sort = (list.sort + 1) % count.max(1);
    let order = list.order();
    if count > 1 {
        begin_anew(list);
        list.selected = 0;
    }
    if let Some(order) = order {
        let template = if count > 1 { T::SortedBy } else { T::OrderIs };
        model.say(fill(model.text(template), &[model.text(order.label)]));
    }
    if count > 1 { ask::shown(model, true) } else { Vec::new() }
}

fn begin_anew(list: &mut List) {
    list.rows.forget();
    list.cursors.clear();
}

//! The question before a change, and the change itself. [`send`] is the only place that a changing effect comes from.

use super::{ask, menu};
use crate::action::Action;
use crate::item::Item;
use crate::key::Key;
use crate::keymap::{self, Command, Place};
use crate::model::confirm::{Confirm, Focus, Phase, State};
use crate::model::overlay::Overlay;
use crate::model::{Arming, Model};
use crate::msg::{Effect, Outcome, in_words};
use crate::text::{T, fill};

/// Asks. Each command gets its key now.
pub(super) fn open(model: &mut Model, action: Action, targets: Vec<Item>) {
    let keys = targets.iter().map(|_| model.idempotency_key()).collect();
    model.overlay = Overlay::Confirm(Box::new(Confirm::new(action, targets, keys)));
}

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let command = keymap::command(Place::Confirm, key);
    match (command, confirm.phase) {
        (Some(Command::Next), _) => step(confirm, true),
        (Some(Command::Previous), _) => step(confirm, false),
        (Some(Command::Leave), Phase::Sending) => confirm.stopping = true,
        (Some(Command::Leave), _) => return close(model),
        (Some(Command::Accept), _) => return accept(model),
        (_, Phase::Sending) => {}
        _ if key == Key::Ctrl('c') => return close(model),
        _ => {
            if let Some(line) = confirm.line() {
                line.key(key);
            }
        }
    }
    Vec::new()
}

fn step(confirm: &mut Confirm, forward: bool) {
    let places = confirm.places();
    let at = places.iter().position(|place| *place == confirm.focus).unwrap_or(places.len() - 1);
    let next = if forward { at + 1 } else { at + places.len() - 1 };
    confirm.focus = places[next % places.len()];
}

/// Enter: closes on Cancel, goes on in a field, does it where the focus was brought on purpose.
fn accept(model: &mut Model) -> Vec<Effect> {
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    match (confirm.focus, confirm.phase) {
        (Focus::Cancel, Phase::Sending) => confirm.stopping = true,
        (Focus::Cancel, _) => return close(model),
        (Focus::Do, Phase::Editing) => return begin(model),
        (Focus::Do, Phase::Settled) if confirm.can_change() => change(model),
        (Focus::Do, Phase::Settled) => return begin(model),
        (Focus::Do, Phase::Sending) => {}
        (Focus::Extra(_) | Focus::Reason | Focus::Check, _) => {
            // On to the next field, or the first that still wants something.
            let places = confirm.places();
            let at = places.iter().position(|place| *place == confirm.focus).unwrap_or_default();
            let following = places.get(at + 1).copied().filter(|next| *next != Focus::Cancel);
            let before = confirm.focus;
            confirm.focus = following.or(confirm.missing()).unwrap_or(Focus::Do);
            if confirm.focus == before {
                let wanted = confirm.wanted.clone();
                model.warn(fill(model.text(T::NotTheCheck), &[&wanted]));
            }
        }
    }
    Vec::new()
}

/// After a refusal: other words are another command, so they have another key.
fn change(model: &mut Model) {
    let key = model.idempotency_key();
    let Overlay::Confirm(confirm) = &mut model.overlay else { return };
    for subject in &mut confirm.subjects {
        subject.key.clone_from(&key);
        subject.state = State::Waiting;
    }
    confirm.phase = Phase::Editing;
    confirm.check.clear();
    confirm.focus = Focus::Cancel;
}

fn close(model: &mut Model) -> Vec<Effect> {
    let Overlay::Confirm(confirm) = &model.overlay else { return Vec::new() };
    let touched = confirm.subjects.iter().any(|one| !matches!(one.state, State::Waiting));
    let unsure = confirm.subjects.iter().any(|one| matches!(one.state, State::Unsure(_)));
    model.overlay = Overlay::None;
    if unsure {
        model.warn(model.text(T::LeftUnsure));
    }
    if !touched {
        return Vec::new();
    }
    if let Some(list) = model.frame_mut().and_then(crate::model::frame::Frame::as_list_mut) {
        list.marks.clear();
    }
    model.frozen = false;
    ask::everything_shown(model)
}

/// Looks at everything once more, then sends the first.
fn begin(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = hindrance(model) {
        model.warn(why);
        return Vec::new();
    }
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    confirm.phase = Phase::Sending;
    confirm.focus = Focus::Cancel;
    confirm.stopping = false;
    send(model)
}

/// Why it can't be done after all. What is repeated under its key is not judged anew: it may be done already.
fn hindrance(model: &Model) -> Option<String> {
    let Overlay::Confirm(confirm) = &model.overlay else { return None };
    if !model.is_armed() {
        return Some(model.text(T::ReadOnlyHow).to_owned());
    }
    if !confirm.is_complete() {
        return Some(model.text(T::Incomplete).to_owned());
    }
    let waiting = confirm.subjects.iter().filter(|one| one.state == State::Waiting);
    for subject in waiting {
        let newest = newest(model, &subject.item);
        if newest.is_some_and(|item| item.standing() != subject.item.standing()) {
            return Some(fill(model.text(T::ChangedMeanwhile), &[&subject.item.key()]));
        }
        if let Err(why) = menu::allowed(model, confirm.action, std::slice::from_ref(&subject.item)) {
            return Some(why);
        }
    }
    None
}

/// The thing as it was last seen on the screen below.
fn newest<'m>(model: &'m Model, item: &Item) -> Option<&'m Item> {
    use crate::model::frame::Content;
    match model.frame().map(|frame| &frame.content) {
        Some(Content::List(list)) => {
            let rows = list.rows.data().map(|rows| rows.items.as_slice()).unwrap_or_default();
            rows.iter().find(|row| row.key() == item.key())
        }
        Some(Content::Detail(detail)) => detail.item.data().filter(|seen| seen.key() == item.key()),
        None => None,
    }
}

/// Sends the next command, if the operator may act at this moment.
fn send(model: &mut Model) -> Vec<Effect> {
    let (armed, ticket) = (model.is_armed(), model.number());
    let over = model.text(T::ArmedOver);
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let extras: Vec<(&'static str, String)> =
        confirm.extras.iter().map(|(extra, line)| (extra.member, line.text())).collect();
    let (action, body) = (confirm.action, confirm.action.body(confirm.reason.text().trim(), &extras));
    let stopping = confirm.stopping;
    let next = if armed && !stopping { confirm.next() } else { None };
    let Some(subject) = next else {
        confirm.phase = Phase::Settled;
        confirm.focus = Focus::Cancel;
        if !armed {
            model.arming = Arming::ReadOnly;
            model.warn(over);
        }
        return Vec::new();
    };
    subject.state = State::Sending;
    subject.ticket = ticket;
    let (path, key) = (action.path(&subject.item), subject.key.clone());
    vec![Effect::Post { ticket, path, body, key }]
}

/// What came of a command. After one that nobody knows the end of, no further one is sent by itself.
pub(super) fn posted(model: &mut Model, ticket: u64, outcome: Outcome) -> Vec<Effect> {
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let mut subjects = confirm.subjects.iter_mut();
    let found = subjects.find(|one| one.ticket == ticket && one.state == State::Sending);
    let Some(subject) = found else { return Vec::new() };
    let unsure = matches!(outcome, Outcome::Unsure(_));
    subject.state = match outcome {
        Outcome::Done(after) => State::Done(after["status"].as_str().unwrap_or_default().to_owned()),
        Outcome::Waits(approval) => State::Asked(approval),
        Outcome::Refused(problem) => State::Refused(in_words(&problem)),
        Outcome::Unsure(why) => State::Unsure(why),
    };
    if unsure || confirm.next().is_none() {
        confirm.phase = Phase::Settled;
        confirm.focus = Focus::Cancel;
        return ask::everything_shown(model);
    }
    send(model)
}

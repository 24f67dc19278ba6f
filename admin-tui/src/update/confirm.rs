//! The question before a change, and the change itself. [`send`] is the only place that a changing effect comes from.

use serde_json::Value;

use super::{ask, doubts, menu};
use crate::action::{Action, Extra, Takes};
use crate::item::{Item, Shape};
use crate::key::Key;
use crate::keymap::{self, Command, Place};
use crate::model::confirm::{Confirm, Focus, PAYEES, Phase, State, Subject};
use crate::model::overlay::Overlay;
use crate::model::{Arming, Model};
use crate::moves;
use crate::msg::{Effect, Outcome, Part, Slot, Trouble, in_words};
use crate::source::Source;
use crate::text::{Lang, T, fill};

/// Outcomes that one key scrolls by.
const SCROLL: usize = 5;

/// Asks. Each command gets its key now; what it can't be done to is left out, and said.
pub(super) fn open(model: &mut Model, action: Action, targets: &[Item]) -> Vec<Effect> {
    if doubts::come_first(model, action, targets) {
        return Vec::new();
    }
    let (good, skipped) = menu::sorted_out(model, action, targets);
    let keys = good.iter().map(|_| model.idempotency_key()).collect();
    let mut confirm = Confirm::new(action, good, skipped, keys);
    let chosen = confirm.extras.iter().any(|(extra, _)| extra.takes == Takes::Payee);
    let merchant = confirm.subjects.first().map(|one| one.item.text("merchant_id").to_owned());
    let mut effects = Vec::new();
    if let Some(merchant) = merchant.filter(|merchant| chosen && !merchant.is_empty()) {
        let (generation, up) = (model.number(), model.clock.up);
        confirm.payees.ask(generation, up);
        let to = Slot { frame: ask::NO_FRAME, part: Part::Payees };
        let path = format!("{}?limit={PAYEES}", Source::PayeesOf(merchant).path());
        effects.push(Effect::Get { to, generation, path });
    }
    model.overlay = Overlay::Confirm(Box::new(confirm));
    effects.extend(ask_behind(model));
    effects
}

/// Asks for the next withdrawal that says what would be moved: one after the other, however many were marked.
fn ask_behind(model: &mut Model) -> Vec<Effect> {
    let (generation, up) = (model.number(), model.clock.up);
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let action = confirm.action;
    let Some(subject) = confirm.unasked() else { return Vec::new() };
    let Some(id) = moves::behind(action, &subject.item) else { return Vec::new() };
    let path = format!("/admin/v1/withdrawals/{id}");
    subject.behind.ask(generation, up);
    vec![Effect::Get { to: Slot { frame: ask::NO_FRAME, part: Part::Behind }, generation, path }]
}

/// The withdrawal behind a subject has come.
pub(super) fn behind(model: &mut Model, generation: u64, answer: Result<Value, Trouble>) -> Vec<Effect> {
    let up = model.clock.up;
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let Some(subject) = confirm.asked(generation) else { return Vec::new() };
    match answer {
        Ok(answer) => subject.behind.answered(Item::read(Shape::Withdrawal, answer), up),
        Err(trouble) => subject.behind.failed(trouble.words()),
    }
    confirm.learned();
    ask_behind(model)
}

/// The payees to choose from have come.
pub(super) fn payees(model: &mut Model, generation: u64, answer: Result<Value, Trouble>) {
    let up = model.clock.up;
    let Overlay::Confirm(confirm) = &mut model.overlay else { return };
    if !confirm.payees.awaits(generation) {
        return;
    }
    let source = Source::PayeesOf(String::new());
    match answer.map_err(|trouble| trouble.words()).and_then(|answer| source.read(answer)) {
        Ok(rows) => confirm.payees.answered(rows, up),
        Err(why) => confirm.payees.failed(why),
    }
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
        (Some(Command::PageDown), _) => {
            confirm.top = (confirm.top + SCROLL).min(confirm.subjects.len().saturating_sub(1));
        }
        (Some(Command::PageUp), _) => confirm.top = confirm.top.saturating_sub(SCROLL),
        (Some(Command::Choose), _) if confirm.chooses() && !confirm.choices().is_empty() => {
            confirm.choose(key == Key::Right);
        }
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
                let wanted = confirm.wanted.text.clone();
                if confirm.lacks_figures() {
                    confirm.ask_anew();
                    model.warn(model.text(T::NoFigureYet));
                    return ask_behind(model);
                }
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
        subject.in_doubt = false;
    }
    confirm.phase = Phase::Editing;
    confirm.check.clear();
    confirm.focus = Focus::Cancel;
}

fn close(model: &mut Model) -> Vec<Effect> {
    let Overlay::Confirm(confirm) = &model.overlay else { return Vec::new() };
    let touched = confirm.subjects.iter().any(|one| !matches!(one.state, State::Waiting));
    let closed = std::mem::replace(&mut model.overlay, Overlay::None);
    if let Overlay::Confirm(confirm) = closed
        && confirm.is_in_doubt()
    {
        doubts::keep(model, *confirm);
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

/// Sends the first, if the question is answered and the operator may act.
fn begin(model: &mut Model) -> Vec<Effect> {
    let armed = model.is_armed();
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let lacking = match (armed, confirm.is_complete()) {
        (false, _) => T::ReadOnlyHow,
        (true, false) => T::Incomplete,
        (true, true) => {
            confirm.phase = Phase::Sending;
            confirm.focus = Focus::Cancel;
            confirm.stopping = false;
            return send(model);
        }
    };
    model.warn(model.text(lacking));
    Vec::new()
}

/// Why the next command can't be sent after all. What is repeated under its key is not judged anew: it may be done already.
fn hindrance(model: &Model) -> Option<String> {
    let Overlay::Confirm(confirm) = &model.overlay else { return None };
    let next = confirm.subjects.iter().find(|one| one.state.is_open()).filter(|one| !one.in_doubt)?;
    let item = &next.item;
    // Wherever it was seen since: the question may have come back on another screen, the row lie on another page.
    let newest = |item: &Item| model.last_seen(|seen| seen.shape == item.shape && seen.key() == item.key());
    let is_changed = newest(item).is_some_and(|(seen, _)| seen.standing() != item.standing());
    // What its figure was made of, if it was seen since.
    let known = next.behind.data().zip(next.behind.remote.at());
    let is_other = known.is_some_and(|(behind, known)| {
        newest(behind).is_some_and(|(seen, at)| at > known && seen.standing() != behind.standing())
    });
    if is_changed || is_other {
        return Some(fill(model.text(T::ChangedMeanwhile), &[&item.key()]));
    }
    menu::allowed(model, confirm.action, std::slice::from_ref(item)).err()
}

/// Sends the next command, if the operator may act at this moment and it is about what was asked about.
fn send(model: &mut Model) -> Vec<Effect> {
    let (armed, ticket) = (model.is_armed(), model.number());
    let (over, hindrance) = (model.text(T::ArmedOver), hindrance(model));
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let extras: Vec<(Extra, String)> =
        confirm.extras.iter().map(|(extra, line)| (*extra, line.text())).collect();
    let (action, reason) = (confirm.action, confirm.reason.text());
    let stopping = confirm.stopping;
    let next = if armed && !stopping { confirm.next() } else { None };
    let Some(subject) = next else {
        confirm.settle();
        if !armed {
            model.arming = Arming::ReadOnly;
            model.warn(over);
        }
        return Vec::new();
    };
    if let Some(why) = hindrance {
        subject.state = State::Unsent(why);
        confirm.settle();
        return ask::everything_shown(model);
    }
    subject.state = State::Sending;
    subject.ticket = ticket;
    let body = action.body(&subject.item, reason.trim(), &extras);
    let (path, key) = (action.path(&subject.item), subject.key.clone());
    vec![Effect::Post { ticket, path, body, key }]
}

/// What came of a command. After one that did not get through no further one is sent by itself.
pub(super) fn posted(model: &mut Model, ticket: u64, outcome: Outcome) -> Vec<Effect> {
    let told = match &outcome {
        Outcome::Refused(problem) if problem.code == "not-armed" => Some(T::NotArmed),
        Outcome::Refused(problem) if problem.status == 401 => Some(T::TokenOver),
        _ => None,
    };
    let lang = model.lang;
    let Overlay::Confirm(confirm) = &mut model.overlay else { return Vec::new() };
    let mut subjects = confirm.subjects.iter_mut();
    let found = subjects.find(|one| one.ticket == ticket && one.state == State::Sending);
    let Some(subject) = found else { return Vec::new() };
    subject.state = match outcome {
        Outcome::Done(after) => State::Done(done(confirm.action, &after, lang)),
        Outcome::Waits(approval) => State::Asked(approval),
        // Who is not let in was not heard, and decided nothing.
        Outcome::Refused(problem) if told.is_some() => unsent(subject, in_words(&problem)),
        Outcome::Refused(problem) => State::Refused(in_words(&problem)),
        Outcome::NotSent(why) => unsent(subject, why),
        Outcome::Unsure(why) => {
            subject.in_doubt = true;
            State::Unsure(why)
        }
    };
    let stops = matches!(subject.state, State::Unsent(_) | State::Unsure(_));
    if stops || confirm.next().is_none() {
        confirm.settle();
        if let Some(told) = told {
            model.arming = Arming::ReadOnly;
            model.warn(model.text(told));
        }
        return ask::everything_shown(model);
    }
    send(model)
}

/// A command that was not carried out this time; it may have been an earlier time.
fn unsent(subject: &Subject, why: String) -> State {
    if subject.in_doubt { State::Unsure(why) } else { State::Unsent(why) }
}

/// What is said of a thing that is done: its status, or what was to be shown.
fn done(action: Action, after: &Value, lang: Lang) -> String {
    let text = |member: &str| after[member].as_str();
    let said = match action {
        Action::UnmaskBody | Action::UnmaskHeaders => text("text").or_else(|| text("base64")),
        // The payout stays what it was; what goes on is the withdrawal.
        Action::RetryPayout
        | Action::RetryOtherPayee
        | Action::RefundWithdrawal
        | Action::RefuseWithdrawal => {
            let withdrawal = after["withdrawal"]["status"].as_str();
            return withdrawal.map_or_else(
                || text("status").unwrap_or_default().to_owned(),
                |now| fill(T::WithdrawalNow.in_lang(lang), &[now]),
            );
        }
        _ => text("status"),
    };
    said.unwrap_or_default().to_owned()
}

//! What came of each command: a bar for all of them, then one after the other, until the operator closes it.

use super::{Drawn, about, buttons, flow, text};
use crate::columns::Tone;
use crate::model::Model;
use crate::model::confirm::{Confirm, State, Subject};
use crate::text::{T, fill};
use crate::view::paint::Theme;
use crate::wrap::{fit, fit_id, wrap};

/// The bar's width.
const BAR: usize = 40;

/// Head and buttons stay; between them as many outcomes as there is room for, from the one that was scrolled to.
pub(super) fn lines(model: &Model, confirm: &Confirm, theme: Theme, room: usize, most: usize) -> Vec<Drawn> {
    let mut lines = head(model, confirm, theme, room);
    // What went wrong is not to be searched for.
    let mut order: Vec<_> = confirm.subjects.iter().collect();
    order.sort_by_key(|subject| match subject.state {
        State::Sending => 0,
        State::Unsure(_) => 1,
        State::Refused(_) => 2,
        State::Unsent(_) | State::Asked(_) => 3,
        State::Done(_) | State::Waiting => 4,
    });
    let top = confirm.top.min(order.len().saturating_sub(1));
    let space = most.saturating_sub(lines.len() + 2).max(1);
    let rows: Vec<Drawn> =
        order.iter().skip(top).flat_map(|one| outcome(model, confirm, one, theme, room)).collect();
    let hidden = rows.len() > space || top > 0;
    lines.extend(rows.into_iter().take(space));
    let below = if hidden { format!("PgUp/PgDn  {}/{}", top + 1, order.len()) } else { String::new() };
    lines.push(text(&below, Tone::Dim, theme));
    lines.push(buttons(model, confirm, theme));
    lines
}

/// `[########--------] 3 of 6 answered`, and how many of each.
fn head(model: &Model, confirm: &Confirm, theme: Theme, room: usize) -> Vec<Drawn> {
    let (settled, all) = (confirm.settled(), confirm.subjects.len());
    let said = fill(model.text(T::Progress), &[&settled.to_string(), &all.to_string()]);
    if all == 1 {
        return vec![text(&said, Tone::Strong, theme)];
    }
    let bar = BAR.min(room.saturating_sub(30)).max(4);
    let full = bar * settled / all.max(1);
    let bar = format!("[{}{}] {said}", "#".repeat(full), "-".repeat(bar - full));
    let counts = [
        confirm.count(|state| matches!(state, State::Done(_))),
        confirm.count(|state| matches!(state, State::Asked(_))),
        confirm.count(|state| matches!(state, State::Refused(_))),
        confirm.count(|state| matches!(state, State::Unsure(_))),
        confirm.count(|state| matches!(state, State::Waiting | State::Unsent(_))),
    ]
    .map(|count| count.to_string());
    let counts: Vec<&str> = counts.iter().map(String::as_str).collect();
    let tally = fill(model.text(T::Tally), &counts);
    let mut lines = vec![text(&bar, Tone::Strong, theme)];
    lines.extend(wrap(&tally, room).iter().map(|part| text(part, Tone::Plain, theme)));
    lines
}

/// What it was done to, and what came of it.
fn outcome(model: &Model, confirm: &Confirm, subject: &Subject, theme: Theme, room: usize) -> Vec<Drawn> {
    let item = &subject.item;
    let many = confirm.subjects.len() > 1;
    let id = if many { fit_id(item.id(), 24) } else { item.key() };
    let said = std::iter::once(id).chain(about(model, confirm, subject)).collect();
    let mut lines: Vec<Drawn> = flow(said, room).iter().map(|part| text(part, Tone::Plain, theme)).collect();
    if !many {
        let key = format!("{}: {}", model.text(T::KeyOfCommand), fit(&subject.key, room));
        lines.push(text(&key, Tone::Dim, theme));
    }
    let (said, tone) = state(model, confirm, &subject.state);
    let paragraphs = said.split("\\u{a}").flat_map(|part| wrap(part, room.saturating_sub(2)));
    lines.extend(paragraphs.map(|part| text(&format!("  {part}"), tone, theme)));
    lines
}

fn state(model: &Model, confirm: &Confirm, state: &State) -> (String, Tone) {
    use crate::action::Action::{UnmaskBody, UnmaskHeaders};
    let said = |template: T, value: &str| fill(model.text(template), &[value]);
    match state {
        State::Waiting => (model.text(T::StateWaiting).to_owned(), Tone::Dim),
        State::Unsent(why) => (said(T::StateUnsent, why), Tone::Warn),
        State::Sending => (model.text(T::StateSending).to_owned(), Tone::Strong),
        State::Done(shown) if matches!(confirm.action, UnmaskBody | UnmaskHeaders) => {
            (format!("{}\\u{{a}}{shown}", model.text(T::StateShown)), Tone::Strong)
        }
        State::Done(nothing) if nothing.is_empty() => (model.text(T::JustDone).to_owned(), Tone::Good),
        State::Done(status) => (said(T::StateDone, status), Tone::Good),
        State::Asked(approval) => (said(T::StateAsked, approval), Tone::Warn),
        State::Refused(why) => (said(T::StateRefused, why), Tone::Bad),
        State::Unsure(why) => (said(T::StateUnsure, why), Tone::Bad),
    }
}

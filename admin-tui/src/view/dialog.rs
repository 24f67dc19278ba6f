//! The question before a change, and what came of it.

use ratatui::layout::Position;
use ratatui::style::{Color, Modifier, Style};

use super::paint::{Paint, Theme};
use crate::columns::Tone;
use crate::item::Shape;
use crate::model::Model;
use crate::model::confirm::{Confirm, Focus, Phase, State};
use crate::model::input::Line;
use crate::text::{T, fill};
use crate::wrap::{fit, fit_id, pad, width, wrap};

const LABEL: usize = 30;
/// Subjects that are listed before anything is sent.
const LISTED: usize = 5;

/// A line of the dialog.
struct Drawn {
    parts: Vec<(String, Style)>,
    /// The focus is here; the cursor stands so far to the right, if something is typed.
    focus: Option<Option<usize>>,
}

pub fn draw(model: &Model, confirm: &Confirm, paint: &mut Paint<'_>) -> Option<Position> {
    let theme = paint.theme;
    let across = paint.area.width.saturating_sub(2).min(90);
    let room = usize::from(across.saturating_sub(4));
    let lines = lines(model, confirm, theme, room);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(paint.area.height);
    let (x, y) = ((paint.area.width - across) / 2, (paint.area.height - height) / 2);
    let mut paint = paint.part(x, y, across, height);
    let edge = theme.band(Color::Red, Color::White).add_modifier(Modifier::BOLD);
    let edge = if confirm.action.is_heavy() { edge } else { theme.tone(Tone::Strong) };
    let mut inside = paint.boxed(model.text(confirm.action.label()), edge);
    let room = usize::from(inside.area.height).max(1);
    let focus = lines.iter().position(|line| line.focus.is_some()).unwrap_or_default();
    // The focus is always in sight, at the bottom if need be.
    let from = (focus + 1).saturating_sub(room);
    let mut cursor = None;
    for (at, line) in lines.iter().enumerate().skip(from).take(room) {
        let y = u16::try_from(at - from).unwrap_or_default();
        let mut x = 0;
        for (text, style) in &line.parts {
            x = inside.put(x, y, text, *style);
        }
        if let Some(Some(column)) = line.focus {
            cursor = inside.position(column, at - from);
        }
    }
    cursor
}

fn lines(model: &Model, confirm: &Confirm, theme: Theme, room: usize) -> Vec<Drawn> {
    let mut lines = subjects(model, confirm, theme, room);
    if confirm.phase == Phase::Editing {
        lines.push(text("", Tone::Plain, theme));
        lines.extend(
            wrap(model.text(confirm.action.consequence()), room)
                .iter()
                .map(|part| text(part, Tone::Warn, theme)),
        );
        lines.push(text("", Tone::Plain, theme));
        for (at, (extra, line)) in confirm.extras.iter().enumerate() {
            let focused = confirm.focus == Focus::Extra(at);
            lines.push(field(model.text(extra.label), line, focused, theme, room));
        }
        let focused = confirm.focus == Focus::Reason;
        lines.push(field(model.text(T::ReasonField), &confirm.reason, focused, theme, room));
        let label = fill(model.text(check_label(confirm)), &[&confirm.wanted]);
        lines.push(field(&label, &confirm.check, confirm.focus == Focus::Check, theme, room));
    }
    lines.push(text("", Tone::Plain, theme));
    lines.push(buttons(model, confirm, theme));
    lines
}

fn check_label(confirm: &Confirm) -> T {
    match confirm.subjects.as_slice() {
        [only] if only.item.written_amount().is_none() => T::TypeIdEnd,
        [_] => T::TypeToConfirm,
        _ => T::TypeCount,
    }
}

/// What is acted upon, whole ids; of many the first, with the sums; once sent, each with its outcome.
fn subjects(model: &Model, confirm: &Confirm, theme: Theme, room: usize) -> Vec<Drawn> {
    let mut lines = Vec::new();
    let many = confirm.subjects.len() > 1;
    if many {
        let sums = confirm.sums();
        let count = confirm.subjects.len().to_string();
        let said = fill(model.text(T::ManySubjects), &[&count, &sums.join(", ")]);
        lines.extend(wrap(&said, room).iter().map(|part| text(part, Tone::Strong, theme)));
    }
    if confirm.phase != Phase::Editing {
        let (settled, all) = (confirm.settled().to_string(), confirm.subjects.len().to_string());
        lines.push(text(&fill(model.text(T::Progress), &[&settled, &all]), Tone::Strong, theme));
    }
    let listed = if confirm.phase == Phase::Editing { LISTED } else { confirm.subjects.len() };
    // What went wrong is not to be searched for.
    let mut order: Vec<_> = confirm.subjects.iter().collect();
    order.sort_by_key(|subject| {
        !matches!(subject.state, State::Refused(_) | State::Unsure(_) | State::Sending)
    });
    for subject in order.into_iter().take(listed) {
        let item = &subject.item;
        let about =
            [item.amount().unwrap_or_default(), item.status().to_owned(), item.text("bank").to_owned()];
        let about: Vec<&str> = about.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let id = if many { fit_id(item.id(), 24) } else { item.id().to_owned() };
        lines.push(text(&format!("{id}  {}", about.join("  ")), Tone::Plain, theme));
        // Of an approval, what is approved: its own id says nothing.
        if item.shape == Shape::Approval {
            let asked = format!("{}  {}", item.text("action"), item.text("subject"));
            let why = format!("{}: {}", item.text("requested_by"), item.text("reason"));
            let shown = [asked.as_str(), item.text("shown"), why.as_str()];
            let parts = shown.iter().flat_map(|part| wrap(part, room.saturating_sub(2)).into_iter().take(3));
            lines.extend(parts.map(|part| text(&format!("  {part}"), Tone::Strong, theme)));
        }
        if let Some((said, tone)) = state(model, &subject.state).filter(|_| confirm.phase != Phase::Editing) {
            lines.extend(
                wrap(&said, room.saturating_sub(2))
                    .iter()
                    .map(|part| text(&format!("  {part}"), tone, theme)),
            );
        }
        if !many {
            let key = format!("{}: {}", model.text(T::KeyOfCommand), fit(&subject.key, room));
            lines.push(text(&key, Tone::Dim, theme));
        }
    }
    if confirm.subjects.len() > listed {
        lines.push(text("...", Tone::Dim, theme));
    }
    lines
}

fn state(model: &Model, state: &State) -> Option<(String, Tone)> {
    let said = |template: T, value: &str| fill(model.text(template), &[value]);
    Some(match state {
        State::Waiting => (model.text(T::StateWaiting).to_owned(), Tone::Dim),
        State::Sending => (model.text(T::StateSending).to_owned(), Tone::Strong),
        State::Done(status) => (said(T::StateDone, status), Tone::Good),
        State::Asked(approval) => (said(T::StateAsked, approval), Tone::Warn),
        State::Refused(why) => (said(T::StateRefused, why), Tone::Bad),
        State::Unsure(why) => (said(T::StateUnsure, why), Tone::Bad),
    })
}

fn text(text: &str, tone: Tone, theme: Theme) -> Drawn {
    Drawn { parts: vec![(text.to_owned(), theme.tone(tone))], focus: None }
}

/// `Reason  [what was typed]`, of a long text the end where the cursor is.
fn field(label: &str, line: &Line, focused: bool, theme: Theme, room: usize) -> Drawn {
    let label = pad(&fit(label, LABEL), LABEL, false);
    let space = room.saturating_sub(LABEL + 3).max(4);
    let (typed, before) = (line.text(), width(&line.before()));
    let hidden = before.saturating_sub(space.saturating_sub(1));
    let mut skipped = 0;
    let shown: String = typed
        .chars()
        .skip_while(|character| {
            let skip = skipped < hidden;
            skipped += width(character.encode_utf8(&mut [0; 4]));
            skip
        })
        .collect();
    let shown = pad(&fit(&shown, space), space, false);
    let style = if focused { theme.selected() } else { theme.tone(Tone::Plain) };
    let mark = if focused { ">" } else { " " };
    let column = LABEL + 2 + before.saturating_sub(hidden);
    Drawn {
        parts: vec![
            (format!("{mark}{label}"), theme.tone(if focused { Tone::Strong } else { Tone::Plain })),
            ("[".to_owned(), theme.tone(Tone::Dim)),
            (shown, style),
            ("]".to_owned(), theme.tone(Tone::Dim)),
        ],
        focus: focused.then_some(Some(column)),
    }
}

fn buttons(model: &Model, confirm: &Confirm, theme: Theme) -> Drawn {
    let cancel = match confirm.phase {
        Phase::Editing => T::Cancel,
        Phase::Sending => T::Stop,
        Phase::Settled => T::Close,
    };
    let proceed = match confirm.phase {
        Phase::Editing => Some(model.text(confirm.action.label())),
        Phase::Sending => None,
        Phase::Settled if confirm.can_change() => Some(model.text(T::ChangeIt)),
        Phase::Settled if confirm.remaining() > 0 => Some(model.text(T::SendAgain)),
        Phase::Settled => None,
    };
    let button = |label: &str, focused: bool, possible: bool| {
        let style = match (focused, possible) {
            (true, _) => theme.selected().add_modifier(Modifier::BOLD),
            (false, true) => theme.tone(Tone::Plain),
            (false, false) => theme.tone(Tone::Dim),
        };
        let text = if focused { format!(">[ {label} ]") } else { format!(" [ {label} ]") };
        (text, style)
    };
    let mut parts = vec![button(model.text(cancel), confirm.focus == Focus::Cancel, true)];
    if let Some(label) = proceed {
        let possible = confirm.phase != Phase::Editing || confirm.is_complete();
        parts.push(("   ".to_owned(), Style::default()));
        parts.push(button(label, confirm.focus == Focus::Do, possible));
    }
    let focused = matches!(confirm.focus, Focus::Cancel | Focus::Do);
    Drawn { parts, focus: focused.then_some(None) }
}

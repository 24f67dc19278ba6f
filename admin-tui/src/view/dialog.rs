//! The question before a change, and what came of it.

mod outcomes;

use ratatui::layout::Position;
use ratatui::style::{Color, Modifier, Style};

use super::paint::{Paint, Theme};
use crate::action::Takes;
use crate::columns::Tone;
use crate::item::Shape;
use crate::model::Model;
use crate::model::confirm::{Confirm, Focus, PAYEES, Phase, Subject};
use crate::model::input::Line;
use crate::text::{T, fill};
use crate::wrap::{fit, fit_id, pad, width, wrap};

const LABEL: usize = 30;
/// Subjects that are listed before anything is sent.
const LISTED: usize = 5;

/// Lines of one text of an approval: it was opened before, where all of it is shown.
const MOST_OF_ONE: usize = 3;

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
    let most = usize::from(paint.area.height.saturating_sub(2)).max(1);
    let lines = match confirm.phase {
        Phase::Editing => question(model, confirm, theme, room),
        Phase::Sending | Phase::Settled => outcomes::lines(model, confirm, theme, room, most),
    };
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(paint.area.height);
    let (x, y) = ((paint.area.width - across) / 2, (paint.area.height - height) / 2);
    let mut paint = paint.part(x, y, across, height);
    let edge = theme.band(Color::Red, Color::White).add_modifier(Modifier::BOLD);
    let edge = if confirm.action.is_heavy() { edge } else { theme.tone(Tone::Strong) };
    let mut inside = paint.boxed(model.text(T::Label(confirm.action)), edge);
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

/// What would be done to what, and the fields.
fn question(model: &Model, confirm: &Confirm, theme: Theme, room: usize) -> Vec<Drawn> {
    let mut lines = Vec::new();
    if let [only] = confirm.subjects.as_slice()
        && confirm.skipped.is_empty()
    {
        lines.extend(single(model, only, theme, room));
    } else {
        lines.extend(several(model, confirm, theme, room));
    }
    lines.push(text("", Tone::Plain, theme));
    lines.extend(
        wrap(model.text(T::Means(confirm.action)), room).iter().map(|part| text(part, Tone::Warn, theme)),
    );
    lines.push(text("", Tone::Plain, theme));
    for (at, (extra, line)) in confirm.extras.iter().enumerate() {
        let focused = confirm.focus == Focus::Extra(at);
        lines.push(field(model.text(extra.label), line, focused, theme, room));
        if extra.takes == Takes::Payee {
            lines.push(chosen(model, confirm, &line.text(), theme));
        }
    }
    let focused = confirm.focus == Focus::Reason;
    lines.push(field(model.text(T::ReasonField), &confirm.reason, focused, theme, room));
    let label = fill(model.text(check_label(confirm)), &[&confirm.wanted]);
    lines.push(field(&label, &confirm.check, confirm.focus == Focus::Check, theme, room));
    lines.push(text("", Tone::Plain, theme));
    lines.push(buttons(model, confirm, theme));
    lines
}

fn check_label(confirm: &Confirm) -> T {
    match confirm.subjects.as_slice() {
        [only] if only.item.shape == Shape::Position => T::TypeToConfirm,
        [only] if only.item.written_amount().is_none() => T::TypeIdEnd,
        [_] => T::TypeToConfirm,
        _ => T::TypeCount,
    }
}

/// One thing: its whole id, and of an approval what is approved, for its own id says nothing.
fn single(model: &Model, subject: &Subject, theme: Theme, room: usize) -> Vec<Drawn> {
    let item = &subject.item;
    let mut lines = vec![text(&format!("{}  {}", item.key(), about(subject)), Tone::Plain, theme)];
    if item.shape == Shape::Approval {
        let asked = format!("{}  {}", item.text("action"), item.text("subject"));
        let why = format!("{}: {}", item.text("requested_by"), item.text("reason"));
        let shown = [asked.as_str(), item.text("request"), item.text("shown"), why.as_str()];
        let parts =
            shown.iter().filter(|part| !part.is_empty()).flat_map(|part| cut(part, room.saturating_sub(2)));
        lines.extend(parts.map(|part| text(&format!("  {part}"), Tone::Strong, theme)));
    }
    let key = format!("{}: {}", model.text(T::KeyOfCommand), fit(&subject.key, room));
    lines.push(text(&key, Tone::Dim, theme));
    lines
}

/// The first lines of a long text; what is missing is marked at their end.
fn cut(text: &str, room: usize) -> Vec<String> {
    let mut lines = wrap(text, room);
    if lines.len() > MOST_OF_ONE {
        let rest = lines.split_off(MOST_OF_ONE - 1).join(" ");
        lines.push(fit(&rest, room));
    }
    lines
}

/// Several: how many of how many, with the sums; the first of them; what is left out, by its reasons.
fn several(model: &Model, confirm: &Confirm, theme: Theme, room: usize) -> Vec<Drawn> {
    let count = confirm.subjects.len();
    let counts = [count.to_string(), (count + confirm.skipped.len()).to_string()];
    let said = fill(model.text(T::ManySubjects), &[&counts[0], &counts[1], &confirm.sums().join(", ")]);
    let mut lines: Vec<Drawn> =
        wrap(&said, room).iter().map(|part| text(part, Tone::Strong, theme)).collect();
    for subject in confirm.subjects.iter().take(LISTED) {
        let said = format!("{}  {}", fit_id(subject.item.id(), 24), about(subject));
        lines.push(text(&said, Tone::Plain, theme));
    }
    if count > LISTED {
        lines.push(text(&format!("... +{}", count - LISTED), Tone::Dim, theme));
    }
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (item, why) in &confirm.skipped {
        let id = fit_id(&item.key(), 13);
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, ids)) => ids.push(id),
            None => reasons.push((why, vec![id])),
        }
    }
    for (why, ids) in reasons {
        let said = fill(model.text(T::Skipped), &[&ids.len().to_string(), why]);
        let said = format!("{said} ({})", ids.iter().take(3).cloned().collect::<Vec<_>>().join(" "));
        lines.extend(wrap(&said, room).iter().map(|part| text(part, Tone::Warn, theme)));
    }
    lines
}

/// Amount, status and bank, as far as there are any.
fn about(subject: &Subject) -> String {
    let item = &subject.item;
    let parts = [item.amount().unwrap_or_default(), item.status().to_owned(), item.text("bank").to_owned()];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

/// Who the chosen payee is, and how many there are to choose from.
fn chosen(model: &Model, confirm: &Confirm, typed: &str, theme: Theme) -> Drawn {
    let choices = confirm.choices();
    let at = choices.iter().position(|payee| payee.id() == typed.trim());
    let more = confirm.has_more_payees();
    let count = choices.len().to_string();
    let (said, tone) = match (at, &confirm.payees.trouble) {
        (Some(at), _) => {
            let payee = choices[at];
            let who = ["currency", "account_number", "holder_name", "bank_name"].map(|name| payee.text(name));
            let before = confirm.subjects.first().map(|one| one.item.raw["payee"]["account_number"].clone());
            let is_same = before.is_some_and(|before| before == payee.raw["account_number"]);
            let same = if is_same { format!("  {}", model.text(T::AsBefore)) } else { String::new() };
            let tone = if is_same { Tone::Warn } else { Tone::Strong };
            let further = if more { "+" } else { "" };
            (format!("{}/{count}{further}  {}{same}", at + 1, who.join("  ")), tone)
        }
        (None, Some(why)) => (why.clone(), Tone::Warn),
        (None, None) if confirm.payees.is_pending() => (model.text(T::Loading).to_owned(), Tone::Dim),
        (None, None) if choices.is_empty() && more => {
            (fill(model.text(T::NoneOfFirstPayees), &[&PAYEES.to_string()]), Tone::Warn)
        }
        (None, None) if more => (fill(model.text(T::ChooseOfMore), &[&count]), Tone::Dim),
        (None, None) if choices.is_empty() => (model.text(T::NoPayees).to_owned(), Tone::Warn),
        (None, None) => (fill(model.text(T::ChooseOf), &[&count]), Tone::Dim),
    };
    text(&format!("   {said}"), tone, theme)
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
        Phase::Editing => Some(model.text(T::Label(confirm.action))),
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

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_cut_off_is_marked() {
        for (text, expected) in [
            ("one two", vec!["one two"]),
            ("one two three four five six", vec!["one two", "three four", "five six"]),
            ("one two three four five six seven", vec!["one two", "three four", "five six >"]),
            ("abcdefghijklmnopqrstuvwxyz0123456789", vec!["abcdefghij", "klmnopqrst", "uvwxyz012>"]),
        ] {
            assert_eq!(cut(text, 10), expected, "{text}");
        }
    }
}

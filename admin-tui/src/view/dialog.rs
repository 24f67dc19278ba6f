//! The question before a change, and what came of it.

mod naming;
mod outcomes;

use ratatui::layout::Position;
use ratatui::style::{Color, Modifier, Style};

use super::paint::{Paint, Theme};
use crate::action::Takes;
use crate::columns::{Tone, distance};
use crate::item::Shape;
use crate::model::Model;
use crate::model::confirm::{Confirm, Focus, PAYEES, Phase, State, Subject};
use crate::model::input::Line;
use crate::moves::{Moves, Sum};
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
        lines.extend(single(model, confirm, only, theme, room));
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
        if focused || !line.is_empty() {
            lines.extend(moment(model, extra.takes, &line.text(), theme));
        }
    }
    let focused = confirm.focus == Focus::Reason;
    lines.push(field(model.text(T::ReasonField), &confirm.reason, focused, theme, room));
    let label = fill(model.text(confirm.wanted.label), &[&confirm.wanted.text]);
    lines.push(field(&label, &confirm.check, confirm.focus == Focus::Check, theme, room));
    lines.push(text("", Tone::Plain, theme));
    lines.push(buttons(model, confirm, theme));
    lines
}

/// Which moment it is that was typed, in full and with its zone; what a day alone would mean.
fn moment(model: &Model, takes: Takes, typed: &str, theme: Theme) -> Option<Drawn> {
    let hint = match takes {
        Takes::From => T::FromHint,
        Takes::Until => T::UntilHint,
        Takes::Text | Takes::Payee => return None,
    };
    let typed = typed.trim();
    let (said, tone) = match takes.moment(typed) {
        _ if typed.is_empty() => (model.text(hint).to_owned(), Tone::Dim),
        None => (model.text(T::NoTime).to_owned(), Tone::Warn),
        Some(at) => {
            let (sent, now) = (takes.sent(typed), model.now());
            let (date, time) = (at.date(), at.time());
            let shown = format!("{date} {:02}:{:02}:{:02} UTC+8", time.hour(), time.minute(), time.second());
            (format!("= {shown}  ({sent}, {})", distance(&sent, now)), Tone::Strong)
        }
    };
    Some(text(&format!("   {said}"), tone, theme))
}

/// One thing: its whole id, who or what that is, and of an approval what is approved, for its own id says nothing.
fn single(model: &Model, confirm: &Confirm, subject: &Subject, theme: Theme, room: usize) -> Vec<Drawn> {
    let item = &subject.item;
    let said = std::iter::once(item.key()).chain(about(model, confirm, subject)).collect();
    let mut lines: Vec<Drawn> = flow(said, room).iter().map(|part| text(part, Tone::Plain, theme)).collect();
    let names = naming::parts(model, item);
    lines.extend(flow(names, room).iter().map(|part| text(part, Tone::Strong, theme)));
    if let Some(why) = &subject.behind.trouble {
        lines.extend(wrap(why, room).iter().map(|part| text(part, Tone::Bad, theme)));
    }
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
        let said =
            format!("{}  {}", fit_id(subject.item.id(), 24), about(model, confirm, subject).join("  "));
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

/// What is moved, status and bank, as far as there are any. What is done says itself how it is now.
fn about(model: &Model, confirm: &Confirm, subject: &Subject) -> Vec<String> {
    let item = &subject.item;
    let status = if matches!(subject.state, State::Done(_)) { "" } else { item.status() };
    let parts = [moved(model, confirm, subject), status.to_owned(), item.text("bank").to_owned()];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// As many on a line as fit; what belongs together is not torn apart.
fn flow(parts: Vec<String>, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + 2 + width(&part) <= room => *line = format!("{line}  {part}"),
            _ => lines.extend(wrap(&part, room)),
        }
    }
    lines
}

/// The amount that is moved, and that of the row where it is another.
fn moved(model: &Model, confirm: &Confirm, subject: &Subject) -> String {
    let row = subject.item.amount();
    let said = match confirm.moves(subject) {
        Moves::Nothing => return row.unwrap_or_default(),
        Moves::Unknown => "?".to_owned(),
        Moves::Sum(Sum { amount, currency, parts: None }) => format!("{amount} {currency}"),
        Moves::Sum(Sum { amount, currency, parts: Some((net, fee)) }) => {
            return fill(model.text(T::WithFee), &[&format!("{amount} {currency}"), &net, &fee]);
        }
    };
    match row.filter(|row| *row != said) {
        Some(row) => fill(model.text(T::AmountOf), &[&said, &row]),
        None => said,
    }
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
    use super::{cut, flow};

    #[test]
    fn a_figure_stays_on_its_line() {
        let parts = || ["po_1", "12.00 EUR (its amount: 14.00)", "returned"].map(str::to_owned).to_vec();
        assert_eq!(flow(parts(), 80), ["po_1  12.00 EUR (its amount: 14.00)  returned"]);
        assert_eq!(flow(parts(), 32), ["po_1", "12.00 EUR (its amount: 14.00)", "returned"]);
    }

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

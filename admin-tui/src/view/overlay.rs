//! What lies over the screen, besides the question before a change.

use ratatui::layout::Position;

use super::paint::Paint;
use crate::action;
use crate::columns::Tone;
use crate::keymap;
use crate::model::Model;
use crate::model::frame::Frame;
use crate::model::overlay::{Choice, Menu, Palette, Run, Typing};
use crate::screen::Screen;
use crate::text::{T, fill};
use crate::update;
use crate::wrap::{fit_id, pad, width, wrap};

/// The line where a filter is typed, and what the last word can become.
pub fn filter(model: &Model, typing: &Typing, paint: &mut Paint<'_>) -> Option<Position> {
    let (theme, line) = (paint.theme, &typing.line);
    let x = paint.put(1, 0, model.text(T::FilterPrompt), theme.tone(Tone::Strong));
    let typed = line.text();
    let end = paint.put(x, 0, &typed, theme.tone(Tone::Plain));
    if let Some(list) = model.frame().and_then(Frame::as_list) {
        let rules = list.source.rules();
        let stem = typing.completed.as_ref().map_or(update::last_word(&typed).1, |(stem, _)| stem.as_str());
        let choices = update::completions(model, stem);
        let said = match (choices.is_empty(), rules.fields.is_empty(), rules.text) {
            (false, ..) => format!("Tab: {}", choices.join(" ")),
            (true, _, Some(_)) => model.text(T::FilterText).to_owned(),
            (true, false, None) => model.text(T::FilterWords).to_owned(),
            (true, true, None) => model.text(T::FilterPage).to_owned(),
        };
        paint.put(end + 3, 0, &said, theme.tone(Tone::Dim));
    }
    paint.position(usize::from(x) + width(&line.before()), 0)
}

/// The palette, at the bottom, its line last.
pub fn palette(model: &Model, palette: &Palette, paint: &mut Paint<'_>) -> Option<Position> {
    let typed = palette.line.text();
    let choices = update::choices(model, &typed);
    let most = usize::from(paint.area.height).saturating_sub(3).clamp(1, 12);
    let shown = choices.len().clamp(1, most);
    let height = u16::try_from(shown + 3).unwrap_or(u16::MAX).min(paint.area.height);
    let top = paint.area.height - height;
    let (full, theme) = (paint.area.width, paint.theme);
    let mut paint = paint.part(0, top, full, height);
    let mut inside = paint.boxed(":", theme.tone(Tone::Strong));
    let from = palette.selected / most * most;
    for (at, choice) in choices.iter().enumerate().skip(from).take(most) {
        let y = u16::try_from(at - from).unwrap_or_default();
        let (kind, word, said, tone) = described(model, choice);
        let x = inside.put(0, y, &pad(kind, 10, false), theme.tone(Tone::Dim)) + 1;
        let x = inside.put(x, y, &pad(&word, 14, false), theme.tone(Tone::Strong)) + 1;
        inside.put(x, y, &said, theme.tone(tone));
        if at == palette.selected {
            inside.line(y, theme.selected());
        }
    }
    let y = inside.area.height.saturating_sub(1);
    let x = inside.put(0, y, ":", theme.tone(Tone::Strong));
    inside.line(y, ratatui::style::Style::default());
    let end = inside.put(x, y, &typed, theme.tone(Tone::Strong));
    inside.put(end + 3, y, &looking(model, palette), theme.tone(Tone::Dim));
    inside.position(usize::from(x) + width(&palette.line.before()), usize::from(y))
}

/// What the server's search has come to.
fn looking(model: &Model, palette: &Palette) -> String {
    if palette.line.is_empty() {
        return model.text(T::SearchHint).to_owned();
    }
    if palette.sought != palette.line.text().trim() {
        return String::new();
    }
    match (&palette.found.trouble, palette.found.is_pending(), palette.hits()) {
        (_, true, _) => model.text(T::Searching).to_owned(),
        (Some(why), _, _) => why.clone(),
        (None, false, []) => model.text(T::NothingFound).to_owned(),
        (None, false, _) if palette.has_more() => model.text(T::MoreFound).to_owned(),
        (None, false, _) => String::new(),
    }
}

fn described<'m>(model: &'m Model, choice: &'m Choice) -> (&'m str, String, String, Tone) {
    match choice {
        Choice::Screen(screen) => {
            let number = (screen.index() + 1).to_string();
            let said = format!("{number} {}", model.text(screen.title()));
            (model.text(T::GoTo), screen.word().to_owned(), said, Tone::Plain)
        }
        Choice::Act(action, allowed) => {
            let label = model.text(T::Label(*action));
            let (said, tone) = match allowed {
                Ok(()) => (label.to_owned(), Tone::Plain),
                Err(why) => (format!("{label} - {}", fill(model.text(T::NotAllowed), &[why])), Tone::Dim),
            };
            (model.text(T::DoTo), action.word().to_owned(), said, tone)
        }
        Choice::Run(run) => {
            let said = match run {
                Run::Arm => T::RunArm,
                Run::Disarm => T::RunDisarm,
                Run::Results => T::RunResults,
                Run::Export => T::RunExport,
                Run::Refresh => T::RunRefresh,
                Run::Pause => T::RunPause,
                Run::Language => T::RunLanguage,
                Run::Help => T::RunHelp,
                Run::Quit => T::RunQuit,
            };
            (model.text(T::RunIt), run.word().to_owned(), model.text(said).to_owned(), Tone::Plain)
        }
        Choice::Open(id) => (model.text(T::OpenIt), String::new(), id.clone(), Tone::Plain),
        Choice::Found(hit) => (hit.kind.as_str(), fit_id(&hit.id, 14), hit.title.clone(), Tone::Plain),
    }
}

/// What can be done, and what can't, with the reason.
pub fn menu(model: &Model, menu: &Menu, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let about = match menu.targets.as_slice() {
        [only] => fit_id(&only.key(), 40),
        several => fill(model.text(T::Marked), &[&several.len().to_string()]),
    };
    let title = fill(model.text(T::ActionsOn), &[&about]);
    let width = paint.area.width.saturating_sub(4).min(100);
    let rows: u16 = menu.actions.iter().map(|(_, allowed)| if allowed.is_ok() { 1 } else { 2 }).sum();
    let height = (rows + 2).min(paint.area.height);
    let (x, y) = ((paint.area.width - width) / 2, (paint.area.height - height) / 2);
    let mut paint = paint.part(x, y, width, height);
    let mut inside = paint.boxed(&title, theme.tone(Tone::Strong));
    let mut lines: Vec<(String, Tone, bool)> = Vec::new();
    let mut focus = 0;
    for (at, (action, allowed)) in menu.actions.iter().enumerate() {
        let selected = at == menu.selected;
        if selected {
            focus = lines.len();
        }
        let mut label = model.text(T::Label(*action)).to_owned();
        let good = update::sorted_out(model, *action, &menu.targets).0.len();
        if allowed.is_ok() && good < menu.targets.len() {
            let counts = [good.to_string(), menu.targets.len().to_string()];
            label.push_str(&fill(model.text(T::SomeOf), &[&counts[0], &counts[1]]));
        }
        let tone = match allowed {
            Ok(()) if action.is_heavy() => Tone::Warn,
            Ok(()) => Tone::Plain,
            Err(_) => Tone::Dim,
        };
        lines.push((label, tone, selected));
        if let Err(why) = allowed {
            lines.push((format!("   {}", fill(model.text(T::NotAllowed), &[why])), Tone::Dim, false));
        }
    }
    let room = usize::from(inside.area.height).max(1);
    let from = (focus + 2).saturating_sub(room);
    for ((text, tone, selected), y) in lines.iter().skip(from).take(room).zip(0..) {
        inside.put(1, y, text, theme.tone(*tone));
        if *selected {
            inside.line(y, theme.selected());
        }
    }
}

/// Made from the keymap, for the place below.
pub fn help(model: &Model, top: usize, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let place = keymap::place_below(model);
    let mut inside = paint.boxed(model.text(T::KeyHelp), theme.tone(Tone::Strong));
    let room = usize::from(inside.area.width);
    let mut lines: Vec<(String, Tone)> = vec![(model.text(T::KeysHead).to_owned(), Tone::Strong)];
    for binding in keymap::bindings(place) {
        let names = pad(&keymap::names(binding), 12, false);
        lines.push((format!("  {names} {}", model.text(binding.label)), Tone::Plain));
    }
    lines.push((format!("  {} {}", pad("^C", 12, false), model.text(T::RunQuit)), Tone::Plain));
    lines.push((model.text(T::ActionsHead).to_owned(), Tone::Strong));
    lines.extend(
        wrap(model.text(T::ActHelp), room.saturating_sub(2))
            .into_iter()
            .map(|text| (format!("  {text}"), Tone::Plain)),
    );
    if let Some(shape) = model.frame().and_then(Frame::item).map(|item| item.shape) {
        for action in action::of(shape) {
            let word = pad(action.word(), 12, false);
            lines.push((format!("  {word} {}", model.text(T::Label(*action))), Tone::Plain));
        }
    }
    lines.push((model.text(T::SignsHead).to_owned(), Tone::Strong));
    lines.extend(
        wrap(model.text(T::SignsHelp), room.saturating_sub(2))
            .into_iter()
            .map(|text| (format!("  {text}"), Tone::Plain)),
    );
    lines.push((model.text(T::ScreensHead).to_owned(), Tone::Strong));
    for screen in Screen::ALL {
        lines.push((
            format!("  {}            {}", screen.index() + 1, model.text(screen.title())),
            Tone::Plain,
        ));
    }
    let height = usize::from(inside.area.height).max(1);
    let from = top.min(lines.len().saturating_sub(height));
    for ((text, tone), y) in lines.iter().skip(from).take(height).zip(0..) {
        inside.put(0, y, text, theme.tone(*tone));
    }
}

//! The model, drawn. Nothing here decides anything.

mod body;
mod dialog;
mod header;
mod overlay;
mod overview;
mod paint;
mod table;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use self::paint::Paint;
pub use self::paint::Theme;
use crate::columns::Tone;
use crate::keymap;
use crate::model::Model;
use crate::model::overlay::Overlay;
use crate::plain::is_plain;
use crate::text::T;

/// An answer that takes longer is said to.
const SLOW: std::time::Duration = std::time::Duration::from_secs(2);

/// Draws all of it; where the cursor is, if something is typed.
pub fn draw(model: &Model, theme: Theme, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let mut paint = Paint::new(buffer, area, theme);
    if area.height < 3 || area.width < 16 {
        paint.put(0, 0, model.text(T::TooSmall), theme.tone(Tone::Plain));
        return None;
    }
    header::draw(model, &mut paint.rows(0, 1));
    if area.height >= 5 {
        header::crumbs(model, &mut paint.rows(1, 1));
    }
    let (top, bottom) = if area.height >= 5 { (2, 2) } else { (1, 1) };
    let height = area.height.saturating_sub(top + bottom);
    body::draw(model, &mut paint.rows(top, height));
    let cursor = match &model.overlay {
        Overlay::None => None,
        Overlay::Help(line) => {
            overlay::help(model, *line, &mut paint.rows(top, height));
            None
        }
        Overlay::Filter(typing) => overlay::filter(model, typing, &mut paint.rows(area.height - bottom, 1)),
        Overlay::Palette(palette) => overlay::palette(model, palette, &mut paint.rows(top, height)),
        Overlay::Menu(menu) => {
            overlay::menu(model, menu, &mut paint.rows(top, height));
            None
        }
        Overlay::Confirm(confirm) => dialog::draw(model, confirm, &mut paint.rows(top, height)),
    };
    if bottom == 2 && !matches!(model.overlay, Overlay::Filter(_)) {
        flash(model, &mut paint.rows(area.height - 2, 1));
    }
    if matches!(model.overlay, Overlay::Filter(_)) && model.flash.as_ref().is_some_and(|flash| flash.bad) {
        flash(model, &mut paint.rows(area.height - 1, 1));
    } else {
        hints(model, &mut paint.rows(area.height - 1, 1));
    }
    make_plain(buffer, area);
    cursor
}

/// One line: what just happened, or else why what is shown is not new.
fn flash(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    if let Some(flash) = &model.flash {
        let tone = if flash.bad { Tone::Bad } else { Tone::Strong };
        paint.put(1, 0, &flash.text, theme.tone(tone));
    } else if let Some(why) = trouble(model) {
        paint.put(1, 0, why, theme.tone(Tone::Bad));
    } else if let Some(waits) = model.waits().filter(|waits| *waits >= SLOW) {
        let since = crate::columns::seconds(i64::try_from(waits.as_secs()).unwrap_or(i64::MAX));
        paint.put(1, 0, &crate::text::fill(model.text(T::Slow), &[&since]), theme.tone(Tone::Warn));
    }
}

fn trouble(model: &Model) -> Option<&String> {
    let lost = model.contact.lost.as_ref();
    if model.contact.barred { lost } else { model.trouble().or(lost) }
}

/// Made from the keymap: what the keys do here.
fn hints(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let place = keymap::place(model);
    let mut x = 1;
    for binding in keymap::bindings(place).filter(|binding| binding.hint) {
        let name = keymap::names(binding);
        let name = if name.len() > 6 { name.split('/').next().unwrap_or_default() } else { &name };
        let label = model.text(binding.label);
        let needed = crate::wrap::width(name) + 1 + crate::wrap::width(label);
        if usize::from(x) + needed > usize::from(paint.area.width) {
            break;
        }
        x = paint.put(x, 0, name, theme.tone(Tone::Strong));
        x = paint.put(x + 1, 0, label, theme.tone(Tone::Dim)) + 2;
    }
}

/// Whatever was overlooked before: nothing hidden leaves the console.
fn make_plain(buffer: &mut Buffer, area: Rect) {
    for position in area.positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        if !cell.symbol().chars().all(is_plain) {
            cell.set_symbol("?");
        }
    }
}

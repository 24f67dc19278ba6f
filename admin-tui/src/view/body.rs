//! What is between the breadcrumbs and the flash line.

use ratatui::style::Modifier;

use super::paint::Paint;
use super::{overview, table};
use crate::columns::Tone;
use crate::detail::{self, LABEL};
use crate::model::Model;
use crate::model::frame::{Content, Detail};
use crate::text::T;
use crate::wrap::fit;

pub fn draw(model: &Model, paint: &mut Paint<'_>) {
    match model.frame().map(|frame| &frame.content) {
        None => overview::draw(model, paint),
        Some(Content::List(list)) => table::draw(model, list, paint),
        Some(Content::Detail(detail)) => draw_detail(model, detail, paint),
    }
    if model.is_doubtful() || model.is_offline() {
        paint.over(ratatui::style::Style::default().add_modifier(Modifier::DIM));
    }
}

fn draw_detail(model: &Model, detail: &Detail, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let lines = detail::lines(model, detail);
    if detail.item.data().is_none() {
        let text = if detail.item.trouble.is_some() { T::NoData } else { T::Loading };
        paint.put(1, 0, model.text(text), theme.tone(Tone::Dim));
    }
    let height = usize::from(paint.area.height).max(1);
    let selected = detail.selected.min(lines.len().saturating_sub(1));
    let from = selected / height * height;
    for (at, line) in lines.iter().enumerate().skip(from).take(height) {
        let y = u16::try_from(at - from).unwrap_or_default();
        let mut x = 2;
        if !line.label.is_empty() {
            paint.put(x, y, &fit(&line.label, LABEL), theme.tone(Tone::Dim));
        }
        let is_field = !line.label.is_empty() || line.link.is_some() || line.tone == Tone::Plain;
        x += if is_field { u16::try_from(LABEL + 1).unwrap_or_default() } else { 0 };
        let style = theme.tone(line.tone);
        let style = if line.link.is_some() { style.add_modifier(Modifier::UNDERLINED) } else { style };
        paint.put(x, y, &line.text, style);
        if at == selected {
            paint.put(1, y, ">", theme.tone(Tone::Strong));
            paint.line(y, theme.selected());
        }
    }
}

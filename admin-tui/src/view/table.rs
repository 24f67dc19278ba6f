//! A list as a table: as many columns as there is room for, the important ones first.

use ratatui::style::Modifier;

use super::paint::Paint;
use crate::columns::{self, Cell, Column, Tone};
use crate::model::Model;
use crate::model::frame::List;
use crate::text::T;
use crate::wrap::{fit, fit_id, pad, width};

/// A shortened id: `po_..89abcdef`.
const SHORT_ID: usize = 13;

pub fn draw(model: &Model, list: &List, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let top = 0;
    let rows = list.visible();
    let Some(first) = rows.first() else {
        let text = if list.rows.data().is_some() {
            T::NoRows
        } else if list.rows.trouble.is_some() {
            T::NoData
        } else {
            T::Loading
        };
        paint.put(1, top + 1, model.text(text), theme.tone(Tone::Dim));
        return;
    };
    let columns = columns::of(first.shape);
    let cells: Vec<Vec<Cell>> = rows.iter().map(|item| columns::cells(item, model.now())).collect();
    let room = usize::from(paint.area.width).saturating_sub(2);
    let widths = widths(model, &columns, &cells, room);
    let mut x = 2;
    for (column, width) in columns.iter().zip(&widths) {
        let Some(width) = width else { continue };
        let title = pad(&fit(model.text(column.title), *width), *width, column.right);
        x = paint.put(x, top, &title, theme.tone(Tone::Dim).add_modifier(Modifier::UNDERLINED)) + 1;
    }
    let height = usize::from(paint.area.height.saturating_sub(top + 1)).max(1);
    // Screenfuls, not single lines: what one reads stays where it is while the cursor moves.
    let from = list.selected / height * height;
    for (at, (item, cells)) in rows.iter().zip(&cells).enumerate().skip(from).take(height) {
        let y = top + 1 + u16::try_from(at - from).unwrap_or_default();
        if list.marks.contains_key(&item.key()) {
            paint.put(0, y, "*", theme.tone(Tone::Strong));
        }
        let mut x = 2;
        for ((column, width), cell) in columns.iter().zip(&widths).zip(cells) {
            let Some(width) = width else { continue };
            let text = pad(&shortened(&cell.text, *width), *width, column.right);
            x = paint.put(x, y, &text, theme.tone(cell.tone)) + 1;
        }
        if at == list.selected {
            paint.put(1, y, ">", theme.tone(Tone::Strong));
            paint.line(y, theme.selected());
        }
    }
}

/// Ids lose their middle, everything else its end.
fn shortened(text: &str, most: usize) -> String {
    let is_id = crate::item::Shape::of_id(text).is_some() || (text.contains('_') && text.len() > 32);
    if is_id { fit_id(text, most) } else { fit(text, most) }
}

/// How wide each column is; `None` for those that there is no room for. Ids give way before columns are dropped.
fn widths(model: &Model, columns: &[Column], cells: &[Vec<Cell>], room: usize) -> Vec<Option<usize>> {
    let natural: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let longest = cells.iter().filter_map(|row| row.get(at)).map(|cell| width(&cell.text)).max();
            longest.unwrap_or_default().max(width(model.text(column.title))).min(column.most)
        })
        .collect();
    let short = |at: usize| {
        let holds_ids = cells
            .iter()
            .any(|row| row.get(at).is_some_and(|cell| crate::item::Shape::of_id(&cell.text).is_some()));
        if holds_ids { natural[at].min(SHORT_ID) } else { natural[at] }
    };
    let is_bare = |at: usize| cells.iter().all(|row| row.get(at).is_none_or(|cell| cell.text.is_empty()));
    let mut chosen: Vec<Option<usize>> = vec![None; columns.len()];
    let mut left = room;
    let ranks = columns.iter().map(|column| column.rank).max().unwrap_or_default();
    for rank in 0..=ranks {
        for (at, column) in columns.iter().enumerate().filter(|(_, column)| column.rank == rank) {
            if column.rare && is_bare(at) {
                continue;
            }
            let wanted = short(at);
            let given = if column.rank == 0 { wanted.min(left.saturating_sub(1)) } else { wanted };
            if given == 0 && wanted > 0 || given + 1 > left {
                continue;
            }
            chosen[at] = Some(given);
            left -= given + 1;
        }
    }
    // What is left lets the shortened ones be whole, the first first.
    for (at, width) in chosen.iter_mut().enumerate() {
        let Some(width) = width else { continue };
        let missing = natural[at].saturating_sub(*width);
        if missing <= left {
            *width += missing;
            left -= missing;
        }
    }
    chosen
}

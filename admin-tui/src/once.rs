//! One screen as plain text, for a script or a ticket.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::model::frame::Frame;
use crate::model::{Model, Settings};
use crate::msg::Msg;
use crate::perform::Performer;
use crate::screen::Screen;
use crate::update::{everything_shown, is_waiting, update};
use crate::view::{Theme, draw};

const PATIENCE: Duration = Duration::from_secs(10);
/// Header, breadcrumbs, titles, flash line and hints.
const AROUND: usize = 8;

/// Asks for what the screen shows and gives it as text.
///
/// # Errors
/// In words, where something was not answered.
pub async fn once(
    settings: Settings,
    screen: Screen,
    performer: &Performer,
    mut answers: mpsc::Receiver<Msg>,
) -> Result<String, String> {
    let mut model = Model::new(settings);
    model.screen = screen;
    let deadline = Instant::now() + PATIENCE;
    for effect in everything_shown(&mut model) {
        performer.perform(effect);
    }
    while is_waiting(&model) {
        let answer =
            timeout_at(deadline, answers.recv()).await.map_err(|_| "no answer in time".to_owned())?;
        let Some(answer) = answer else { break };
        for effect in update(&mut model, answer) {
            performer.perform(effect);
        }
    }
    let trouble = model.frame().and_then(Frame::as_list).map(|list| list.rows.trouble.clone());
    match trouble.unwrap_or_else(|| model.overview.trouble.clone()) {
        Some(why) => Err(why),
        None => Ok(text(&mut model)),
    }
}

/// The screen without its last two lines, which are for those who sit before it.
pub fn text(model: &mut Model) -> String {
    let rows = model.frame().and_then(Frame::as_list).map_or(40, |list| list.visible().len());
    let height = u16::try_from(rows + AROUND).unwrap_or(u16::MAX).max(12);
    model.size.1 = height;
    let area = Rect::new(0, 0, model.size.0.clamp(40, 400), height);
    let mut buffer = Buffer::empty(area);
    draw(model, Theme { colour: false }, area, &mut buffer);
    let lines: Vec<String> = (0..height.saturating_sub(2)).map(|y| line(&buffer, area, y)).collect();
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |at| at + 1);
    lines[..last].iter().map(|line| format!("{line}\n")).collect()
}

/// A line of the buffer; behind a wide character stands an empty cell.
pub fn line(buffer: &Buffer, area: Rect, y: u16) -> String {
    let mut text = String::new();
    let mut skip = 0;
    for x in 0..area.width {
        let symbol = buffer.cell((x, y)).map_or(" ", ratatui::buffer::Cell::symbol);
        if skip > 0 {
            skip -= 1;
            continue;
        }
        text.push_str(symbol);
        skip = crate::wrap::width(symbol).saturating_sub(1);
    }
    text.trim_end().to_owned()
}

//! Text on a part of the screen. What does not fit is cut off with a mark; nothing is drawn outside.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use crate::columns::Tone;
use crate::wrap::fit;

/// Sixteen colours, or none: then weight and inversion must do. The words are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    pub colour: bool,
}

impl Theme {
    pub fn tone(self, tone: Tone) -> Style {
        let style = Style::default();
        let coloured = |colour| if self.colour { style.fg(colour) } else { style };
        match tone {
            Tone::Plain => style,
            Tone::Dim => {
                if self.colour {
                    style.fg(Color::DarkGray)
                } else {
                    style.add_modifier(Modifier::DIM)
                }
            }
            Tone::Good => coloured(Color::Green),
            Tone::Warn => coloured(Color::Yellow),
            Tone::Bad => coloured(Color::LightRed).add_modifier(Modifier::BOLD),
            Tone::Strong => style.add_modifier(Modifier::BOLD),
        }
    }

    /// Text on a coloured ground.
    pub fn band(self, ground: Color, text: Color) -> Style {
        if self.colour {
            Style::default().bg(ground).fg(text)
        } else {
            Style::default().add_modifier(Modifier::REVERSED)
        }
    }

    /// The line that the cursor is on.
    pub fn selected(self) -> Style {
        Style::default().add_modifier(Modifier::REVERSED)
    }
}

/// A part of the screen.
#[derive(Debug)]
pub struct Paint<'b> {
    buffer: &'b mut Buffer,
    pub area: Rect,
    pub theme: Theme,
}

impl<'b> Paint<'b> {
    pub fn new(buffer: &'b mut Buffer, area: Rect, theme: Theme) -> Paint<'b> {
        let area = area.intersection(buffer.area);
        Paint { buffer, area, theme }
    }

    /// Some of its lines.
    pub fn rows(&mut self, from: u16, height: u16) -> Paint<'_> {
        self.part(0, from, self.area.width, height)
    }

    /// A rectangle of it, as far as it is inside.
    pub fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Paint<'_> {
        let (left, top) = (self.area.x.saturating_add(x), self.area.y.saturating_add(y));
        let wanted = Rect {
            x: left.min(self.area.right()),
            y: top.min(self.area.bottom()),
            width: width.min(self.area.right().saturating_sub(left)),
            height: height.min(self.area.bottom().saturating_sub(top)),
        };
        Paint { buffer: self.buffer, area: wanted, theme: self.theme }
    }

    /// Text at a place; where it ended.
    pub fn put(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let room = self.area.width.saturating_sub(x);
        if room == 0 || y >= self.area.height {
            return x;
        }
        let text = fit(text, usize::from(room));
        let (end, _) =
            self.buffer.set_stringn(self.area.x + x, self.area.y + y, text, usize::from(room), style);
        end.saturating_sub(self.area.x)
    }

    /// Lays a style over a line.
    pub fn line(&mut self, y: u16, style: Style) {
        if y < self.area.height {
            let line = Rect { y: self.area.y + y, height: 1, ..self.area };
            self.buffer.set_style(line, style);
        }
    }

    /// Lays a style over all of it.
    pub fn over(&mut self, style: Style) {
        self.buffer.set_style(self.area, style);
    }

    /// Empties it.
    pub fn clear(&mut self) {
        for position in self.area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// A frame with a title around it; what is inside.
    pub fn boxed(&mut self, title: &str, style: Style) -> Paint<'_> {
        self.clear();
        let (width, height) = (self.area.width, self.area.height);
        if width < 4 || height < 3 {
            return self.part(0, 0, width, height);
        }
        let bar = "─".repeat(usize::from(width - 2));
        self.put(0, 0, &format!("┌{bar}┐"), style);
        self.put(0, height - 1, &format!("└{bar}┘"), style);
        for y in 1..height - 1 {
            self.put(0, y, "│", style);
            self.put(width - 1, y, "│", style);
        }
        let title = fit(title, usize::from(width.saturating_sub(6)));
        self.put(2, 0, &format!(" {title} "), style);
        self.part(2, 1, width - 4, height - 2)
    }

    /// A place on the screen, if it is inside.
    pub fn position(&self, x: usize, y: usize) -> Option<Position> {
        let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        let inside = x < self.area.width && y < self.area.height;
        inside.then(|| Position::new(self.area.x + x, self.area.y + y))
    }
}

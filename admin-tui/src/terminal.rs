//! The terminal: taken over, drawn on, and given back as it was, however the console ends.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::model::Model;
use crate::view::{self, Theme};

/// What a clipboard takes by way of a terminal.
const LONGEST_COPY: usize = 4096;

/// The terminal, ours until dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    theme: Theme,
}

impl Screen {
    /// Takes the terminal over. A panic gives it back before it says anything, and ends the console.
    ///
    /// # Errors
    /// Where this is no terminal.
    pub fn open(theme: Theme) -> io::Result<Screen> {
        enable_raw_mode()?;
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            hook(panic);
            std::process::exit(101);
        }));
        let opened =
            take(&mut io::stdout()).and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match opened {
            Ok(terminal) => Ok(Screen { terminal, theme }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// # Errors
    /// The terminal's.
    pub fn draw(&mut self, model: &Model) -> io::Result<()> {
        let theme = self.theme;
        self.terminal.draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = view::draw(model, theme, area, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    /// # Errors
    /// The terminal's.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(out: &mut impl Write) -> io::Result<()> {
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)
}

fn leave(out: &mut impl Write) -> io::Result<()> {
    queue!(out, DisableBracketedPaste, LeaveAlternateScreen, Show)?;
    out.flush()
}

fn give_back() {
    // Whoever has no terminal any more needs none back.
    drop(leave(&mut io::stdout()));
    drop(disable_raw_mode());
}

/// Hands a text to the clipboard of whoever looks at the terminal (OSC 52), over SSH too.
///
/// # Errors
/// The terminal's.
pub fn copy(out: &mut impl Write, text: &str) -> io::Result<()> {
    let text: String = text.chars().take(LONGEST_COPY).collect();
    write!(out, "\u{1b}]52;c;{}\u{7}", STANDARD.encode(text))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_left_as_it_was() {
        let mut bytes = Vec::new();
        take(&mut bytes).expect("written");
        let mut terminal = vt100::Parser::new(24, 80, 0);
        terminal.process(&bytes);
        let screen = terminal.screen();
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        bytes.clear();
        leave(&mut bytes).expect("written");
        terminal.process(&bytes);
        let screen = terminal.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    }

    #[test]
    fn what_is_copied_can_not_end_the_sequence() {
        let mut bytes = Vec::new();
        copy(&mut bytes, "po_1\u{7}\u{1b}[2J").expect("written");
        assert_eq!(String::from_utf8_lossy(&bytes), "\u{1b}]52;c;cG9fMQcbWzJK\u{7}");
    }
}

//! The loop: keys, answers, time and signals come in by one `select!`; the screen is drawn at most so often.

use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use crate::key::Key;
use crate::model::{Model, Settings};
use crate::msg::{Clock, Effect, Msg};
use crate::perform::Performer;
use crate::terminal::{self, Screen};
use crate::update::update;
use crate::view::Theme;

const TICK: Duration = Duration::from_millis(250);
/// Between two drawings: what comes in between is drawn together.
const DRAW: Duration = Duration::from_millis(33);
/// What is worked off before the screen gets its turn.
const MOST: usize = 64;

/// The time now, for a console that began at `start`.
pub fn clock(start: Instant) -> Clock {
    Clock { up: start.elapsed(), wall: OffsetDateTime::now_utc() }
}

/// Runs until the operator leaves, or a signal ends it.
///
/// # Errors
/// In words: the terminal's.
pub async fn run(
    mut settings: Settings,
    theme: Theme,
    performer: Performer,
    mut answers: mpsc::Receiver<Msg>,
    start: Instant,
) -> Result<(), String> {
    let words = |error: std::io::Error| format!("the terminal: {error}");
    let mut hangup = signal(SignalKind::hangup()).map_err(words)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(words)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(words)?;
    let mut screen = Screen::open(theme).map_err(words)?;
    settings.size = screen.size().map_err(words)?;
    let mut model = Model::new(settings);
    performer.listen();
    let mut keys = EventStream::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut draw_at = Some(Instant::now());
    loop {
        let due = draw_at.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        let msg = tokio::select! {
            event = keys.next() => match event {
                Some(Ok(event)) => read(event),
                // Nobody types any more: the terminal is gone.
                Some(Err(error)) => return Err(words(error)),
                None => return Ok(()),
            },
            answer = answers.recv() => answer,
            _ = tick.tick() => Some(Msg::Tick(clock(start))),
            () = tokio::time::sleep_until(due) => {
                screen.draw(&model).map_err(words)?;
                draw_at = None;
                None
            }
            _ = hangup.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        let mut next = msg;
        for _ in 0..MOST {
            let Some(msg) = next else { break };
            draw_at = draw_at.or_else(|| Some(Instant::now() + DRAW));
            for effect in update(&mut model, msg) {
                match performer.perform(effect) {
                    Some(Effect::Quit) => return Ok(()),
                    Some(Effect::Copy(text)) => {
                        terminal::copy(&mut std::io::stdout(), &text).map_err(words)?;
                    }
                    _ => {}
                }
            }
            next = answers.try_recv().ok();
        }
    }
}

fn read(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Key::read(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        _ => None,
    }
}

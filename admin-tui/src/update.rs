//! What happens, and what is wanted done because of it. Pure: no clock, no network, no terminal.

mod answers;
mod arming;
mod ask;
mod confirm;
mod doubts;
mod filtering;
mod keys;
mod menu;
mod palette;
mod search;
mod told;

use crate::key::Key;
use crate::keymap::{self, Place};
use crate::model::input::LONGEST;
use crate::model::overlay::Overlay;
use crate::model::{Arming, Model};
use crate::msg::{Clock, Effect, Msg};
use crate::text::{T, fill};

pub use arming::left;
pub use ask::{everything_shown, is_waiting};
pub use filtering::{completions, last_word};
pub use menu::sorted_out;
pub use palette::choices;

/// How long a flash line stays.
const FLASH: std::time::Duration = std::time::Duration::from_secs(12);

/// The model after it, and what is wanted.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => {
            let leaving = std::mem::take(&mut model.leaving);
            let effects = pressed(model, key);
            let stays = effects.iter().all(|effect| *effect != Effect::Quit);
            if stays || leaving || !has_doubts(model) {
                return effects;
            }
            model.leaving = true;
            model.warn(model.text(T::LeaveDoubts));
            Vec::new()
        }
        Msg::Paste(text) => {
            paste(model, &text);
            Vec::new()
        }
        Msg::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        Msg::Tick(clock) => tick(model, clock),
        Msg::Got { to, generation, answer } => answers::got(model, to, generation, answer),
        Msg::Posted { ticket, outcome } => confirm::posted(model, ticket, outcome),
        Msg::Told(told) => told::told(model, told),
        Msg::Armed(answer) => arming::decided(model, answer),
        Msg::Exported(Ok(place)) => {
            model.say(fill(model.text(T::Exported), &[&place]));
            Vec::new()
        }
        Msg::Exported(Err(why)) => {
            model.warn(why);
            Vec::new()
        }
    }
}

fn pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    let place = keymap::place(model);
    match place {
        Place::Overview | Place::List | Place::Detail | Place::Help => keys::key(model, place, key),
        Place::Filter => filtering::key(model, key),
        Place::Palette => palette::key(model, key),
        Place::Menu => menu::key(model, key),
        Place::Confirm => confirm::key(model, key),
    }
}

/// Whether leaving now would forget the keys of commands whose outcome nobody knows.
fn has_doubts(model: &Model) -> bool {
    let open = match &model.overlay {
        Overlay::Confirm(confirm) => confirm.is_in_doubt(),
        _ => false,
    };
    open || !model.left.is_empty()
}

fn tick(model: &mut Model, clock: Clock) -> Vec<Effect> {
    model.clock = clock;
    if model.flash.as_ref().is_some_and(|flash| clock.up.saturating_sub(flash.since) >= FLASH) {
        model.flash = None;
    }
    if matches!(model.arming, Arming::Armed { .. }) && !model.is_armed() {
        model.arming = Arming::ReadOnly;
        model.warn(model.text(T::ArmedOver));
    }
    let mut effects = ask::due(model);
    effects.extend(arming::due(model));
    effects.extend(search::due(model));
    effects
}

/// Pasted text goes where something is typed, and nowhere else: a line feed in it is no Enter.
fn paste(model: &mut Model, text: &str) {
    let fits = match &mut model.overlay {
        Overlay::Filter(typing) => {
            typing.completed = None;
            typing.line.paste(text)
        }
        Overlay::Palette(palette) => {
            palette.selected = 0;
            palette.typed = model.clock.up;
            palette.line.paste(text)
        }
        Overlay::Confirm(confirm) => confirm.line().is_none_or(|line| line.paste(text)),
        Overlay::None | Overlay::Help(_) | Overlay::Menu(_) => true,
    };
    if !fits {
        model.warn(fill(model.text(T::CutAt), &[&LONGEST.to_string()]));
    }
}

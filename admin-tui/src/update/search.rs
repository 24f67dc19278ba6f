//! What is typed into the palette is also looked for by the server, once the typing rests.

use std::time::Duration;

use admin_api::{SearchHit, SearchHits};
use serde_json::Value;

use super::{ask, filtering, keys};
use crate::detail::{self, Link};
use crate::item::Shape;
use crate::model::Model;
use crate::model::frame::Frame;
use crate::model::overlay::{Overlay, Palette, Run};
use crate::msg::{Effect, Part, Slot, Trouble};
use crate::screen::Screen;
use crate::text::T;

/// So long nothing is typed before the server is asked for an id.
const REST: Duration = Duration::from_millis(300);
/// The same of all else: the server counts how often it is asked for a number or a name.
const REST_OF_GUESSES: Duration = Duration::from_millis(800);
/// The refusal of more searches by number or name.
const TOO_MANY: &str = "rate-limited";
/// Shorter words are not looked for.
const SHORTEST: usize = 3;

/// The question that is due.
pub(super) fn due(model: &mut Model) -> Option<Effect> {
    let Overlay::Palette(palette) = &model.overlay else { return None };
    let rests = model.clock.up.saturating_sub(palette.typed) >= rest_of(palette.line.text().trim());
    if rests && is_open(palette) { Some(ask(model)) } else { None }
}

fn rest_of(sought: &str) -> Duration {
    if Shape::of_id(sought).is_some() { REST } else { REST_OF_GUESSES }
}

/// Whether what is typed was not looked for yet, and is worth it.
pub(super) fn is_open(palette: &Palette) -> bool {
    let typed = palette.line.text();
    let sought = typed.trim();
    let is_command =
        typed.contains(' ') && Run::ALL.iter().any(|run| typed.split(' ').next() == Some(run.word()));
    sought != palette.sought && sought.chars().count() >= SHORTEST && !is_command
}

/// Whether what is typed was looked for, and nobody could say.
pub(super) fn has_failed(palette: &Palette) -> bool {
    let found = &palette.found;
    palette.sought == palette.line.text().trim() && found.trouble.is_some() && !found.is_pending()
}

/// Looks for it now.
pub(super) fn ask(model: &mut Model) -> Effect {
    let (generation, up) = (model.number(), model.clock.up);
    let mut sought = String::new();
    if let Overlay::Palette(palette) = &mut model.overlay {
        sought = palette.line.text().trim().to_owned();
        palette.sought.clone_from(&sought);
        palette.found.ask(generation, up);
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &sought).finish();
    let to = Slot { frame: ask::NO_FRAME, part: Part::Search };
    Effect::Get { to, generation, path: format!("/admin/v1/search?{query}") }
}

pub(super) fn answered(model: &mut Model, generation: u64, answer: Result<Value, Trouble>) {
    let (up, too_many) = (model.clock.up, model.text(T::TooManySearches));
    let Overlay::Palette(palette) = &mut model.overlay else { return };
    if !palette.found.awaits(generation) {
        return;
    }
    let read = answer
        .map_err(|trouble| match trouble {
            Trouble::Refused(problem) if problem.code == TOO_MANY => too_many.to_owned(),
            other => other.words(),
        })
        .and_then(|answer| serde_json::from_value::<SearchHits>(answer).map_err(|error| error.to_string()));
    match read {
        Ok(hits) => palette.found.answered(hits, up),
        Err(why) => palette.found.failed(why),
    }
}

/// Opens what was found: the thing itself, or the list that it is in.
pub(super) fn open(model: &mut Model, hit: &SearchHit) -> Vec<Effect> {
    if let Some(shape) = Shape::of_id(&hit.id) {
        return keys::follow(model, Link::Id(shape, hit.id.clone()));
    }
    let (screen, tab) = match hit.kind.as_str() {
        "cover_deal" => (Screen::Rates, 3),
        "quote" => (Screen::Rates, 1),
        "reconciliation_line" => (Screen::Ledger, 1),
        // Of a payee the words say whose it is.
        _ => {
            return match detail::link_in(&hit.title, "") {
                Some(link) => keys::follow(model, link),
                None => {
                    model.say(format!("{}: {}", hit.id, hit.title));
                    Vec::new()
                }
            };
        }
    };
    keys::go(model, screen);
    let root = &mut model.roots[screen.index()];
    root.tab = tab.min(root.frames.len().saturating_sub(1));
    if let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) {
        filtering::seek(list, &hit.id);
    }
    model.say(format!("{}: {}", hit.id, hit.title));
    ask::shown(model, true)
}

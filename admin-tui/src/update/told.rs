//! What the stream of events tells. It says what changed, not how: what is shown is asked for anew, at most once a second.

use super::{answers, ask};
use crate::model::Model;
use crate::msg::{Effect, Told};

pub(super) fn told(model: &mut Model, told: Told) -> Vec<Effect> {
    if let Told::Ended(why) = told {
        model.stream.on = false;
        model.stream.trouble = Some(why);
        return Vec::new();
    }
    let up = model.clock.up;
    model.stream.on = true;
    if told != Told::Beat {
        model.stream.heard = up;
    }
    model.stream.trouble = None;
    model.contact.last = Some(up);
    model.contact.lost = None;
    model.contact.barred = false;
    match told {
        // What was asked for before it began may have changed since.
        Told::Began | Told::Reset => {
            frames(model, |_| true);
            ask::due(model)
        }
        Told::Changed(changed) => {
            frames(model, |frame| frame.concerns(&changed));
            Vec::new()
        }
        Told::Overview(overview) => {
            answers::show_overview(model, *overview);
            Vec::new()
        }
        Told::Beat | Told::Ended(_) => Vec::new(),
    }
}

/// Those that are not shown are asked for when they are.
fn frames(model: &mut Model, is_due: impl Fn(&crate::model::frame::Frame) -> bool) {
    let roots = model.roots.iter_mut().flat_map(|root| &mut root.frames);
    for frame in roots.chain(&mut model.stack) {
        if is_due(frame) {
            frame.due = true;
            frame.unseen = true;
        }
    }
}

//! Questions that were closed while nobody knew what came of a command of theirs. Each is kept with its keys until its
//! outcome is known: what may be done already never goes out anew under another key.

use crate::action::Action;
use crate::item::Item;
use crate::model::Model;
use crate::model::confirm::Confirm;
use crate::model::overlay::Overlay;
use crate::text::T;

/// So many are kept. Whoever has as many is led back to the oldest instead of asking anything new, so none is forgotten.
const MOST: usize = 8;

pub(super) fn keep(model: &mut Model, confirm: Confirm) {
    model.left.push(confirm);
    model.warn(model.text(T::LeftUnsure));
}

/// Back to the oldest of them; closed again, it is the newest.
pub(super) fn reopen(model: &mut Model) {
    if model.left.is_empty() {
        model.say(model.text(T::NothingLeft));
    } else {
        open(model, 0);
    }
}

/// Instead of a new question, back to the one in which the same command is in doubt, or to the oldest of too many.
/// Whether it was.
pub(super) fn come_first(model: &mut Model, action: Action, targets: &[Item]) -> bool {
    let (at, said) = match model.left.iter().position(|left| doubts(left, action, targets)) {
        Some(at) => (at, T::LeftSame),
        None if model.left.len() >= MOST => (0, T::LeftMany),
        None => return false,
    };
    open(model, at);
    model.warn(model.text(said));
    true
}

fn open(model: &mut Model, at: usize) {
    let confirm = model.left.remove(at);
    model.overlay = Overlay::Confirm(Box::new(confirm));
}

/// Whether one of the question's open ends is this action on one of these.
fn doubts(left: &Confirm, action: Action, targets: &[Item]) -> bool {
    // A payout and its withdrawal are different rows of one command.
    let command = |item: &Item| (action.path(item), action.body(item, "", &[]));
    let mut open = left.subjects.iter().filter(|one| one.state.is_in_doubt()).map(|one| command(&one.item));
    left.action == action && open.any(|doubted| targets.iter().any(|item| command(item) == doubted))
}

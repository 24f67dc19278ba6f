//! What is asked of the server, and how often.

use std::time::Duration;

use super::arming;
use crate::item::Shape;
use crate::model::Model;
use crate::model::frame::{Content, Detail};
use crate::msg::{Effect, Part, Slot};
use crate::screen::Screen;

/// The overview also tells whether anybody answers, so it is asked for whatever is shown; where the stream brings it, only
/// when it fails to. What was asked for and not answered is asked for as often as without a stream.
const HEARTBEAT: Duration = Duration::from_secs(3);
const HEARTBEAT_TOLD: Duration = Duration::from_secs(15);
/// What is shown, where nobody tells when it changes.
const SHOWN: Duration = Duration::from_secs(4);
/// Where the stream tells.
const SHOWN_TOLD: Duration = Duration::from_secs(60);
/// However much changes, what is shown is asked for only so often.
const APART: Duration = Duration::from_secs(1);
/// Of the account that something was booked on, the last entries are looked through.
const BOOKED: u32 = 200;
/// The overview is no frame; its slot has this number.
pub(super) const NO_FRAME: u64 = 0;

/// What is due now.
pub(super) fn due(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    let is_told = model.is_told() && model.overview.trouble.is_none();
    let often = if is_told { HEARTBEAT_TOLD } else { HEARTBEAT };
    let since = model.overview_asked.max(model.overview.remote.at().unwrap_or_default());
    let waited = model.clock.up.saturating_sub(since);
    let never = model.overview.data().is_none() && model.overview.trouble.is_none();
    if !model.overview.is_pending() && (never || waited >= often) {
        effects.push(overview(model));
    }
    if !model.frozen {
        effects.extend(shown(model, false));
    }
    effects
}

/// All that is on the screen, at once.
pub fn everything_shown(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![overview(model), arming::ask(model)];
    effects.extend(shown(model, true));
    effects
}

/// Whether anything that is shown was never answered yet.
pub fn is_waiting(model: &Model) -> bool {
    let frame = match model.frame().map(|frame| &frame.content) {
        None => false,
        Some(Content::List(list)) => list.rows.is_pending(),
        Some(Content::Detail(detail)) => detail.item.is_pending() || detail.trail.is_pending(),
    };
    frame || model.overview.is_pending() || model.me.is_pending()
}

fn overview(model: &mut Model) -> Effect {
    let (generation, up) = (model.number(), model.clock.up);
    model.overview.ask(generation, up);
    model.overview_asked = up;
    let to = Slot { frame: NO_FRAME, part: Part::Overview };
    Effect::Get { to, generation, path: "/admin/v1/overview".to_owned() }
}

/// The questions of the frame on top; only those that are due unless `at_once`.
pub(super) fn shown(model: &mut Model, at_once: bool) -> Vec<Effect> {
    let (up, numbers) = (model.clock.up, [model.number(), model.number(), model.number()]);
    if model.screen == Screen::Overview && model.stack.is_empty() {
        return Vec::new();
    }
    let told = model.is_told();
    let Some(frame) = model.frame_mut() else { return Vec::new() };
    let often = if told && frame.is_told() && !frame.lacks_answers() { SHOWN_TOLD } else { SHOWN };
    let (id, changed) = (frame.id, frame.due);
    let is_late = |asked: Duration| {
        let waited = up.saturating_sub(asked);
        waited >= often || (changed && waited >= APART)
    };
    let get = |part, generation, path| Effect::Get { to: Slot { frame: id, part }, generation, path };
    let effects = match &mut frame.content {
        Content::List(list) => {
            let first = list.rows.data().is_none() && list.rows.trouble.is_none();
            let late = is_late(list.asked);
            if !at_once && (list.rows.is_pending() || !(first || late)) {
                return Vec::new();
            }
            list.rows.ask(numbers[0], up);
            list.asked = up;
            vec![get(Part::Rows, numbers[0], list.path())]
        }
        Content::Detail(detail) => {
            let first =
                !detail.trail.is_pending() && detail.trail.data().is_none() && detail.trail.trouble.is_none();
            let late = is_late(detail.asked);
            let pending = detail.item.is_pending() || detail.trail.is_pending();
            if !at_once && (pending || !(first || late)) {
                return Vec::new();
            }
            detail.asked = up;
            let mut effects = Vec::new();
            if let Some(path) = item_path(detail) {
                detail.item.ask(numbers[0], up);
                effects.push(get(Part::Item, numbers[0], path));
            }
            if let Some(path) = trail_path(detail) {
                detail.trail.ask(numbers[1], up);
                effects.push(get(Part::Trail, numbers[1], path));
            }
            if let Some(path) = extra_path(detail) {
                detail.extra.ask(numbers[2], up);
                effects.push(get(Part::Extra, numbers[2], path));
            }
            effects
        }
    };
    frame.due = false;
    effects
}

/// What can only be asked once the thing itself is known: the withdrawal or payment behind it, the account that it was
/// booked on, and, each time that it has changed, what was booked there.
pub(super) fn behind(model: &mut Model, frame: u64, answered: Part, changed: bool) -> Vec<Effect> {
    let (up, numbers) = (model.clock.up, [model.number(), model.number(), model.number()]);
    let Some(Content::Detail(detail)) = model.frame_of(frame).map(|frame| &mut frame.content) else {
        return Vec::new();
    };
    let get = |part, generation, path| Effect::Get { to: Slot { frame, part }, generation, path };
    let mut effects = Vec::new();
    if let Some(path) =
        related_path(detail).filter(|_| answered == Part::Item && !detail.related.is_pending())
    {
        detail.related.ask(numbers[0], up);
        effects.push(get(Part::Related, numbers[0], path));
    }
    let account_known = detail.account.data().is_some() || detail.account.is_pending();
    if let Some(path) = account_path(detail).filter(|_| !account_known) {
        detail.account.ask(numbers[1], up);
        effects.push(get(Part::Account, numbers[1], path));
    }
    let account = detail.account.data().cloned().flatten();
    let lacking = detail.transfers.data().is_none() || detail.transfers.trouble.is_some();
    let wanted = (changed || lacking) && !detail.transfers.is_pending();
    if let Some(account) = account.filter(|_| wanted) {
        detail.transfers.ask(numbers[2], up);
        effects.push(get(
            Part::Transfers,
            numbers[2],
            format!("/admin/v1/accounts/{account}/transfers?limit={BOOKED}"),
        ));
    }
    effects
}

/// Where one thing is asked for. Some exist in lists alone: there it is looked for where it was found, or among the first.
fn item_path(detail: &Detail) -> Option<String> {
    let id = &detail.id;
    match detail.shape {
        Shape::Payout => Some(format!("/admin/v1/payouts/{id}")),
        Shape::Withdrawal => Some(format!("/admin/v1/withdrawals/{id}")),
        Shape::Payment => Some(format!("/admin/v1/payments/{id}")),
        Shape::Merchant => Some(format!("/admin/v1/merchants/{id}")),
        Shape::Event => Some(format!("/admin/v1/events/{id}")),
        Shape::Approval => Some(format!("/admin/v1/approvals/{id}")),
        shape if shape.is_final() => None,
        _ => detail.from.as_ref().map(|(_, path)| path.clone()),
    }
}

fn trail_path(detail: &Detail) -> Option<String> {
    let subject = match detail.shape {
        Shape::Audit | Shape::Approval => {
            detail.item.data().map(|item| item.text("subject").to_owned()).filter(|id| !id.is_empty())?
        }
        shape if shape.is_final() => return None,
        Shape::Rate | Shape::Sum | Shape::Account | Shape::Position | Shape::Statement | Shape::Published => {
            return None;
        }
        _ => detail.id.clone(),
    };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("subject", &subject).finish();
    Some(format!("/admin/v1/audit?{query}&limit=50"))
}

fn extra_path(detail: &Detail) -> Option<String> {
    (detail.shape == Shape::Merchant).then(|| format!("/admin/v1/merchants/{}/amount-freezes", detail.id))
}

/// What a payout is for tells the whole story.
fn related_path(detail: &Detail) -> Option<String> {
    let item = detail.item.data().filter(|_| detail.shape == Shape::Payout)?;
    let behind = [("withdrawals", item.text("withdrawal_id")), ("payments", item.text("payment_id"))];
    let (list, id) = behind.into_iter().find(|(_, id)| !id.is_empty())?;
    Some(format!("/admin/v1/{list}/{id}"))
}

/// The merchant's account that the first entry of the book is on.
fn account_path(detail: &Detail) -> Option<String> {
    let item = detail.item.data()?;
    let merchant = item.text("merchant_id");
    let currency = match detail.shape {
        Shape::Payment => item.text("currency"),
        Shape::Withdrawal => item.text("sell_currency"),
        Shape::Payout => detail.related.data()?["sell_currency"].as_str()?,
        _ => return None,
    };
    let known = !merchant.is_empty() && !currency.is_empty();
    known.then(|| format!("/admin/v1/accounts?merchant_id={merchant}&currency={currency}&limit=10"))
}

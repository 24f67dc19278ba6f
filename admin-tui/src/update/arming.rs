//! Who one is, and whether one may act: the server says. Here it is only shown, and nothing sent that it would refuse.

use std::time::Duration;

use admin_api::Me;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ask;
use crate::action::Role;
use crate::model::{Arming, Model};
use crate::msg::{Effect, Part, Slot, Trouble};
use crate::text::{T, fill};

/// How often it is asked: the arming may end, or begin, elsewhere.
const OFTEN: Duration = Duration::from_secs(10);
/// Two clocks are never quite the same.
const SAME: Duration = Duration::from_secs(3);

/// The question that is due.
pub(super) fn due(model: &mut Model) -> Option<Effect> {
    let never = model.me.data().is_none() && model.me.trouble.is_none();
    let late = model.clock.up.saturating_sub(model.me_asked) >= OFTEN;
    let is_due = !model.me.is_pending() && (never || late);
    if is_due { Some(ask(model)) } else { None }
}

pub(super) fn ask(model: &mut Model) -> Effect {
    let (generation, up) = (model.number(), model.clock.up);
    model.me.ask(generation, up);
    model.me_asked = up;
    let to = Slot { frame: ask::NO_FRAME, part: Part::Me };
    Effect::Get { to, generation, path: "/admin/v1/me".to_owned() }
}

pub(super) fn answered(model: &mut Model, generation: u64, answer: Result<Value, Trouble>) {
    if !model.me.awaits(generation) {
        return;
    }
    let read = answer
        .map_err(|trouble| trouble.words())
        .and_then(|answer| serde_json::from_value::<Me>(answer).map_err(|error| error.to_string()));
    match read {
        Ok(me) => {
            let was_armed = model.is_armed();
            take(model, me);
            if was_armed && !model.is_armed() {
                model.warn(model.text(T::ArmedOver));
            }
        }
        Err(why) => model.me.failed(why),
    }
}

/// What came of asking for the right to act, or of giving it back.
pub(super) fn decided(model: &mut Model, answer: Result<Me, Trouble>) -> Vec<Effect> {
    match answer {
        Ok(me) => {
            let reason = me.armed_reason.clone().unwrap_or_default();
            take(model, me);
            match left(model) {
                Some(left) => {
                    let minutes = left.as_secs().div_ceil(60).to_string();
                    model.say(fill(model.text(T::ArmedFor), &[&minutes, &reason]));
                }
                None => model.say(model.text(T::Disarmed)),
            }
            Vec::new()
        }
        Err(trouble) => {
            model.arming = Arming::ReadOnly;
            let template = match trouble {
                Trouble::Refused(_) => T::ArmRefused,
                Trouble::NoContact(_) => T::ArmUnknown,
            };
            model.warn(fill(model.text(template), &[&trouble.words()]));
            vec![ask(model)]
        }
    }
}

/// The time that is left.
pub fn left(model: &Model) -> Option<Duration> {
    match model.arming {
        Arming::Armed { until } if model.is_armed() => Some(until.saturating_sub(model.clock.up)),
        _ => None,
    }
}

fn take(model: &mut Model, me: Me) {
    model.who.id = Some(me.operator_id.clone());
    model.who.role = Role::parse(&me.role);
    let up = model.clock.up;
    let until = me.armed_until.as_deref().and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    let left = until.map(|until| until - model.now()).and_then(|left| Duration::try_from(left).ok());
    model.arming = match (left, &model.arming) {
        (None, _) => Arming::ReadOnly,
        // As it was shown, as long as it says the same.
        (Some(left), Arming::Armed { until }) if until.abs_diff(up + left) <= SAME => {
            Arming::Armed { until: *until }
        }
        (Some(left), _) => Arming::Armed { until: up + left },
    };
    model.me.answered(me, up);
}

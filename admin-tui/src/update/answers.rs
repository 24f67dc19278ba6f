//! Answers to questions. One that comes too late, or for a frame that is gone, is dropped.

use admin_api::{Overview, Page};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{arming, ask, confirm, search};
use crate::item::{Item, Shape};
use crate::model::Model;
use crate::model::frame::{Content, Detail};
use crate::msg::{Effect, FOREIGN, Part, Slot, Trouble};
use crate::remote::Asked;
use crate::source::Source;
use crate::text::T;

pub(super) fn got(
    model: &mut Model,
    to: Slot,
    generation: u64,
    answer: Result<Value, Trouble>,
) -> Vec<Effect> {
    note_contact(model, &answer);
    if to.part == Part::Overview {
        take_overview(model, generation, answer);
        return Vec::new();
    }
    match to.part {
        Part::Search => {
            search::answered(model, generation, answer);
            return Vec::new();
        }
        Part::Me => {
            arming::answered(model, generation, answer);
            return Vec::new();
        }
        Part::Payees => {
            confirm::payees(model, generation, answer);
            return Vec::new();
        }
        Part::Behind => return confirm::behind(model, generation, answer),
        _ => {}
    }
    let (up, frozen) = (model.clock.up, model.frozen);
    let missing = model.text(T::NotAmongFirst);
    let Some(frame) = model.frame_of(to.frame) else { return Vec::new() };
    match &mut frame.content {
        Content::List(list) if list.rows.awaits(generation) => {
            let rows = answer.map_err(|trouble| trouble.words()).and_then(|answer| list.source.read(answer));
            match rows {
                Ok(_) if frozen && list.rows.data().is_some() => list.rows.ignored(),
                Ok(rows) => {
                    list.take(rows, up);
                    frame.unseen = frame.due;
                    if let Some(cursor) = list.further().cloned() {
                        list.cursors.push(cursor);
                        list.rows.forget();
                        return ask::shown(model, true);
                    }
                    list.sought = None;
                }
                Err(why) => list.rows.failed(why),
            }
            Vec::new()
        }
        Content::List(_) => Vec::new(),
        Content::Detail(detail) => {
            let before = detail.item.data().cloned();
            if take_part(detail, to.part, generation, answer, up, missing) {
                if to.part == Part::Item {
                    frame.unseen = frame.due;
                }
                let changed = detail.item.data() != before.as_ref();
                return ask::behind(model, to.frame, to.part, changed);
            }
            Vec::new()
        }
    }
}

fn note_contact(model: &mut Model, answer: &Result<Value, Trouble>) {
    model.contact.barred = false;
    match answer {
        Err(Trouble::NoContact(why)) => model.contact.lost = Some(why.clone()),
        Err(Trouble::Refused(problem)) if problem.status == 401 => {
            model.contact.barred = true;
            model.contact.lost = Some(model.text(T::Barred).to_owned());
        }
        Err(Trouble::Refused(problem)) if problem.code == FOREIGN => {
            model.contact.lost = Some(crate::msg::in_words(problem));
        }
        // Who refuses is there, and so is who can't answer: what is shown is old then, and says so.
        Ok(_) | Err(Trouble::Refused(_)) => {
            model.contact.last = Some(model.clock.up);
            model.contact.lost = None;
        }
    }
}

fn take_overview(model: &mut Model, generation: u64, answer: Result<Value, Trouble>) {
    if !model.overview.awaits(generation) {
        return;
    }
    let read = answer
        .map_err(|trouble| trouble.words())
        .and_then(|answer| serde_json::from_value::<Overview>(answer).map_err(|error| error.to_string()));
    match read {
        Err(why) => model.overview.failed(why),
        Ok(overview) => show_overview(model, overview),
    }
}

/// The overview, asked for or told. A frozen screen keeps what it shows.
pub(super) fn show_overview(model: &mut Model, overview: Overview) {
    if model.frozen && model.frame().is_none() && model.overview.data().is_some() {
        model.overview.ignored();
        return;
    }
    if let Ok(at) = OffsetDateTime::parse(&overview.at, &Rfc3339) {
        model.skew = at - model.clock.wall;
    }
    let up = model.clock.up;
    model.overview.answered(overview, up);
    let alarms = crate::alarms::of(model).len();
    model.selected_alarm = model.selected_alarm.min(alarms.saturating_sub(1));
}

/// Whether something is known now that leads to further questions.
fn take_part(
    detail: &mut Detail,
    part: Part,
    generation: u64,
    answer: Result<Value, Trouble>,
    up: std::time::Duration,
    missing: &str,
) -> bool {
    let answer = answer.map_err(|trouble| trouble.words());
    match part {
        Part::Item if detail.item.awaits(generation) => {
            let source = detail.from.as_ref().map(|(source, _)| source);
            match answer.and_then(|answer| one(answer, source, detail.shape, &detail.id, missing)) {
                Ok(item) => detail.item.answered(item, up),
                Err(why) => {
                    detail.item.failed(why);
                    return false;
                }
            }
        }
        Part::Trail => {
            take(&mut detail.trail, generation, answer.and_then(|answer| Source::Audit.read(answer)), up);
            return false;
        }
        Part::Extra => {
            take(&mut detail.extra, generation, answer, up);
            return false;
        }
        Part::Related => take(&mut detail.related, generation, answer, up),
        Part::Account => take(&mut detail.account, generation, answer.map(|answer| account(&answer)), up),
        Part::Transfers => {
            let rows = answer.and_then(|answer| Source::Transfers(String::new()).read(answer));
            take(&mut detail.transfers, generation, rows, up);
            return false;
        }
        Part::Item | Part::Overview | Part::Me | Part::Rows | Part::Search | Part::Payees | Part::Behind => {
            return false;
        }
    }
    true
}

fn take<T>(asked: &mut Asked<T>, generation: u64, answer: Result<T, String>, up: std::time::Duration) {
    if !asked.awaits(generation) {
        return;
    }
    match answer {
        Ok(data) => asked.answered(data, up),
        Err(why) => asked.failed(why),
    }
}

/// The thing itself, or the row of a list that is about it.
fn one(
    answer: Value,
    source: Option<&Source>,
    shape: Shape,
    id: &str,
    missing: &str,
) -> Result<Item, String> {
    let rows = match source {
        Some(source) if shape.is_listed_only() => source.read(answer)?.items,
        _ if answer["data"].is_array() => {
            let page: Page<Value> = serde_json::from_value(answer).map_err(|error| error.to_string())?;
            page.data.into_iter().map(|raw| Item::read(shape, raw)).collect()
        }
        _ => return Ok(Item::read(shape, answer)),
    };
    rows.into_iter().find(|item| item.key() == id).ok_or_else(|| missing.to_owned())
}

/// The merchant's own among its accounts.
fn account(answer: &Value) -> Option<String> {
    let rows = answer["data"].as_array()?;
    let own = rows.iter().find(|row| row["kind"] == "merchant")?;
    own["id"].as_str().map(str::to_owned)
}

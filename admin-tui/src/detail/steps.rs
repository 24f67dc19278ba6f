//! What happened to one thing, put together from everybody who wrote something down, in order: what the server tells as
//! its timeline, what was asked and heard, what operators did, what was booked.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Link, fields};
use crate::item::{Item, Shape};
use crate::model::frame::Detail;
use crate::source::Source;
use crate::text::{Lang, T, fill};

/// A step, and what Enter on it opens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// `at`, `kind`, `id` and `text`, as the contract's timelines have them.
    entry: Value,
    pub link: Option<Link>,
}

impl Step {
    pub fn text(&self, member: &str) -> &str {
        self.entry[member].as_str().unwrap_or_default()
    }

    fn at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(self.text("at"), &Rfc3339).ok()
    }
}

/// All of them, first to last; what happened at one moment stays in the order of its sources.
pub(super) fn of(detail: &Detail, lang: Lang) -> Vec<Step> {
    let mut steps = told(detail);
    for entry in detail.trail.data().into_iter().flat_map(|rows| &rows.items) {
        add_audit(&mut steps, entry, lang);
    }
    // A timeline with the book's entries has them all; of one without, the merchant's account has some.
    if !steps.iter().any(|step| step.text("kind") == "transfer") {
        let causes = causes(detail);
        let transfers = detail.transfers.data().into_iter().flat_map(|rows| &rows.items);
        let caused = transfers.filter(|transfer| causes.iter().any(|cause| cause == transfer.text("cause")));
        steps.extend(caused.map(|transfer| booked(transfer, lang)));
    }
    steps.sort_by_key(|step| (step.at().is_none(), step.at()));
    steps
}

/// Whether the server left something out of what it told.
pub(super) fn are_cut(detail: &Detail) -> bool {
    let told = [detail.item.data().map(|item| &item.raw), detail.related.data()];
    told.into_iter()
        .flatten()
        .find(|raw| raw["timeline"].is_array())
        .is_some_and(|raw| raw["timeline_truncated"] == true)
}

/// The thing's own timeline; of a payout that of its withdrawal or payment, or else what was asked and heard about it.
fn told(detail: &Detail) -> Vec<Step> {
    let own = detail.item.data().map(|item| &item.raw);
    let timeline = |value: Option<&Value>| value.and_then(|value| value["timeline"].as_array().cloned());
    let entries = timeline(own).or_else(|| timeline(detail.related.data()));
    let entries = entries.unwrap_or_else(|| {
        let heard = own.and_then(|raw| raw["evidence"].as_array().cloned()).unwrap_or_default();
        let entry = |one: Value| json!({"at": one["at"], "kind": one["source"], "id": detail.id, "text": one["text"]});
        heard.into_iter().map(entry).collect()
    });
    entries.into_iter().map(|entry| step(entry, &detail.id)).collect()
}

/// What it is about, where that is another thing or named in the words; else the step itself, whole.
fn step(entry: Value, own: &str) -> Step {
    let about = entry["id"].as_str().unwrap_or_default();
    if entry["kind"] == "audit" {
        let link = Some(Link::List(Source::AuditOf(about.to_owned())));
        return Step { entry, link };
    }
    let link = fields::link_in(about, own)
        .or_else(|| fields::link_in(entry["text"].as_str().unwrap_or_default(), own))
        .unwrap_or_else(|| Link::Item(Box::new(Item::read(Shape::Step, entry.clone()))));
    Step { entry, link: Some(link) }
}

/// An entry of the trail: timelines have most of them already, and then only lack what Enter opens.
fn add_audit(steps: &mut Vec<Step>, entry: &Item, lang: Lang) {
    let link = Some(Link::Item(Box::new(entry.clone())));
    let is_it = |step: &&mut Step| {
        step.text("kind") == "audit"
            && step.text("at") == entry.text("at")
            && step.text("id") == entry.text("subject")
    };
    if let Some(step) = steps.iter_mut().find(is_it) {
        step.link = link;
        return;
    }
    let parts = ["action", "actor", "reason"].map(|member| entry.text(member));
    let text = fill(T::StepByWhom.in_lang(lang), &parts);
    let entry = json!({"at": entry.text("at"), "kind": "audit", "id": entry.text("subject"), "text": text});
    steps.push(Step { entry, link });
}

/// What the book's entries about this thing name as their cause.
fn causes(detail: &Detail) -> Vec<String> {
    let raw = detail.item.data().map(|item| item.raw.clone()).unwrap_or_default();
    let others =
        ["withdrawal_id", "payment_id"].map(|member| raw[member].as_str().unwrap_or_default().to_owned());
    std::iter::once(detail.id.clone()).chain(others).filter(|id| !id.is_empty()).collect()
}

fn booked(transfer: &Item, lang: Lang) -> Step {
    let text = |member: &str| transfer.text(member);
    let other =
        if text("other_account").is_empty() { text("other_account_id") } else { text("other_account") };
    let template = if text("direction") == "debit" { T::StepBookedTo } else { T::StepBookedFrom };
    let amount = format!("{} {}", text("amount"), text("currency"));
    let said = fill(template.in_lang(lang), &[&amount, other, text("kind")]);
    let entry = json!({"at": text("created_at"), "kind": "transfer", "id": text("cause"), "text": said});
    Step { entry, link: Some(Link::Item(Box::new(transfer.clone()))) }
}

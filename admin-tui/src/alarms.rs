//! What needs a person, the worst first: the first thing that an operator sees, and one Enter away from each.

use crate::columns::{Tone, seconds};
use crate::model::Model;
use crate::screen::Screen;
use crate::text::{T, fill};

/// A line of the overview.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub tone: Tone,
    /// `!!`, `!` or `~`.
    pub sign: &'static str,
    pub text: String,
    pub leads_to: Option<Lead>,
}

/// Where Enter on an alarm leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// The screen, which of its lists, and how that is filtered.
    List(Screen, usize, &'static str),
    /// Back to a question that was closed with an open end.
    Left,
}

/// Waiting longer than this in the queue is worth a look, in seconds.
const LONG_UNSENT: f64 = 60.0;
/// Rates are used up to 15 minutes unless configured otherwise; in seconds.
const OLD_RATE: f64 = 600.0;

/// All of them.
pub fn of(model: &Model) -> Vec<Alarm> {
    let Some(overview) = model.overview.data() else { return Vec::new() };
    let mut alarms = Vec::new();
    let mut add = |tone, sign, text: String, leads_to| alarms.push(Alarm { tone, sign, text, leads_to });
    let text = |template: T, values: &[&str]| fill(model.text(template), values);
    let count = |status: &str| -> i64 {
        overview.payouts.iter().filter(|queue| queue.status == status).map(|queue| queue.count).sum()
    };
    let span = |since: Option<f64>| seconds(since.map_or(0, whole));

    if !model.left.is_empty() {
        let n = model.left.len().to_string();
        add(Tone::Bad, "!!", text(T::AlarmLeft, &[&n]), Some(Lead::Left));
    }
    if overview.payouts_for_operators > 0 {
        let n = overview.payouts_for_operators.to_string();
        add(
            Tone::Bad,
            "!!",
            text(T::AlarmForOperators, &[&n]),
            Some(Lead::List(Screen::Payouts, 0, "needs:operator")),
        );
    }
    if overview.unknown_payouts > 0 {
        let n = overview.unknown_payouts.to_string();
        add(
            Tone::Bad,
            "!",
            text(T::AlarmUnknown, &[&n]),
            Some(Lead::List(Screen::Payouts, 0, "status:unknown")),
        );
    }
    match overview.verification.result.as_deref() {
        Some("broken") => {
            let which = overview.verification.broken.join(" ");
            add(Tone::Bad, "!!", text(T::AlarmBroken, &[&which]), Some(Lead::List(Screen::Ledger, 0, "")));
        }
        Some("failed") => {
            add(Tone::Warn, "~", text(T::AlarmUnproved, &[]), Some(Lead::List(Screen::Ledger, 0, "")));
        }
        _ => {}
    }
    let disputed = count("disputed");
    if disputed > 0 {
        let n = disputed.to_string();
        add(
            Tone::Bad,
            "!!",
            text(T::AlarmDisputed, &[&n]),
            Some(Lead::List(Screen::Payouts, 0, "status:disputed")),
        );
    }
    for bank in &overview.banks {
        let lead = Some(Lead::List(Screen::Payouts, 0, ""));
        match bank.state.as_str() {
            "down" => add(Tone::Bad, "!", text(T::AlarmBankDown, &[&bank.bank]), lead),
            "slow" => add(Tone::Warn, "~", text(T::AlarmBankSlow, &[&bank.bank]), lead),
            _ => {}
        }
    }
    if overview.oldest_unsent_seconds.is_some_and(|age| age > LONG_UNSENT) {
        let text = text(T::AlarmUnsent, &[&span(overview.oldest_unsent_seconds)]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Payouts, 0, "status:queued")));
    }
    let held = count("held");
    if held > 0 {
        let text = text(T::AlarmHeld, &[&held.to_string()]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Payouts, 0, "status:held")));
    }
    let review: i64 = overview.review.iter().map(|line| line.count).sum();
    if review > 0 {
        let oldest = span(overview.oldest_review_seconds);
        add(
            Tone::Warn,
            "~",
            text(T::AlarmReview, &[&review.to_string(), &oldest]),
            Some(Lead::List(Screen::Review, 0, "")),
        );
    }
    if overview.approvals_waiting_for_me > 0 {
        let n = overview.approvals_waiting_for_me.to_string();
        add(
            Tone::Warn,
            "~",
            text(T::AlarmApprovals, &[&n]),
            Some(Lead::List(Screen::Audit, 0, "status:pending")),
        );
    }
    if overview.event_id_conflicts > 0 {
        let n = overview.event_id_conflicts.to_string();
        add(
            Tone::Warn,
            "~",
            text(T::AlarmConflicts, &[&n]),
            Some(Lead::List(Screen::Events, 0, "verdict:conflict")),
        );
    }
    if overview.rates_held > 0 {
        let n = overview.rates_held.to_string();
        add(Tone::Warn, "~", text(T::AlarmRatesHeld, &[&n]), Some(Lead::List(Screen::Rates, 0, "")));
    }
    for rate in overview.rates.iter().filter(|rate| rate.age_seconds > OLD_RATE) {
        let text = text(T::AlarmRate, &[&rate.pair, &span(Some(rate.age_seconds))]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Rates, 0, "")));
    }
    if overview.pool.waiting > 0 {
        let n = overview.pool.waiting.to_string();
        add(Tone::Warn, "~", text(T::AlarmPool, &[&n]), None);
    }
    alarms.sort_by_key(|alarm| match alarm.sign {
        "!!" => 0,
        "!" => 1,
        _ => 2,
    });
    alarms
}

/// Whole seconds of a server's number.
pub fn whole(seconds: f64) -> i64 {
    let span = std::time::Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

//! What needs a person, the worst first: the first thing that an operator sees, and one Enter away from each.

use admin_api::Overview;

use crate::columns::{Tone, seconds};
use crate::figures::{self, Figure, Grade, RATE, UNSENT};
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
    if overview.oldest_unsent_seconds.is_some_and(|age| UNSENT.grade(whole(age)).is_alarming()) {
        let text = text(T::AlarmUnsent, &[&span(overview.oldest_unsent_seconds)]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Payouts, 0, "status:queued")));
    }
    let held = count("held");
    if held > 0 {
        let text = text(T::AlarmHeld, &[&held.to_string()]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Payouts, 0, "status:held")));
    }
    for queue in overview.withdrawals_waiting.iter().filter(|queue| queue.count > 0) {
        let (n, oldest) = (queue.count.to_string(), span(Some(queue.oldest_seconds)));
        let filter = match queue.status.as_str() {
            "payee_action_required" => "status:payee_action_required",
            "failed" => "status:failed",
            "returned" => "status:returned",
            _ => "",
        };
        let text = text(T::AlarmWaiting, &[&n, &queue.status, &oldest]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Withdrawals, 0, filter)));
    }
    if overview.reversals_held > 0 {
        let (n, oldest) = (overview.reversals_held.to_string(), span(overview.oldest_held_reversal_seconds));
        add(
            Tone::Bad,
            "!",
            text(T::AlarmReversals, &[&n, &oldest]),
            Some(Lead::List(Screen::Review, 1, "status:held")),
        );
    }
    if overview.reversals_overdue > 0 {
        let n = overview.reversals_overdue.to_string();
        add(
            Tone::Bad,
            "!",
            text(T::AlarmReversalsOverdue, &[&n]),
            Some(Lead::List(Screen::Review, 1, "status:waiting")),
        );
    }
    let review: i64 = overview.review.iter().map(|line| line.count.max(0)).sum();
    if review > 0 {
        let oldest = span(overview.oldest_review_seconds);
        add(
            Tone::Warn,
            "~",
            text(T::AlarmReview, &[&review.to_string(), &oldest]),
            Some(Lead::List(Screen::Review, 0, "")),
        );
    }
    if overview.merchants_pending > 0 {
        let lead = Some(Lead::List(Screen::Merchants, 0, "status:pending"));
        let (n, overdue) = (overview.merchants_pending.to_string(), overview.merchants_overdue.to_string());
        let text = match overview.merchants_overdue {
            0 => text(T::AlarmMerchants, &[&n, &span(overview.oldest_pending_seconds)]),
            _ => text(T::AlarmMerchantsOverdue, &[&overdue]),
        };
        add(Tone::Warn, "~", text, lead);
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
    for rate in overview.rates.iter().filter(|rate| RATE.grade(whole(rate.age_seconds)).is_alarming()) {
        let text = text(T::AlarmRate, &[&rate.pair, &span(Some(rate.age_seconds))]);
        add(Tone::Warn, "~", text, Some(Lead::List(Screen::Rates, 0, "")));
    }
    if overview.pool.waiting > 0 {
        let n = overview.pool.waiting.to_string();
        add(Tone::Warn, "~", text(T::AlarmPool, &[&n]), None);
    }
    alarms.extend(unspoken(model, overview));
    alarms.sort_by_key(|alarm| match alarm.sign {
        "!!" => 0,
        "!" => 1,
        _ => 2,
    });
    alarms
}

/// Figures that are not as they should be and that no alarm above has words for: none is only a word at the margin.
fn unspoken(model: &Model, overview: &Overview) -> impl Iterator<Item = Alarm> {
    let now = model.now();
    let waiting = overview.review.iter().any(|line| line.count > 0);
    let review = figures::review(overview, now).into_iter().filter(move |_| !waiting);
    let health = figures::health(overview, now, model.lang).into_iter();
    let figures = health.filter(|figure| !is_told(figure, overview)).chain(review);
    figures.filter(|figure| figure.grade.is_alarming()).map(|figure| {
        let name = format!("{} {}", model.text(figure.label), figure.of);
        let (tone, sign) = if figure.grade == Grade::Act { (Tone::Bad, "!") } else { (Tone::Warn, "~") };
        let leads_to = match figure.label {
            T::FigureBooks => Some(Lead::List(Screen::Ledger, 0, "")),
            T::FigureBank => Some(Lead::List(Screen::Payouts, 0, "")),
            T::FigureLanes => None,
            _ => Some(Lead::List(Screen::Review, 0, "")),
        };
        let text = fill(model.text(T::AlarmFigure), &[name.trim(), &figure.value]);
        Alarm { tone, sign, text, leads_to }
    })
}

/// Whether what is behind a figure has an alarm of its own words.
fn is_told(figure: &Figure, overview: &Overview) -> bool {
    match figure.label {
        T::FigureBooks => matches!(overview.verification.result.as_deref(), Some("broken" | "failed")),
        T::FigureBank => {
            let bank = overview.banks.iter().find(|bank| bank.bank == figure.of);
            bank.is_some_and(|bank| matches!(bank.state.as_str(), "down" | "slow"))
        }
        T::FigurePool | T::FigureRates => true,
        _ => false,
    }
}

/// Whole seconds of a server's number.
pub fn whole(seconds: f64) -> i64 {
    let span = std::time::Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use admin_api::{LaneHealth, RateAge};
    use proptest::prelude::*;
    use serde_json::json;
    use time::format_description::well_known::Rfc3339;

    use super::*;
    use crate::msg::{Msg, Told};
    use crate::tests::bench::{Bench, START};
    use crate::tests::data;

    /// Nothing needs anybody.
    fn quiet() -> Overview {
        let mut overview: Overview = serde_json::from_value(data::overview("test")).expect("an overview");
        overview.payouts_for_operators = 0;
        overview.unknown_payouts = 0;
        overview.approvals_waiting_for_me = 0;
        overview.payouts.clear();
        overview.review.clear();
        overview
    }

    fn shown(overview: Overview) -> Bench {
        let mut bench = Bench::new(100, 30);
        bench.send(Msg::Told(Told::Overview(Box::new(overview))));
        bench
    }

    fn ago(seconds: i64) -> String {
        (START - time::Duration::seconds(seconds)).format(&Rfc3339).expect("a time")
    }

    #[test]
    fn a_figure_without_words_of_its_own_is_an_alarm() {
        type Change = fn(&mut Overview);
        assert!(shown(quiet()).shows("ALL WELL"));
        let changes: [(Change, &str); 6] = [
            (|overview| overview.lanes[1].depth = 500, "~  look at lanes: 0 500"),
            (|overview| overview.lanes[1].depth = 5_000, "!  look at lanes: 0 5000"),
            (|overview| overview.verification.at = Some(ago(2 * 86_400)), "~  look at books: hold, 2d ago"),
            (|overview| overview.verification.at = Some(ago(7 * 86_400)), "!  look at books: hold, 7d ago"),
            (
                |overview| "resting".clone_into(&mut overview.banks[0].state),
                "~  look at bank sandbox: resting",
            ),
            // As many seconds as its figure wants a look from.
            (|overview| overview.rates[0].age_seconds = 600.0, "~  rate USDCNY is 10m old"),
        ];
        for (change, said) in changes {
            let mut overview = quiet();
            change(&mut overview);
            let bench = shown(overview);
            assert!(bench.shows("ONE THING NEEDS YOU") && bench.shows(said), "{said}: {}", bench.screen());
        }
    }

    #[test]
    fn what_is_old_is_not_called_well() {
        let mut bench = shown(quiet());
        bench.pass(9.0);
        assert!(bench.shows("ALL WELL. Nothing needs you."), "{}", bench.screen());
        bench.pass(1.0);
        let old = "ALL WAS WELL 10s ago. Nobody has said how it is now.";
        assert!(bench.shows(old) && bench.shows(" STALE 10s "), "{}", bench.screen());
        bench.lose();
        bench.pass(30.0);
        bench.lose();
        assert!(bench.shows("ALL WAS WELL 40s ago") && bench.shows(" OFFLINE 40s "), "{}", bench.screen());
        bench.send(Msg::Told(Told::Overview(Box::new(quiet()))));
        assert!(bench.shows("ALL WELL. Nothing needs you."), "{}", bench.screen());
    }

    #[test]
    fn r28_withdrawals_that_stand_are_told_by_status_and_lead_to_their_list() {
        let mut overview = quiet();
        let queues = json!([{"status": "failed", "count": 2, "oldest_seconds": 10_800.0},
            {"status": "payee_action_required", "count": 1, "oldest_seconds": 61.0}]);
        overview.withdrawals_waiting = serde_json::from_value(queues).expect("queues");
        let mut bench = shown(overview);
        assert!(bench.shows("2 THINGS NEED YOU"), "{}", bench.screen());
        for said in [
            "~  2 withdrawal(s) failed, the oldest 3h: nothing more happens by itself",
            "~  1 withdrawal(s) payee_action_required, the oldest 61s",
            "2x 3h LOOK",
            "1x 61s LOOK",
        ] {
            assert!(bench.shows(said), "{said}: {}", bench.screen());
        }
        bench.press("Enter");
        assert!(bench.shows("Withdrawals") && bench.shows("status:failed"), "{}", bench.screen());
    }

    #[test]
    fn r8_what_banks_took_back_and_nobody_booked_is_told_and_leads_to_it() {
        let mut overview = quiet();
        overview.reversals_held = 2;
        overview.oldest_held_reversal_seconds = Some(10_800.0);
        let mut bench = shown(overview);
        let said = "!  2 recall(s) held, the oldest 3h";
        assert!(bench.shows("ONE THING NEEDS YOU") && bench.shows(said), "{}", bench.screen());
        bench.press("Enter");
        assert!(bench.shows("Taken back") && bench.shows("status:held"), "{}", bench.screen());

        let mut overview = quiet();
        overview.reversals_overdue = 1;
        let mut bench = shown(overview);
        let said = "!  1 recall(s) have waited for their payment for more than a day";
        assert!(bench.shows("ONE THING NEEDS YOU") && bench.shows(said), "{}", bench.screen());
        bench.press("Enter");
        assert!(bench.shows("Taken back") && bench.shows("status:waiting"), "{}", bench.screen());
    }

    #[test]
    fn r39_merchants_that_wait_are_told_and_lead_to_their_list() {
        let mut overview = quiet();
        overview.merchants_pending = 3;
        overview.oldest_pending_seconds = Some(10_800.0);
        assert!(shown(overview.clone()).shows("~  3 merchant(s) wait to be activated, the first for 3h"));
        overview.merchants_overdue = 2;
        let mut bench = shown(overview);
        let said = "~  2 merchant(s) have waited too long to be activated";
        assert!(bench.shows("ONE THING NEEDS YOU") && bench.shows(said), "{}", bench.screen());
        bench.press("Enter");
        assert!(bench.shows("Merchants") && bench.shows("status:pending"), "{}", bench.screen());
    }

    /// Around the limits, as often as not.
    fn around(limits: [i64; 2]) -> impl Strategy<Value = i64> {
        prop_oneof![
            Just(0),
            -1..=1_i64,
            (0..2_usize, -1..=1_i64).prop_map(move |(which, by)| limits[which] + by)
        ]
    }

    proptest! {
        #[test]
        fn all_is_well_only_where_every_figure_is(
            (stuck, unknown, approvals, waiting) in (around([1, 1]), around([1, 1]), around([1, 1]), 0..3_usize),
            (unsent, rate, depth) in (around([60, 600]), around([600, 900]), around([500, 5_000])),
            (proved, result) in (around([172_800, 604_800]), 0..5_usize),
            (state, queue) in (0..4_usize, (0..4_usize, around([1, 1]))),
            (count, since) in (-1..2_i64, around([86_400, 432_000])),
            stands in -1..2_i64,
        ) {
            let mut overview = quiet();
            overview.payouts_for_operators = stuck;
            overview.unknown_payouts = unknown;
            overview.approvals_waiting_for_me = approvals;
            overview.pool.waiting = waiting;
            overview.oldest_unsent_seconds = Some(unsent as f64 + 0.5);
            overview.rates = vec![RateAge { age_seconds: rate as f64 + 0.5, ..overview.rates[0].clone() }];
            let depth = usize::try_from(depth).unwrap_or_default();
            overview.lanes = vec![LaneHealth { depth, ..overview.lanes[0].clone() }];
            overview.verification.at = Some(ago(proved));
            overview.verification.result =
                [None, Some("holds"), Some("broken"), Some("failed"), Some("odd")][result].map(str::to_owned);
            ["up", "slow", "down", "odd"][state].clone_into(&mut overview.banks[0].state);
            let whole = data::overview("test");
            let mut payouts: admin_api::PayoutQueue =
                serde_json::from_value(whole["payouts"][0].clone()).expect("a queue");
            ["disputed", "held", "queued", "paid"][queue.0].clone_into(&mut payouts.status);
            payouts.count = queue.1;
            overview.payouts = vec![payouts];
            let mut line: admin_api::ReviewLine =
                serde_json::from_value(whole["review"][0].clone()).expect("a line");
            line.count = count;
            line.oldest = ago(since);
            overview.review = vec![line];
            let stands = json!({"status": "returned", "count": stands, "oldest_seconds": 5.0});
            overview.withdrawals_waiting = vec![serde_json::from_value(stands).expect("a queue")];

            let figures = [
                figures::work(&overview),
                figures::review(&overview, START),
                figures::health(&overview, START, crate::text::Lang::English),
            ];
            let alarming = figures.concat().iter().any(|figure| figure.grade.is_alarming());
            let bench = shown(overview);
            prop_assert!(!(alarming && bench.shows("ALL WELL")), "{}", bench.screen());
        }
    }
}

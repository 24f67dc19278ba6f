//! The overview's figures: each with its value, and a word for whether it is as it should be.

use admin_api::{ActivitySecond, BankHealth, Overview};
use time::OffsetDateTime;

use crate::alarms::whole;
use crate::columns::{Tone, age, seconds};
use crate::text::{Lang, T, fill};

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub label: T,
    /// Of several of a kind, which.
    pub of: String,
    pub value: String,
    pub grade: Grade,
}

/// How it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Nothing to judge.
    Plain,
    Fine,
    Look,
    Act,
}

impl Grade {
    /// Whether somebody should do something.
    pub fn is_alarming(self) -> bool {
        matches!(self, Grade::Look | Grade::Act)
    }

    pub fn tone(self) -> Tone {
        match self {
            Grade::Plain => Tone::Plain,
            Grade::Fine => Tone::Good,
            Grade::Look => Tone::Warn,
            Grade::Act => Tone::Bad,
        }
    }

    pub fn word(self) -> T {
        match self {
            Grade::Plain => T::Nothing,
            Grade::Fine => T::WordFine,
            Grade::Look => T::WordLook,
            Grade::Act => T::WordAct,
        }
    }
}

/// From how much on a figure is worth a look, and from how much on somebody must act.
pub struct Limits {
    look: i64,
    act: i64,
}

impl Limits {
    pub fn grade(&self, value: i64) -> Grade {
        if value >= self.act {
            Grade::Act
        } else if value >= self.look {
            Grade::Look
        } else {
            Grade::Fine
        }
    }
}

/// Any at all.
const ACT: Limits = Limits { look: 1, act: 1 };
const LOOK: Limits = Limits { look: 1, act: i64::MAX };
/// Seconds that a payout waits to be sent: the banks are called at once as a rule.
pub const UNSENT: Limits = Limits { look: 60, act: 600 };
/// Seconds that a payment lies in review: a day, five days.
const REVIEW: Limits = Limits { look: 86_400, act: 432_000 };
/// Seconds: rates are used up to 15 minutes unless configured otherwise.
pub const RATE: Limits = Limits { look: 600, act: 900 };
/// Commands that wait in one lane: several batches.
const LANE: Limits = Limits { look: 500, act: 5_000 };
/// Seconds since the books were last proved.
const PROOF: Limits = Limits { look: 2 * 86_400, act: 7 * 86_400 };

/// Payouts and what waits for people; last the withdrawals that stand until somebody decides, by status, where there are any.
pub fn work(overview: &Overview) -> Vec<Figure> {
    let count = |status: &str| -> i64 {
        overview.payouts.iter().filter(|queue| queue.status == status).map(|queue| queue.count).sum()
    };
    let counted = |label, value: i64, limits: &Limits| Figure {
        label,
        of: String::new(),
        value: value.to_string(),
        grade: limits.grade(value),
    };
    let unsent = overview.oldest_unsent_seconds.map(whole);
    let waiting = overview.withdrawals_waiting.iter().filter(|queue| queue.count > 0).map(|queue| Figure {
        label: T::Nothing,
        of: queue.status.clone(),
        value: format!("{}x {}", queue.count, seconds(whole(queue.oldest_seconds))),
        grade: LOOK.grade(queue.count),
    });
    let mut figures = vec![
        counted(T::FigureStuck, overview.payouts_for_operators, &ACT),
        counted(T::FigureUnknown, overview.unknown_payouts, &LOOK),
        counted(T::FigureDisputed, count("disputed"), &ACT),
        counted(T::FigureHeld, count("held"), &LOOK),
        Figure { grade: Grade::Plain, ..counted(T::FigureSent, count("queued") + count("sent"), &LOOK) },
        Figure {
            label: T::FigureUnsent,
            of: String::new(),
            value: unsent.map_or_else(|| "-".to_owned(), seconds),
            grade: UNSENT.grade(unsent.unwrap_or_default()),
        },
        counted(T::FigureApprovals, overview.approvals_waiting_for_me, &LOOK),
    ];
    figures.extend(waiting);
    figures
}

/// What is in review, by reason and currency, and the money of unknown owner.
pub fn review(overview: &Overview, now: OffsetDateTime) -> Vec<Figure> {
    let lines = overview.review.iter().map(|line| {
        let oldest = OffsetDateTime::parse(&line.oldest, &time::format_description::well_known::Rfc3339);
        let waits = oldest.map_or(0, |oldest| (now - oldest).whole_seconds());
        Figure {
            label: T::Nothing,
            of: line.reason.clone(),
            value: format!("{}x {} {} {}", line.count, line.amount, line.currency, age(&line.oldest, now)),
            grade: REVIEW.grade(waits),
        }
    });
    let suspense = overview.suspense.iter().map(|line| Figure {
        label: T::FigureSuspense,
        of: String::new(),
        value: format!("{} {}", line.amount, line.currency),
        grade: Grade::Plain,
    });
    lines.chain(suspense).collect()
}

/// The books, the banks, the machine.
pub fn health(overview: &Overview, now: OffsetDateTime, lang: Lang) -> Vec<Figure> {
    let mut figures = vec![books(overview, now, lang)];
    figures.extend(overview.banks.iter().map(|health| bank(health, lang)));
    let deepest = overview.lanes.iter().map(|lane| lane.depth).max().unwrap_or_default();
    figures.push(Figure {
        label: T::FigureLanes,
        of: String::new(),
        value: overview.lanes.iter().map(|lane| lane.depth.to_string()).collect::<Vec<_>>().join(" "),
        grade: LANE.grade(i64::try_from(deepest).unwrap_or(i64::MAX)),
    });
    let pool = &overview.pool;
    figures.push(Figure {
        label: T::FigurePool,
        of: String::new(),
        value: format!("{}/{}", pool.size.saturating_sub(pool.available), pool.max),
        grade: LOOK.grade(i64::try_from(pool.waiting).unwrap_or(i64::MAX)),
    });
    let oldest = overview.rates.iter().map(|rate| whole(rate.age_seconds)).max();
    figures.push(Figure {
        label: T::FigureRates,
        of: String::new(),
        value: oldest.map_or_else(|| "-".to_owned(), seconds),
        grade: oldest.map_or(Grade::Plain, |oldest| RATE.grade(oldest)),
    });
    figures
}

/// Whether a bank is up, and how fast it answers.
fn bank(bank: &BankHealth, lang: Lang) -> Figure {
    let answers = bank.answer_seconds.map(|seconds| format!(" {seconds:.1}s")).unwrap_or_default();
    let (said, grade) = match bank.state.as_str() {
        "up" => (format!("{}{answers}", T::BankUp.in_lang(lang)), Grade::Fine),
        "slow" => (format!("{}{answers}", T::BankSlow.in_lang(lang)), Grade::Look),
        "down" => (T::BankDown.in_lang(lang).to_owned(), Grade::Act),
        other => (other.to_owned(), Grade::Look),
    };
    Figure { label: T::FigureBank, of: bank.bank.clone(), value: said, grade }
}

/// Whether the books were proved, and when.
fn books(overview: &Overview, now: OffsetDateTime, lang: Lang) -> Figure {
    let proof = &overview.verification;
    let at = proof.at.as_deref().unwrap_or_default();
    let since = OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339);
    let since = since.map_or(0, |at| (now - at).whole_seconds());
    let ago = |what: &str| fill(T::ProofAgo.in_lang(lang), &[what, &seconds(since)]);
    let (said, grade) = match proof.result.as_deref() {
        Some("holds") => (ago(T::ProofHolds.in_lang(lang)), PROOF.grade(since)),
        Some("broken") => (fill(T::ProofBroken.in_lang(lang), &[&proof.broken.join(" ")]), Grade::Act),
        Some(other) => (ago(other), Grade::Look),
        None => ("-".to_owned(), Grade::Plain),
    };
    Figure { label: T::FigureBooks, of: String::new(), value: said, grade }
}

/// One kind of activity: its label, and how many there were in each of the last seconds, the one under way left out.
pub fn activity(overview: &Overview) -> [(T, Vec<u64>); 4] {
    let seconds = &overview.activity.seconds;
    let done = &seconds[..seconds.len().saturating_sub(1)];
    let each = |of: fn(&ActivitySecond) -> u64| done.iter().map(of).collect();
    [
        (T::RateEvents, each(|second| second.events)),
        (T::RatePayments, each(|second| second.payments)),
        (T::RateWithdrawals, each(|second| second.withdrawals)),
        (T::RatePaid, each(|second| second.payouts_paid)),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::tests::data;

    const NOW: OffsetDateTime = datetime!(2026-11-26 03:00 UTC);

    fn overview(change: impl Fn(&mut Overview)) -> Overview {
        let mut overview = serde_json::from_value(data::overview("test")).expect("an overview");
        change(&mut overview);
        overview
    }

    fn graded(figures: &[Figure], label: T) -> (&str, Grade) {
        let figure = figures.iter().find(|figure| figure.label == label).expect("a figure");
        (&figure.value, figure.grade)
    }

    #[test]
    fn how_figures_are_meant() {
        for (seconds, value, grade) in [
            (None, "-", Grade::Fine),
            (Some(59.9), "59s", Grade::Fine),
            (Some(60.0), "60s", Grade::Look),
            (Some(600.0), "10m", Grade::Act),
        ] {
            let figures = work(&overview(|overview| overview.oldest_unsent_seconds = seconds));
            assert_eq!(graded(&figures, T::FigureUnsent), (value, grade));
        }
        let stands = |count| {
            let queue = json!({"status": "failed", "count": count, "oldest_seconds": 7_200.4});
            let queue: admin_api::WithdrawalQueue = serde_json::from_value(queue).expect("a queue");
            work(&overview(|overview| overview.withdrawals_waiting = vec![queue.clone()]))
        };
        let shown = stands(3).into_iter().find(|figure| figure.of == "failed").expect("a figure");
        assert_eq!((shown.value.as_str(), shown.grade), ("3x 2h", Grade::Look));
        assert!(stands(0).iter().all(|figure| figure.of.is_empty()), "none is no line");
        for (result, broken, value, grade) in [
            (Some("holds"), vec![], "hold, 12m ago", Grade::Fine),
            (Some("broken"), vec!["I3".to_owned()], "BROKEN I3", Grade::Act),
            (Some("failed"), vec![], "failed, 12m ago", Grade::Look),
            (None, vec![], "-", Grade::Plain),
        ] {
            let overview = overview(|overview| {
                overview.verification.result = result.map(str::to_owned);
                overview.verification.at = Some("2026-11-26T02:48:00Z".to_owned());
                overview.verification.broken.clone_from(&broken);
            });
            assert_eq!(
                graded(&health(&overview, NOW, Lang::English), T::FigureBooks),
                (value, grade),
                "{result:?}"
            );
        }
        for (state, answers, said, grade) in [
            ("up", Some(0.21), "up 0.2s", Grade::Fine),
            ("up", None, "up", Grade::Fine),
            ("slow", Some(7.04), "SLOW 7.0s", Grade::Look),
            ("down", Some(9.0), "DOWN", Grade::Act),
        ] {
            let overview = overview(|overview| {
                state.clone_into(&mut overview.banks[0].state);
                overview.banks[0].answer_seconds = answers;
            });
            assert_eq!(graded(&health(&overview, NOW, Lang::English), T::FigureBank), (said, grade));
        }
    }

    #[test]
    fn the_second_under_way_is_not_counted_yet() {
        let overview = overview(|overview| {
            let second = |events| ActivitySecond { events, ..ActivitySecond::default() };
            overview.activity.seconds = vec![second(3), second(5), second(1)];
        });
        assert_eq!(activity(&overview)[0], (T::RateEvents, vec![3, 5]));
    }
}

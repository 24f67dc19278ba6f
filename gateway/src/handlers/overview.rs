//! One call that fills the console's first screen.

use admin_api::{
    Activity, BankHealth, LaneHealth, Overview, PayoutQueue, PoolHealth, RateAge, ReviewLine, Suspense,
    Verification, WithdrawalQueue,
};
use hyper::StatusCode;
use payouts::{BankState, BreakerState, PayoutState};
use time::OffsetDateTime;

use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::config::{Operator, Role, is_same_person};
use crate::problem::Refusal;
use crate::request::Request;

/// `GET /admin/v1/overview`.
///
/// # Errors
/// The database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let operator = request.caller.operator()?;
    reply::json(StatusCode::OK, &look(app).await?.of(operator))
}

/// How everything stands, the same for everybody but for what waits for each.
#[derive(Debug)]
pub struct Look {
    overview: Overview,
    /// Approvals that wait, by the person who asked.
    pending: Vec<(String, i64)>,
}

impl Look {
    /// As this operator sees it.
    pub fn of(&self, operator: &Operator) -> Overview {
        Overview { approvals_waiting_for_me: self.waiting_for(operator), ..self.overview.clone() }
    }

    /// How many approvals the operator may decide.
    pub fn waiting_for(&self, operator: &Operator) -> i64 {
        if operator.role < Role::Approver {
            return 0;
        }
        let others = self.pending.iter().filter(|(person, _)| !is_same_person(person, &operator.person));
        others.map(|(_, count)| count).sum()
    }
}

/// Looks.
///
/// # Errors
/// The database's.
pub async fn look(app: &App) -> Result<Look, Refusal> {
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    let counts = payouts::counts(&conn).await?;
    let waiting = ::withdrawals::waiting(&conn).await?;
    let suspense = deposits::suspense_summary(&conn).await?;
    let reversals = deposits::held_reversals(&conn).await?;
    let survey = exchange::Survey::now(&conn).await?;
    let locks = exchange::exposure(&conn).await?;
    let heads = ledger::heads(&conn).await?;
    let pending = audit::pending_by_person(&conn).await?;
    let reviews = merchants::documents::reviews(&conn).await?;
    let age = |at: OffsetDateTime| (now - at).as_seconds_f64();
    let of = |state: PayoutState| counts.iter().filter(move |count| count.state == state);
    let unsent = of(PayoutState::Queued).chain(of(PayoutState::Held)).map(|count| count.oldest).min();
    let pool = app.pool.status();
    let overview = Overview {
        environment: app.config.environment.clone(),
        at: rfc3339(now),
        payouts: counts
            .iter()
            .map(|count| PayoutQueue {
                bank: count.bank.clone(),
                status: count.state.as_str().to_owned(),
                count: count.payouts,
                oldest: rfc3339(count.oldest),
            })
            .collect(),
        unknown_payouts: of(PayoutState::Unknown).map(|count| count.payouts).sum(),
        payouts_for_operators: counts.iter().map(|count| count.for_operators).sum(),
        oldest_unsent_seconds: unsent.map(age),
        withdrawals_waiting: waiting
            .iter()
            .map(|one| WithdrawalQueue {
                status: one.state.as_str().to_owned(),
                count: one.withdrawals,
                oldest_seconds: age(one.oldest).max(0.0),
            })
            .collect(),
        review: suspense
            .lines
            .iter()
            .map(|line| ReviewLine {
                reason: line.reason.as_str().to_owned(),
                count: line.payments,
                amount: money::signed(line.minor, line.currency),
                currency: line.currency.code().to_owned(),
                oldest: rfc3339(line.oldest),
                older_than_1_day: line.older_than_1_day,
                older_than_5_days: line.older_than_5_days,
            })
            .collect(),
        oldest_review_seconds: suspense.oldest().map(age),
        suspense: suspense
            .by_currency()
            .into_iter()
            .map(|(currency, sum)| Suspense {
                currency: currency.code().to_owned(),
                amount: money::signed(sum, currency),
            })
            .collect(),
        merchants_pending: reviews.waiting,
        reversals_held: reversals.held,
        reversals_overdue: reversals.overdue,
        oldest_held_reversal_seconds: reversals.oldest.map(age),
        merchants_overdue: reviews.overdue,
        oldest_pending_seconds: reviews.oldest.map(age),
        approvals_pending: pending.iter().map(|(_, count)| count).sum(),
        event_id_conflicts: vault::conflict_count(&conn).await?,
        lanes: app
            .engine
            .lane_depths()
            .into_iter()
            .enumerate()
            .map(|(lane, depth)| LaneHealth { lane, depth })
            .collect(),
        pool: PoolHealth { size: pool.size, available: pool.available, waiting: pool.waiting, max: pool.max },
        banks: app
            .engine
            .bank_states()
            .into_iter()
            .map(|bank| BankHealth {
                bank: bank.bank.to_string(),
                state: bank_state(&bank).to_owned(),
                answer_seconds: bank.answers_in.map(|time| time.as_secs_f64()),
                breaker: bank.breaker.as_str().to_owned(),
                busy: bank.busy,
                max_per_second: bank.max_per_second,
            })
            .collect(),
        rates: rate_ages(app, &survey),
        rates_held: survey.held(),
        exposure: super::positions::exposure(&locks),
        ledger_heads: heads.iter().map(ToString::to_string).collect(),
        activity: Activity { seconds: app.engine.activity().seconds() },
        verification: ledger::last_verification(&conn, false).await?.map(verification).unwrap_or_default(),
        approvals_waiting_for_me: 0,
    };
    Ok(Look { overview, pending })
}

fn bank_state(bank: &BankState) -> &'static str {
    match bank.breaker {
        BreakerState::Open | BreakerState::Probing => "down",
        BreakerState::Closed if bank.is_slow => "slow",
        BreakerState::Closed => "up",
    }
}

fn verification(last: ledger::Verification) -> Verification {
    Verification {
        at: Some(rfc3339(last.finished_at)),
        result: Some(last.result.as_str().to_owned()),
        broken: last.broken,
        took_ms: Some(last.took_ms),
        checked_transfers: Some(last.transfers),
    }
}

/// Of each pair the rate that makes its prices; where none does, the newest there was.
fn rate_ages(app: &App, survey: &exchange::Survey) -> Vec<RateAge> {
    let age = |newest: &exchange::CurrentRate| {
        let pricing = survey.pricing(newest.base, newest.quote, &app.policy.rates);
        RateAge {
            pair: format!("{}{}", newest.base.code(), newest.quote.code()),
            age_seconds: (survey.at - pricing.unwrap_or(newest).as_of).as_seconds_f64(),
            priced_by: pricing.map(|rate| rate.bank.clone()),
        }
    };
    survey.newest().map(age).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r33_what_waits_for_an_operator_was_asked_by_another_person_and_needs_its_role() {
        let look = |pending: &[(&str, i64)]| Look {
            overview: serde_json::from_str(EMPTY).expect("an overview"),
            pending: pending.iter().map(|(person, count)| ((*person).to_owned(), *count)).collect(),
        };
        let operator = |person: &str, role| Operator {
            id: "op_x".into(),
            person: person.into(),
            role,
            token_sha256: [0; 32],
            must_arm: false,
        };
        let pending = look(&[("Ada", 2), ("Otto", 3)]);
        for (person, role, waiting) in [
            ("Ada", Role::Approver, 3),
            ("ADA", Role::Approver, 3),
            ("Bruno", Role::Approver, 5),
            ("Otto", Role::Operator, 0),
            ("Bruno", Role::Operator, 0),
            ("Vera", Role::Viewer, 0),
        ] {
            let operator = operator(person, role);
            assert_eq!(pending.waiting_for(&operator), waiting, "{person} {role:?}");
            assert_eq!(pending.of(&operator).approvals_waiting_for_me, waiting);
        }
        assert_eq!(look(&[]).waiting_for(&operator("Ada", Role::Approver)), 0);
    }

    const EMPTY: &str = r#"{"environment":"test","at":"","payouts":[],"unknown_payouts":0,"payouts_for_operators":0,
        "oldest_unsent_seconds":null,"review":[],"oldest_review_seconds":null,"suspense":[],"approvals_pending":0,
        "event_id_conflicts":0,"lanes":[],"pool":{"size":0,"available":0,"waiting":0,"max":0},"banks":[],"rates":[],
        "exposure":[],"ledger_heads":[]}"#;
}

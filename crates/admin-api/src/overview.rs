//! One call that fills the console's first screen.

use serde::{Deserialize, Serialize};

/// `GET /admin/v1/overview`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The environment, for the band.
    pub environment: String,
    /// The database's time of these figures.
    pub at: String,
    /// Payouts by bank and status.
    pub payouts: Vec<PayoutQueue>,
    /// Payouts whose outcome is unknown.
    pub unknown_payouts: i64,
    /// Payouts that wait for an operator.
    pub payouts_for_operators: i64,
    /// Age of the oldest payout that is not sent yet, seconds.
    pub oldest_unsent_seconds: Option<f64>,
    /// Withdrawals that stand until a merchant or an operator decides, by status.
    #[serde(default)]
    pub withdrawals_waiting: Vec<WithdrawalQueue>,
    /// Payments in review, by reason and currency.
    pub review: Vec<ReviewLine>,
    /// Age of the oldest payment in review, seconds.
    pub oldest_review_seconds: Option<f64>,
    /// Money in suspense, by currency.
    pub suspense: Vec<Suspense>,
    /// What banks have taken back and a person has to decide about (R8).
    #[serde(default)]
    pub reversals_held: i64,
    /// What has waited for its payment for longer than a day.
    #[serde(default)]
    pub reversals_overdue: i64,
    /// For how long the first of both has waited, seconds.
    #[serde(default)]
    pub oldest_held_reversal_seconds: Option<f64>,
    /// Merchants that wait for an operator to activate them (R39).
    #[serde(default)]
    pub merchants_pending: i64,
    /// Those of them that should have been looked at by now.
    #[serde(default)]
    pub merchants_overdue: i64,
    /// For how long the first of them has waited, seconds.
    #[serde(default)]
    pub oldest_pending_seconds: Option<f64>,
    /// Approvals that wait for a second person.
    pub approvals_pending: i64,
    /// Reuses of an event id that were refused.
    pub event_id_conflicts: i64,
    /// Commands that wait, by lane.
    pub lanes: Vec<LaneHealth>,
    /// Database connections for reads.
    pub pool: PoolHealth,
    /// The banks' circuit breakers.
    pub banks: Vec<BankHealth>,
    /// Pairs and the ages of their rates.
    pub rates: Vec<RateAge>,
    /// Rates that jump and wait for an operator.
    #[serde(default)]
    pub rates_held: usize,
    /// What open quotes promise, by pair.
    pub exposure: Vec<Exposure>,
    /// Chains of seals and where they end.
    pub ledger_heads: Vec<String>,
    /// What this gateway did in the last minute.
    #[serde(default)]
    pub activity: Activity,
    /// The last proof of the books.
    #[serde(default)]
    pub verification: Verification,
    /// Requests for a second person that this operator may decide: pending, and another person's.
    #[serde(default)]
    pub approvals_waiting_for_me: i64,
}

/// What one gateway committed, second by second.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Sixty, the oldest first; the last one is the second that is under way.
    pub seconds: Vec<ActivitySecond>,
}

/// What was committed in one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivitySecond {
    /// Bank events that were kept; redeliveries are none.
    pub events: u64,
    /// Payments that banks reported, credited or not.
    pub payments: u64,
    /// Withdrawals that merchants submitted.
    pub withdrawals: u64,
    /// Payouts that became paid.
    pub payouts_paid: u64,
}

/// The last verification of the books, by whichever gateway or by `sluice verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When it ended; null before the first.
    pub at: Option<String>,
    /// `holds`, `broken` (an invariant doesn't hold) or `failed` (it came to no end); null before the first.
    pub result: Option<String>,
    /// The invariants that don't hold, each once: `I2`.
    #[serde(default)]
    pub broken: Vec<String>,
    /// How long it took, milliseconds.
    pub took_ms: Option<i64>,
    /// How many transfers were looked at.
    pub checked_transfers: Option<i64>,
}

/// The open quotes of one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The sold currency.
    pub sell_currency: String,
    /// The bought currency.
    pub buy_currency: String,
    /// How many quotes.
    pub quotes: i64,
    /// What would be exchanged, sold currency.
    pub net_amount: String,
    /// What would arrive, bought currency.
    pub buy_amount: String,
}

/// Payouts of one status at one bank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutQueue {
    /// The bank.
    pub bank: String,
    /// The status.
    pub status: String,
    /// How many.
    pub count: i64,
    /// Since when the oldest waits.
    pub oldest: String,
}

/// Withdrawals whose payout failed or came back: nothing more happens by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithdrawalQueue {
    /// `payee_action_required`, `failed` or `returned`.
    pub status: String,
    /// How many.
    pub count: i64,
    /// How long the oldest of them has stood so, seconds.
    pub oldest_seconds: f64,
}

/// Payments in review for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewLine {
    /// R6's reason.
    pub reason: String,
    /// How many.
    pub count: i64,
    /// Their sum.
    pub amount: String,
    /// Its currency.
    pub currency: String,
    /// When the oldest came.
    pub oldest: String,
    /// How many are older than a day.
    pub older_than_1_day: i64,
    /// How many are older than five days.
    pub older_than_5_days: i64,
}

/// Money of unknown owner in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspense {
    /// The currency.
    pub currency: String,
    /// The sum.
    pub amount: String,
}

/// One lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneHealth {
    /// Its number.
    pub lane: usize,
    /// Commands that wait.
    pub depth: usize,
}

/// The pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolHealth {
    /// Connections that are open.
    pub size: usize,
    /// Of them unused.
    pub available: usize,
    /// Callers that wait for one.
    pub waiting: usize,
    /// The most there may be.
    pub max: usize,
}

/// One bank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BankHealth {
    /// The bank.
    pub bank: String,
    /// `up`, `slow` (its answers take more than half of what a call may take) or `down` (it is left alone after
    /// failures, but for a try now and then).
    #[serde(default)]
    pub state: String,
    /// How long its answers take lately, seconds; null where it was not asked.
    #[serde(default)]
    pub answer_seconds: Option<f64>,
    /// `closed` (calls go through), `open` or `probing`.
    pub breaker: String,
    /// Calls under way.
    pub busy: usize,
    /// Calls that may begin in one second, for each gateway; 0 for no limit.
    pub max_per_second: u32,
}

/// One pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RateAge {
    /// E.g. `USDCNY`.
    pub pair: String,
    /// How old the rate is that makes its prices, seconds; where none does, the newest.
    pub age_seconds: f64,
    /// The bank whose rate makes its prices; none: nobody's does.
    #[serde(default)]
    pub priced_by: Option<String>,
}

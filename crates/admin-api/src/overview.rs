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
    /// Payments in review, by reason and currency.
    pub review: Vec<ReviewLine>,
    /// Age of the oldest payment in review, seconds.
    pub oldest_review_seconds: Option<f64>,
    /// Money in suspense, by currency.
    pub suspense: Vec<Suspense>,
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

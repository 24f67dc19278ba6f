//! What came back: how many answers of which kind, how fast, and why there were none.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::latency::Latency;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A bank's event that it sends for the first time.
    Webhook,
    /// An event that was answered before, again.
    Redelivery,
    /// A camt.054 document of a thousand transactions.
    Statement,
    /// A merchant's withdrawal.
    Withdrawal,
    /// A merchant's balances.
    Read,
}

impl Kind {
    /// In tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Webhook => "webhooks",
            Kind::Redelivery => "redeliveries",
            Kind::Statement => "statements",
            Kind::Withdrawal => "withdrawals",
            Kind::Read => "reads",
        }
    }
}

/// How one request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should: 200 or 201.
    Good,
    /// Another status.
    Refused {
        status: u16,
        /// Whether it says when to come again.
        retry_after: bool,
    },
    /// No answer, or none that can be understood.
    Lost,
}

/// All that was counted in one window.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Good answers, by what was asked.
    pub good: BTreeMap<Kind, Latency>,
    /// Refusals by status.
    pub refused: BTreeMap<u16, u64>,
    /// How long refusals took.
    pub refusals: Option<Latency>,
    /// How long good answers took since their request left. Only an open loop counts it, apart from the time that the
    /// request waited in the generator for a connection.
    pub answers_since_left: Option<Latency>,
    /// The same of refusals.
    pub refusals_since_left: Option<Latency>,
    /// Refusals that are 429 or 503 and don't say when to come again.
    pub without_retry_after: u64,
    /// Requests without an answer.
    pub lost: u64,
    /// Requests that never left, since no connection got free in time.
    pub unsent: u64,
    /// Good answers that came in this window, whenever they were meant to be asked for. Only an open loop counts them.
    pub came: u64,
}

impl Tally {
    /// One request.
    pub fn record(&mut self, kind: Kind, end: End, took: Duration) {
        match end {
            End::Good => self.good.entry(kind).or_insert_with(Latency::new).record(took),
            End::Refused { status, retry_after } => {
                *self.refused.entry(status).or_default() += 1;
                self.refusals.get_or_insert_with(Latency::new).record(took);
                self.without_retry_after += u64::from(matches!(status, 429 | 503) && !retry_after);
            }
            End::Lost => self.lost += 1,
        }
    }

    /// The same request, by when it left.
    pub fn record_since_left(&mut self, end: End, took: Duration) {
        let latency = match end {
            End::Good => &mut self.answers_since_left,
            End::Refused { .. } => &mut self.refusals_since_left,
            End::Lost => return,
        };
        latency.get_or_insert_with(Latency::new).record(took);
    }

    /// What another thread counted.
    pub fn add(&mut self, other: &Tally) {
        for (kind, latency) in &other.good {
            self.good.entry(*kind).or_insert_with(Latency::new).add(latency);
        }
        for (status, count) in &other.refused {
            *self.refused.entry(*status).or_default() += count;
        }
        for (own, other) in [
            (&mut self.refusals, &other.refusals),
            (&mut self.answers_since_left, &other.answers_since_left),
            (&mut self.refusals_since_left, &other.refusals_since_left),
        ] {
            if let Some(latency) = other {
                own.get_or_insert_with(Latency::new).add(latency);
            }
        }
        self.without_retry_after += other.without_retry_after;
        self.lost += other.lost;
        self.unsent += other.unsent;
        self.came += other.came;
    }

    /// Good answers of all kinds.
    pub fn answered(&self) -> u64 {
        self.good.values().map(Latency::count).sum()
    }

    /// All refusals.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// All that was meant to be asked.
    pub fn meant(&self) -> u64 {
        self.answered() + self.refusals() + self.lost + self.unsent
    }

    /// Good answers of all kinds, as one distribution.
    pub fn all(&self) -> Latency {
        let mut all = Latency::new();
        self.good.values().for_each(|latency| all.add(latency));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_losses_are_no_answers() {
        let (mut tally, ms) = (Tally::default(), Duration::from_millis(5));
        tally.record(Kind::Webhook, End::Good, ms);
        tally.record(Kind::Redelivery, End::Good, ms);
        tally.record(Kind::Webhook, End::Refused { status: 503, retry_after: true }, ms);
        tally.record(Kind::Webhook, End::Refused { status: 429, retry_after: false }, ms);
        tally.record(Kind::Webhook, End::Refused { status: 422, retry_after: false }, ms);
        tally.record(Kind::Webhook, End::Lost, ms);
        (tally.unsent, tally.came) = (3, 1);
        for (end, took) in
            [(End::Good, 1), (End::Refused { status: 503, retry_after: true }, 2), (End::Lost, 3)]
        {
            tally.record_since_left(end, Duration::from_millis(took));
        }
        let mut both = tally.clone();
        both.add(&tally);
        assert_eq!((both.answered(), both.refusals(), both.lost), (4, 6, 2));
        assert_eq!((both.unsent, both.came, both.meant()), (6, 2, 18));
        assert_eq!(both.without_retry_after, 2, "a 422 needs none");
        assert_eq!((both.all().count(), both.refusals.unwrap().count()), (4, 6));
        let since_left = |latency: Option<Latency>| latency.map(|l| (l.count(), l.max_ms().round()));
        assert_eq!(since_left(both.answers_since_left), Some((2, 1.0)));
        assert_eq!(since_left(both.refusals_since_left), Some((2, 2.0)));
    }
}

//! What operators see of rates: each bank's of each pair, now or at a moment, and which of them make prices.

use money::Currency;
use pg::{Connection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::judge::MAX_AHEAD;
use crate::kept::{KeptRate, RateId};
use crate::market::{CurrentRate, Market};
use crate::policy::RatePolicy;
use crate::state::RateState;

/// One bank's rates of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its last accepted rate.
    pub rate: KeptRate,
    /// The newest one, where it is not believed.
    pub doubted: Option<KeptRate>,
}

/// What a bank's rates of a pair are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The last accepted rate can make prices.
    Fresh,
    /// It is too old for that.
    Stale,
    /// A newer one waits for an operator.
    Held,
    /// The newest one was rejected, and none has come since.
    Rejected,
}

impl Standing {
    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Fresh => "fresh",
            Standing::Stale => "stale",
            Standing::Held => "held",
            Standing::Rejected => "rejected",
        }
    }
}

impl Source {
    /// What it was good for at `at`, the moment that was asked for.
    pub fn standing(&self, policy: &RatePolicy, at: OffsetDateTime) -> Standing {
        let max_age = policy.of(self.rate.base, self.rate.quote).max_age;
        match &self.doubted {
            Some(doubted)
                if doubted.state == RateState::Rejected
                    && doubted.decided_at.is_some_and(|time| time <= at) =>
            {
                Standing::Rejected
            }
            Some(_) => Standing::Held,
            None if at - self.rate.as_of <= max_age => Standing::Fresh,
            None => Standing::Stale,
        }
    }

    /// The rate that waits or waited at `at`.
    pub fn held(&self, policy: &RatePolicy, at: OffsetDateTime) -> Option<&KeptRate> {
        self.doubted.as_ref().filter(|_| self.standing(policy, at) == Standing::Held)
    }

    fn current(&self) -> CurrentRate {
        let rate = self.rate.clone();
        let KeptRate { base, quote, bank, bid, ask, as_of, .. } = rate;
        CurrentRate { base, quote, bid, ask, as_of, bank }
    }
}

/// All banks' rates at one moment.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The moment.
    pub at: OffsetDateTime,
    /// By pair, each bank's, the newest first.
    pub sources: Vec<Source>,
    market: Market,
}

impl Survey {
    /// As it is now.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn now(conn: &Connection) -> Result<Survey, Error> {
        let now = conn.now().await?;
        Survey::read(now, &conn.query(include_str!("sql/survey_now.sql"), &[]).await?)
    }

    /// As it was at a moment: of each bank and pair what counted then. A rate that came later, or that an operator
    /// accepted later, did not, whatever its own time is.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn at(conn: &Connection, at: OffsetDateTime) -> Result<Survey, Error> {
        // What came by then is at most so far ahead: the index begins there.
        let newest = at.checked_add(MAX_AHEAD).unwrap_or(at);
        Survey::read(at, &conn.query(include_str!("sql/survey_at.sql"), &[&at, &newest]).await?)
    }

    fn read(at: OffsetDateTime, rows: &[Row]) -> Result<Survey, Error> {
        let source = |row: &Row| {
            let doubted: Option<Uuid> = row.get("d_id");
            let doubted = doubted.map(|_| KeptRate::read(row, "d_")).transpose()?;
            Ok(Source { rate: KeptRate::read(row, "c_")?, doubted })
        };
        let sources: Vec<Source> = rows.iter().map(source).collect::<Result<_, Error>>()?;
        let market = Market::of(sources.iter().map(|source| (source.current(), source.doubted.is_some())));
        Ok(Survey { at, sources, market })
    }

    /// Whether this one made the prices of its pair at that moment, by this policy.
    pub fn prices(&self, source: &Source, policy: &RatePolicy) -> bool {
        let KeptRate { base, quote, bank, .. } = &source.rate;
        self.market.pricing(*base, *quote, policy, self.at).is_some_and(|rate| rate.bank == *bank)
    }

    /// The rate that makes a pair's prices, or none.
    pub fn pricing(&self, base: Currency, quote: Currency, policy: &RatePolicy) -> Option<&CurrentRate> {
        self.market.pricing(base, quote, policy, self.at)
    }

    /// The newest accepted rate of each pair.
    pub fn newest(&self) -> impl Iterator<Item = &CurrentRate> {
        self.market.iter()
    }

    /// How many rates wait for an operator.
    pub fn held(&self) -> usize {
        let waits =
            |source: &&Source| source.doubted.as_ref().is_some_and(|rate| rate.state == RateState::Held);
        self.sources.iter().filter(waits).count()
    }
}

/// What banks published of a pair, received from `from` (inclusive) to `to` (exclusive), the last received first, after
/// the row `after`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn rate_history(
    conn: &Connection,
    (base, quote): (Currency, Currency),
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<RateId>,
    limit: i64,
) -> Result<Vec<KeptRate>, Error> {
    let after = after.map(|id| id.uuid());
    let sql = include_str!("sql/rate_history.sql");
    let rows = conn.query(sql, &[&base.code(), &quote.code(), &from, &to, &after, &limit]).await?;
    rows.iter().map(|row| KeptRate::read(row, "")).collect()
}

//! What of limits and of free allowances is used up, counted under a lock: two orders of one merchant at the same time
//! see each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use merchants::MerchantId;
use pg::Tx;
use time::Date;
use uuid::Uuid;

use crate::error::Error;

/// What a merchant has used of one limit on one day, or of an allowance in the month that begins then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter {
    /// Whose.
    pub merchant: MerchantId,
    /// Of which limit.
    pub limit: Arc<str>,
    /// When.
    pub day: Date,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    loaded: i64,
    used: i64,
}

/// The counters that a batch has locked: limits in US cents, allowances in minor units of the sold currency.
#[derive(Debug, Default)]
pub struct Usage {
    rows: BTreeMap<Counter, Held>,
}

impl Usage {
    /// Locks counters in (shard, merchant, limit, day) order, making those that are missing.
    ///
    /// # Errors
    /// The database's; `Unexpected` when one is not there after it was made.
    pub async fn lock(tx: &Tx<'_>, mut counters: Vec<Counter>) -> Result<Usage, Error> {
        counters.sort_by(|a, b| (a.merchant.shard(), a).cmp(&(b.merchant.shard(), b)));
        counters.dedup();
        if counters.is_empty() {
            return Ok(Usage::default());
        }
        let shards: Vec<i16> = counters.iter().map(|c| c.merchant.shard().number()).collect();
        let merchants: Vec<Uuid> = counters.iter().map(|c| c.merchant.uuid()).collect();
        let limits: Vec<&str> = counters.iter().map(|c| &*c.limit).collect();
        let days: Vec<Date> = counters.iter().map(|c| c.day).collect();
        let wanted: [&(dyn pg::ToSql + Sync); 4] = [&shards, &merchants, &limits, &days];
        let (made, rows) = tokio::join!(
            biased;
            tx.execute(include_str!("sql/make_usage.sql"), &wanted),
            tx.query(include_str!("sql/lock_usage.sql"), &wanted),
        );
        made?;
        let rows = rows?;
        if rows.len() != counters.len() {
            return Err(Error::Unexpected(format!("{} counters instead of {}", rows.len(), counters.len())));
        }
        let mut usage = Usage::default();
        for row in rows {
            let counter = Counter {
                merchant: MerchantId::from_uuid(row.get("merchant")),
                limit: Arc::from(row.get::<_, &str>("limit_name")),
                day: row.get("day"),
            };
            usage.hold(counter, row.get("used_minor"));
        }
        Ok(usage)
    }

    pub(crate) fn hold(&mut self, counter: Counter, used: i64) {
        self.rows.insert(counter, Held { loaded: used, used });
    }

    /// How much is used.
    pub fn used(&self, counter: &Counter) -> i64 {
        self.rows.get(counter).map_or(0, |held| held.used)
    }

    /// Counts a withdrawal worth so much.
    pub fn add(&mut self, counters: &[Counter], minor: i64) {
        for counter in counters {
            if let Some(held) = self.rows.get_mut(counter) {
                held.used = held.used.saturating_add(minor);
            }
        }
    }

    /// Gives back what a withdrawal counted that never left.
    pub fn give_back(&mut self, counters: &[Counter], minor: i64) {
        for counter in counters {
            if let Some(held) = self.rows.get_mut(counter) {
                held.used = held.used.saturating_sub(minor).max(0);
            }
        }
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a counter is gone.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let changed: Vec<(&Counter, &Held)> =
            self.rows.iter().filter(|(_, held)| held.loaded != held.used).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let shards: Vec<i16> = changed.iter().map(|(c, _)| c.merchant.shard().number()).collect();
        let merchants: Vec<Uuid> = changed.iter().map(|(c, _)| c.merchant.uuid()).collect();
        let limits: Vec<&str> = changed.iter().map(|(c, _)| &*c.limit).collect();
        let days: Vec<Date> = changed.iter().map(|(c, _)| c.day).collect();
        let used: Vec<i64> = changed.iter().map(|(_, held)| held.used).collect();
        let parameters: [&(dyn pg::ToSql + Sync); 5] = [&shards, &merchants, &limits, &days, &used];
        let saved = tx.execute(include_str!("sql/save_usage.sql"), &parameters).await?;
        if saved == changed.len() as u64 {
            return Ok(());
        }
        Err(Error::Unexpected(format!("{saved} counters saved instead of {}", changed.len())))
    }
}

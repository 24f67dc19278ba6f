//! What a batch writes of rates.

use pg::Tx;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Accepted, Key, Locked, Sources};
use crate::error::Error;
use crate::kept::KeptRate;
use crate::state::RateState;

impl Sources {
    /// Writes what was published and decided; what waited only where it still does.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row is not as it was locked.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        self.insert(tx).await?;
        self.save_decisions(tx).await?;
        self.save_sources(tx).await
    }

    async fn insert(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let new: Vec<&KeptRate> =
            self.rates.values().filter(|kept| kept.stored.is_none()).map(|kept| &kept.rate).collect();
        if new.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = new.iter().map(|rate| rate.id.uuid()).collect();
        let bases: Vec<&str> = new.iter().map(|rate| rate.base.code()).collect();
        let quotes: Vec<&str> = new.iter().map(|rate| rate.quote.code()).collect();
        let banks: Vec<&str> = new.iter().map(|rate| &*rate.bank).collect();
        let times: Vec<OffsetDateTime> = new.iter().map(|rate| rate.as_of).collect();
        let bids: Vec<Decimal> = new.iter().map(|rate| rate.bid.into()).collect();
        let asks: Vec<Decimal> = new.iter().map(|rate| rate.ask.into()).collect();
        let received: Vec<OffsetDateTime> = new.iter().map(|rate| rate.received_at).collect();
        let events: Vec<Option<Uuid>> = new.iter().map(|rate| rate.event).collect();
        let states: Vec<&str> = new.iter().map(|rate| rate.state.as_str()).collect();
        let decided: Vec<Option<OffsetDateTime>> = new.iter().map(|rate| rate.decided_at).collect();
        tx.execute(
            include_str!("../sql/insert_rates.sql"),
            &[&ids, &bases, &quotes, &banks, &times, &bids, &asks, &received, &events, &states, &decided],
        )
        .await?;
        Ok(())
    }

    async fn save_decisions(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let decided: Vec<(&KeptRate, RateState)> = self
            .rates
            .values()
            .filter_map(|kept| Some((&kept.rate, kept.stored?)))
            .filter(|(rate, stored)| rate.state != *stored)
            .collect();
        if decided.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = decided.iter().map(|(rate, _)| rate.id.uuid()).collect();
        let before: Vec<&str> = decided.iter().map(|(_, stored)| stored.as_str()).collect();
        let after: Vec<&str> = decided.iter().map(|(rate, _)| rate.state.as_str()).collect();
        let times: Vec<Option<OffsetDateTime>> = decided.iter().map(|(rate, _)| rate.decided_at).collect();
        let saved =
            tx.execute(include_str!("../sql/decide_rates.sql"), &[&ids, &before, &after, &times]).await?;
        expect(saved, decided.len(), "rates decided")
    }

    async fn save_sources(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let changed: Vec<(&Key, &Locked, Accepted)> = self
            .sources
            .iter()
            .filter(|(_, source)| source.changed)
            .filter_map(|(key, source)| Some((key, source, source.accepted?)))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let bases: Vec<&str> = changed.iter().map(|(key, ..)| key.0.code()).collect();
        let quotes: Vec<&str> = changed.iter().map(|(key, ..)| key.1.code()).collect();
        let banks: Vec<&str> = changed.iter().map(|(key, ..)| &*key.2).collect();
        let rates: Vec<Uuid> = changed.iter().map(|(.., accepted)| accepted.rate.uuid()).collect();
        let times: Vec<OffsetDateTime> = changed.iter().map(|(.., accepted)| accepted.as_of).collect();
        let bids: Vec<Decimal> = changed.iter().map(|(.., accepted)| accepted.bid.into()).collect();
        let asks: Vec<Decimal> = changed.iter().map(|(.., accepted)| accepted.ask.into()).collect();
        let since: Vec<OffsetDateTime> = changed.iter().map(|(.., accepted)| accepted.since).collect();
        let newest: Vec<Option<OffsetDateTime>> =
            changed.iter().map(|(_, source, _)| source.newest).collect();
        let doubted: Vec<Option<Uuid>> =
            changed.iter().map(|(_, source, _)| source.doubted.map(|id| id.uuid())).collect();
        let saved = tx
            .execute(
                include_str!("../sql/save_sources.sql"),
                &[&bases, &quotes, &banks, &rates, &times, &bids, &asks, &since, &newest, &doubted],
            )
            .await?;
        expect(saved, changed.len(), "sources saved")
    }
}

fn expect(saved: u64, wanted: usize, what: &str) -> Result<(), Error> {
    if saved == wanted as u64 {
        Ok(())
    } else {
        Err(Error::Unexpected(format!("{saved} {what} instead of {wanted}")))
    }
}

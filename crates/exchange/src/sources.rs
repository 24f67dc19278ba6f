//! Each bank's rates of each pair, as a batch has locked them: what is published is judged here, and what waits is decided.

mod save;

use std::collections::{BTreeMap, BTreeSet};

use money::{Ask, Currency, Rate};
use pg::{Row, Tx};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::judge::{Known, PublishedRate, Verdict, judge, unbelievable};
use crate::kept::{KeptRate, RateId};
use crate::policy::RatePolicy;
use crate::state::{RateEvent, RateState};

/// Why a rate that waited can't be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewRefusal {
    /// There is no such rate.
    NotFound,
    /// It doesn't wait: it is in this state.
    NotHeld(RateState),
    /// It became too old to be used while it waited.
    TooOld,
}

/// One bank on one pair as it is published.
type Key = (Currency, Currency, String);

#[derive(Debug, Default)]
struct Locked {
    accepted: Option<Accepted>,
    newest: Option<OffsetDateTime>,
    doubted: Option<RateId>,
    changed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Accepted {
    rate: RateId,
    bid: Rate,
    ask: Ask,
    as_of: OffsetDateTime,
    since: OffsetDateTime,
}

/// A rate with the state that the database has; none where it is new.
#[derive(Debug)]
struct Kept {
    rate: KeptRate,
    stored: Option<RateState>,
}

/// The banks and pairs that a batch has locked.
#[derive(Debug, Default)]
pub struct Sources {
    sources: BTreeMap<Key, Locked>,
    rates: BTreeMap<RateId, Kept>,
}

impl Sources {
    /// Locks what `published` (banks with their rates) and `reviewed` are about, in (base, quote, bank) order, and reads
    /// what waits there. A bank's first rate of a pair makes the row that it locks.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn lock(
        tx: &Tx<'_>,
        published: &[(&str, &[PublishedRate])],
        reviewed: &[RateId],
        now: OffsetDateTime,
    ) -> Result<Sources, Error> {
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        for (bank, rates) in published {
            let believable = rates.iter().filter(|rate| unbelievable(rate, now).is_none());
            keys.extend(believable.map(|rate| (rate.base, rate.quote, (*bank).to_owned())));
        }
        if keys.is_empty() && reviewed.is_empty() {
            return Ok(Sources::default());
        }
        if !keys.is_empty() {
            let (bases, quotes, banks) = columns(&keys);
            tx.execute(include_str!("sql/make_sources.sql"), &[&bases, &quotes, &banks]).await?;
        }
        let reviewed: Vec<Uuid> = reviewed.iter().map(|id| id.uuid()).collect();
        if !reviewed.is_empty() {
            for row in tx.query(include_str!("sql/rates_by_id.sql"), &[&reviewed]).await? {
                let rate = KeptRate::read(&row, "")?;
                keys.insert((rate.base, rate.quote, rate.bank));
            }
        }
        let (bases, quotes, banks) = columns(&keys);
        let mut locked = Sources::default();
        for row in tx.query(include_str!("sql/lock_sources.sql"), &[&bases, &quotes, &banks]).await? {
            let (key, source) = read(&row)?;
            locked.sources.insert(key, source);
        }
        // Only now: whoever held a source may have decided about them.
        let doubted = locked.sources.values().filter_map(|source| source.doubted).map(|id| id.uuid());
        let wanted: Vec<Uuid> = reviewed.into_iter().chain(doubted).collect();
        if !wanted.is_empty() {
            for row in tx.query(include_str!("sql/rates_by_id.sql"), &[&wanted]).await? {
                let rate = KeptRate::read(&row, "")?;
                locked.rates.insert(rate.id, Kept { stored: Some(rate.state), rate });
            }
        }
        Ok(locked)
    }

    /// A rate that was to be looked at, or that waits where something was published.
    pub fn get(&self, id: RateId) -> Option<&KeptRate> {
        self.rates.get(&id).map(|kept| &kept.rate)
    }

    /// The rates that are new, and those that this batch has decided about.
    pub fn changed(&self) -> impl Iterator<Item = RateId> {
        self.rates.values().filter(|kept| kept.stored != Some(kept.rate.state)).map(|kept| kept.rate.id)
    }

    /// Bid, ask and time of what its bank's rates of the pair are compared with.
    pub fn accepted(
        &self,
        base: Currency,
        quote: Currency,
        bank: &str,
    ) -> Option<(Rate, Ask, OffsetDateTime)> {
        let accepted = self.sources.get(&(base, quote, bank.to_owned()))?.accepted?;
        Some((accepted.bid, accepted.ask, accepted.as_of))
    }

    /// Takes in what `bank` published, in order; pairs that are not configured for it were left out before.
    ///
    /// # Errors
    /// `Unexpected` where a source was not locked.
    pub fn publish(
        &mut self,
        bank: &str,
        event: Option<Uuid>,
        rates: &[PublishedRate],
        policy: &RatePolicy,
        now: OffsetDateTime,
    ) -> Result<Vec<Verdict>, Error> {
        rates.iter().map(|rate| self.publish_one(bank, event, rate, policy, now)).collect()
    }

    fn publish_one(
        &mut self,
        bank: &str,
        event: Option<Uuid>,
        rate: &PublishedRate,
        policy: &RatePolicy,
        now: OffsetDateTime,
    ) -> Result<Verdict, Error> {
        if let Some(verdict) = unbelievable(rate, now) {
            return Ok(verdict);
        }
        let (base, quote) = (rate.base, rate.quote);
        let source = self
            .sources
            .get_mut(&(base, quote, bank.to_owned()))
            .ok_or_else(|| Error::Unexpected(format!("{bank}'s {base}{quote} is not locked")))?;
        let known = Known {
            accepted: source.accepted.map(|accepted| (accepted.bid, accepted.ask)),
            newest: source.newest,
        };
        let verdict = judge(rate, &known, policy.of(base, quote).jump_parts_per_million, now);
        let id = RateId::from_uuid(Uuid::now_v7());
        let state = match verdict {
            Verdict::Current => RateState::Accepted,
            Verdict::Held => RateState::Held,
            Verdict::Outdated => RateState::Outdated,
            Verdict::InTheFuture | Verdict::Crossed => return Ok(verdict),
        };
        let rate = KeptRate {
            id,
            base,
            quote,
            bank: bank.to_owned(),
            bid: rate.bid,
            ask: rate.ask,
            as_of: rate.as_of,
            received_at: now,
            event,
            state,
            decided_at: None,
        };
        if state != RateState::Outdated {
            let waited = source.doubted.take();
            match state {
                RateState::Held => source.doubt(&rate),
                _ => source.believe(&rate, now),
            }
            if let Some(waited) = waited {
                self.supersede(waited, now)?;
            }
        }
        self.rates.insert(id, Kept { rate, stored: None });
        Ok(verdict)
    }

    /// What was held waits no longer; what was rejected stays so.
    fn supersede(&mut self, id: RateId, now: OffsetDateTime) -> Result<(), Error> {
        let kept = self.rates.get_mut(&id).ok_or_else(|| Error::Unexpected(format!("{id} was not read")))?;
        if let Some(next) = kept.rate.state.next(RateEvent::Supersede) {
            (kept.rate.state, kept.rate.decided_at) = (next, Some(now));
        }
        Ok(())
    }

    /// R16: believes a rate that waits: its bank makes prices again, of this one.
    ///
    /// # Errors
    /// Why it can't be.
    pub fn accept(
        &mut self,
        id: RateId,
        policy: &RatePolicy,
        now: OffsetDateTime,
    ) -> Result<(), ReviewRefusal> {
        let next = self.decided(id, RateEvent::Accept)?;
        let (kept, source) = self.waiting(id)?;
        if now - kept.rate.as_of > policy.of(kept.rate.base, kept.rate.quote).max_age {
            return Err(ReviewRefusal::TooOld);
        }
        (kept.rate.state, kept.rate.decided_at) = (next, Some(now));
        source.believe(&kept.rate, now);
        source.doubted = None;
        Ok(())
    }

    /// R16: discards a rate that waits. Its bank makes no price of the pair until it publishes one that doesn't jump
    /// against the last that was accepted.
    ///
    /// # Errors
    /// Why it can't be.
    pub fn reject(&mut self, id: RateId, now: OffsetDateTime) -> Result<(), ReviewRefusal> {
        let next = self.decided(id, RateEvent::Reject)?;
        let (kept, _) = self.waiting(id)?;
        (kept.rate.state, kept.rate.decided_at) = (next, Some(now));
        Ok(())
    }

    fn decided(&self, id: RateId, event: RateEvent) -> Result<RateState, ReviewRefusal> {
        let state = self.get(id).ok_or(ReviewRefusal::NotFound)?.state;
        state.next(event).ok_or(ReviewRefusal::NotHeld(state))
    }

    fn waiting(&mut self, id: RateId) -> Result<(&mut Kept, &mut Locked), ReviewRefusal> {
        let kept = self.rates.get_mut(&id).ok_or(ReviewRefusal::NotFound)?;
        let key = (kept.rate.base, kept.rate.quote, kept.rate.bank.clone());
        let source = self.sources.get_mut(&key).ok_or(ReviewRefusal::NotFound)?;
        Ok((kept, source))
    }
}

impl Locked {
    fn believe(&mut self, rate: &KeptRate, now: OffsetDateTime) {
        let &KeptRate { id, bid, ask, as_of, .. } = rate;
        self.accepted = Some(Accepted { rate: id, bid, ask, as_of, since: now });
        self.newest = Some(as_of);
        self.changed = true;
    }

    fn doubt(&mut self, rate: &KeptRate) {
        self.doubted = Some(rate.id);
        self.newest = Some(rate.as_of);
        self.changed = true;
    }
}

fn columns(keys: &BTreeSet<Key>) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let bases = keys.iter().map(|key| key.0.code()).collect();
    let quotes = keys.iter().map(|key| key.1.code()).collect();
    (bases, quotes, keys.iter().map(|key| &*key.2).collect())
}

fn read(row: &Row) -> Result<(Key, Locked), Error> {
    let broken = |column: &str| Error::Unexpected(format!("a source's {column}"));
    let currency = |column: &str| Currency::from_db(row.get(column)).map_err(|_| broken(column));
    let decimal = |column: &str| row.get::<_, Option<Decimal>>(column);
    let bid = decimal("bid").map(Rate::try_from).transpose().map_err(|_| broken("bid"))?;
    let ask = decimal("ask").map(Ask::try_from).transpose().map_err(|_| broken("ask"))?;
    let id = |column: &str| row.get::<_, Option<Uuid>>(column).map(RateId::from_uuid);
    let accepted = match (id("rate"), bid, ask, row.get("as_of"), row.get("counts_since")) {
        (Some(rate), Some(bid), Some(ask), Some(as_of), Some(since)) => {
            Some(Accepted { rate, bid, ask, as_of, since })
        }
        _ => None,
    };
    let source = Locked { accepted, newest: row.get("newest_as_of"), doubted: id("doubted"), changed: false };
    Ok(((currency("base")?, currency("quote")?, row.get("bank")), source))
}

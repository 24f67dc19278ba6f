//! Merchants' rows as a batch holds them: shared by what depends on the state, exclusive for what changes it.

use std::collections::{BTreeMap, BTreeSet};

use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::MerchantId;
use crate::error::Error;
use crate::freezes::{self, Freeze, Freezes};
use crate::state::{MerchantEvent, MerchantState};

/// A merchant's row, locked until the transaction ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// Its id.
    pub id: MerchantId,
    /// Its state in this batch.
    pub state: MerchantState,
    /// The state to which an unfreeze leads back.
    pub before_freeze: Option<MerchantState>,
    /// The freezes that it is under while it is frozen; read where it was locked exclusively.
    pub freezes: Freezes,
    /// The blind index of its name, for R21.
    pub name_index: [u8; 32],
    /// Whether all that is asked of a merchant was verified; a lifetime limit may hold until then (R30).
    pub fully_verified: bool,
    /// By which spread its exchanges are priced (R19).
    pub tier: String,
}

/// By which spread a merchant's exchanges are priced now; none where there is no such merchant.
///
/// # Errors
/// The database's.
pub async fn tier(tx: &Tx<'_>, merchant: MerchantId) -> Result<Option<String>, Error> {
    let (shard, id) = (merchant.shard().number(), merchant.uuid());
    let row = tx.query_opt(include_str!("sql/tier.sql"), &[&shard, &id]).await?;
    Ok(row.map(|row| row.get("tier")))
}

#[derive(Debug)]
struct Held {
    loaded: MerchantState,
    loaded_before: Option<MerchantState>,
    row: Merchant,
    exclusive: bool,
    verification_changed: bool,
    tier_changed: bool,
}

/// The merchants that a batch has locked.
#[derive(Debug, Default)]
pub struct Locked {
    rows: BTreeMap<MerchantId, Held>,
}

/// Locks merchants in one global order, (shard, id): `exclusive` ones `FOR UPDATE`, the others `FOR SHARE`.
/// Ids that are not there are simply missing.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn lock(tx: &Tx<'_>, share: &[MerchantId], exclusive: &[MerchantId]) -> Result<Locked, Error> {
    let exclusive: BTreeSet<MerchantId> = exclusive.iter().copied().collect();
    let all: BTreeSet<MerchantId> = share.iter().copied().chain(exclusive.iter().copied()).collect();
    let mut locked = Locked::default();
    if exclusive.is_empty() {
        let shards: Vec<i16> = all.iter().map(|id| id.shard().number()).collect();
        let ids: Vec<Uuid> = all.iter().map(|id| id.uuid()).collect();
        if !ids.is_empty() {
            for row in tx.query(include_str!("sql/lock_share.sql"), &[&shards, &ids]).await? {
                locked.insert(&row, false)?;
            }
        }
        return Ok(locked);
    }
    // One set-based statement can't mix both strengths in one order; freezes are rare, so row by row.
    let ordered: BTreeSet<(i16, MerchantId)> = all.iter().map(|id| (id.shard().number(), *id)).collect();
    for (shard, id) in ordered {
        let rows = if exclusive.contains(&id) {
            tx.query(include_str!("sql/lock_one_update.sql"), &[&shard, &id.uuid()]).await?
        } else {
            tx.query(include_str!("sql/lock_one_share.sql"), &[&shard, &id.uuid()]).await?
        };
        for row in rows {
            locked.insert(&row, exclusive.contains(&id))?;
        }
    }
    locked.load_freezes(tx).await?;
    Ok(locked)
}

impl Locked {
    fn insert(&mut self, row: &pg::Row, exclusive: bool) -> Result<(), Error> {
        let id = MerchantId::from_uuid(row.get("id"));
        let read = |name: &str| {
            MerchantState::parse(name).ok_or_else(|| Error::Unexpected(format!("{id} is {name:?}")))
        };
        let state = read(row.get("state"))?;
        let before: Option<&str> = row.get("state_before_freeze");
        let name_index = <[u8; 32]>::try_from(row.get::<_, &[u8]>("name_index"))
            .map_err(|_| Error::Unexpected(format!("the name index of {id}")))?;
        let before_freeze = before.map(read).transpose()?;
        let fully_verified = row.get("fully_verified");
        let tier = row.get("tier");
        let freezes = Freezes::default();
        let row = Merchant { id, state, before_freeze, freezes, name_index, fully_verified, tier };
        let (verification_changed, tier_changed) = (false, false);
        self.rows.insert(
            id,
            Held {
                loaded: state,
                loaded_before: before_freeze,
                row,
                exclusive,
                verification_changed,
                tier_changed,
            },
        );
        Ok(())
    }

    async fn load_freezes(&mut self, tx: &Tx<'_>) -> Result<(), Error> {
        let frozen = |held: &&Held| held.exclusive && held.loaded == MerchantState::Frozen;
        let frozen: Vec<MerchantId> = self.rows.values().filter(frozen).map(|held| held.row.id).collect();
        let mut found = freezes::load(tx, &frozen).await?;
        for id in frozen {
            let of_it = found.extract_if(.., |(merchant, _)| *merchant == id).map(|(_, frozen)| frozen);
            let of_it: Freezes = of_it.collect();
            if let Some(held) = self.rows.get_mut(&id) {
                held.row.freezes = of_it;
            }
        }
        Ok(())
    }

    /// The merchant, as it stands in this batch.
    pub fn get(&self, id: MerchantId) -> Option<&Merchant> {
        self.rows.get(&id).map(|held| &held.row)
    }

    /// All that are locked.
    pub fn iter(&self) -> impl Iterator<Item = &Merchant> {
        self.rows.values().map(|held| &held.row)
    }

    /// Freezes a merchant that was locked exclusively; one that is frozen already is under one freeze more. False where its
    /// state does not allow it.
    pub fn freeze(&mut self, id: MerchantId, freeze: Freeze, now: OffsetDateTime) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        let Some(state) = held.row.state.next(MerchantEvent::Freeze) else { return false };
        if held.row.state != MerchantState::Frozen {
            held.row.before_freeze = Some(held.row.state);
        }
        held.row.state = state;
        held.row.freezes.add(freeze, now);
        true
    }

    /// Unfreezes a merchant that was locked exclusively, whatever it is under, back to the state before. False where it is not
    /// frozen.
    pub fn unfreeze(&mut self, id: MerchantId, now: OffsetDateTime) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        let Some(before) = held.row.before_freeze else { return false };
        let Some(state) = held.row.state.next(MerchantEvent::Unfreeze { before }) else { return false };
        held.row.state = state;
        held.row.before_freeze = None;
        held.row.freezes.lift_all(now);
        true
    }

    /// R32: lifts the freezes that were ordered until now or earlier; with the last of them the merchant is unfrozen. False
    /// where none is over.
    pub fn lift_over(&mut self, id: MerchantId, now: OffsetDateTime) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        let over = held.row.freezes.lift_over(now);
        if over && held.row.freezes.in_force().is_empty() {
            self.unfreeze(id, now);
        }
        over
    }

    /// R39: a merchant that was locked exclusively is identified. False where its state does not allow it.
    pub fn activate(&mut self, id: MerchantId) -> bool {
        self.happens(id, MerchantEvent::Activate)
    }

    /// R40: a document of a merchant that was locked exclusively has expired. False where that changes nothing.
    pub fn restrict(&mut self, id: MerchantId) -> bool {
        self.happens(id, MerchantEvent::Restrict)
    }

    /// R40: what had expired is renewed. False where that changes nothing.
    pub fn renew(&mut self, id: MerchantId) -> bool {
        self.happens(id, MerchantEvent::Renew)
    }

    /// What happens to a frozen merchant's documents changes what an unfreeze leads to, not the freeze.
    fn happens(&mut self, id: MerchantId, event: MerchantEvent) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        if let Some(before) = held.row.before_freeze {
            let Some(after) = before.next_while_frozen(event) else { return false };
            held.row.before_freeze = Some(after);
        } else {
            let Some(state) = held.row.state.next(event) else { return false };
            held.row.state = state;
        }
        true
    }

    /// R38: lets a merchant that was locked exclusively go, or ends it. False where its state does not allow it.
    pub fn leave(&mut self, id: MerchantId, event: MerchantEvent) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        if !matches!(event, MerchantEvent::StartClosing | MerchantEvent::Close) {
            return false;
        }
        let Some(state) = held.row.state.next(event) else { return false };
        held.row.state = state;
        true
    }

    /// Says whether a merchant that was locked exclusively is fully verified (R30).
    pub fn set_fully_verified(&mut self, id: MerchantId, full: bool) {
        if let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) {
            held.verification_changed |= held.row.fully_verified != full;
            held.row.fully_verified = full;
        }
    }

    /// Puts a merchant that was locked exclusively into another tier (R19).
    pub fn set_tier(&mut self, id: MerchantId, tier: &str) {
        if let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) {
            held.tier_changed |= held.row.tier != tier;
            tier.clone_into(&mut held.row.tier);
        }
    }

    /// Writes the states that changed, each from the one that was loaded.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row is no longer in that state.
    pub async fn save(&self, tx: &Tx<'_>, now: OffsetDateTime) -> Result<(), Error> {
        for held in self.rows.values().filter(|held| held.verification_changed) {
            let at = held.row.fully_verified.then_some(now);
            let (shard, id) = (held.row.id.shard().number(), held.row.id.uuid());
            tx.execute(include_str!("sql/save_verification.sql"), &[&shard, &id, &at]).await?;
        }
        for held in self.rows.values().filter(|held| held.tier_changed) {
            let (shard, id) = (held.row.id.shard().number(), held.row.id.uuid());
            tx.execute(include_str!("sql/save_tier.sql"), &[&shard, &id, &held.row.tier]).await?;
        }
        for held in self.rows.values().filter(|held| held.row.freezes.changed()) {
            held.row.freezes.save(tx, held.row.id).await?;
        }
        // Frozen as before: the state is the same, what it says or what comes after it may not be.
        let changed = |held: &&Held| {
            (held.loaded, held.loaded_before) != (held.row.state, held.row.before_freeze)
                || held.row.freezes.changed()
        };
        let changed: Vec<&Held> = self.rows.values().filter(changed).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let freeze = |held: &&Held| held.row.freezes.last_to_end().map(|frozen| frozen.freeze.clone());
        let shards: Vec<i16> = changed.iter().map(|h| h.row.id.shard().number()).collect();
        let ids: Vec<Uuid> = changed.iter().map(|h| h.row.id.uuid()).collect();
        let expected: Vec<&str> = changed.iter().map(|h| h.loaded.as_str()).collect();
        let states: Vec<&str> = changed.iter().map(|h| h.row.state.as_str()).collect();
        let before: Vec<Option<&str>> =
            changed.iter().map(|h| h.row.before_freeze.map(MerchantState::as_str)).collect();
        let reasons: Vec<Option<String>> = changed.iter().map(|h| freeze(h).map(|f| f.reason)).collect();
        let legal: Vec<Option<String>> =
            changed.iter().map(|h| freeze(h).and_then(|f| f.legal_reference)).collect();
        let until: Vec<Option<OffsetDateTime>> =
            changed.iter().map(|h| freeze(h).and_then(|f| f.until)).collect();
        let saved = tx
            .execute(
                include_str!("sql/save_states.sql"),
                &[&shards, &ids, &expected, &states, &before, &reasons, &legal, &until, &now],
            )
            .await?;
        if saved == changed.len() as u64 {
            return Ok(());
        }
        Err(Error::Unexpected(format!("{saved} merchants saved instead of {}", changed.len())))
    }
}

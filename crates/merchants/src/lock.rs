//! Merchants' rows as a batch holds them: shared by what depends on the state, exclusive for what changes it.

use std::collections::{BTreeMap, BTreeSet};

use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::MerchantId;
use crate::error::Error;
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
    /// The freeze that it is under, exactly while it is frozen.
    pub frozen: Option<Frozen>,
    /// The blind index of its name, for R21.
    pub name_index: [u8; 32],
    /// Whether all that is asked of a merchant was verified; a lifetime limit may hold until then (R30).
    pub fully_verified: bool,
    /// By which spread its exchanges are priced (R19).
    pub tier: String,
}

/// What a freeze says (R32).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Why.
    pub reason: String,
    /// On whose order, where an authority gave one.
    pub legal_reference: Option<String>,
    /// When it is lifted by itself.
    pub until: Option<OffsetDateTime>,
}

/// A freeze in force: no other one of the merchant says the same since the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// What it says.
    pub freeze: Freeze,
    /// Since when.
    pub since: OffsetDateTime,
}

impl Frozen {
    fn is_over(&self, now: OffsetDateTime) -> bool {
        self.freeze.until.is_some_and(|until| until <= now)
    }
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
    row: Merchant,
    exclusive: bool,
    frozen_anew: bool,
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
        let frozen = (state == MerchantState::Frozen).then(|| frozen(row));
        let row = Merchant { id, state, before_freeze, frozen, name_index, fully_verified, tier };
        let (frozen_anew, verification_changed, tier_changed) = (false, false, false);
        self.rows.insert(
            id,
            Held { loaded: state, row, exclusive, frozen_anew, verification_changed, tier_changed },
        );
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

    /// Freezes a merchant that was locked exclusively. False where its state does not allow it.
    pub fn freeze(&mut self, id: MerchantId, freeze: Freeze, now: OffsetDateTime) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        let Some(state) = held.row.state.next(MerchantEvent::Freeze) else { return false };
        held.row.before_freeze = Some(held.row.state);
        held.row.state = state;
        held.row.frozen = Some(Frozen { freeze, since: now });
        held.frozen_anew = true;
        true
    }

    /// Unfreezes a merchant that was locked exclusively, back to the state before. False where it is not frozen.
    pub fn unfreeze(&mut self, id: MerchantId) -> bool {
        let Some(held) = self.rows.get_mut(&id).filter(|held| held.exclusive) else { return false };
        let Some(before) = held.row.before_freeze else { return false };
        let Some(state) = held.row.state.next(MerchantEvent::Unfreeze { before }) else { return false };
        held.row.state = state;
        held.row.before_freeze = None;
        held.row.frozen = None;
        held.frozen_anew = false;
        true
    }

    /// R32: unfreezes a merchant whose freeze was ordered until now or earlier. False where it is not frozen, or by another
    /// freeze than the one that is over.
    pub fn unfreeze_if_over(&mut self, id: MerchantId, now: OffsetDateTime) -> bool {
        let frozen = self.get(id).and_then(|row| row.frozen.as_ref());
        frozen.is_some_and(|frozen| frozen.is_over(now)) && self.unfreeze(id)
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
        // Unfrozen and frozen again: the state is the same, what it says is not.
        let changed = |held: &&Held| held.loaded != held.row.state || held.frozen_anew;
        let changed: Vec<&Held> = self.rows.values().filter(changed).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let freeze = |held: &&Held| held.row.frozen.as_ref().map(|frozen| frozen.freeze.clone());
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

/// Its state changes by nothing but the freeze's end, so the row is as old as the freeze.
fn frozen(row: &pg::Row) -> Frozen {
    let freeze = Freeze {
        reason: row.get::<_, Option<String>>("frozen_reason").unwrap_or_default(),
        legal_reference: row.get("frozen_legal_reference"),
        until: row.get("frozen_until"),
    };
    Frozen { freeze, since: row.get("updated_at") }
}

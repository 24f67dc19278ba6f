//! R32: an amount in one of a merchant's currencies that can't leave, whatever the balance is or becomes.

use std::collections::{BTreeMap, HashSet};

use money::{Currency, Money};
use pg::{Connection, Row, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::{FreezeId, MerchantId};

/// An amount that is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountFreeze {
    /// Its id, in the merchant's shard.
    pub id: FreezeId,
    /// Whose money.
    pub merchant: MerchantId,
    /// How much, in which currency.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// On whose order, where an authority gave one.
    pub legal_reference: Option<String>,
    /// When it is lifted by itself.
    pub until: Option<OffsetDateTime>,
    /// Since when.
    pub created_at: OffsetDateTime,
    /// Since when no longer.
    pub lifted_at: Option<OffsetDateTime>,
}

/// The frozen amounts of the merchants of a batch. Whoever changes them holds the merchant's row exclusively, whoever
/// decides by them holds it shared.
#[derive(Debug, Default)]
pub struct FrozenAmounts {
    rows: BTreeMap<FreezeId, AmountFreeze>,
    new: Vec<FreezeId>,
    lifted: Vec<FreezeId>,
}

impl FrozenAmounts {
    /// Reads what is frozen of these merchants, whose rows the caller has locked.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn load(tx: &Tx<'_>, merchants: &[MerchantId]) -> Result<FrozenAmounts, Error> {
        if merchants.is_empty() {
            return Ok(FrozenAmounts::default());
        }
        let shards: Vec<i16> = merchants.iter().map(|id| id.shard().number()).collect();
        let ids: Vec<Uuid> = merchants.iter().map(|id| id.uuid()).collect();
        let rows = tx.query(include_str!("sql/frozen_amounts.sql"), &[&shards, &ids]).await?;
        let rows = rows.iter().map(|row| read(row).map(|freeze| (freeze.id, freeze)));
        Ok(FrozenAmounts { rows: rows.collect::<Result<_, _>>()?, ..FrozenAmounts::default() })
    }

    /// Adds what was read of further merchants; what is known already stays as it is.
    pub fn extend(&mut self, further: FrozenAmounts) {
        for (id, freeze) in further.rows {
            self.rows.entry(id).or_insert(freeze);
        }
    }

    /// How much of a merchant's money in a currency can't leave, in minor units; it may be more than there is.
    pub fn frozen(&self, merchant: MerchantId, currency: Currency) -> i64 {
        self.active(merchant)
            .filter(|freeze| freeze.amount.currency() == currency)
            .fold(0, |sum, freeze| sum.saturating_add(freeze.amount.minor()))
    }

    /// Whether anything of a merchant's is stopped.
    pub fn any(&self, merchant: MerchantId) -> bool {
        self.active(merchant).next().is_some()
    }

    fn active(&self, merchant: MerchantId) -> impl Iterator<Item = &AmountFreeze> {
        self.rows.values().filter(move |freeze| freeze.merchant == merchant && freeze.lifted_at.is_none())
    }

    /// In which currencies something of a merchant's is stopped.
    pub fn currencies(&self, merchant: MerchantId) -> impl Iterator<Item = Currency> {
        self.active(merchant).map(|freeze| freeze.amount.currency())
    }

    /// One that is in force.
    pub fn get(&self, id: FreezeId) -> Option<&AmountFreeze> {
        self.rows.get(&id).filter(|freeze| freeze.lifted_at.is_none())
    }

    /// One that is in force, or that this batch has lifted.
    pub fn known(&self, id: FreezeId) -> Option<&AmountFreeze> {
        self.rows.get(&id)
    }

    /// Freezes an amount from now on.
    pub fn add(&mut self, freeze: AmountFreeze) {
        self.new.push(freeze.id);
        self.rows.insert(freeze.id, freeze);
    }

    /// Lifts one, and answers it as it was in force; none when it is not.
    pub fn lift(&mut self, id: FreezeId, now: OffsetDateTime) -> Option<AmountFreeze> {
        let freeze = self.rows.get_mut(&id).filter(|freeze| freeze.lifted_at.is_none())?;
        let was = freeze.clone();
        freeze.lifted_at = Some(now);
        self.lifted.push(id);
        Some(was)
    }

    /// Lifts what was ordered until now of a merchant; which.
    pub fn expire(&mut self, merchant: MerchantId, now: OffsetDateTime) -> Vec<AmountFreeze> {
        let over = |freeze: &&AmountFreeze| freeze.until.is_some_and(|until| until <= now);
        let expired: Vec<FreezeId> = self.active(merchant).filter(over).map(|freeze| freeze.id).collect();
        expired.into_iter().filter_map(|id| self.lift(id, now)).collect()
    }

    /// Writes what was frozen and lifted, each only where it is still in force.
    ///
    /// # Errors
    /// The database's; `Unexpected` when one was lifted meanwhile.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        for freeze in self.new.iter().filter_map(|id| self.rows.get(id)) {
            let (shard, currency) = (freeze.id.shard().number(), freeze.amount.currency().code());
            let parameters: [&(dyn pg::ToSql + Sync); 9] = [
                &shard,
                &freeze.id.uuid(),
                &freeze.merchant.uuid(),
                &currency,
                &freeze.amount.minor(),
                &freeze.reason,
                &freeze.legal_reference,
                &freeze.until,
                &freeze.created_at,
            ];
            tx.execute(include_str!("sql/insert_amount_freeze.sql"), &parameters).await?;
        }
        for freeze in self.lifted.iter().filter_map(|id| self.rows.get(id)) {
            let parameters: [&(dyn pg::ToSql + Sync); 3] =
                [&freeze.id.shard().number(), &freeze.id.uuid(), &freeze.lifted_at];
            if tx.execute(include_str!("sql/lift_amount_freeze.sql"), &parameters).await? != 1 {
                return Err(Error::Unexpected(format!("{} was lifted meanwhile", freeze.id)));
            }
        }
        Ok(())
    }
}

/// A merchant's frozen amounts that are in force, oldest first.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn amount_freezes(conn: &Connection, merchant: MerchantId) -> Result<Vec<AmountFreeze>, Error> {
    let (shards, ids) = (vec![merchant.shard().number()], vec![merchant.uuid()]);
    let rows = conn.query(include_str!("sql/frozen_amounts.sql"), &[&shards, &ids]).await?;
    rows.iter().map(read).collect()
}

/// Whose amount a freeze stops; none where there is no such freeze.
///
/// # Errors
/// The database's.
pub async fn merchant_of_freeze(conn: &Connection, id: FreezeId) -> Result<Option<MerchantId>, Error> {
    let (shard, id) = (id.shard().number(), id.uuid());
    let row = conn.query_opt(include_str!("sql/merchant_of_freeze.sql"), &[&shard, &id]).await?;
    Ok(row.map(|row| MerchantId::from_uuid(row.get("merchant"))))
}

/// Those of these ids that are stopped amounts, in force or not.
///
/// # Errors
/// The database's.
pub async fn which_are_freezes(conn: &Connection, ids: &[Uuid]) -> Result<HashSet<FreezeId>, Error> {
    let shards: Vec<i16> = ids.iter().map(|id| FreezeId::from_uuid(*id).shard().number()).collect();
    let rows = conn.query(include_str!("sql/which_are_freezes.sql"), &[&shards, &ids]).await?;
    Ok(rows.iter().map(|row| FreezeId::from_uuid(row.get("id"))).collect())
}

fn read(row: &Row) -> Result<AmountFreeze, Error> {
    let id = FreezeId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {id}"));
    let currency = Currency::from_db(row.get("currency")).map_err(|_| broken("the currency"))?;
    Ok(AmountFreeze {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        amount: Money::new(row.get("amount_minor"), currency).map_err(|_| broken("the amount"))?,
        reason: row.get("reason"),
        legal_reference: row.get("legal_reference"),
        until: row.get("until"),
        created_at: row.get("created_at"),
        lifted_at: row.get("lifted_at"),
    })
}

#[cfg(test)]
mod tests {
    use pg::Shard;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn r32_frozen_amounts_add_up_until_they_are_lifted_or_over() {
        let now = datetime!(2026-11-23 08:00 UTC);
        let shard = Shard::new(1).unwrap();
        let (merchant, other) = (MerchantId::new(shard), MerchantId::new(shard));
        let mut frozen = FrozenAmounts::default();
        let mut add = |merchant, minor, currency, until| {
            let id = FreezeId::new(shard);
            let amount = Money::new(minor, currency).unwrap();
            let reason = "court".to_owned();
            let (legal_reference, created_at, lifted_at) = (None, now, None);
            let freeze =
                AmountFreeze { id, merchant, amount, reason, legal_reference, until, created_at, lifted_at };
            frozen.add(freeze);
            id
        };
        let first = add(merchant, 100, Currency::USD, None);
        let second = add(merchant, 30, Currency::USD, Some(now));
        add(merchant, 7, Currency::EUR, None);
        add(other, 1_000, Currency::USD, None);
        assert_eq!(frozen.frozen(merchant, Currency::USD), 130);
        assert_eq!(frozen.expire(merchant, now - time::Duration::SECOND), []);
        let expired: Vec<FreezeId> = frozen.expire(merchant, now).iter().map(|freeze| freeze.id).collect();
        assert_eq!(expired, [second]);
        assert_eq!(frozen.frozen(merchant, Currency::USD), 100);
        assert_eq!(frozen.currencies(merchant).count(), 2);
        assert_eq!(frozen.lift(first, now).map(|freeze| freeze.amount.minor()), Some(100));
        assert_eq!(frozen.lift(first, now), None);
        assert_eq!(frozen.frozen(merchant, Currency::USD), 0);
        assert_eq!(frozen.currencies(merchant).collect::<Vec<_>>(), [Currency::EUR]);
        assert_eq!(frozen.frozen(merchant, Currency::EUR), 7);
    }
}

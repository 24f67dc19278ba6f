//! What is debited for a merchant's withdrawals that are not final: one sum for each currency, moved together with what it counts.

use std::collections::BTreeMap;

use merchants::MerchantId;
use money::{Currency, Money};
use pg::{Connection, Tx};
use uuid::Uuid;

use crate::Withdrawal;
use crate::error::Error;
use crate::state::WithdrawalState;
use crate::store::Withdrawals;

/// By shard, merchant and the code of the sold currency, in minor units: in this order everywhere, so that batches wait for each
/// other and never in a circle.
type Moves = BTreeMap<(i16, Uuid, &'static str), i128>;

/// What changes of withdrawals, each with the status that it had before if it was there, do to what is in transit.
fn moves<'w>(changes: impl Iterator<Item = (Option<WithdrawalState>, &'w Withdrawal)>) -> Moves {
    let mut moves = Moves::new();
    for (before, withdrawal) in changes {
        let (merchant, sell) = (withdrawal.merchant, withdrawal.sell);
        let place = (merchant.shard().number(), merchant.uuid(), sell.currency().code());
        *moves.entry(place).or_default() += sign(before, withdrawal.state) * i128::from(sell.minor());
    }
    moves.retain(|_, minor| *minor != 0);
    moves
}

/// Whether the sum grows by a withdrawal that is in this status now, shrinks or stays.
fn sign(before: Option<WithdrawalState>, now: WithdrawalState) -> i128 {
    let counts = |state: WithdrawalState| i128::from(state.in_transit());
    counts(now) - before.map_or(0, counts)
}

/// Moves the sums by what a batch inserts and saves.
pub(crate) async fn follow(tx: &Tx<'_>, new: &[&Withdrawal], held: &Withdrawals) -> Result<(), Error> {
    let new = new.iter().map(|withdrawal| (None, *withdrawal));
    let moves = moves(new.chain(held.moved().map(|(before, row)| (Some(before), row))));
    if moves.is_empty() {
        return Ok(());
    }
    let (mut shards, mut merchants, mut currencies) = (Vec::new(), Vec::new(), Vec::new());
    for (shard, merchant, currency) in moves.keys() {
        shards.push(*shard);
        merchants.push(*merchant);
        currencies.push(*currency);
    }
    let minor = moves.values().map(|minor| i64::try_from(*minor)).collect::<Result<Vec<i64>, _>>();
    let minor = minor.map_err(|_| Error::Unexpected("more than 64 bits in transit".into()))?;
    let sql = include_str!("sql/move_in_transit.sql");
    let below = tx.query(sql, &[&shards, &merchants, &currencies, &minor]).await?;
    let Some(row) = below.first() else { return Ok(()) };
    let (merchant, currency) = (MerchantId::from_uuid(row.get("merchant")), row.get::<_, &str>("currency"));
    Err(Error::Unexpected(format!("less than nothing is in transit of {merchant} in {currency}")))
}

/// What is debited for a merchant's withdrawals that are not final, per sold currency; none that is zero.
///
/// # Errors
/// The database's; `Unexpected` for a sum that can't be one.
pub async fn in_transit(conn: &Connection, merchant: MerchantId) -> Result<Vec<Money>, Error> {
    let parameters: [&(dyn pg::ToSql + Sync); 2] = [&merchant.shard().number(), &merchant.uuid()];
    let rows = conn.query(include_str!("sql/in_transit.sql"), &parameters).await?;
    rows.iter()
        .map(|row| {
            let currency = Currency::parse(row.get("currency"))
                .map_err(|_| Error::Unexpected("a currency that is none".into()))?;
            Money::new(row.get("minor"), currency).map_err(|_| Error::Unexpected("a sum below zero".into()))
        })
        .collect()
}

/// Whether a merchant has withdrawals that are not final.
///
/// # Errors
/// The database's.
pub async fn any_open(tx: &Tx<'_>, merchant: MerchantId) -> Result<bool, Error> {
    let parameters: [&(dyn pg::ToSql + Sync); 2] = [&merchant.shard().number(), &merchant.uuid()];
    Ok(tx.query_one(include_str!("sql/any_open.sql"), &parameters).await?.get("found"))
}

/// Where the sums are not those of the withdrawals (I2), in words; the first hundred. One statement, over what is not final.
///
/// # Errors
/// The database's.
pub async fn verify(conn: &Connection) -> Result<Vec<String>, Error> {
    let rows = conn.query(include_str!("sql/verify_in_transit.sql"), &[]).await?;
    let told = |row: &pg::Row| {
        let (merchant, currency): (Uuid, &str) = (row.get("merchant"), row.get("currency"));
        let (kept, summed): (&str, &str) = (row.get("kept"), row.get("summed"));
        let merchant = MerchantId::from_uuid(merchant);
        format!(
            "I2: in transit of {merchant} in {currency}: {kept} minor units are kept, its withdrawals are {summed}"
        )
    };
    Ok(rows.iter().map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A withdrawal of 5.00 USD in each state, from each: what it does to the sum, in the order of `WithdrawalState::ALL`.
    #[test]
    fn i2_every_change_of_status_moves_what_it_should() {
        use WithdrawalState as S;
        let counted = |state: S| match state {
            S::Processing | S::PayeeActionRequired | S::Failed | S::Returned => 500,
            S::Paid | S::Refused | S::Refunded => 0,
        };
        for after in S::ALL {
            for before in S::ALL.into_iter().map(Some).chain([None]) {
                let minor = counted(after) - before.map_or(0, counted);
                assert_eq!(step(before, after), minor, "{before:?} to {after:?}");
            }
        }
    }

    fn step(before: Option<WithdrawalState>, after: WithdrawalState) -> i128 {
        sign(before, after) * 500
    }
}

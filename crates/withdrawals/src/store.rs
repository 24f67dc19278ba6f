//! Rows of withdrawals: claims of client references, a locked working set, inserts.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use exchange::QuoteId;
use merchants::{MerchantId, PayeeId};
use money::{Currency, Money, Rate};
use pg::{Shard, Tx};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::in_transit;
use crate::state::WithdrawalState;
use crate::{Withdrawal, WithdrawalId};

/// A `client_reference` that a withdrawal of this batch wants for itself.
#[derive(Debug, Clone)]
pub struct ReferenceClaim {
    /// The merchant, within whom references are unique.
    pub merchant: MerchantId,
    /// The reference.
    pub reference: String,
    /// The withdrawal to be.
    pub withdrawal: WithdrawalId,
}

/// Claims client references, before anything is locked; the ones returned were won.
///
/// # Errors
/// The database's.
pub async fn claim_references(
    tx: &Tx<'_>,
    claims: &[ReferenceClaim],
) -> Result<HashSet<WithdrawalId>, Error> {
    if claims.is_empty() {
        return Ok(HashSet::new());
    }
    let (shards, merchants, references, withdrawals) = columns(claims);
    let rows = tx
        .query(include_str!("sql/claim_references.sql"), &[&shards, &merchants, &references, &withdrawals])
        .await?;
    Ok(rows.iter().map(|row| WithdrawalId::from_uuid(row.get("withdrawal"))).collect())
}

/// Gives back references of withdrawals that were refused in this transaction.
///
/// # Errors
/// The database's; `Unexpected` when one was not this transaction's own.
pub async fn release_references(tx: &Tx<'_>, claims: &[ReferenceClaim]) -> Result<(), Error> {
    if claims.is_empty() {
        return Ok(());
    }
    let (shards, merchants, references, withdrawals) = columns(claims);
    let removed = tx
        .execute(
            include_str!("sql/release_references.sql"),
            &[&shards, &merchants, &references, &withdrawals],
        )
        .await?;
    expect_count("client references released", removed, claims.len())
}

fn columns(claims: &[ReferenceClaim]) -> (Vec<i16>, Vec<Uuid>, Vec<&str>, Vec<Uuid>) {
    (
        claims.iter().map(|c| c.merchant.shard().number()).collect(),
        claims.iter().map(|c| c.merchant.uuid()).collect(),
        claims.iter().map(|c| c.reference.as_str()).collect(),
        claims.iter().map(|c| c.withdrawal.uuid()).collect(),
    )
}

/// Writes what a batch decided: withdrawals that are new, and those that it `held` and changed, each from the status that was
/// loaded; and what of both is in transit. One statement each, side by side.
///
/// # Errors
/// The database's; `Unexpected` when a row is no longer in its status, or less than nothing would be in transit.
pub async fn write(
    tx: &Tx<'_>,
    new: &[&Withdrawal],
    held: &Withdrawals,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let (inserted, saved, followed) =
        tokio::join!(biased; insert(tx, new, now), held.save(tx, now), in_transit::follow(tx, new, held));
    inserted.and(saved).and(followed)
}

async fn insert(tx: &Tx<'_>, rows: &[&Withdrawal], now: OffsetDateTime) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = rows.iter().map(|w| w.id.shard().number()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|w| w.id.uuid()).collect();
    let merchants: Vec<Uuid> = rows.iter().map(|w| w.merchant.uuid()).collect();
    let payees: Vec<Uuid> = rows.iter().map(|w| w.payee.uuid()).collect();
    let quotes: Vec<Option<Uuid>> = rows.iter().map(|w| w.quote.map(|quote| quote.uuid())).collect();
    let references: Vec<Option<&str>> = rows.iter().map(|w| w.client_reference.as_deref()).collect();
    let states: Vec<&str> = rows.iter().map(|w| w.state.as_str()).collect();
    let banks: Vec<&str> = rows.iter().map(|w| &*w.bank).collect();
    let sell_currencies: Vec<&str> = rows.iter().map(|w| w.sell.currency().code()).collect();
    let sells: Vec<i64> = rows.iter().map(|w| w.sell.minor()).collect();
    let fees: Vec<i64> = rows.iter().map(|w| w.fee.minor()).collect();
    let nets: Vec<i64> = rows.iter().map(|w| w.net.minor()).collect();
    let rates: Vec<Option<Decimal>> = rows.iter().map(|w| w.rate.map(Decimal::from)).collect();
    let as_of: Vec<Option<OffsetDateTime>> = rows.iter().map(|w| w.rate_as_of).collect();
    let buy_currencies: Vec<&str> = rows.iter().map(|w| w.buy.currency().code()).collect();
    let buys: Vec<i64> = rows.iter().map(|w| w.buy.minor()).collect();
    let exacts: Vec<Decimal> = rows.iter().map(|w| w.exact).collect();
    let to_send: Vec<i64> = rows.iter().map(|w| w.to_send.minor()).collect();
    let attempts: Vec<i32> = rows.iter().map(|w| w.attempts).collect();
    let arrivals: Vec<OffsetDateTime> = rows.iter().map(|w| w.estimated_arrival).collect();
    let worths: Vec<Option<i64>> = rows.iter().map(|w| w.worth_usd_minor).collect();
    let free: Vec<i64> = rows.iter().map(|w| w.free_minor).collect();
    let spreads: Vec<i64> = rows.iter().map(|w| w.spread.minor()).collect();
    let premiums: Vec<i64> = rows.iter().map(|w| w.premium.minor()).collect();
    let inserted = tx
        .execute(
            include_str!("sql/insert.sql"),
            &[
                &shards,
                &ids,
                &merchants,
                &payees,
                &quotes,
                &references,
                &states,
                &banks,
                &sell_currencies,
                &sells,
                &fees,
                &nets,
                &rates,
                &as_of,
                &buy_currencies,
                &buys,
                &exacts,
                &to_send,
                &attempts,
                &arrivals,
                &worths,
                &free,
                &spreads,
                &premiums,
                &now,
            ],
        )
        .await?;
    expect_count("withdrawals inserted", inserted, rows.len())
}

/// Withdrawals locked by this transaction, changed in memory, saved once.
#[derive(Debug, Default)]
pub struct Withdrawals {
    rows: BTreeMap<WithdrawalId, Held>,
}

#[derive(Debug)]
struct Held {
    loaded: WithdrawalState,
    row: Withdrawal,
    changed: bool,
}

/// Locks withdrawals in (shard, id) order; ids that are not there are simply missing.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn lock(tx: &Tx<'_>, ids: &[WithdrawalId]) -> Result<Withdrawals, Error> {
    if ids.is_empty() {
        return Ok(Withdrawals::default());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut rows = BTreeMap::new();
    for row in tx.query(include_str!("sql/lock.sql"), &[&shards, &uuids]).await? {
        let row = read(&row)?;
        rows.insert(row.id, Held { loaded: row.state, row, changed: false });
    }
    Ok(Withdrawals { rows })
}

impl Withdrawals {
    /// The withdrawal as it stands in this batch.
    pub fn get(&self, id: WithdrawalId) -> Option<&Withdrawal> {
        self.rows.get(&id).map(|held| &held.row)
    }

    /// All that are locked.
    pub fn iter(&self) -> impl Iterator<Item = &Withdrawal> {
        self.rows.values().map(|held| &held.row)
    }

    /// Those that will be saved.
    pub fn changed(&self) -> impl Iterator<Item = &Withdrawal> {
        self.rows.values().filter(|held| held.changed).map(|held| &held.row)
    }

    /// Those whose status this batch has changed.
    pub fn decided(&self) -> impl Iterator<Item = &Withdrawal> {
        self.rows.values().filter(|held| held.loaded != held.row.state).map(|held| &held.row)
    }

    /// Those that will be saved, each with the status from which it moves on.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (WithdrawalState, &Withdrawal)> {
        self.rows.values().filter(|held| held.changed).map(|held| (held.loaded, &held.row))
    }

    /// The withdrawal, to be changed; it will be saved.
    pub(crate) fn get_mut(&mut self, id: WithdrawalId) -> Option<&mut Withdrawal> {
        self.rows.get_mut(&id).map(|held| {
            held.changed = true;
            &mut held.row
        })
    }

    async fn save(&self, tx: &Tx<'_>, now: OffsetDateTime) -> Result<(), Error> {
        let changed: Vec<&Held> = self.rows.values().filter(|held| held.changed).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let shards: Vec<i16> = changed.iter().map(|h| h.row.id.shard().number()).collect();
        let ids: Vec<Uuid> = changed.iter().map(|h| h.row.id.uuid()).collect();
        let expected: Vec<&str> = changed.iter().map(|h| h.loaded.as_str()).collect();
        let states: Vec<&str> = changed.iter().map(|h| h.row.state.as_str()).collect();
        let payees: Vec<Uuid> = changed.iter().map(|h| h.row.payee.uuid()).collect();
        let to_send: Vec<i64> = changed.iter().map(|h| h.row.to_send.minor()).collect();
        let attempts: Vec<i32> = changed.iter().map(|h| h.row.attempts).collect();
        let codes: Vec<Option<&str>> =
            changed.iter().map(|h| h.row.failure.as_ref().map(|f| f.code.as_str())).collect();
        let reasons: Vec<Option<&str>> =
            changed.iter().map(|h| h.row.failure.as_ref().map(|f| f.reason.as_str())).collect();
        let arrivals: Vec<OffsetDateTime> = changed.iter().map(|h| h.row.estimated_arrival).collect();
        let saved = tx
            .execute(
                include_str!("sql/save.sql"),
                &[
                    &shards, &ids, &expected, &states, &payees, &to_send, &attempts, &codes, &reasons,
                    &arrivals, &now,
                ],
            )
            .await?;
        expect_count("withdrawals saved", saved, changed.len())
    }
}

fn expect_count(what: &str, got: u64, expected: usize) -> Result<(), Error> {
    if got == expected as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{what}: {got} rows instead of {expected}")))
}

pub(crate) fn read(row: &pg::Row) -> Result<Withdrawal, Error> {
    let broken = |what: &str| Error::Unexpected(format!("a withdrawal's {what} can't be read"));
    let sell_currency = Currency::parse(row.get("sell_currency")).map_err(|_| broken("sell_currency"))?;
    let buy_currency = Currency::parse(row.get("buy_currency")).map_err(|_| broken("buy_currency"))?;
    let sold = |column: &str| Money::new(row.get(column), sell_currency).map_err(|_| broken(column));
    let bought = |column: &str| Money::new(row.get(column), buy_currency).map_err(|_| broken(column));
    let rate: Option<Decimal> = row.get("rate");
    let code: Option<String> = row.get("failure_code");
    let reason: Option<String> = row.get("failure_reason");
    Ok(Withdrawal {
        id: WithdrawalId::from_uuid(row.get("id")),
        merchant: MerchantId::from_uuid(row.get("merchant")),
        payee: PayeeId::from_uuid(row.get("payee")),
        quote: row.get::<_, Option<Uuid>>("quote").map(QuoteId::from_uuid),
        client_reference: row.get("client_reference"),
        state: WithdrawalState::parse(row.get("status")).ok_or_else(|| broken("status"))?,
        bank: Arc::from(row.get::<_, &str>("bank")),
        sell: sold("sell_minor")?,
        fee: sold("fee_minor")?,
        net: sold("net_minor")?,
        rate: rate.map(Rate::try_from).transpose().map_err(|_| broken("rate"))?,
        rate_as_of: row.get("rate_as_of"),
        buy: bought("buy_minor")?,
        spread: bought("spread_minor")?,
        premium: bought("premium_minor")?,
        exact: row.get("exact"),
        to_send: bought("to_send_minor")?,
        attempts: row.get("attempts"),
        failure: code.map(|code| crate::Failure { code, reason: reason.unwrap_or_default() }),
        worth_usd_minor: row.get("worth_usd_minor"),
        free_minor: row.get("free_minor"),
        estimated_arrival: row.get("estimated_arrival"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// A withdrawal, whoever's it is, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn find(conn: &pg::Connection, id: WithdrawalId) -> Result<Option<Withdrawal>, Error> {
    let rows = conn.query(include_str!("sql/get.sql"), &[&id.shard().number(), &id.uuid()]).await?;
    rows.first().map(read).transpose()
}

/// A merchant's own withdrawal, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn get(
    conn: &pg::Connection,
    merchant: MerchantId,
    id: WithdrawalId,
) -> Result<Option<Withdrawal>, Error> {
    let found = find(conn, id).await?;
    Ok(found.filter(|withdrawal| withdrawal.merchant == merchant))
}

/// A merchant's withdrawals, newest first, at most `limit`, older than `before`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list(
    conn: &pg::Connection,
    merchant: MerchantId,
    state: Option<WithdrawalState>,
    before: Option<WithdrawalId>,
    limit: i64,
) -> Result<Vec<Withdrawal>, Error> {
    let shard: Shard = merchant.shard();
    let state = state.map(WithdrawalState::as_str);
    let before = before.map(|id| id.uuid());
    let rows = conn
        .query(include_str!("sql/list.sql"), &[&shard.number(), &merchant.uuid(), &state, &before, &limit])
        .await?;
    rows.iter().map(read).collect()
}

/// Whose these withdrawals are, before anything is locked: it never changes.
///
/// # Errors
/// The database's.
pub async fn merchants_of(tx: &Tx<'_>, ids: &[WithdrawalId]) -> Result<Vec<MerchantId>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("sql/merchants_of.sql"), &[&shards, &uuids]).await?;
    Ok(rows.iter().map(|row| MerchantId::from_uuid(row.get("merchant"))).collect())
}

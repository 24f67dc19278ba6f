//! What operators look at: accounts with their counters, and the transfers of one; nothing here locks.

use std::fmt;
use std::str::FromStr;

use money::{Currency, Money};
use pg::{Connection, Shard};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::{AccountKey, AccountKind, Floor};
use crate::error::Error;
use crate::reads::{StatementCursor, money};
use crate::templates::TransferKind;

/// An account's key as text: the shard's number, a point, 32 hexadecimal digits. One spelling only.
impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.shard.number(), self.id.simple())
    }
}

/// A text that is no account's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account's id")]
pub struct BadAccountKey;

impl FromStr for AccountKey {
    type Err = BadAccountKey;

    fn from_str(text: &str) -> Result<AccountKey, BadAccountKey> {
        let (shard, id) = text.split_once('.').ok_or(BadAccountKey)?;
        let shard = shard.parse().ok().and_then(Shard::new).ok_or(BadAccountKey)?;
        let key = AccountKey { shard, id: Uuid::try_parse(id).map_err(|_| BadAccountKey)? };
        if key.to_string() == text { Ok(key) } else { Err(BadAccountKey) }
    }
}

/// An account with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Where it lies.
    pub key: AccountKey,
    /// What it is for.
    pub kind: AccountKind,
    /// Whose it is: a bank's name, a merchant's or a store's bare id, empty for the institution.
    pub owner: String,
    /// Its currency.
    pub currency: Currency,
    /// All that it was debited, in minor units.
    pub debits: i64,
    /// All that it was credited.
    pub credits: i64,
    /// Since when it is there.
    pub created_at: OffsetDateTime,
}

impl AccountRow {
    /// What it holds on its normal side, in minor units: debits less credits for what others owe us and for our
    /// money at banks, else credits less debits.
    pub fn balance_minor(&self) -> i64 {
        if has_debit_side(self.kind) { self.debits - self.credits } else { self.credits - self.debits }
    }

    fn from_row(row: &pg::Row) -> Result<AccountRow, Error> {
        let (number, kind, code): (i16, &str, &str) =
            (row.get("shard"), row.get("kind"), row.get("currency"));
        let broken = || Error::Unexpected(format!("an account of kind {kind} in {code}, shard {number}"));
        Ok(AccountRow {
            key: AccountKey { shard: Shard::new(number).ok_or_else(broken)?, id: row.get("id") },
            kind: AccountKind::parse(kind).ok_or_else(broken)?,
            owner: row.get("owner"),
            currency: Currency::from_db(code).map_err(|_| broken())?,
            debits: row.get("debits"),
            credits: row.get("credits"),
            created_at: row.get("created_at"),
        })
    }
}

/// Whether the normal side of accounts of this kind is the debit.
fn has_debit_side(kind: AccountKind) -> bool {
    kind == AccountKind::Nostro || kind.floor() == Floor::Debit
}

/// One of the institution's own accounts, summed over the shards that it is in. Each shard's counters have 64 bits, the sums may
/// have more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSum {
    /// What it is for.
    pub kind: AccountKind,
    /// A bank's name, empty for the institution.
    pub owner: String,
    /// Its currency.
    pub currency: Currency,
    /// All that it was debited, in minor units.
    pub debits: Decimal,
    /// All that it was credited.
    pub credits: Decimal,
    /// In how many shards it is.
    pub shards: i64,
}

impl AccountSum {
    /// As of one account: what it holds on its normal side, in minor units.
    pub fn balance_minor(&self) -> Decimal {
        if has_debit_side(self.kind) { self.debits - self.credits } else { self.credits - self.debits }
    }
}

/// All of the institution's own accounts, summed over shards, by kind, owner and currency: as many as the chart has, at a
/// cost of as many as there are in all shards.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn institution_sums(
    conn: &Connection,
    kind: Option<AccountKind>,
    currency: Option<Currency>,
) -> Result<Vec<AccountSum>, Error> {
    let (kind, currency) = (kind.map(AccountKind::as_str), currency.as_ref().map(Currency::code));
    let rows = conn.query(include_str!("sql/sum_institution.sql"), &[&kind, &currency]).await?;
    let sum = |row: &pg::Row| {
        let (kind, code): (&str, &str) = (row.get("kind"), row.get("currency"));
        let broken = || Error::Unexpected(format!("accounts of kind {kind} in {code}"));
        Ok(AccountSum {
            kind: AccountKind::parse(kind).ok_or_else(broken)?,
            owner: row.get("owner"),
            currency: Currency::from_db(code).map_err(|_| broken())?,
            debits: row.get("debits"),
            credits: row.get("credits"),
            shards: row.get("shards"),
        })
    };
    rows.iter().map(sum).collect()
}

/// The institution's own accounts, by kind, shard and id, those behind `after`; each exists once per shard.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn institution_accounts(
    conn: &Connection,
    kind: Option<AccountKind>,
    currency: Option<Currency>,
    after: Option<AccountKey>,
    limit: i64,
) -> Result<Vec<AccountRow>, Error> {
    let last = match after {
        Some(key) => account(conn, key).await?,
        None => None,
    };
    let (last_kind, shard, id) =
        last.map_or(("", -1, Uuid::nil()), |row| (row.kind.as_str(), row.key.shard.number(), row.key.id));
    let (kind, currency) = (kind.map(AccountKind::as_str), currency.as_ref().map(Currency::code));
    let rows = conn
        .query(include_str!("sql/list_institution.sql"), &[&last_kind, &shard, &id, &kind, &currency, &limit])
        .await?;
    rows.iter().map(AccountRow::from_row).collect()
}

/// The accounts of a merchant or a store, whose shard that is; those behind `after`, by id.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn accounts_of(
    conn: &Connection,
    shard: Shard,
    owner: Uuid,
    after: Option<AccountKey>,
    limit: i64,
) -> Result<Vec<AccountRow>, Error> {
    let (owner, after) = (owner.simple().to_string(), after.map_or(Uuid::nil(), |key| key.id));
    let rows =
        conn.query(include_str!("sql/list_owned.sql"), &[&shard.number(), &owner, &after, &limit]).await?;
    rows.iter().map(AccountRow::from_row).collect()
}

/// One account.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn account(conn: &Connection, key: AccountKey) -> Result<Option<AccountRow>, Error> {
    Ok(accounts_in(conn, key.shard, &[key.id]).await?.pop())
}

/// These accounts of a shard, those that exist, in no order.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn accounts_in(conn: &Connection, shard: Shard, ids: &[Uuid]) -> Result<Vec<AccountRow>, Error> {
    let rows = conn.query(include_str!("sql/get_accounts.sql"), &[&shard.number(), &ids]).await?;
    rows.iter().map(AccountRow::from_row).collect()
}

/// How many rows of accounts there are, and how many versions of them that nobody needs any more and PostgreSQL has not taken away
/// yet, by its own estimate. Every look at a balance passes those that it has had since the oldest snapshot.
///
/// # Errors
/// The database's.
pub async fn account_versions(conn: &Connection) -> Result<(i64, i64), Error> {
    let row = conn.query_one(include_str!("sql/account_versions.sql"), &[]).await?;
    Ok((row.get("live"), row.get("dead")))
}

/// One transfer, as one of its accounts sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTransfer {
    /// Where it stands in the shard's order of commits.
    pub cursor: StatementCursor,
    /// What it was.
    pub kind: TransferKind,
    /// The account was debited; else credited.
    pub debit: bool,
    /// The other account.
    pub other: Uuid,
    /// How much.
    pub amount: Money,
    /// The payment, withdrawal or payout behind it.
    pub cause: Uuid,
    /// When it was posted, by the database's clock.
    pub posted_at: OffsetDateTime,
}

/// A part of an account's transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransfersPage {
    /// Newest first.
    pub transfers: Vec<AccountTransfer>,
    /// Where to go on; none at the end.
    pub next: Option<StatementCursor>,
}

/// How many transfers of a shard one read looks at, most of which may be other accounts'.
const LOOKED_AT: i64 = 50_000;

/// At most `limit` transfers of the account behind `after`, newest first. A page may hold fewer, even none, and not be
/// the last: there is no index from an account to its transfers (it would cost every posting), so one read looks at
/// a bounded number of its shard's.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn account_transfers(
    conn: &Connection,
    account: &AccountRow,
    after: StatementCursor,
    limit: usize,
) -> Result<TransfersPage, Error> {
    let (shard, id, fetch) =
        (account.key.shard.number(), account.key.id, i64::try_from(limit).unwrap_or(0) + 1);
    let owner = match account.kind {
        AccountKind::Merchant | AccountKind::Receivable => Uuid::try_parse(&account.owner).ok(),
        _ => None,
    };
    let rows = match owner {
        Some(owner) => {
            let sql = include_str!("sql/account_of_owner.sql");
            conn.query(sql, &[&shard, &owner, &after.seq, &after.position, &id, &fetch]).await?
        }
        None => {
            let sql = include_str!("sql/account_window.sql");
            conn.query(sql, &[&shard, &id, &after.seq, &after.position, &LOOKED_AT, &fetch]).await?
        }
    };
    page(&rows, id, limit)
}

fn page(rows: &[pg::Row], account: Uuid, limit: usize) -> Result<TransfersPage, Error> {
    let mut transfers: Vec<AccountTransfer> = Vec::new();
    for row in rows {
        let (debited, credited): (Uuid, Uuid) = (row.get("debit_account"), row.get("credit_account"));
        let cursor = StatementCursor { seq: row.get("seq"), position: row.get("position") };
        if transfers.len() == limit {
            let next = transfers.last().map(|transfer| transfer.cursor);
            return Ok(TransfersPage { transfers, next });
        }
        if debited == account || credited == account {
            let name: &str = row.get("kind");
            let kind = TransferKind::parse(name)
                .ok_or_else(|| Error::Unexpected(format!("a transfer of kind {name}")))?;
            transfers.push(AccountTransfer {
                cursor,
                kind,
                debit: debited == account,
                other: if debited == account { credited } else { debited },
                amount: money(row.get("amount"), row.get("currency"))?,
                cause: row.get("cause"),
                posted_at: row.get("posted_at"),
            });
        }
        if row.get("last") {
            return Ok(TransfersPage { transfers, next: Some(cursor) });
        }
    }
    Ok(TransfersPage { transfers, next: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accounts_key_survives_its_text_and_nothing_else_is_one() {
        let key = AccountKey { shard: Shard::new(13).unwrap(), id: Uuid::from_u128(0xabc) };
        assert_eq!(key.to_string(), "13.00000000000000000000000000000abc");
        assert_eq!(key.to_string().parse(), Ok(key));
        for text in [
            "",
            "13",
            "13.",
            "13.0abc",
            "013.00000000000000000000000000000abc",
            "-1.00000000000000000000000000000abc",
            "256.00000000000000000000000000000abc",
            "13.00000000000000000000000000000ABC",
        ] {
            assert_eq!(text.parse::<AccountKey>(), Err(BadAccountKey), "{text}");
        }
    }
}

//! Merchants, stores, receiving accounts and orders: entered off the write path.

use std::collections::HashSet;

use money::Currency;
use pg::{Connection, Shards, Tx};
use privacy::{Keyring, Sensitive};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::documents::Origin;
use crate::error::Error;
use crate::jurisdiction::Jurisdiction;
use crate::keys::{account_index, context, email_index, name_index, open_text};
use crate::numbers::tail_of;
use crate::state::MerchantState;
use crate::{MerchantId, ReceivingAccountId, StoreId};

/// What a merchant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MerchantKind {
    /// A natural person.
    Individual,
    /// A company.
    Enterprise,
}

impl MerchantKind {
    /// All of them.
    pub const ALL: [MerchantKind; 2] = [MerchantKind::Individual, MerchantKind::Enterprise];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            MerchantKind::Individual => "individual",
            MerchantKind::Enterprise => "enterprise",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<MerchantKind> {
        MerchantKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A merchant to be entered.
#[derive(Debug, Clone)]
pub struct NewMerchant<'a> {
    /// Its id.
    pub id: MerchantId,
    /// What it is.
    pub kind: MerchantKind,
    /// Where it starts.
    pub state: MerchantState,
    /// Its legal name.
    pub name: &'a str,
    /// Its e-mail address.
    pub email: &'a str,
}

/// Enters a merchant that was identified, and fully verified (R30), elsewhere; one that is already there stays as it is.
///
/// # Errors
/// The database's; the keyring's.
pub async fn insert_merchant(
    conn: &Connection,
    keyring: &Keyring,
    new: &NewMerchant<'_>,
) -> Result<(), Error> {
    let id = new.id.uuid();
    conn.execute(
        include_str!("sql/insert_merchant.sql"),
        &[
            &new.id.shard().number(),
            &id,
            &new.kind.as_str(),
            &new.state.as_str(),
            &keyring.seal(new.name.as_bytes(), &context("merchants.name", id))?,
            &name_index(keyring, new.name).as_slice(),
            &keyring.seal(new.email.as_bytes(), &context("merchants.email", id))?,
            &email_index(keyring, new.email).as_slice(),
        ],
    )
    .await?;
    Ok(())
}

/// A store to be entered.
#[derive(Debug, Clone)]
pub struct NewStore<'a> {
    /// Its id, in the merchant's shard.
    pub id: StoreId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// `amazon`, `ebay`, …
    pub platform: &'a str,
    /// `US`, `DE`, …
    pub site: &'a str,
    /// What the merchant calls it.
    pub name: &'a str,
    /// Until when the merchant's authorisation holds.
    pub authorised_until: Option<OffsetDateTime>,
}

/// Enters a store; one that is already there, by id or by platform, site and name, stays as it is. True for a new one.
///
/// # Errors
/// The database's.
pub async fn insert_store(conn: &Connection, new: &NewStore<'_>) -> Result<bool, Error> {
    let inserted = conn
        .execute(
            include_str!("sql/insert_store.sql"),
            &[
                &new.id.shard().number(),
                &new.id.uuid(),
                &new.merchant.uuid(),
                &new.platform,
                &new.site,
                &new.name,
                &new.authorised_until,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// A receiving account to be entered.
#[derive(Debug, Clone)]
pub struct NewReceivingAccount<'a> {
    /// Whose it is.
    pub merchant: MerchantId,
    /// At which bank.
    pub bank: &'a str,
    /// Its number there.
    pub number: &'a str,
    /// Its one currency.
    pub currency: Currency,
    /// Where it is.
    pub jurisdiction: Jurisdiction,
    /// The stores whose money it collects.
    pub stores: &'a [StoreId],
}

/// Enters a receiving account with its links, whatever R11 and R12 say; one that is already there stays as it is.
///
/// # Errors
/// The database's; the keyring's.
pub async fn insert_receiving_account(
    conn: &mut Connection,
    keyring: &Keyring,
    shards: Shards,
    new: &NewReceivingAccount<'_>,
) -> Result<(), Error> {
    let tx = conn.begin().await?;
    enter_account(&tx, keyring, shards, new).await?;
    tx.commit().await?;
    Ok(())
}

/// The id of the new account; none where bank and number are somebody's already.
pub(crate) async fn enter_account(
    tx: &Tx<'_>,
    keyring: &Keyring,
    shards: Shards,
    new: &NewReceivingAccount<'_>,
) -> Result<Option<ReceivingAccountId>, Error> {
    let number = privacy::normalise_account_number(new.number);
    let (index, tail) = (account_index(keyring, &number), tail_of(keyring, &number));
    let id = ReceivingAccountId::new(shards.of(&[new.bank.as_bytes(), &index]));
    let sealed = keyring.seal(number.as_bytes(), &context("receiving_accounts.number", id.uuid()))?;
    let inserted = tx
        .execute(
            include_str!("sql/insert_receiving_account.sql"),
            &[
                &id.shard().number(),
                &id.uuid(),
                &new.merchant.uuid(),
                &new.bank,
                &sealed,
                &index.as_slice(),
                &new.currency.code(),
                &new.jurisdiction.as_str(),
                &tail,
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(None);
    }
    for store in new.stores {
        link_store(tx, id, *store).await?;
    }
    Ok(Some(id))
}

/// Lets an account collect a store's money.
pub(crate) async fn link_store(tx: &Tx<'_>, id: ReceivingAccountId, store: StoreId) -> Result<(), Error> {
    let parameters: [&(dyn pg::ToSql + Sync); 3] = [&id.uuid(), &store.shard().number(), &store.uuid()];
    tx.execute(include_str!("sql/link_store.sql"), &parameters).await?;
    Ok(())
}

/// A merchant as operators look at it.
#[derive(Debug, Clone)]
pub struct MerchantProfile {
    /// Its id.
    pub id: MerchantId,
    /// `individual` or `enterprise`.
    pub kind: String,
    /// Its state.
    pub state: MerchantState,
    /// Its name, to be masked.
    pub name: Sensitive<String>,
    /// Its address, to be masked.
    pub email: Sensitive<String>,
    /// Its mobile number, to be masked; none of one from before there were any.
    pub mobile: Option<Sensitive<String>>,
    /// Where it is from; none of one from before.
    pub origin: Option<Origin>,
    /// While it is pending: by when an operator has to have looked at it (R39).
    pub review_due_at: Option<OffsetDateTime>,
    /// Why it is frozen.
    pub frozen_reason: Option<String>,
    /// On whose order.
    pub frozen_legal_reference: Option<String>,
    /// Until when.
    pub frozen_until: Option<OffsetDateTime>,
    /// By which spread its exchanges are priced (R19).
    pub tier: String,
    /// Whether all that is asked of a merchant was verified (R30).
    pub fully_verified: bool,
    /// When it was entered.
    pub created_at: OffsetDateTime,
    /// When its state changed last.
    pub updated_at: OffsetDateTime,
}

/// One merchant, or none.
///
/// # Errors
/// The database's; the keyring's.
pub async fn merchant(
    conn: &Connection,
    keyring: &Keyring,
    id: MerchantId,
) -> Result<Option<MerchantProfile>, Error> {
    let rows = conn.query(include_str!("sql/merchant.sql"), &[&id.shard().number(), &id.uuid()]).await?;
    rows.first().map(|row| profile(keyring, row)).transpose()
}

/// A row of merchants, opened.
pub(crate) fn profile(keyring: &Keyring, row: &pg::Row) -> Result<MerchantProfile, Error> {
    let id = MerchantId::from_uuid(row.get("id"));
    let unexpected = |what: &str| Error::Unexpected(format!("the {what} of {id}"));
    let state = MerchantState::parse(row.get("state")).ok_or_else(|| unexpected("state"))?;
    let (mobile, origin): (Option<&[u8]>, Option<&str>) = (row.get("mobile_sealed"), row.get("origin"));
    Ok(MerchantProfile {
        id,
        kind: row.get("kind"),
        state,
        name: open_text(keyring, row.get("name_sealed"), "merchants.name", id.uuid())?,
        email: open_text(keyring, row.get("email_sealed"), "merchants.email", id.uuid())?,
        mobile: mobile.map(|sealed| open_text(keyring, sealed, "merchants.mobile", id.uuid())).transpose()?,
        origin: origin.map(|name| Origin::parse(name).ok_or_else(|| unexpected("origin"))).transpose()?,
        review_due_at: row.get::<_, Option<_>>("review_due_at").filter(|_| state == MerchantState::Pending),
        frozen_reason: row.get("frozen_reason"),
        frozen_legal_reference: row.get("frozen_legal_reference"),
        frozen_until: row.get("frozen_until"),
        tier: row.get("tier"),
        fully_verified: row.get("fully_verified"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// The currencies of a merchant's receiving accounts.
///
/// # Errors
/// The database's.
pub async fn currencies_of(conn: &Connection, merchant: MerchantId) -> Result<Vec<Currency>, Error> {
    let rows = conn.query(include_str!("sql/currencies_of.sql"), &[&merchant.uuid()]).await?;
    rows.iter()
        .map(|row| {
            Currency::from_db(row.get("currency"))
                .map_err(|_| Error::Unexpected(format!("a currency of {merchant}")))
        })
        .collect()
}

/// A merchant's receiving accounts that collect for a store of this platform and at this site.
///
/// # Errors
/// The database's.
pub async fn accounts_at(
    conn: &Connection,
    merchant: MerchantId,
    platform: Option<&str>,
    site: Option<&str>,
) -> Result<HashSet<ReceivingAccountId>, Error> {
    let rows = conn.query(include_str!("sql/accounts_at.sql"), &[&merchant.uuid(), &platform, &site]).await?;
    Ok(rows.iter().map(|row| ReceivingAccountId::from_uuid(row.get::<_, Uuid>("id"))).collect())
}

/// Merchants whose freeze is over (R32: lifted by itself).
///
/// # Errors
/// The database's.
pub async fn expired_freezes(conn: &Connection, limit: i64) -> Result<Vec<MerchantId>, Error> {
    let rows = conn.query(include_str!("sql/expired_freezes.sql"), &[&limit]).await?;
    Ok(rows.iter().map(|row| MerchantId::from_uuid(row.get::<_, Uuid>("id"))).collect())
}

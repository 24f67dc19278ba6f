//! Stores as merchants keep them: their identity, their authorisation and, of PayPal accounts, their eBay stores (R15).

use pg::{Connection, Row, Tx};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::accounts::PAYPAL;
use crate::error::Error;
use crate::payees::FieldError;
use crate::registry::insert_store;
use crate::unseen::is_unseen;
use crate::{MerchantId, NewStore, StoreId, UserId};

/// An authorisation for longer is a mistake.
const LONGEST_AUTHORISATION: Duration = Duration::days(5 * 366);
const EBAY: &str = "ebay";
const STORES: &str = include_str!("sql/stores.sql");

/// A merchant's shop on a platform at a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub id: StoreId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// `amazon`, `ebay`, …
    pub platform: String,
    /// `US`, `DE`, …
    pub site: String,
    /// What the merchant calls it; the same name at several sites is one shop (R11).
    pub name: String,
    /// Until when the merchant's authorisation holds; none was never given, or is withdrawn.
    pub authorised_until: Option<OffsetDateTime>,
    /// Of a PayPal account, the eBay stores whose money comes through it (R15).
    pub ebay_stores: Vec<StoreId>,
    /// When it was entered.
    pub created_at: OffsetDateTime,
}

impl Store {
    /// The contract's word for its authorisation at `now`.
    pub fn status(&self, now: OffsetDateTime) -> &'static str {
        match self.authorised_until {
            None => "unauthorized",
            Some(until) if now < until => "authorized",
            Some(_) => "lapsed",
        }
    }
}

/// Names every field of a new store that can't be accepted; `platforms` are those that we collect from.
pub fn check_store<'p>(new: &NewStore<'_>, mut platforms: impl Iterator<Item = &'p str>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut refuse = |field, message: &str| errors.push(FieldError { field, message: message.into() });
    if !platforms.any(|known| known == new.platform) {
        refuse("platform", "is not a platform that is collected from");
    }
    if new.site.len() != 2 || !new.site.bytes().all(|byte| byte.is_ascii_uppercase()) {
        refuse("site", "must be two capital letters, as US or DE");
    }
    let length = new.name.chars().count();
    if !(1..=100).contains(&length) || new.name.chars().any(is_unseen) || new.name.trim() != new.name {
        refuse("name", "must have 1 to 100 characters, all of them seen, and no blanks around them");
    }
    errors
}

/// What is wrong with an authorisation until then, if anything is.
pub fn check_authorisation(until: OffsetDateTime, now: OffsetDateTime) -> Result<(), &'static str> {
    match until {
        until if until <= now => Err("must lie in the future"),
        until if until > now + LONGEST_AUTHORISATION => Err("must not lie more than five years ahead"),
        _ => Ok(()),
    }
}

/// Enters a store, or finds the one that is there already: same platform, site and name. True when it is new.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn create_store(conn: &Connection, new: &NewStore<'_>) -> Result<(Store, bool), Error> {
    let shard = new.merchant.shard().number();
    let is_new = insert_store(conn, new).await?;
    let named: [&(dyn pg::ToSql + Sync); 5] =
        [&shard, &new.merchant.uuid(), &new.platform, &new.site, &new.name];
    let row = conn.query_one(include_str!("sql/store_by_name.sql"), &named).await?;
    Ok((read(&row), is_new))
}

/// A merchant's own store; none where it is somebody else's.
///
/// # Errors
/// The database's.
pub async fn store(conn: &Connection, merchant: MerchantId, id: StoreId) -> Result<Option<Store>, Error> {
    let (shard, ids) = (merchant.shard().number(), vec![id.uuid()]);
    let rows = conn.query(STORES, &[&shard, &merchant.uuid(), &ids]).await?;
    Ok(rows.first().map(read))
}

/// A merchant's stores, oldest first, at most `limit`, after `after`.
///
/// # Errors
/// The database's.
pub async fn list_stores(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<StoreId>,
    limit: i64,
) -> Result<Vec<Store>, Error> {
    let after = after.map(|id| id.uuid());
    let shard = merchant.shard().number();
    let rows =
        conn.query(include_str!("sql/list_stores.sql"), &[&shard, &merchant.uuid(), &after, &limit]).await?;
    Ok(rows.iter().map(read).collect())
}

/// Those of a merchant's own stores that are named, within a transaction; by id.
///
/// # Errors
/// The database's.
pub(crate) async fn own_stores(
    tx: &Tx<'_>,
    merchant: MerchantId,
    ids: &[StoreId],
) -> Result<Vec<Store>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let parameters: [&(dyn pg::ToSql + Sync); 3] = [&merchant.shard().number(), &merchant.uuid(), &ids];
    Ok(tx.query(STORES, &parameters).await?.iter().map(read).collect())
}

/// Gives (or, with none, withdraws) the authorisation of a merchant's own store, and keeps who did. None when the
/// merchant has no such store.
///
/// # Errors
/// The database's.
pub async fn authorise(
    tx: &Tx<'_>,
    merchant: MerchantId,
    by: UserId,
    id: StoreId,
    until: Option<OffsetDateTime>,
) -> Result<Option<Store>, Error> {
    let shard = merchant.shard().number();
    let changed = tx
        .execute(include_str!("sql/authorise_store.sql"), &[&shard, &merchant.uuid(), &id.uuid(), &until])
        .await?;
    if changed == 0 {
        return Ok(None);
    }
    tx.execute(include_str!("sql/insert_authorisation.sql"), &[&shard, &id.uuid(), &until, &by.uuid()])
        .await?;
    Ok(own_stores(tx, merchant, &[id]).await?.pop())
}

/// Why an eBay store can't be linked to a PayPal account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefusal {
    /// The merchant has no such store.
    NoSuchStore,
    /// The path's store is no PayPal account.
    NotPayPal,
    /// The merchant has no such eBay store.
    NoSuchEbayStore,
}

/// R15: links an eBay store to the PayPal account that its money comes through, both the merchant's own. Linking
/// twice is linking once.
///
/// # Errors
/// The database's; the inner one says what doesn't fit.
pub async fn link_ebay_store(
    tx: &Tx<'_>,
    merchant: MerchantId,
    paypal: StoreId,
    ebay: StoreId,
) -> Result<Result<Store, LinkRefusal>, Error> {
    let own = own_stores(tx, merchant, &[paypal, ebay]).await?;
    let platform = |id| own.iter().find(|store| store.id == id).map(|store| store.platform.as_str());
    let refusal = match (platform(paypal), platform(ebay)) {
        (None, _) => Some(LinkRefusal::NoSuchStore),
        (Some(PAYPAL), Some(EBAY)) => None,
        (Some(PAYPAL), _) => Some(LinkRefusal::NoSuchEbayStore),
        (Some(_), _) => Some(LinkRefusal::NotPayPal),
    };
    if let Some(refusal) = refusal {
        return Ok(Err(refusal));
    }
    let shard = merchant.shard().number();
    tx.execute(include_str!("sql/insert_store_link.sql"), &[&shard, &paypal.uuid(), &ebay.uuid()]).await?;
    let linked = own_stores(tx, merchant, &[paypal]).await?.pop();
    linked.map(Ok).ok_or_else(|| Error::Unexpected(format!("{paypal} is gone")))
}

fn read(row: &Row) -> Store {
    let ebay: Vec<Uuid> = row.get("ebay_stores");
    Store {
        id: StoreId::from_uuid(row.get("id")),
        merchant: MerchantId::from_uuid(row.get("merchant")),
        platform: row.get("platform"),
        site: row.get("site"),
        name: row.get("name"),
        authorised_until: row.get("authorised_until"),
        ebay_stores: ebay.into_iter().map(StoreId::from_uuid).collect(),
        created_at: row.get("created_at"),
    }
}

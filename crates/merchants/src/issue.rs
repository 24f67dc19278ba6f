//! Receiving accounts issued to merchants: the number comes from the bank's range and is never given twice; which
//! stores one account may serve is R11 and R12.

use money::Currency;
use pg::{Connection, Row, Shards, Tx};
use privacy::{Keyring, Sensitive};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::PAYPAL;
use crate::error::Error;
use crate::jurisdiction::Jurisdiction;
use crate::keys::open_text;
use crate::registry::{enter_account, link_store};
use crate::stores::{Store, own_stores};
use crate::{MerchantId, NewReceivingAccount, ReceivingAccountId, StoreId};

/// Numbers in a range that were somebody's before are skipped, so many in a row at most.
const MOST_SKIPPED: usize = 1_000;

/// Most accounts of one merchant in one currency. Numbers are the institution's, and are never given twice.
pub const MAX_ACCOUNTS: i64 = 100;

/// Account numbers that a bank lets us allot, of equal length, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRange {
    /// The bank.
    pub bank: String,
    /// The currency of the accounts.
    pub currency: Currency,
    /// The first number: up to 18 digits.
    pub first: String,
    /// The last number, with as many digits.
    pub last: String,
}

/// A receiving account as its merchant sees it.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Its id.
    pub id: ReceivingAccountId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// At which bank.
    pub bank: String,
    /// What payers are told.
    pub number: Sensitive<String>,
    /// Its one currency.
    pub currency: Currency,
    /// Whose law it is under (R14).
    pub jurisdiction: Jurisdiction,
    /// The stores that it serves.
    pub stores: Vec<StoreId>,
    /// When it was issued.
    pub created_at: OffsetDateTime,
}

/// Why an account can't serve a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServeRefusal {
    /// R11: an account in this currency doesn't serve this site.
    SiteOfOtherCurrency,
    /// R11: it serves another shop.
    OtherShop,
    /// R12: it serves this site of another store.
    SameSite,
}

/// Why stores were not linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoresRefusal {
    /// The merchant has no such account.
    NoSuchAccount,
    /// The merchant has no such store.
    NoSuchStore(StoreId),
    /// The account can't serve it.
    CannotServe(StoreId, ServeRefusal),
    /// No range has numbers left in this currency.
    NoNumbers,
    /// The merchant has [`MAX_ACCOUNTS`] in this currency.
    TooManyAccounts,
}

/// R11: the sites whose money an account in this currency collects. PayPal has no sites of sale.
fn serves_site(currency: Currency, store: &Store) -> bool {
    let sites: &[&str] = match currency.code() {
        "USD" => &["US", "CA", "MX"],
        "EUR" => &["DE", "FR", "IT", "ES"],
        "CAD" => &["CA"],
        "MXN" => &["MX"],
        "GBP" => &["UK"],
        "JPY" => &["JP"],
        _ => &[],
    };
    store.platform == PAYPAL || sites.contains(&store.site.as_str())
}

/// R11 and R12: whether an account that serves `served` may serve `store` too. One account serves one shop, the same
/// platform and name, at several sites; never the same site of two.
///
/// # Errors
/// Why not.
pub fn may_serve(currency: Currency, served: &[Store], store: &Store) -> Result<(), ServeRefusal> {
    if served.iter().any(|other| other.id == store.id) {
        return Ok(());
    }
    if !serves_site(currency, store) {
        return Err(ServeRefusal::SiteOfOtherCurrency);
    }
    if served.iter().any(|other| other.platform == store.platform && other.site == store.site) {
        return Err(ServeRefusal::SameSite);
    }
    let same_shop =
        |other: &Store| other.platform == store.platform && other.name.eq_ignore_ascii_case(&store.name);
    if served.iter().all(same_shop) { Ok(()) } else { Err(ServeRefusal::OtherShop) }
}

/// Issues an account in `currency` for `stores` of the merchant's own; for none, until they are known (R13).
///
/// # Errors
/// The database's, the keyring's; the inner one says why not.
pub async fn issue_account(
    tx: &Tx<'_>,
    keyring: &Keyring,
    shards: Shards,
    new: (MerchantId, Currency, Jurisdiction),
    stores: &[StoreId],
    ranges: &[NumberRange],
) -> Result<Result<Issued, StoresRefusal>, Error> {
    let (merchant, currency, jurisdiction) = new;
    let own = own_stores(tx, merchant, stores).await?;
    if let Err(refusal) = fit(currency, &[], stores, &own) {
        return Ok(Err(refusal));
    }
    // Two at once could both be the last: a merchant's accounts are issued one after the other.
    tx.query(include_str!("sql/lock_issuing.sql"), &[&merchant.to_string()]).await?;
    let row =
        tx.query_one(include_str!("sql/count_accounts.sql"), &[&merchant.uuid(), &currency.code()]).await?;
    if row.get::<_, i64>("accounts") >= MAX_ACCOUNTS {
        return Ok(Err(StoresRefusal::TooManyAccounts));
    }
    for range in ranges.iter().filter(|range| range.currency == currency) {
        for _ in 0..MOST_SKIPPED {
            let Some(number) = next_number(tx, range).await? else { break };
            let bank = range.bank.as_str();
            let new = NewReceivingAccount { merchant, bank, number: &number, currency, jurisdiction, stores };
            if let Some(id) = enter_account(tx, keyring, shards, &new).await? {
                return lock_account(tx, keyring, merchant, id)
                    .await?
                    .map(Ok)
                    .ok_or_else(|| Error::Unexpected(format!("{id} is gone")));
            }
        }
    }
    Ok(Err(StoresRefusal::NoNumbers))
}

/// Lets a merchant's own account serve a further store (R13). Linking twice is linking once.
///
/// # Errors
/// The database's, the keyring's; the inner one says why not.
pub async fn link_account(
    tx: &Tx<'_>,
    keyring: &Keyring,
    merchant: MerchantId,
    id: ReceivingAccountId,
    store: StoreId,
) -> Result<Result<Issued, StoresRefusal>, Error> {
    let Some(mut account) = lock_account(tx, keyring, merchant, id).await? else {
        return Ok(Err(StoresRefusal::NoSuchAccount));
    };
    let served = own_stores(tx, merchant, &account.stores).await?;
    let own = own_stores(tx, merchant, &[store]).await?;
    if let Err(refusal) = fit(account.currency, &served, &[store], &own) {
        return Ok(Err(refusal));
    }
    if !account.stores.contains(&store) {
        link_store(tx, id, store).await?;
        account.stores.push(store);
    }
    Ok(Ok(account))
}

/// Whether all that is `wanted` is among the merchant's `own` and may be served beside what is `served` already.
fn fit(currency: Currency, served: &[Store], wanted: &[StoreId], own: &[Store]) -> Result<(), StoresRefusal> {
    let mut served = served.to_vec();
    for id in wanted {
        let store = own.iter().find(|store| store.id == *id).ok_or(StoresRefusal::NoSuchStore(*id))?;
        may_serve(currency, &served, store).map_err(|why| StoresRefusal::CannotServe(*id, why))?;
        served.push(store.clone());
    }
    Ok(())
}

/// A merchant's receiving accounts, oldest first in their shards, at most `limit`, after `after`.
///
/// # Errors
/// The database's, the keyring's; `Unexpected` when a row can't be understood.
pub async fn list_accounts(
    conn: &Connection,
    keyring: &Keyring,
    merchant: MerchantId,
    after: Option<ReceivingAccountId>,
    limit: i64,
) -> Result<Vec<Issued>, Error> {
    let after = after.map(|id| id.uuid());
    let rows = conn.query(include_str!("sql/list_accounts.sql"), &[&merchant.uuid(), &after, &limit]).await?;
    rows.iter().map(|row| read(keyring, row)).collect()
}

/// Locks an account, so that two who link stores to it see each other.
async fn lock_account(
    tx: &Tx<'_>,
    keyring: &Keyring,
    merchant: MerchantId,
    id: ReceivingAccountId,
) -> Result<Option<Issued>, Error> {
    let parameters: [&(dyn pg::ToSql + Sync); 3] = [&merchant.uuid(), &id.shard().number(), &id.uuid()];
    let rows = tx.query(include_str!("sql/lock_account.sql"), &parameters).await?;
    rows.first().map(|row| read(keyring, row)).transpose()
}

/// The next number of a range; none when all are allotted.
async fn next_number(tx: &Tx<'_>, range: &NumberRange) -> Result<Option<String>, Error> {
    let bound = |text: &str| {
        text.parse::<i64>().map_err(|_| Error::Unexpected("a range of account numbers that isn't one".into()))
    };
    let (first, last) = (bound(&range.first)?, bound(&range.last)?);
    let (bank, currency) = (range.bank.as_str(), range.currency.code());
    let entered: [&(dyn pg::ToSql + Sync); 4] = [&bank, &currency, &range.first, &first];
    tx.execute(include_str!("sql/enter_range.sql"), &entered).await?;
    let taken: [&(dyn pg::ToSql + Sync); 4] = [&bank, &currency, &range.first, &last];
    let row = tx.query_opt(include_str!("sql/next_number.sql"), &taken).await?;
    Ok(row.map(|row| format!("{:0width$}", row.get::<_, i64>("number"), width = range.first.len())))
}

/// A row of receiving accounts, opened.
pub(crate) fn read(keyring: &Keyring, row: &Row) -> Result<Issued, Error> {
    let id = ReceivingAccountId::from_uuid(row.get("id"));
    let stores: Vec<Uuid> = row.get("stores");
    Ok(Issued {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        bank: row.get("bank"),
        number: open_text(keyring, row.get("number_sealed"), "receiving_accounts.number", id.uuid())?,
        currency: Currency::from_db(row.get("currency"))
            .map_err(|_| Error::Unexpected(format!("the currency of {id}")))?,
        jurisdiction: Jurisdiction::parse(row.get("jurisdiction"))
            .ok_or_else(|| Error::Unexpected(format!("the jurisdiction of {id}")))?,
        stores: stores.into_iter().map(StoreId::from_uuid).collect(),
        created_at: row.get("created_at"),
    })
}

#[cfg(test)]
mod tests {
    use pg::Shard;

    use super::*;

    fn store(platform: &str, site: &str, name: &str) -> Store {
        let merchant = MerchantId::new(Shard::new(1).unwrap());
        Store {
            id: StoreId::new(merchant.shard()),
            merchant,
            platform: platform.into(),
            site: site.into(),
            name: name.into(),
            authorised_until: None,
            ebay_stores: Vec::new(),
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn refused(currency: Currency, served: &[Store], new: &Store) -> Option<ServeRefusal> {
        may_serve(currency, served, new).err()
    }

    #[test]
    fn r11_one_account_serves_several_sites_of_the_same_store() {
        let shop = |site| store("amazon", site, "Lamps");
        let table = [
            (Currency::USD, "US", true),
            (Currency::USD, "CA", true),
            (Currency::USD, "MX", true),
            (Currency::USD, "DE", false),
            (Currency::EUR, "DE", true),
            (Currency::EUR, "FR", true),
            (Currency::EUR, "IT", true),
            (Currency::EUR, "ES", true),
            (Currency::EUR, "UK", false),
            (Currency::GBP, "UK", true),
            (Currency::JPY, "JP", true),
            (Currency::JPY, "US", false),
            (Currency::CNY, "CN", false),
        ];
        for (currency, site, allowed) in table {
            let expected = (!allowed).then_some(ServeRefusal::SiteOfOtherCurrency);
            assert_eq!(refused(currency, &[], &shop(site)), expected, "{currency} {site}");
        }
        let served = [shop("US"), shop("CA")];
        assert_eq!(refused(Currency::USD, &served, &shop("MX")), None);
        assert_eq!(refused(Currency::USD, &served, &store("amazon", "MX", "LAMPS")), None);
        assert_eq!(
            refused(Currency::USD, &served, &store("amazon", "MX", "Chairs")),
            Some(ServeRefusal::OtherShop)
        );
        assert_eq!(
            refused(Currency::USD, &served, &store("ebay", "MX", "Lamps")),
            Some(ServeRefusal::OtherShop)
        );
        assert_eq!(refused(Currency::USD, &served, &served[1]), None, "linked already");
        assert_eq!(refused(Currency::USD, &[], &store("paypal", "CN", "Lamps")), None);
    }

    #[test]
    fn r12_never_the_same_site_of_two_stores() {
        let served = [store("amazon", "US", "Lamps")];
        let other = store("amazon", "US", "Chairs");
        assert_eq!(refused(Currency::USD, &served, &other), Some(ServeRefusal::SameSite));
    }
}

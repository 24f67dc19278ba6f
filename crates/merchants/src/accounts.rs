//! Receiving accounts as the write path looks them up: by bank and blind index, with their stores.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use money::Currency;
use pg::{Shards, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::jurisdiction::Jurisdiction;
use crate::{MerchantId, ReceivingAccountId, StoreId};

/// A virtual account abroad, in one currency, issued to a merchant for named stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivingAccount {
    /// Its id.
    pub id: ReceivingAccountId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its one currency.
    pub currency: Currency,
    /// Whose law it is under (R14).
    pub jurisdiction: Jurisdiction,
    /// The stores whose money it collects.
    pub stores: Vec<LinkedStore>,
}

/// A store as matching needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedStore {
    /// Its id.
    pub id: StoreId,
    /// `amazon`, `ebay`, `paypal`, …
    pub platform: String,
    /// Until when the merchant's authorisation of this store holds; none was never given.
    pub authorised_until: Option<OffsetDateTime>,
    /// Of a PayPal account, the eBay stores whose money comes through it (R15).
    pub ebay_stores: Vec<StoreId>,
}

/// The platform whose stores need eBay stores behind them (R15).
pub(crate) const PAYPAL: &str = "paypal";

impl LinkedStore {
    /// R15: whether a PayPal account lacks the eBay stores that its money comes from.
    pub fn lacks_ebay_stores(&self) -> bool {
        self.platform == PAYPAL && self.ebay_stores.is_empty()
    }

    /// The stores whose orders are evidence of its money: its own, and of a PayPal account the eBay stores'.
    pub fn evidence_stores(&self) -> impl Iterator<Item = StoreId> {
        std::iter::once(self.id).chain(self.ebay_stores.iter().copied())
    }

    /// Whether the authorisation holds at `now`.
    pub fn is_authorised(&self, now: OffsetDateTime) -> bool {
        self.authorised_until.is_some_and(|until| now < until)
    }
}

/// Accounts found, by bank and blind index of the number: never under another bank's name (R1).
pub type Directory = HashMap<(Arc<str>, [u8; 32]), ReceivingAccount>;

/// Looks up accounts by (bank, blind index of the number), all in one statement.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn receiving_accounts(
    tx: &Tx<'_>,
    shards: Shards,
    wanted: &[(Arc<str>, [u8; 32])],
) -> Result<Directory, Error> {
    let wanted: BTreeSet<&(Arc<str>, [u8; 32])> = wanted.iter().collect();
    if wanted.is_empty() {
        return Ok(Directory::new());
    }
    let homes: Vec<i16> =
        wanted.iter().map(|(bank, index)| shards.of(&[bank.as_bytes(), index]).number()).collect();
    let banks: Vec<&str> = wanted.iter().map(|(bank, _)| &**bank).collect();
    let indexes: Vec<&[u8]> = wanted.iter().map(|(_, index)| index.as_slice()).collect();
    let mut directory = Directory::with_capacity(wanted.len());
    for row in tx.query(include_str!("sql/receiving_accounts.sql"), &[&homes, &banks, &indexes]).await? {
        let id = ReceivingAccountId::from_uuid(row.get("id"));
        let index = <[u8; 32]>::try_from(row.get::<_, &[u8]>("number_index"))
            .map_err(|_| Error::Unexpected(format!("the index of {id}")))?;
        let currency = Currency::from_db(row.get("currency"))
            .map_err(|_| Error::Unexpected(format!("the currency of {id}")))?;
        let jurisdiction = Jurisdiction::parse(row.get("jurisdiction"))
            .ok_or_else(|| Error::Unexpected(format!("the jurisdiction of {id}")))?;
        let key = (Arc::from(row.get::<_, &str>("bank")), index);
        let account = directory.entry(key).or_insert_with(|| ReceivingAccount {
            id,
            merchant: MerchantId::from_uuid(row.get("merchant")),
            currency,
            jurisdiction,
            stores: Vec::new(),
        });
        if let Some(store) = row.get::<_, Option<Uuid>>("store") {
            let ebay: Vec<Uuid> = row.get("ebay_stores");
            account.stores.push(LinkedStore {
                id: StoreId::from_uuid(store),
                platform: row.get("platform"),
                authorised_until: row.get("authorised_until"),
                ebay_stores: ebay.into_iter().map(StoreId::from_uuid).collect(),
            });
        }
    }
    Ok(directory)
}

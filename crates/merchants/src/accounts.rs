//! Receiving accounts as the write path looks them up: by bank and blind index, with their stores.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use money::Currency;
use pg::{Shards, Tx};
use time::OffsetDateTime;

use crate::error::Error;
use crate::{MerchantId, ReceivingAccountId};

/// A virtual account abroad, in one currency, issued to a merchant for named stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivingAccount {
    /// Its id.
    pub id: ReceivingAccountId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its one currency.
    pub currency: Currency,
    /// The stores whose money it collects.
    pub stores: Vec<LinkedStore>,
}

/// A store as matching needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedStore {
    /// `amazon`, `ebay`, `paypal`, …
    pub platform: String,
    /// Until when the merchant's authorisation of this store holds; none was never given.
    pub authorised_until: Option<OffsetDateTime>,
}

impl LinkedStore {
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
        let key = (Arc::from(row.get::<_, &str>("bank")), index);
        let account = directory.entry(key).or_insert_with(|| ReceivingAccount {
            id,
            merchant: MerchantId::from_uuid(row.get("merchant")),
            currency,
            stores: Vec::new(),
        });
        if let Some(platform) = row.get::<_, Option<String>>("platform") {
            let authorised_until = row.get("authorised_until");
            account.stores.push(LinkedStore { platform, authorised_until });
        }
    }
    Ok(directory)
}

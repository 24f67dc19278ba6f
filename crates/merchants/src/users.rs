//! Users: who may speak for a merchant, by API key.

mod managed;
mod state;

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use privacy::Sensitive;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::Error;
use crate::state::MerchantState;
use crate::{MerchantId, UserId};

pub use managed::{MAX_USERS, NewUser, NoUser, User, change_user, check_label, create_user, list_users};
pub use state::{UserEvent, UserState};

/// A merchant's API key: `sk_` and 256 random bits. Only its hash is stored; with that much entropy a plain
/// SHA-256 is enough.
#[derive(Debug, Clone)]
pub struct ApiKey(Sensitive<String>);

impl ApiKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<ApiKey, Error> {
        let mut bytes = [0u8; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| privacy::KeyError::Random)?;
        Ok(ApiKey(Sensitive::new(format!("sk_{}", URL_SAFE_NO_PAD.encode(bytes)))))
    }

    /// Whether a text has the form of a key: for what has not, nobody needs to ask the database.
    pub fn could_be(text: &str) -> bool {
        let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        text.strip_prefix("sk_").is_some_and(|bits| bits.len() == 43 && bits.bytes().all(is_url_safe))
    }

    /// A key as a caller sent it.
    pub fn from_caller(text: &str) -> ApiKey {
        ApiKey(Sensitive::new(text.to_owned()))
    }

    /// The key itself, to hand over once.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.reveal().as_bytes()).as_ref());
        hash
    }
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The merchant for whom it acts.
    pub merchant: MerchantId,
    /// Whether the user may act.
    pub user_state: UserState,
    /// The merchant's state at this moment; decisions about money read it again under a lock.
    pub merchant_state: MerchantState,
}

/// The users with these keys, in their order; none where nobody has a key. A row that can't be understood is the trouble of
/// its own caller: `Unexpected`, in its place.
///
/// # Errors
/// The database's.
pub async fn authenticate(
    conn: &pg::Connection,
    keys: &[&ApiKey],
) -> Result<Vec<Result<Option<Caller>, Error>>, Error> {
    let hashes: Vec<[u8; 32]> = keys.iter().map(|key| key.hash()).collect();
    let asked: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    let rows = conn.query(include_str!("sql/authenticate.sql"), &[&asked]).await?;
    let known: HashMap<&[u8], &pg::Row> = rows.iter().map(|row| (row.get("key_hash"), row)).collect();
    Ok(asked.iter().map(|hash| known.get(hash).map(|row| caller(row)).transpose()).collect())
}

fn caller(row: &pg::Row) -> Result<Caller, Error> {
    let user = UserId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {user}"));
    Ok(Caller {
        user,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        user_state: UserState::parse(row.get("user_state")).ok_or_else(|| broken("state"))?,
        merchant_state: MerchantState::parse(row.get("merchant_state"))
            .ok_or_else(|| broken("merchant's state"))?,
    })
}

/// Adds a user; one that is already there stays as it is.
///
/// # Errors
/// The database's.
pub async fn insert_user(
    conn: &pg::Connection,
    user: UserId,
    merchant: MerchantId,
    label: &str,
    key: &ApiKey,
) -> Result<(), Error> {
    let hash = key.hash();
    conn.execute(
        include_str!("sql/insert_user.sql"),
        &[&merchant.shard().number(), &user.uuid(), &merchant.uuid(), &label, &hash.as_slice()],
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_key_is_told_by_its_form() {
        for _ in 0..100 {
            let key = ApiKey::generate().unwrap();
            assert!(ApiKey::could_be(key.reveal()), "{key:?}");
        }
        let right = "sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_";
        for wrong in [
            "",
            "sk_",
            "sk_nonsense",
            &right[1..],
            &format!("{right}A"),
            &right.replace('-', "+"),
            &"x".repeat(46),
        ] {
            assert!(!ApiKey::could_be(wrong), "{wrong}");
        }
    }
}

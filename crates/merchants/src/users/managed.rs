//! Users as operators make, freeze and delete them (R41).

use pg::{Connection, Row, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ApiKey, UserEvent, UserState};
use crate::error::Error;
use crate::payees::FieldError;
use crate::state::MerchantState;
use crate::unseen::is_unseen;
use crate::{MerchantId, UserId, lock};

/// Most users that a merchant may have, deleted ones not counted: each key is a way in, and nobody keeps track of more.
pub const MAX_USERS: i64 = 1_000;
/// Digits of a key's fingerprint.
const FINGERPRINT: usize = 12;

/// A user as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// For whom it acts.
    pub merchant: MerchantId,
    /// What people call it.
    pub label: String,
    /// Whether it may act.
    pub state: UserState,
    /// Tells its key from others: the first digits of the key's SHA-256. Nothing of the key can be learned from it.
    pub key_fingerprint: String,
    /// When it was entered.
    pub created_at: OffsetDateTime,
}

/// A user to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Its id, in the merchant's shard.
    pub id: UserId,
    /// For whom it will act.
    pub merchant: MerchantId,
    /// What people call it; see [`check_label`].
    pub label: &'a str,
    /// Its key.
    pub key: &'a ApiKey,
}

/// Why a user is not made, or not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoUser {
    /// There is no such merchant, or user.
    NotFound,
    /// The merchant is closed.
    MerchantClosed,
    /// It has as many as it may have.
    TooMany,
    /// Not possible in the user's state.
    IllegalTransition(UserState),
}

/// What is wrong with a label, if anything is.
///
/// # Errors
/// The field with its fault.
pub fn check_label(label: &str) -> Result<(), FieldError> {
    let right =
        (1..=100).contains(&label.chars().count()) && !label.chars().any(is_unseen) && label.trim() == label;
    let message = "must have 1 to 100 characters, all of them seen, and no blanks around them";
    if right { Ok(()) } else { Err(FieldError { field: "label", message: message.into() }) }
}

/// Makes a user. The merchant's row is locked until the transaction ends, so that two at once can't pass the bound together,
/// and none is made beside a merchant's end.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn create_user(tx: &Tx<'_>, new: &NewUser<'_>) -> Result<Result<User, NoUser>, Error> {
    let merchant = new.merchant;
    match lock(tx, &[], &[merchant]).await?.get(merchant).map(|row| row.state) {
        None => return Ok(Err(NoUser::NotFound)),
        Some(MerchantState::Closed) => return Ok(Err(NoUser::MerchantClosed)),
        Some(_) => {}
    }
    let (shard, hash) = (merchant.shard().number(), new.key.hash());
    let alive = tx.query_one(include_str!("../sql/count_users.sql"), &[&shard, &merchant.uuid()]).await?;
    if alive.get::<_, i64>("alive") >= MAX_USERS {
        return Ok(Err(NoUser::TooMany));
    }
    let made = tx
        .query_one(
            include_str!("../sql/create_user.sql"),
            &[&shard, &new.id.uuid(), &merchant.uuid(), &new.label, &hash.as_slice()],
        )
        .await?;
    Ok(Ok(user(&made)?))
}

/// Freezes, unfreezes or deletes a user; it is locked until the transaction ends. What it was before, and what it is now.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood, or is not as it was locked.
pub async fn change_user(
    tx: &Tx<'_>,
    id: UserId,
    event: UserEvent,
) -> Result<Result<(User, User), NoUser>, Error> {
    let (shard, uuid) = (id.shard().number(), id.uuid());
    let Some(row) = tx.query_opt(include_str!("../sql/lock_user.sql"), &[&shard, &uuid]).await? else {
        return Ok(Err(NoUser::NotFound));
    };
    let before = user(&row)?;
    let Some(state) = before.state.next(event) else {
        return Ok(Err(NoUser::IllegalTransition(before.state)));
    };
    let (from, to) = (before.state.as_str(), state.as_str());
    let saved = tx.execute(include_str!("../sql/save_user.sql"), &[&shard, &uuid, &from, &to]).await?;
    if saved != 1 {
        return Err(Error::Unexpected(format!("{id} is not {from} any more")));
    }
    let after = User { state, ..before.clone() };
    Ok(Ok((before, after)))
}

/// A merchant's users, also deleted ones, oldest first.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list_users(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<User>, Error> {
    let after: Option<Uuid> = after.map(|id| id.uuid());
    let rows = conn
        .query(
            include_str!("../sql/list_users.sql"),
            &[&merchant.shard().number(), &merchant.uuid(), &after, &limit],
        )
        .await?;
    rows.iter().map(user).collect()
}

fn user(row: &Row) -> Result<User, Error> {
    let id = UserId::from_uuid(row.get("id"));
    let state =
        UserState::parse(row.get("state")).ok_or_else(|| Error::Unexpected(format!("the state of {id}")))?;
    let hash: &[u8] = row.get("api_key_hash");
    let digits: String = hash.iter().take(FINGERPRINT / 2).map(|byte| format!("{byte:02x}")).collect();
    Ok(User {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        label: row.get("label"),
        state,
        key_fingerprint: digits,
        created_at: row.get("created_at"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_short_line() {
        for right in ["till", "会计", &"x".repeat(100)] {
            assert_eq!(check_label(right), Ok(()), "{right}");
        }
        for wrong in ["", " ", " till", "till ", "a\nb", "a\0", &"x".repeat(101)] {
            assert_eq!(check_label(wrong).unwrap_err().field, "label", "{wrong:?}");
        }
    }
}

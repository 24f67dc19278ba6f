//! Withdrawals as operators look at them, whoever's they are. Nothing here locks.

use std::fmt;
use std::str::FromStr;

use merchants::MerchantId;
use money::Currency;
use pg::{Connection, Row};
use uuid::Uuid;

use crate::error::Error;
use crate::state::WithdrawalState;
use crate::store::read;
use crate::{Withdrawal, WithdrawalId};

/// What operators look at first: what waits for somebody, then what is under way, then what is over.
const BY_URGENCY: [WithdrawalState; 7] = [
    WithdrawalState::PayeeActionRequired,
    WithdrawalState::Failed,
    WithdrawalState::Returned,
    WithdrawalState::Processing,
    WithdrawalState::Refused,
    WithdrawalState::Refunded,
    WithdrawalState::Paid,
];

/// Which withdrawals a list shows; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this merchant only.
    pub merchant: Option<MerchantId>,
    /// In this status only.
    pub state: Option<WithdrawalState>,
    /// Paid out in this currency only.
    pub currency: Option<Currency>,
}

/// The last row of a page: the next one begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    state: WithdrawalState,
    id: WithdrawalId,
}

impl Cursor {
    /// The place of this withdrawal in the list.
    pub fn after(withdrawal: &Withdrawal) -> Cursor {
        Cursor { state: withdrawal.state, id: withdrawal.id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.state.as_str(), self.id)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Cursor, BadCursor> {
        let (state, id) = text.split_once('.').ok_or(BadCursor)?;
        let state = WithdrawalState::parse(state).ok_or(BadCursor)?;
        Ok(Cursor { state, id: id.parse().map_err(|_| BadCursor)? })
    }
}

/// At most `limit` withdrawals behind `cursor`: those that wait for another payee first, then failed, returned,
/// processing, and what is over; the newest first in each.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn queue(
    conn: &Connection,
    wanted: &Wanted,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Withdrawal>, Error> {
    let from = cursor.map(|cursor| cursor.state).or(wanted.state);
    let states = BY_URGENCY
        .into_iter()
        .skip_while(|one| from.is_some_and(|from| from != *one))
        .filter(|one| wanted.state.is_none_or(|state| state == *one));
    let mut page = Vec::new();
    let mut left = limit;
    for state in states {
        let behind = cursor.filter(|cursor| cursor.state == state);
        let before = behind.map_or(Uuid::max(), |cursor| cursor.id.uuid());
        for row in &of_state(conn, state, wanted, before, left).await? {
            page.push(read(row)?);
            left -= 1;
        }
        if left <= 0 {
            break;
        }
    }
    Ok(page)
}

/// One statement for each index: what is not paid yet is little, what is paid is nearly all there is.
async fn of_state(
    conn: &Connection,
    state: WithdrawalState,
    wanted: &Wanted,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let currency = wanted.currency.as_ref().map(Currency::code);
    let merchant = wanted.merchant.map(|id| id.uuid());
    let rows = match (state, wanted.merchant) {
        (WithdrawalState::Paid, Some(id)) => {
            let shard = id.shard().number();
            let sql = include_str!("sql/queue_paid_of.sql");
            conn.query(sql, &[&shard, &id.uuid(), &currency, &before, &limit]).await?
        }
        (WithdrawalState::Paid, None) => {
            conn.query(include_str!("sql/queue_paid.sql"), &[&currency, &before, &limit]).await?
        }
        (state, _) => {
            let sql = include_str!("sql/queue_not_paid.sql");
            conn.query(sql, &[&state.as_str(), &merchant, &currency, &before, &limit]).await?
        }
    };
    Ok(rows)
}

/// Withdrawals to which their merchants gave this reference, newest first, at most `limit`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn under_reference(
    conn: &Connection,
    reference: &str,
    limit: i64,
) -> Result<Vec<Withdrawal>, Error> {
    let rows = conn.query(include_str!("sql/under_reference.sql"), &[&reference, &limit]).await?;
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nothing_else_is_one() {
        let id: WithdrawalId = "wd_019aadd26b7c7d1e8a6f0123456789ab".parse().unwrap();
        for state in WithdrawalState::ALL {
            assert!(BY_URGENCY.contains(&state));
            let cursor = Cursor { state, id };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in ["", ".", "paid", "paid.", "paid.pay_019aadd26b7c7d1e8a6f0123456789ab", &id.to_string()] {
            assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text:?}");
        }
    }
}

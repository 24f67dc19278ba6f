//! Withdrawals as operators look at them, whoever's they are. Nothing here locks.

use std::fmt;
use std::str::FromStr;

use merchants::MerchantId;
use money::Currency;
use pg::{Connection, Paged, Row, Tx};
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

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Those that wait for another payee first, then failed, returned, processing, and what is over; the newest first in each.
    Urgency,
    /// By time.
    Oldest,
    /// By time.
    Newest,
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

/// At most `limit` withdrawals behind `cursor`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn queue(
    conn: &mut Connection,
    wanted: &Wanted,
    sort: Sort,
    cursor: Option<Cursor>,
    limit: usize,
) -> Result<Paged<Withdrawal>, Error> {
    let fetch = pg::one_more(limit);
    // One moment for all statuses: what passes from one into another meanwhile would stand on the page twice, or not at all.
    let tx = conn.begin_snapshot().await?;
    let rows = match sort {
        Sort::Urgency => by_urgency(&tx, wanted, cursor, fetch).await?,
        Sort::Oldest => by_time(&tx, wanted, true, cursor, fetch).await?,
        Sort::Newest => by_time(&tx, wanted, false, cursor, fetch).await?,
    };
    tx.commit().await?;
    Ok(Paged::of(rows, limit))
}

/// Status by status.
async fn by_urgency(
    tx: &Tx<'_>,
    wanted: &Wanted,
    cursor: Option<Cursor>,
    fetch: i64,
) -> Result<Vec<Withdrawal>, Error> {
    let from = cursor.map(|cursor| cursor.state).or(wanted.state);
    let states = BY_URGENCY
        .into_iter()
        .skip_while(|one| from.is_some_and(|from| from != *one))
        .filter(|one| wanted.state.is_none_or(|state| state == *one));
    let mut page = Vec::new();
    let mut left = fetch;
    for state in states {
        let behind = cursor.filter(|cursor| cursor.state == state);
        let before = behind.map_or(Uuid::max(), |cursor| cursor.id.uuid());
        for row in &of_state(tx, state, wanted, (false, before), left).await? {
            page.push(read(row)?);
            left -= 1;
        }
        if left <= 0 {
            break;
        }
    }
    Ok(page)
}

/// Of each status as many as the page may need, put in order: ids are.
async fn by_time(
    tx: &Tx<'_>,
    wanted: &Wanted,
    oldest_first: bool,
    cursor: Option<Cursor>,
    fetch: i64,
) -> Result<Vec<Withdrawal>, Error> {
    let start = if oldest_first { Uuid::nil() } else { Uuid::max() };
    let place = cursor.map_or(start, |cursor| cursor.id.uuid());
    let mut page = Vec::new();
    for state in BY_URGENCY.into_iter().filter(|one| wanted.state.is_none_or(|state| state == *one)) {
        for row in &of_state(tx, state, wanted, (oldest_first, place), fetch).await? {
            page.push(read(row)?);
        }
    }
    page.sort_unstable_by_key(|row: &Withdrawal| row.id.uuid());
    if !oldest_first {
        page.reverse();
    }
    page.truncate(usize::try_from(fetch).unwrap_or(usize::MAX));
    Ok(page)
}

/// One statement for each index: what is not paid yet is little, what is paid is nearly all there is.
async fn of_state(
    tx: &Tx<'_>,
    state: WithdrawalState,
    wanted: &Wanted,
    (oldest_first, place): (bool, Uuid),
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let currency = wanted.currency.as_ref().map(Currency::code);
    let merchant = wanted.merchant.map(|id| id.uuid());
    let rows = match (state, wanted.merchant) {
        (WithdrawalState::Paid, Some(id)) => {
            let shard = id.shard().number();
            let sql = include_str!("sql/queue_paid_of.sql");
            tx.query(sql, &[&shard, &id.uuid(), &currency, &place, &limit, &oldest_first]).await?
        }
        (WithdrawalState::Paid, None) => {
            tx.query(include_str!("sql/queue_paid.sql"), &[&currency, &place, &limit, &oldest_first]).await?
        }
        (state, _) => {
            let sql = include_str!("sql/queue_not_paid.sql");
            tx.query(sql, &[&state.as_str(), &merchant, &currency, &place, &limit, &oldest_first]).await?
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

//! Withdrawals that go no further by themselves: the bank did not carry them out, or gave them back (R28, R29).

use pg::Connection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::state::WithdrawalState;

/// Where a withdrawal stands until a merchant or an operator decides.
pub const WAITING: [WithdrawalState; 3] =
    [WithdrawalState::PayeeActionRequired, WithdrawalState::Failed, WithdrawalState::Returned];

/// Those of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// One of [`WAITING`].
    pub state: WithdrawalState,
    /// How many.
    pub withdrawals: i64,
    /// Since when the oldest of them has that status.
    pub oldest: OffsetDateTime,
}

/// Counts them; a status without any is missing. It reads those that wait and no others.
///
/// # Errors
/// The database's; `Unexpected` for a status that is none.
pub async fn waiting(conn: &Connection) -> Result<Vec<Waiting>, Error> {
    let rows = conn.query(include_str!("sql/waiting.sql"), &[]).await?;
    let line = |row: &pg::Row| {
        let state = WithdrawalState::parse(row.get("status"))
            .ok_or_else(|| Error::Unexpected("a status that is none".to_owned()))?;
        Ok(Waiting { state, withdrawals: row.get("withdrawals"), oldest: row.get("oldest") })
    };
    rows.iter().map(line).collect()
}

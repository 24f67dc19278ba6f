//! What operators look at, and the sweep; nothing here locks.

use pg::{Connection, Place};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Reversal, ReversalId, ReversalState};
use crate::error::Error;
use crate::receipt::PaymentId;

/// Reversals of one state, oldest first.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn list_reversals(
    conn: &Connection,
    state: ReversalState,
    after: Place,
    limit: i64,
) -> Result<Vec<Reversal>, Error> {
    let (state, received_at, id) = (state.as_str(), after.at, after.id);
    let rows =
        conn.query(include_str!("../sql/list_reversals.sql"), &[&state, &received_at, &id, &limit]).await?;
    rows.iter().map(Reversal::from_row).collect()
}

/// How long a payment may come after its return before a person should look: a bank's files cross within hours.
pub const PATIENCE: time::Duration = time::Duration::days(1);

/// Reversals that a person has to look at, since they are held or have waited for more than [`PATIENCE`]: a bank has taken
/// money that is still somebody's in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldReversals {
    /// How many are held.
    pub held: i64,
    /// How many have waited too long for a payment.
    pub overdue: i64,
    /// When the first of all these came.
    pub oldest: Option<OffsetDateTime>,
}

/// How many wait for a person, and since when.
///
/// # Errors
/// The database's.
pub async fn held_reversals(conn: &Connection) -> Result<HeldReversals, Error> {
    let (held, waiting) = (ReversalState::Held.as_str(), ReversalState::Waiting.as_str());
    let patience = PATIENCE.as_seconds_f64();
    let row = conn
        .query_one(include_str!("../sql/count_held_reversals.sql"), &[&held, &waiting, &patience])
        .await?;
    Ok(HeldReversals { held: row.get("held"), overdue: row.get("overdue"), oldest: row.get("oldest") })
}

/// What was applied to these payments, oldest first.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn reversals_of(conn: &Connection, payments: &[PaymentId]) -> Result<Vec<Reversal>, Error> {
    let uuids: Vec<Uuid> = payments.iter().map(|id| id.uuid()).collect();
    let rows = conn.query(include_str!("../sql/reversals_of.sql"), &[&uuids]).await?;
    rows.iter().map(Reversal::from_row).collect()
}

/// The next waiting reversals whose payment is there by now, oldest first, each with where a sweep goes on after
/// it: they came at the same moment as their payment, or it was on its way back to the remitter.
///
/// # Errors
/// The database's.
pub async fn waiting_reversals(
    conn: &Connection,
    after: Place,
    limit: i64,
) -> Result<Vec<(ReversalId, Place)>, Error> {
    let rows =
        conn.query(include_str!("../sql/waiting_reversals.sql"), &[&after.at, &after.id, &limit]).await?;
    let pair = |row: &pg::Row| {
        let id: Uuid = row.get("id");
        (ReversalId::from_uuid(id), Place { at: row.get("received_at"), id })
    };
    Ok(rows.iter().map(pair).collect())
}

//! Payees about whose accounts a bank is asked: who is due, and what came of it (R21).

use std::time::Duration;

use money::Currency;

use super::state::{PayeeEvent, PayeeState};
use super::{Payee, read};
use crate::error::Error;

/// From the first question, asked while the payee is added, to the second. Longer than that one may take.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(3);
/// Pauses double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Questions in all, about half a day; then the payee stays as it is.
const QUESTIONS: i16 = 20;

/// Takes the payees in these currencies that are due to be asked about, at most `limit`. Each is put off before its bank
/// is asked: an answer that is lost means one question more, and two gateways never ask the same at once.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn claim_account_checks(
    conn: &pg::Connection,
    currencies: &[Currency],
    limit: i64,
) -> Result<Vec<Payee>, Error> {
    let codes: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
    let (first, longest) = (FIRST_PAUSE.as_secs_f64(), LONGEST_PAUSE.as_secs_f64());
    let rows = conn
        .query(
            include_str!("../sql/claim_account_checks.sql"),
            &[&codes, &limit, &first, &longest, &QUESTIONS],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Writes what was learned about a payee's account. Gives the payee as it is now: the first who settles it wins.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood or is gone.
pub async fn settle_payee(
    conn: &pg::Connection,
    payee: &Payee,
    event: PayeeEvent,
    reason: Option<&str>,
) -> Result<Payee, Error> {
    let Some(next) = payee.state.next(event).filter(|next| *next != payee.state) else {
        return Ok(payee.clone());
    };
    let rejection = (next == PayeeState::Rejected).then(|| {
        format!("the bank says that the account is not the holder's ({})", reason.unwrap_or("no reason"))
    });
    let shard = payee.id.shard().number();
    let rows = conn
        .query(
            include_str!("../sql/settle_payee.sql"),
            &[&shard, &payee.id.uuid(), &payee.state.as_str(), &next.as_str(), &rejection],
        )
        .await?;
    if let Some(row) = rows.first() {
        return read(row);
    }
    let now = super::payee(conn, payee.merchant, payee.id).await?;
    now.ok_or_else(|| Error::Unexpected(format!("{} is gone", payee.id)))
}

/// How many payees wait for their bank's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingPayees {
    /// Their banks will be asked again.
    pub asking: i64,
    /// Their banks were asked often enough.
    pub given_up: i64,
}

/// Counts what is pending.
///
/// # Errors
/// The database's.
pub async fn pending_payees(conn: &pg::Connection) -> Result<PendingPayees, Error> {
    let row = conn.query_one(include_str!("../sql/pending_payees.sql"), &[]).await?;
    Ok(PendingPayees { asking: row.get("asking"), given_up: row.get("given_up") })
}

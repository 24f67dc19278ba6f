//! Arming: who wants to change something says so beforehand, and for how long (R33).

use pg::{Connection, Tx};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::{Entry, Error, append};

/// The longest that one arming lasts, in minutes.
pub const LONGEST_ARMING: u32 = 60;

/// Who arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Armer<'a> {
    /// The operator's id.
    pub operator: &'a str,
    /// The person behind it.
    pub person: &'a str,
    /// From where: an address.
    pub origin: &'a str,
}

/// That an operator may change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arming {
    /// Until when, by the database's clock.
    pub until: OffsetDateTime,
    /// Why.
    pub reason: String,
}

/// The arming of this operator that holds at this moment, by the database's clock; none of another person's.
///
/// # Errors
/// The database's.
pub async fn arming(conn: &Connection, operator: &str, person: &str) -> Result<Option<Arming>, Error> {
    let row = conn.query_opt(include_str!("sql/arming.sql"), &[&operator, &person]).await?;
    Ok(row.map(|row| Arming { until: row.get("armed_until"), reason: row.get("reason") }))
}

/// Arms for so many minutes from now, at most [`LONGEST_ARMING`], instead of whatever arming there was.
///
/// # Errors
/// The database's, also for more minutes and for no reason.
pub async fn arm(tx: &Tx<'_>, who: Armer<'_>, minutes: u32, reason: &str) -> Result<Arming, Error> {
    let now = tx.now().await?;
    let before = lock(tx, who.operator, now).await?;
    let until = now + Duration::minutes(minutes.into());
    let parameters: [&(dyn pg::ToSql + Sync); 5] = [&who.operator, &who.person, &reason, &now, &until];
    tx.execute(include_str!("sql/arm.sql"), &parameters).await?;
    append(tx, &[entry(who, "operator.arm", reason, now, (before, Some(until)))]).await?;
    Ok(Arming { until, reason: reason.to_owned() })
}

/// Ends the arming there is; without one nothing happens.
///
/// # Errors
/// The database's.
pub async fn disarm(tx: &Tx<'_>, who: Armer<'_>) -> Result<(), Error> {
    let now = tx.now().await?;
    let Some(before) = lock(tx, who.operator, now).await? else { return Ok(()) };
    tx.execute(include_str!("sql/disarm.sql"), &[&who.operator, &now]).await?;
    append(tx, &[entry(who, "operator.disarm", "by the operator", now, (Some(before), None))]).await
}

/// Until when it is armed, if it is; nobody else changes that until the transaction ends.
async fn lock(tx: &Tx<'_>, operator: &str, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, Error> {
    let row = tx.query_opt(include_str!("sql/lock_arming.sql"), &[&operator, &now]).await?;
    Ok(row.map(|row| row.get("armed_until")))
}

fn entry(
    who: Armer<'_>,
    action: &str,
    reason: &str,
    at: OffsetDateTime,
    (before, after): (Option<OffsetDateTime>, Option<OffsetDateTime>),
) -> Entry {
    let state = |until: OffsetDateTime| {
        format!("{{\"armed_until\":\"{}\"}}", until.format(&Rfc3339).unwrap_or_default())
    };
    Entry {
        at,
        actor: who.operator.to_owned(),
        person: who.person.to_owned(),
        origin: who.origin.to_owned(),
        action: action.to_owned(),
        subject: who.operator.to_owned(),
        reason: reason.to_owned(),
        before: before.map(state),
        after: after.map(state),
        idempotency_key: None,
    }
}

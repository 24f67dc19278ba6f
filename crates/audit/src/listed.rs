//! The trail and approvals as operators list them.

use pg::{Connection, Looked, Paged, ToSql};
use uuid::Uuid;

use crate::approvals::{self, Approval};
use crate::state::ApprovalState;
use crate::trail::{self, AuditRow};
use crate::{ApprovalId, Error};

/// Entries that one page looks at, where a filter may let few of them through.
const STRETCH: i64 = 5_000;

/// Which entries a list shows; all of them by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrailFilter<'a> {
    /// About this subject only.
    pub subject: Option<&'a str>,
    /// By this operator, or this part of the gateway, only.
    pub actor: Option<&'a str>,
    /// Of this action only.
    pub action: Option<&'a str>,
}

/// At most `limit` entries, oldest or newest first, after the one of this number. A page may hold fewer, even none, and not be
/// the last: one looks at so many and no more.
///
/// # Errors
/// The database's.
pub async fn list_trail(
    conn: &Connection,
    filter: TrailFilter<'_>,
    oldest_first: bool,
    after: Option<i64>,
    limit: usize,
) -> Result<Paged<AuditRow>, Error> {
    let place = after.unwrap_or(if oldest_first { 0 } else { i64::MAX });
    let fetch = pg::one_more(limit);
    let picks = filter.actor.is_some() || filter.action.is_some();
    let stretch = if picks { STRETCH } else { fetch };
    let TrailFilter { subject, actor, action } = filter;
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&subject, &actor, &action, &oldest_first, &place, &stretch, &fetch];
    let rows = conn.query(include_str!("sql/look.sql"), &parameters).await?;
    let looked = |row: &pg::Row| {
        Ok(Looked { row: trail::read(row)?, matches: row.get("matches"), stops: row.get("stops") })
    };
    Ok(Paged::cut(rows.iter().map(looked).collect::<Result<_, Error>>()?, limit))
}

/// Which approvals a list shows; all of them by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApprovalFilter<'a> {
    /// In this state only; one whose time is over is expired, whether that was written down or not.
    pub state: Option<ApprovalState>,
    /// Of this action only.
    pub action: Option<&'a str>,
    /// About this subject only.
    pub subject: Option<&'a str>,
    /// Asked for by this operator only.
    pub requested_by: Option<&'a str>,
}

/// At most `limit` approvals, oldest or newest first, after `after`. There are as many as people asked for, so all are looked at.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list_approvals(
    conn: &Connection,
    filter: ApprovalFilter<'_>,
    oldest_first: bool,
    after: Option<ApprovalId>,
    limit: usize,
) -> Result<Paged<Approval>, Error> {
    let start = if oldest_first { Uuid::nil() } else { Uuid::max() };
    let place = after.map_or(start, |id| id.uuid());
    let state = filter.state.map(ApprovalState::as_str);
    let parameters: [&(dyn ToSql + Sync); 7] = [
        &state,
        &oldest_first,
        &place,
        &filter.action,
        &filter.subject,
        &filter.requested_by,
        &pg::one_more(limit),
    ];
    let rows = conn.query(include_str!("sql/list_approvals.sql"), &parameters).await?;
    Ok(Paged::of(rows.iter().map(approvals::read).collect::<Result<_, _>>()?, limit))
}

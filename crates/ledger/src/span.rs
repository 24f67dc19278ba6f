//! A span of time as a part of merchants' statements: between which seals all of it stands.

use pg::{Connection, Shard};
use time::OffsetDateTime;

use crate::error::Error;
use crate::exchanged::SKEW;
use crate::layout::Layout;

/// What of the statements of a shard's merchants was posted in a span of time. Seals are not quite in the order of
/// their times, so there may be lines of other times between the span's seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementSpan {
    pub(crate) from: Option<OffsetDateTime>,
    pub(crate) to: Option<OffsetDateTime>,
    /// The seal behind which all of it stands.
    pub(crate) behind: i64,
    /// The last seal that may have any of it.
    pub(crate) until: i64,
}

impl StatementSpan {
    /// All times.
    pub const ALL: StatementSpan = StatementSpan { from: None, to: None, behind: 0, until: i64::MAX };
}

/// What was posted at `from` or later and before `to`: two looks into an index of seals, and nothing is read of what is
/// newer or older.
///
/// # Errors
/// The database's.
pub async fn statement_span(
    conn: &Connection,
    layout: Layout,
    shard: Shard,
    from: Option<OffsetDateTime>,
    to: Option<OffsetDateTime>,
) -> Result<StatementSpan, Error> {
    if from.is_none() && to.is_none() {
        return Ok(StatementSpan::ALL);
    }
    let chain = layout.chain_of(shard);
    // What stands before a seal was posted less than SKEW after the seal's time, and what stands behind it less than
    // SKEW before that.
    let earlier = from.map(|from| from.saturating_sub(SKEW));
    let later = to.map(|to| to.saturating_add(SKEW));
    let row = conn.query_one(include_str!("sql/statement_span.sql"), &[&chain, &earlier, &later]).await?;
    Ok(StatementSpan { from, to, behind: row.get("behind"), until: row.get("until") })
}

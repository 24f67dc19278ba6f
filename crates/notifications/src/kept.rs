//! What is kept of one merchant, for its copy of it (R38): every notice, and every place where it ever wanted webhooks.

use pg::{Connection, Looked, Paged, Row, Shard, ToSql};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::endpoints::{self, Endpoint};
use crate::error::Error;
use crate::{EndpointId, NoticeId};

/// Rows of the merchant's shard that one page looks at.
const STRETCH: i64 = 5_000;

/// A notice as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptNotice {
    /// Its id, in the merchant's shard.
    pub id: NoticeId,
    /// The webhook's `type`.
    pub event_type: String,
    /// The id of what it is about.
    pub subject: String,
    /// What webhooks carry under `data`.
    pub data: Value,
    /// By when the merchant had to know (R9).
    pub due_at: OffsetDateTime,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// When the first channel had delivered it.
    pub told_at: Option<OffsetDateTime>,
}

/// A merchant's notices, oldest first, after `after`. A page may hold fewer than `limit`, even none, and not be the last.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn notices_of(
    conn: &Connection,
    shard: Shard,
    merchant: Uuid,
    after: Option<NoticeId>,
    limit: usize,
) -> Result<Paged<KeptNotice>, Error> {
    let (after, fetch) = (after.map_or(Uuid::nil(), |id| id.uuid()), pg::one_more(limit));
    let parameters: [&(dyn ToSql + Sync); 5] = [&shard, &after, &merchant, &STRETCH.max(fetch), &fetch];
    let rows = conn.query(include_str!("sql/notices_of.sql"), &parameters).await?;
    page(&rows, limit, |row| {
        let data: &str = row.get("data");
        Ok(KeptNotice {
            id: NoticeId::from_uuid(row.get("id")),
            event_type: row.get("event_type"),
            subject: row.get("subject"),
            data: serde_json::from_str(data).map_err(|_| Error::Unexpected("a notice's data".to_owned()))?,
            due_at: row.get("due_at"),
            created_at: row.get("created_at"),
            told_at: row.get("told_at"),
        })
    })
}

/// A merchant's endpoints, deleted ones among them, oldest first, after `after`; pages as those of [`notices_of`].
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn endpoints_of(
    conn: &Connection,
    shard: Shard,
    merchant: Uuid,
    after: Option<EndpointId>,
    limit: usize,
) -> Result<Paged<Endpoint>, Error> {
    let (after, fetch) = (after.map_or(Uuid::nil(), |id| id.uuid()), pg::one_more(limit));
    let parameters: [&(dyn ToSql + Sync); 5] = [&shard, &after, &merchant, &STRETCH.max(fetch), &fetch];
    let rows = conn.query(include_str!("sql/endpoints_of.sql"), &parameters).await?;
    page(&rows, limit, endpoints::read)
}

fn page<R: Clone>(
    rows: &[Row],
    limit: usize,
    read: impl Fn(&Row) -> Result<R, Error>,
) -> Result<Paged<R>, Error> {
    let looked =
        |row: &Row| Ok(Looked { row: read(row)?, matches: row.get("matches"), stops: row.get("stops") });
    Ok(Paged::cut(rows.iter().map(looked).collect::<Result<_, Error>>()?, limit))
}

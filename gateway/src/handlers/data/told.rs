//! Where the merchant wanted to be told, and what it was told.

use merchants::MerchantId;
use notifications::{EndpointId, KeptNotice, NoticeId, endpoints_of, notices_of};
use pg::Connection;
use serde_json::{Value, json};

use super::parts::{LIMIT, Page, place};
use crate::commands::rfc3339;
use crate::handlers::webhooks::render;
use crate::problem::Refusal;

/// Deleted ones, too; never their secrets.
pub async fn webhooks(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let after = place::<EndpointId>(after)?;
    let found = endpoints_of(conn, merchant.shard(), merchant.uuid(), after, LIMIT).await?;
    Ok(Page::found(&found, |row| row.id.to_string(), render))
}

pub async fn notices(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let after = place::<NoticeId>(after)?;
    let found = notices_of(conn, merchant.shard(), merchant.uuid(), after, LIMIT).await?;
    Ok(Page::found(&found, |row| row.id.to_string(), notice))
}

fn notice(row: &KeptNotice) -> Value {
    json!({
        "id": row.id.to_string(),
        "type": row.event_type,
        "subject_id": row.subject,
        "data": row.data,
        "due_at": rfc3339(row.due_at),
        "told_at": row.told_at.map(rfc3339),
        "created_at": rfc3339(row.created_at),
    })
}

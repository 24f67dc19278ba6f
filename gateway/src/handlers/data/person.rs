//! Who the merchant is, who acts for it, and where its money comes in and goes. Unmasked: it is the merchant's own.

use merchants::{DocumentId, MerchantId, Payee, PayeeId, ReceivingAccountId, StoreId, UserId};
use pg::Connection;
use privacy::Sensitive;
use serde_json::{Value, json};

use super::parts::{Page, limit, place};
use crate::app::App;
use crate::commands::{PayeeView, rfc3339, validity};
use crate::handlers::{receiving_accounts as accounts, stores as shops, users as people};
use crate::problem::Refusal;

/// Without why it is frozen, or on whose order: that is the institution's, and may be an authority's to keep.
pub async fn profile(app: &App, conn: &Connection, merchant: MerchantId) -> Result<Page, Refusal> {
    let found = merchants::merchant(conn, &app.keyring, merchant).await?;
    let found = found.ok_or_else(|| Refusal::not_found("merchant"))?;
    Ok(Page::whole(vec![json!({
        "id": found.id.to_string(),
        "status": found.state.as_str(),
        "kind": found.kind,
        "origin": found.origin.map(|origin| origin.as_str()),
        "name": shown(&found.name),
        "email": shown(&found.email),
        "mobile": found.mobile.as_ref().map(shown),
        "tier": found.tier,
        "fully_verified": found.fully_verified,
        "created_at": rfc3339(found.created_at),
        "updated_at": rfc3339(found.updated_at),
    })]))
}

pub async fn documents(
    app: &App,
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let today = app.engine.facts().day(conn.now().await?);
    let after = place::<DocumentId>(after)?;
    let rows = merchants::documents::list_documents(conn, merchant, after, limit()).await?;
    Page::of(
        &rows,
        |row| row.id.to_string(),
        |row| {
            Ok(json!({
                "id": row.id.to_string(),
                "kind": row.kind.as_str(),
                "number": shown(&row.number(&app.keyring)?),
                "status": validity(row, today),
                "expires_on": row.expires_on.map(|last| last.to_string()),
                "added_at": rfc3339(row.added_at),
                "told_at": row.told_at.map(rfc3339),
                "replaced_at": row.replaced_at.map(rfc3339),
            }))
        },
    )
}

/// Deleted ones, too; of their keys the fingerprint alone.
pub async fn users(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let rows = merchants::list_users(conn, merchant, place::<UserId>(after)?, limit()).await?;
    Page::of(&rows, |row| row.id.to_string(), |row| Ok(people::render(row)))
}

/// Removed ones, too.
pub async fn payees(
    app: &App,
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let rows = merchants::payees_of(conn, merchant, place::<PayeeId>(after)?, limit()).await?;
    Page::of(&rows, |row| row.id.to_string(), |row| payee(app, row))
}

fn payee(app: &App, row: &Payee) -> Result<Value, Refusal> {
    let mut shown_whole = PayeeView::new(&app.keyring, row)?.json().clone();
    shown_whole["holder_name"] = shown(&row.holder_name(&app.keyring)?).into();
    shown_whole["account_number"] = shown(&row.account_number(&app.keyring)?).into();
    shown_whole["removed"] = row.is_deleted().into();
    Ok(shown_whole)
}

pub async fn stores(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let now = conn.now().await?;
    let rows = merchants::list_stores(conn, merchant, place::<StoreId>(after)?, limit()).await?;
    Page::of(&rows, |row| row.id.to_string(), |row| Ok(shops::render(row, now)))
}

pub async fn receiving_accounts(
    app: &App,
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let after = place::<ReceivingAccountId>(after)?;
    let rows = merchants::list_accounts(conn, &app.keyring, merchant, after, limit()).await?;
    Page::of(&rows, |row| row.id.to_string(), |row| Ok(accounts::render(app, row)))
}

fn shown(text: &Sensitive<String>) -> &str {
    text.reveal()
}

//! What was sold, what arrived, what was priced and what was paid out.

mod payments;

use deposits::settlements::SettlementId;
use exchange::{QuoteFilter, QuoteId};
use ledger::MerchantRef;
use merchants::{MerchantId, StoreId};
use pg::Connection;
use serde_json::json;
use withdrawals::{FeeId, FeesOf, WithdrawalId};

use super::parts::{LIMIT, Page, limit, place};
use crate::app::App;
use crate::commands::fee_json;
use crate::handlers::withdrawals::Around;
use crate::handlers::{
    balances as held, order_files, quotes as prices, settlements as announced, transactions as statement,
};
use crate::problem::Refusal;

pub use payments::payments;

/// Store by store, each by order id. A place is the store and, behind a slash, the order.
pub async fn orders(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let (store, order) = match after.and_then(|text| text.split_once('/')) {
        Some((store, order)) => (place::<StoreId>(Some(store))?, order),
        None => (next_store(conn, merchant, None).await?, ""),
    };
    let Some(store) = store else { return Ok(Page::whole(Vec::new())) };
    let rows = merchants::orders::list_orders(conn, store, order, limit()).await?;
    let page = Page::of(
        &rows,
        |row| format!("{store}/{}", row.order.id),
        |row| {
            let mut shown = order_files::render(row);
            shown["store_id"] = store.to_string().into();
            Ok(shown)
        },
    )?;
    if page.next.is_some() {
        return Ok(page);
    }
    let next = next_store(conn, merchant, Some(store)).await?;
    Ok(Page { next: next.map(|store| format!("{store}/")), ..page })
}

async fn next_store(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<StoreId>,
) -> Result<Option<StoreId>, Refusal> {
    Ok(merchants::list_stores(conn, merchant, after, 1).await?.first().map(|store| store.id))
}

/// With what of them is stopped (R32), as the merchant sees it; why, and on whose order, is not the merchant's to see.
pub async fn balances(conn: &Connection, merchant: MerchantId) -> Result<Page, Refusal> {
    Ok(Page::whole(held::of_merchant(conn, merchant).await?))
}

/// The merchant's own; what everyone pays says nothing of it.
pub async fn fees(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let rows = withdrawals::fees(conn, FeesOf::Merchant(merchant), place::<FeeId>(after)?, limit()).await?;
    let mut page = Page::of(&rows, |row| row.id.to_string(), |row| Ok(fee_json(row)))?;
    let own = json!(merchant.to_string());
    page.rows.retain(|row| row["merchant_id"] == own);
    Ok(page)
}

pub async fn quotes(
    app: &App,
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let filter = QuoteFilter { merchant: Some((merchant.shard(), merchant.uuid())), state: None };
    let (shards, after) = (app.engine.facts().layout.shards, place::<QuoteId>(after)?);
    let now = conn.now().await?;
    let found = exchange::list_quotes(conn, shards, filter, false, after, LIMIT).await?;
    Ok(Page::found(&found, |(quote, _)| quote.id.to_string(), |(quote, _)| prices::render(quote, now)))
}

/// Those that it has announced (R10).
pub async fn settlements(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let (now, before) = (conn.now().await?, place::<SettlementId>(after)?);
    let rows = deposits::settlements::list(conn, merchant, None, before, limit()).await?;
    Page::of(&rows, |row| row.id.to_string(), |row| Ok(announced::render(row, now)))
}

/// Each with its payouts.
pub async fn withdrawals(
    app: &App,
    conn: &mut Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let before = place::<WithdrawalId>(after)?;
    let rows = withdrawals::list(conn, merchant, None, before, limit()).await?;
    let around = Around::read(app, conn, &rows).await?;
    Page::of(&rows, |row| row.id.to_string(), |row| around.render(row))
}

pub async fn transactions(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Page, Refusal> {
    let merchant = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let (rows, last) = statement::stretch(conn, merchant, place(after)?, limit()).await?;
    let next = last.filter(|_| rows.len() >= LIMIT).map(|last| last.to_string());
    Ok(Page { rows, next })
}

//! A store's orders: trade evidence (R6), brought as JSON or CSV, the whole file or nothing of it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use merchants::StoreId;
use merchants::orders::{LineError, MAX_ERRORS, MAX_LINES, OrderLine, Place, RawLine, StoreOrder};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Answer, lane, reply};
use crate::app::App;
use crate::body;
use crate::commands::{Command, ImportOrders, rfc3339};
use crate::problem::{self, FieldError, Refusal};
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    orders: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    #[serde(borrow)]
    order_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    amount: Option<Cow<'a, str>>,
    #[serde(borrow)]
    currency: Option<Cow<'a, str>>,
    #[serde(borrow)]
    ordered_at: Option<Cow<'a, str>>,
}

/// `POST /v1/stores/{id}/orders`: idempotent by order id.
///
/// # Errors
/// `invalid-request` with every wrong line; `not-found`; `limit-exceeded`; `overloaded` while many orders are on their
/// way; the lane's.
pub async fn import(app: &Arc<App>, request: Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let store: StoreId = request.id_of("store")?;
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    drop(conn);
    let lines = read(&request, now)?;
    let import = Uuid::now_v7();
    let place = app.room.orders().place(merchant, lines.len()).await?;
    let command = ImportOrders { merchant, store, import, lines, request_id: request.id.to_string() };
    let app = app.clone();
    // The lane goes on with them though the caller hangs up, and as long they keep their place.
    let done = tokio::spawn(async move {
        let answer = lane::carry_out(&app, Command::ImportOrders(Box::new(command))).await;
        drop(place);
        answer
    });
    done.await.unwrap_or_else(|error| Err(problem::internal(&error)))
}

/// `GET /v1/stores/{id}/orders`, by order id, each with what of it covers payments.
///
/// # Errors
/// What is wrong with the query; `not-found`; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let store: StoreId = request.id_of("store")?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.get("cursor").unwrap_or_default());
    let conn = app.pool.get().await?;
    merchants::store(&conn, merchant, store).await?.ok_or_else(|| Refusal::not_found("store"))?;
    let rows = merchants::orders::list_orders(&conn, store, after, page.fetch()).await?;
    reply::list(&page, rows, |row| row.order.id.clone(), |row| Ok(render(row)))
}

fn read(request: &Request, now: OffsetDateTime) -> Result<Vec<OrderLine>, Refusal> {
    let kind = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lines = if kind.trim_start().to_ascii_lowercase().starts_with("text/csv") {
        merchants::orders::read_csv(&request.body, now).map_err(refused)?
    } else {
        read_json(&request.body, now)?
    };
    if lines.is_empty() {
        return Err(Refusal::field("orders", "there is none"));
    }
    Ok(lines)
}

fn read_json(body: &Bytes, now: OffsetDateTime) -> Result<Vec<OrderLine>, Refusal> {
    let Body { orders } = body::parse(body)?;
    if orders.len() > MAX_LINES {
        return Err(Refusal::field("orders", format!("at most {MAX_LINES} at once")));
    }
    let (mut lines, mut errors) = (Vec::with_capacity(orders.len()), Vec::new());
    for (at, raw) in orders.into_iter().enumerate() {
        match body::parse::<Row<'_>>(raw.get().as_bytes()) {
            Ok(row) => lines.extend(line(at, &row, now, &mut errors)),
            Err(refusal) => errors.extend(refusal.errors.into_iter().map(|error| LineError {
                field: match error.field.as_str() {
                    "" => format!("orders[{at}]"),
                    field => format!("orders[{at}].{field}"),
                },
                message: error.message,
            })),
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(refused(errors)) }
}

fn line(at: usize, row: &Row<'_>, now: OffsetDateTime, errors: &mut Vec<LineError>) -> Option<OrderLine> {
    let raw = RawLine {
        id: row.order_id.as_deref(),
        amount: row.amount.as_deref(),
        currency: row.currency.as_deref(),
        ordered_at: row.ordered_at.as_deref(),
    };
    merchants::orders::read_line(Place::Item(at), raw, now, errors)
}

/// Every wrong line is named, up to a bound; the detail says how many there are.
fn refused(mut errors: Vec<LineError>) -> Refusal {
    let all = errors.len();
    errors.truncate(MAX_ERRORS);
    let fields = errors.into_iter().map(|error| FieldError::new(error.field, error.message)).collect();
    let mut refusal = Refusal::fields(fields);
    refusal.detail = format!("{all} wrong fields; nothing was imported");
    refusal
}

pub(super) fn render(row: &StoreOrder) -> Value {
    json!({
        "order_id": row.order.id,
        "amount": row.order.amount.to_string(),
        "currency": row.order.amount.currency().code(),
        "ordered_at": rfc3339(row.order.ordered_at),
        "covered_amount": row.covered.to_string(),
    })
}

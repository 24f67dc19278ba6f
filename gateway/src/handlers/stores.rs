//! Stores: identity, authorisation, and the eBay stores behind a PayPal account (R15).

use hyper::StatusCode;
use merchants::{LinkRefusal, MerchantId, NewStore, Store, StoreId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::fields::Fields;
use super::{Answer, reply};
use crate::app::App;
use crate::body;
use crate::caller::Caller;
use crate::commands::rfc3339;
use crate::problem::{FieldError, Refusal};
use crate::request::Request;
use crate::route::Route;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    platform: String,
    site: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorizationBody {
    valid_until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    ebay_store_id: String,
}

/// `POST /v1/stores`: 201, or 200 with the store that is there already.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn create(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let body: Body = body::parse(&request.body)?;
    let new = NewStore {
        id: StoreId::new(merchant.shard()),
        merchant,
        platform: &body.platform,
        site: &body.site,
        name: &body.name,
        authorised_until: None,
    };
    let errors = merchants::check_store(&new, app.config.platforms.keys().map(String::as_str));
    if !errors.is_empty() {
        let errors = errors.into_iter().map(|error| FieldError::new(error.field, error.message));
        return Err(Refusal::fields(errors.collect()));
    }
    let conn = app.pool.get().await?;
    let (store, is_new) = merchants::create_store(&conn, &new).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    reply::json(status, &render(&store, conn.now().await?))
}

/// `GET /v1/stores`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor()?);
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    let rows = merchants::list_stores(&conn, merchant, after, page.fetch()).await?;
    reply::list(&page, rows, |store| store.id.to_string(), |store| Ok(render(store, now)))
}

/// `GET /v1/stores/{id}`.
///
/// # Errors
/// `not-found`; the database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let conn = app.pool.get().await?;
    let found = merchants::store(&conn, merchant, request.id_of("store")?).await?;
    let store = found.ok_or_else(|| Refusal::not_found("store"))?;
    reply::json(StatusCode::OK, &render(&store, conn.now().await?))
}

/// `POST` and `DELETE /v1/stores/{id}/authorization`: given until a time, or withdrawn. What waits for it is matched
/// again (R7).
///
/// # Errors
/// What is wrong with the request; `not-found`; the database's.
pub async fn authorize(app: &App, request: &Request) -> Answer {
    let (merchant, user) = user_of(&request.caller)?;
    let id: StoreId = request.id_of("store")?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let now = tx.now().await?;
    let until = match request.entry.route {
        Route::WithdrawAuthorization => None,
        _ => Some(valid_until(request, now)?),
    };
    let store = merchants::authorise(&tx, merchant, user, id, until).await?;
    tx.commit().await?;
    let store = store.ok_or_else(|| Refusal::not_found("store"))?;
    app.engine.rematch_soon();
    reply::json(StatusCode::OK, &render(&store, now))
}

fn valid_until(request: &Request, now: OffsetDateTime) -> Result<OffsetDateTime, Refusal> {
    let body: AuthorizationBody = body::parse(&request.body)?;
    let mut fields = Fields::default();
    let until = fields.time("valid_until", &body.valid_until);
    if let Some(Err(why)) = until.map(|until| merchants::check_authorisation(until, now)) {
        fields.wrong("valid_until", why);
    }
    fields.finish()?;
    until.ok_or_else(|| Refusal::field("valid_until", "is missing"))
}

/// `POST /v1/stores/{id}/links`: an eBay store whose money comes through this PayPal account.
///
/// # Errors
/// What is wrong with the request; `not-found`; the database's.
pub async fn link(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id: StoreId = request.id_of("store")?;
    let body: LinkBody = body::parse(&request.body)?;
    let unknown = || Refusal::field("ebay_store_id", "is none of your eBay stores");
    let ebay: StoreId = body.ebay_store_id.parse().map_err(|_| unknown())?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let linked = merchants::link_ebay_store(&tx, merchant, id, ebay).await?;
    let store = linked.map_err(|refusal| match refusal {
        LinkRefusal::NoSuchStore => Refusal::not_found("store"),
        LinkRefusal::NotPayPal => Refusal::field("id", "is no PayPal account: only those are linked"),
        LinkRefusal::NoSuchEbayStore => unknown(),
    })?;
    let now = tx.now().await?;
    tx.commit().await?;
    app.engine.rematch_soon();
    reply::json(StatusCode::OK, &render(&store, now))
}

fn user_of(caller: &Caller) -> Result<(MerchantId, UserId), Refusal> {
    let merchant = caller.merchant()?;
    match caller {
        Caller::Merchant(caller) => Ok((merchant, caller.user)),
        _ => Err(Refusal::not_found("user")),
    }
}

pub(super) fn render(store: &Store, now: OffsetDateTime) -> Value {
    json!({
        "id": store.id.to_string(),
        "platform": store.platform,
        "site": store.site,
        "name": store.name,
        "status": store.status(now),
        "authorized_until": store.authorised_until.map(rfc3339),
        "ebay_store_ids": store.ebay_stores.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "created_at": rfc3339(store.created_at),
    })
}

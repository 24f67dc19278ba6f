//! Receiving accounts: issued in a currency, for stores that are named now or later (R11 to R14).

use hyper::StatusCode;
use merchants::{
    Issued, Jurisdiction, MAX_ACCOUNTS, ReceivingAccountId, ServeRefusal, StoreId, StoresRefusal,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::Fields;
use super::{Answer, reply};
use crate::app::App;
use crate::body;
use crate::commands::rfc3339;
use crate::config::number_ranges;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

/// Stores named at once.
const MOST_STORES: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    currency: String,
    #[serde(default)]
    store_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreBody {
    store_id: String,
}

/// `POST /v1/receiving-accounts`.
///
/// # Errors
/// What is wrong with the request; `unsupported-corridor` where no bank has numbers left; `limit-exceeded`; the database's.
pub async fn create(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let body: Body = body::parse(&request.body)?;
    let mut fields = Fields::default();
    let currency = fields.currency("currency", &body.currency);
    if body.store_ids.len() > MOST_STORES {
        fields.wrong("store_ids", format!("at most {MOST_STORES}"));
    }
    let stores: Vec<StoreId> = body
        .store_ids
        .iter()
        .enumerate()
        .filter_map(|(at, id)| {
            id.parse().map_err(|_| fields.wrong(&format!("store_ids[{at}]"), NONE_OF_YOURS)).ok()
        })
        .collect();
    fields.finish()?;
    let currency = currency.ok_or_else(|| Refusal::field("currency", "is missing"))?;
    let jurisdiction = Jurisdiction::of(currency).ok_or_else(|| no_numbers(currency.code()))?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let shards = app.engine.facts().layout.shards;
    let ranges = number_ranges(&app.config.banks);
    let new = (merchant, currency, jurisdiction);
    let issued = merchants::issue_account(&tx, &app.keyring, shards, new, &stores, &ranges).await?;
    let field = |id: StoreId| match stores.iter().position(|store| *store == id) {
        Some(at) => format!("store_ids[{at}]"),
        None => "store_ids".to_owned(),
    };
    let account = issued.map_err(|refusal| refused(refusal, field, currency.code()))?;
    tx.commit().await?;
    app.engine.rematch_soon();
    reply::json(StatusCode::CREATED, &render(app, &account))
}

/// `GET /v1/receiving-accounts`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor()?);
    let conn = app.pool.get().await?;
    let rows = merchants::list_accounts(&conn, &app.keyring, merchant, after, page.fetch()).await?;
    reply::list(&page, rows, |account| account.id.to_string(), |account| Ok(render(app, account)))
}

/// `POST /v1/receiving-accounts/{id}/stores`: a store whose identity came later (R13).
///
/// # Errors
/// What is wrong with the request; `not-found`; the database's.
pub async fn link(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id: ReceivingAccountId = request.id_of("receiving account")?;
    let body: StoreBody = body::parse(&request.body)?;
    let store: StoreId = body.store_id.parse().map_err(|_| Refusal::field("store_id", NONE_OF_YOURS))?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let linked = merchants::link_account(&tx, &app.keyring, merchant, id, store).await?;
    let account = linked.map_err(|refusal| refused(refusal, |_| "store_id".to_owned(), ""))?;
    tx.commit().await?;
    app.engine.rematch_soon();
    reply::json(StatusCode::OK, &render(app, &account))
}

const NONE_OF_YOURS: &str = "is none of your stores";

fn refused(refusal: StoresRefusal, field: impl Fn(StoreId) -> String, currency: &str) -> Refusal {
    match refusal {
        StoresRefusal::NoSuchAccount => Refusal::not_found("receiving account"),
        StoresRefusal::NoNumbers => no_numbers(currency),
        StoresRefusal::TooManyAccounts => {
            let detail = format!("there are {MAX_ACCOUNTS} receiving accounts in {currency} already");
            Refusal::new(Problem::LimitExceeded, detail)
        }
        StoresRefusal::NoSuchStore(id) => Refusal::field(field(id), NONE_OF_YOURS),
        StoresRefusal::CannotServe(id, why) => Refusal::field(
            field(id),
            match why {
                ServeRefusal::SiteOfOtherCurrency => "its site is not served by accounts in this currency",
                ServeRefusal::OtherShop => "is another shop than the one that the account serves",
                ServeRefusal::SameSite => "the account serves this site of another store already",
            },
        ),
    }
}

fn no_numbers(currency: &str) -> Refusal {
    let detail = format!("no bank has receiving accounts in {currency} to give at present");
    Refusal::new(Problem::UnsupportedCorridor, detail)
}

/// The number stands in full: it is what the merchant tells its payers.
pub(super) fn render(app: &App, account: &Issued) -> Value {
    json!({
        "id": account.id.to_string(),
        "bank": account.bank,
        "number": account.number.reveal().as_str(),
        "currency": account.currency.code(),
        "jurisdiction": account.jurisdiction.as_str(),
        "contracting_entity": app.config.entities.of(account.jurisdiction),
        "store_ids": account.stores.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "created_at": rfc3339(account.created_at),
    })
}

//! The institution's exchange position: what it holds, what open locks add, and the deals that settle it.

use admin_api::Exposure;
use exchange::cover::{self, CoverDeal, CoverId};
use exchange::positions::Position;
use hyper::StatusCode;
use money::Money;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::Fields;
use super::{Answer, admin_actions, lane, reply};
use crate::app::App;
use crate::body;
use crate::commands::{Action, Command, NewCover, Operate, cover_json, rfc3339};
use crate::problem::Refusal;
use crate::request::Request;

const LONGEST_REFERENCE: usize = 64;

/// `GET /admin/v1/positions`: by pair and by currency, with what open quotes would add.
///
/// # Errors
/// The database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    request.query(&[])?;
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    let rows = exchange::positions::positions(&conn).await?;
    let locks = exchange::exposure(&conn).await?;
    let by_currency: Vec<Value> = exchange::positions::by_currency(&rows)
        .into_iter()
        .map(|(currency, sum)| json!({"currency": currency.code(), "held": money::signed(sum, currency)}))
        .collect();
    let body = json!({
        "at": rfc3339(now),
        "pairs": rows.iter().map(pair_json).collect::<Vec<_>>(),
        "currencies": by_currency,
        "open_quotes": exposure(&locks),
    });
    reply::json(StatusCode::OK, &body)
}

fn pair_json(position: &Position) -> Value {
    let (sold, bought) = position.pair;
    json!({
        "sell_currency": sold.code(),
        "buy_currency": bought.code(),
        "held": money::signed(position.sold_minor, sold),
        "short": money::signed(position.bought_minor, bought),
    })
}

/// What open quotes promise, as operators see it.
pub(super) fn exposure(locks: &[exchange::Exposure]) -> Vec<Exposure> {
    let row = |locks: &exchange::Exposure| Exposure {
        sell_currency: locks.sell.code().to_owned(),
        buy_currency: locks.buy.code().to_owned(),
        quotes: locks.quotes,
        net_amount: money::signed(locks.sell_minor, locks.sell),
        buy_amount: money::signed(locks.buy_minor, locks.buy),
    };
    locks.iter().map(row).collect()
}

/// `GET /admin/v1/cover-deals`: the newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn deals(app: &App, request: &Request) -> Answer {
    let query = request.query(&["limit", "cursor"])?;
    let (page, before) = (query.page()?, query.cursor::<CoverId>()?);
    let conn = app.pool.get().await?;
    let rows = cover::deals(&conn, before, page.fetch()).await?;
    let render = |deal: &CoverDeal| Ok(cover_json(deal, Some(deal.booked_at)));
    reply::list(&page, rows, |deal| deal.id.to_string(), render)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DealBody {
    bank: String,
    bank_reference: String,
    sell_currency: String,
    sell_amount: String,
    buy_currency: String,
    buy_amount: String,
    reason: String,
}

/// `POST /admin/v1/cover-deals`: books a deal that a bank has confirmed; above the limit it asks for a second person.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn book(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let body: DealBody = body::parse(&request.body)?;
    admin_actions::check_reason(&body.reason)?;
    let deal = read(app, &body, CoverId::new(keyed.shard))?;
    let action = Action::CoverDeal(Box::new(deal));
    let (reason, request_id) = (body.reason, request.id.to_string());
    let command = Operate { request: keyed, operator, reason, action, request_id };
    lane::carry_out(app, Command::Operate(Box::new(command))).await
}

fn read(app: &App, body: &DealBody, id: CoverId) -> Result<NewCover, Refusal> {
    let mut fields = Fields::default();
    if app.config.bank(&body.bank).is_none() {
        fields.wrong("bank", "is not a configured bank");
    }
    let length = body.bank_reference.chars().count();
    if !(1..=LONGEST_REFERENCE).contains(&length) || body.bank_reference.chars().any(char::is_control) {
        fields.wrong("bank_reference", "must have 1 to 64 characters and no control characters");
    }
    let sell = fields.currency("sell_currency", &body.sell_currency);
    let buy = fields.currency("buy_currency", &body.buy_currency);
    if sell.is_some() && sell == buy {
        fields.wrong("buy_currency", "must be another one than what is sold");
    }
    let sold = fields.amount("sell_amount", &body.sell_amount, sell);
    let bought = fields.amount("buy_amount", &body.buy_amount, buy);
    fields.finish()?;
    let minor = |amount: Option<Money>, field| {
        amount
            .map(|amount| (amount.currency(), amount.minor()))
            .ok_or_else(|| Refusal::field(field, "is missing"))
    };
    let ((sell, sold_minor), (buy, bought_minor)) =
        (minor(sold, "sell_amount")?, minor(bought, "buy_amount")?);
    let (bank, bank_reference) = (body.bank.clone(), body.bank_reference.clone());
    Ok(NewCover { id, bank, bank_reference, sell, sold_minor, buy, bought_minor })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierBody {
    tier: String,
    reason: String,
}

/// `POST /admin/v1/merchants/{id}/tier`: asks for a second person.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn set_tier(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let merchant = request.id_of("merchant")?;
    let body: TierBody = body::parse(&request.body)?;
    admin_actions::check_reason(&body.reason)?;
    if !app.policy.markups.knows(&body.tier) {
        return Err(Refusal::field("tier", "is not a configured tier"));
    }
    let action = Action::SetTier { merchant, tier: body.tier };
    let (reason, request_id) = (body.reason, request.id.to_string());
    let command = Operate { request: keyed, operator, reason, action, request_id };
    lane::carry_out(app, Command::Operate(Box::new(command))).await
}

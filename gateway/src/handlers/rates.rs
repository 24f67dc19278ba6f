//! Rates as operators see them: now, at a moment, and all that was published (R16).

use admin_api::{HeldRate, Page, PublishedRateRow, RateRow};
use exchange::{KeptRate, RateId, RatePolicy, Source, Survey};
use hyper::StatusCode;
use money::Currency;
use time::OffsetDateTime;
use time::macros::datetime;

use super::fields::Fields;
use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::config;
use crate::problem::{Problem, Refusal};
use crate::request::{Query, Request};

/// Before and after everything.
const FIRST: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);
const LAST: OffsetDateTime = datetime!(9999-01-01 00:00 UTC);

/// `GET /admin/v1/rates?at=&pair=`: each bank's rate of each pair, and which makes the prices. Without `at`, now.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let query = request.query(&["at", "pair"])?;
    let mut fields = Fields::default();
    let at = query.get("at").and_then(|text| fields.time("at", text));
    let wanted = pair(&query, &mut fields);
    fields.finish()?;
    let conn = app.pool.get().await?;
    let survey = match at {
        None => Survey::now(&conn).await?,
        Some(at) if at > conn.now().await? => return Err(Refusal::field("at", "must not be in the future")),
        Some(at) => Survey::at(&conn, at).await?,
    };
    let belongs = |source: &&Source| wanted.is_none_or(|pair| pair == (source.rate.base, source.rate.quote));
    let policy = &app.policy.rates;
    let data = survey.sources.iter().filter(belongs).map(|source| row(&survey, source, policy)).collect();
    reply::json(StatusCode::OK, &Page { data, next_cursor: None, has_more: false })
}

fn row(survey: &Survey, source: &Source, policy: &RatePolicy) -> RateRow {
    let rate = &source.rate;
    let standing = source.standing(policy, survey.at);
    let place = policy.of(rate.base, rate.quote).sources.iter().position(|bank| *bank == rate.bank);
    RateRow {
        id: rate.id.to_string(),
        base: rate.base.code().to_owned(),
        quote: rate.quote.code().to_owned(),
        bid: rate.bid.to_string(),
        ask: rate.ask.to_string(),
        as_of: rfc3339(rate.as_of),
        bank: rate.bank.clone(),
        status: standing.as_str().to_owned(),
        age_seconds: (survey.at - rate.as_of).as_seconds_f64(),
        counts_since: rfc3339(rate.decided_at.unwrap_or(rate.received_at)),
        priority: place.map(|place| place + 1),
        prices: survey.prices(source, policy),
        held: source.held(policy, survey.at).map(|held| HeldRate {
            id: held.id.to_string(),
            bid: held.bid.to_string(),
            ask: held.ask.to_string(),
            as_of: rfc3339(held.as_of),
            received_at: rfc3339(held.received_at),
        }),
    }
}

/// `GET /admin/v1/rates/history?pair=&from=&to=`: what banks published of a pair, the last received first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn history(app: &App, request: &Request) -> Answer {
    let query = request.query(&["pair", "from", "to", "limit", "cursor"])?;
    let mut fields = Fields::default();
    let from = query.get("from").and_then(|text| fields.time("from", text)).unwrap_or(FIRST);
    let to = query.get("to").and_then(|text| fields.time("to", text)).unwrap_or(LAST);
    let wanted = pair(&query, &mut fields);
    if query.get("pair").is_none() {
        fields.wrong("pair", "is needed: such as USDCNY");
    }
    fields.finish()?;
    let wanted =
        wanted.ok_or_else(|| Refusal::new(Problem::InvalidRequest, "the request is not complete"))?;
    let (page, after) = (query.page()?, query.cursor::<RateId>()?);
    let conn = app.pool.get().await?;
    let rows = exchange::rate_history(&conn, wanted, (from, to), after, page.fetch()).await?;
    let published = |rate: &KeptRate| {
        serde_json::to_value(published(rate)).map_err(|error| crate::problem::internal(&error))
    };
    reply::list(&page, rows, |rate| rate.id.to_string(), published)
}

fn published(rate: &KeptRate) -> PublishedRateRow {
    PublishedRateRow {
        id: rate.id.to_string(),
        status: rate.state.as_str().to_owned(),
        base: rate.base.code().to_owned(),
        quote: rate.quote.code().to_owned(),
        bank: rate.bank.clone(),
        bid: rate.bid.to_string(),
        ask: rate.ask.to_string(),
        as_of: rfc3339(rate.as_of),
        received_at: rfc3339(rate.received_at),
        decided_at: rate.decided_at.map(rfc3339),
        event_id: rate.event.map(|event| vault::EventId::from_uuid(event).to_string()),
    }
}

fn pair(query: &Query, fields: &mut Fields) -> Option<(Currency, Currency)> {
    let text = query.get("pair")?;
    let pair = config::currencies(text);
    if pair.is_none() {
        fields.wrong("pair", "must be two ISO 4217 codes, such as USDCNY");
    }
    pair
}

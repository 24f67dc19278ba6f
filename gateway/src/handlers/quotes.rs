//! Prices, locked for a time.

use exchange::{FixedSide, Price, PricingError, Quote, QuoteId, Terms};
use hyper::StatusCode;
use merchants::MerchantId;
use money::Currency;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::fields::Fields;
use super::{Answer, reply};
use crate::app::App;
use crate::body;
use crate::commands::rfc3339;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

const SHORTEST_LOCK: u32 = 30;
const LONGEST_LOCK: u32 = 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuote {
    sell_currency: String,
    buy_currency: String,
    sell_amount: Option<String>,
    buy_amount: Option<String>,
    lock_seconds: Option<u32>,
}

/// A request that makes sense by itself.
#[derive(Debug)]
struct Wanted {
    sell: Currency,
    buy: Currency,
    side: FixedSide,
    lock: Duration,
}

pub async fn create(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let wanted = check(&body::parse(&request.body)?, app.config.exchange.quote_lock_seconds.0)?;
    if !app.policy.supports(wanted.sell, wanted.buy) {
        let detail = format!("{} is not exchanged into {}", wanted.sell, wanted.buy);
        return Err(Refusal::new(Problem::UnsupportedCorridor, detail));
    }
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let (market, now) = (exchange::current_rates(&tx).await?, tx.now().await?);
    let policy = &app.policy;
    let (corridor, at) = ((wanted.sell, wanted.buy), (now, policy.limits.offset()));
    let fees = withdrawals::fee_for_quote(&tx, policy.fees, merchant, corridor, at).await?;
    let tier = merchants::tier(&tx, merchant).await?.ok_or_else(|| Refusal::not_found("merchant"))?;
    let terms = Terms { fees, markup: policy.markups.of(&tier, Some(wanted.lock)) };
    let (side, rates) = (wanted.side, &policy.rates);
    let price =
        exchange::price(side, corridor, &market, terms, now, rates).map_err(|error| refused(&error, side))?;
    let free = fees.free_used(price.sell);
    let quote = locked(merchant, wanted, price, now);
    exchange::insert_quote(&tx, &quote).await?;
    let of = (merchant, quote.price.sell.currency());
    withdrawals::reserve(&tx, quote.id, of, free, quote.expires_at).await?;
    tx.commit().await?;
    reply::json(StatusCode::CREATED, &render(&quote, now))
}

pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id: QuoteId = request.id_of("quote")?;
    let conn = app.pool.get().await?;
    let found = exchange::get_quote(&conn, merchant.uuid(), id).await?;
    let (quote, now) = found.ok_or_else(|| Refusal::not_found("quote"))?;
    reply::json(StatusCode::OK, &render(&quote, now))
}

fn check(new: &NewQuote, default_lock: u32) -> Result<Wanted, Refusal> {
    let mut fields = Fields::default();
    let sell = fields.currency("sell_currency", &new.sell_currency);
    let buy = fields.currency("buy_currency", &new.buy_currency);
    let side = match (&new.sell_amount, &new.buy_amount) {
        (Some(text), None) => fields.amount("sell_amount", text, sell).map(FixedSide::Sell),
        (None, Some(text)) => fields.amount("buy_amount", text, buy).map(FixedSide::Buy),
        _ => {
            fields.wrong("sell_amount", "give either sell_amount or buy_amount");
            None
        }
    };
    let lock = new.lock_seconds.unwrap_or(default_lock);
    if !(SHORTEST_LOCK..=LONGEST_LOCK).contains(&lock) {
        fields.wrong("lock_seconds", format!("must be {SHORTEST_LOCK} to {LONGEST_LOCK}"));
    }
    fields.finish()?;
    match (sell, buy, side) {
        (Some(sell), Some(buy), Some(side)) => {
            Ok(Wanted { sell, buy, side, lock: Duration::seconds(i64::from(lock)) })
        }
        _ => Err(Refusal::new(Problem::InvalidRequest, "the request is not complete")),
    }
}

/// A pricing error, as the caller is told it.
fn refused(error: &PricingError, side: FixedSide) -> Refusal {
    let field = match side {
        FixedSide::Sell(_) => "sell_amount",
        FixedSide::Buy(_) => "buy_amount",
    };
    match error {
        PricingError::UnsupportedCorridor => Refusal::new(Problem::UnsupportedCorridor, error.to_string()),
        PricingError::RateUnavailable => Refusal::new(Problem::RateUnavailable, error.to_string()),
        PricingError::AmountTooSmall | PricingError::Money(_) => Refusal::field(field, error.to_string()),
    }
}

fn locked(merchant: MerchantId, wanted: Wanted, price: Price, now: OffsetDateTime) -> Quote {
    Quote {
        id: QuoteId::new(merchant.shard()),
        merchant: merchant.uuid(),
        fixed_side: wanted.side.as_str().to_owned(),
        price,
        expires_at: now + wanted.lock,
        created_at: now,
        withdrawal: None,
    }
}

pub(super) fn render(quote: &Quote, now: OffsetDateTime) -> Value {
    let price = &quote.price;
    json!({
        "id": quote.id.to_string(),
        "status": quote.state(now).as_str(),
        "fixed_side": quote.fixed_side,
        "sell_currency": price.sell.currency().code(),
        "sell_amount": price.sell.to_string(),
        "fee": price.fee.to_string(),
        "net_amount": price.net.to_string(),
        "rate": price.rate.map_or_else(|| "1".to_owned(), |rate| rate.to_string()),
        "rate_as_of": price.rate_as_of.map(rfc3339),
        "spread": price.spread.to_string(),
        "lock_premium": price.premium.to_string(),
        "buy_currency": price.buy.currency().code(),
        "buy_amount": price.buy.to_string(),
        "expires_at": rfc3339(quote.expires_at),
        "created_at": rfc3339(quote.created_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields_of(text: &str) -> Vec<String> {
        let new = body::parse::<NewQuote>(text.as_bytes()).expect("a readable quote");
        match check(&new, 600) {
            Ok(wanted) => vec![format!("{} {}", wanted.side.as_str(), wanted.lock.whole_seconds())],
            Err(refusal) => refusal.errors.into_iter().map(|error| error.field).collect(),
        }
    }

    #[test]
    fn r17_exactly_one_side_is_fixed_and_the_lock_is_bounded() {
        let table = [
            (r#""sell_amount":"10.00""#, "sell 600"),
            (r#""buy_amount":"10.00","lock_seconds":30"#, "buy 30"),
            (r#""sell_amount":"10.00","buy_amount":"10.00""#, "sell_amount"),
            (r#""lock_seconds":3600"#, "sell_amount"),
            (r#""sell_amount":"10.001""#, "sell_amount"),
            (r#""sell_amount":"10.00","lock_seconds":29"#, "lock_seconds"),
            (r#""sell_amount":"10.00","lock_seconds":3601"#, "lock_seconds"),
        ];
        for (rest, expected) in table {
            let text = format!(r#"{{"sell_currency":"USD","buy_currency":"CNY",{rest}}}"#);
            assert_eq!(fields_of(&text), [expected], "{text}");
        }
    }
}

//! Quotes, whoever's they are.

use admin_api::QuoteRow;
use exchange::{Quote, QuoteFilter, QuoteId, QuoteState};
use merchants::MerchantId;
use withdrawals::WithdrawalId;

use super::Listing;
use crate::app::App;
use crate::commands::rfc3339;
use crate::handlers::Answer;
use crate::request::Request;

const OLDEST: &str = "created_at";
const NEWEST: &str = "-created_at";
const STATES: [QuoteState; 3] = [QuoteState::Open, QuoteState::Used, QuoteState::Expired];

/// `GET /admin/v1/quotes?merchant_id=&status=&sort=`, newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["merchant_id", "status", "sort", "limit", "cursor"])?;
    let merchant: Option<MerchantId> = super::id(&query, "merchant_id", "a merchant's")?;
    let parse = |name: &str| STATES.into_iter().find(|state| state.as_str() == name);
    let filter = QuoteFilter {
        merchant: merchant.map(|id| (id.shard(), id.uuid())),
        state: super::one_of(&query, "status", &STATES.map(QuoteState::as_str), parse)?,
    };
    let listing = Listing::read(&query, &[NEWEST, OLDEST], NEWEST)?;
    let after: Option<QuoteId> = listing.cursor()?;
    let (shards, oldest_first) = (app.engine.facts().layout.shards, listing.sort == OLDEST);
    let conn = app.pool.get().await?;
    let found = exchange::list_quotes(&conn, shards, filter, oldest_first, after, listing.limit).await?;
    listing.answer(&found, |(quote, _)| quote.id.to_string(), |(quote, state)| Ok(row(quote, *state)))
}

fn row(quote: &Quote, state: QuoteState) -> QuoteRow {
    let price = &quote.price;
    let (sold, bought) = (price.sell.currency().code().to_owned(), price.buy.currency().code().to_owned());
    QuoteRow {
        id: quote.id.to_string(),
        status: state.as_str().to_owned(),
        merchant_id: MerchantId::from_uuid(quote.merchant).to_string(),
        amount: price.buy.to_string(),
        currency: bought.clone(),
        fixed_side: quote.fixed_side.clone(),
        sell_currency: sold,
        sell_amount: price.sell.to_string(),
        fee: price.fee.to_string(),
        net_amount: price.net.to_string(),
        rate: price.rate.map_or_else(|| "1".to_owned(), |rate| rate.to_string()),
        rate_as_of: price.rate_as_of.map(rfc3339),
        spread: price.spread.to_string(),
        lock_premium: price.premium.to_string(),
        buy_currency: bought,
        buy_amount: price.buy.to_string(),
        withdrawal_id: quote.withdrawal.map(|id| WithdrawalId::from_uuid(id).to_string()),
        expires_at: rfc3339(quote.expires_at),
        created_at: rfc3339(quote.created_at),
    }
}

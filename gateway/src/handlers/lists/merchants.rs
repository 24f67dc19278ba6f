//! Merchants, and what one of them has.

use ::merchants::{MerchantFilter, MerchantId, MerchantProfile, MerchantState, PayeeId};
use admin_api::MerchantRow;

use super::Listing;
use crate::app::App;
use crate::commands::{PayeeView, rfc3339};
use crate::handlers::{Answer, reply, search};
use crate::problem::Refusal;
use crate::request::Request;

const OLDEST: &str = "created_at";
const NEWEST: &str = "-created_at";

/// `GET /admin/v1/merchants?query=&status=&sort=`, oldest first.
///
/// # Errors
/// What is wrong with the query; `rate-limited` beyond so many names or addresses, of which each is a guess at what is masked (R35);
/// the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["query", "status", "sort", "limit", "cursor"])?;
    let states = MerchantState::ALL.map(MerchantState::as_str);
    let filter = MerchantFilter {
        query: query.get("query").unwrap_or_default(),
        state: super::one_of(&query, "status", &states, MerchantState::parse)?,
    };
    let listing = Listing::read(&query, &[OLDEST, NEWEST], OLDEST)?;
    let after: Option<MerchantId> = listing.cursor()?;
    let oldest_first = listing.sort == OLDEST;
    let sought = filter.query.trim();
    if !sought.is_empty() && sought.parse::<MerchantId>().is_err() {
        search::count_name(app, request, sought)??;
    }
    let conn = app.pool.get().await?;
    let found = ::merchants::search(&conn, &app.keyring, filter, oldest_first, after, listing.limit).await?;
    listing.answer(&found, |merchant| merchant.id.to_string(), |merchant| Ok(row(merchant)))
}

/// A merchant's row.
pub fn row(merchant: &MerchantProfile) -> MerchantRow {
    MerchantRow {
        id: merchant.id.to_string(),
        status: merchant.state.as_str().to_owned(),
        kind: merchant.kind.clone(),
        name: privacy::mask_name(merchant.name.reveal()),
        email: privacy::mask_email(merchant.email.reveal()),
        mobile: merchant.mobile.as_ref().map(|number| privacy::mask_mobile(number.reveal())),
        origin: merchant.origin.map(|origin| origin.as_str().to_owned()),
        review_due_at: merchant.review_due_at.map(rfc3339),
        reason: merchant.frozen_reason.clone(),
        legal_reference: merchant.frozen_legal_reference.clone(),
        frozen_until: merchant.frozen_until.map(rfc3339),
        tier: merchant.tier.clone(),
        fully_verified: merchant.fully_verified,
        created_at: rfc3339(merchant.created_at),
        updated_at: rfc3339(merchant.updated_at),
    }
}

/// `GET /admin/v1/merchants/{id}/payees`: those that it has not removed, as it sees them itself.
///
/// # Errors
/// `not-found`; what is wrong with the query; the database's.
pub async fn payees(app: &App, request: &Request) -> Answer {
    let id: MerchantId = request.id_of("merchant")?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor::<PayeeId>()?);
    let conn = app.pool.get().await?;
    if ::merchants::merchant(&conn, &app.keyring, id).await?.is_none() {
        return Err(Refusal::not_found("merchant"));
    }
    let rows = ::merchants::list_payees(&conn, id, after, page.fetch()).await?;
    let render = |payee: &::merchants::Payee| Ok(PayeeView::new(&app.keyring, payee)?.json().clone());
    reply::list(&page, rows, |payee| payee.id.to_string(), render)
}

//! Payments: the review queue, and what became of it.

use admin_api::PaymentRow;
use deposits::{Payment, PaymentDetails, PaymentFilter, PaymentPlace, PaymentSort, PaymentState, Reason};
use money::Money;

use super::Listing;
use crate::app::App;
use crate::commands::rfc3339;
use crate::handlers::Answer;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

const KNOWN: [&str; 8] = ["status", "reason", "bank", "currency", "merchant_id", "sort", "limit", "cursor"];
const OLDEST: &str = "received_at";
const SORTS: [&str; 4] = [OLDEST, "-received_at", "amount", "-amount"];

/// `GET /admin/v1/payments?status=&reason=&bank=&currency=&merchant_id=&sort=`: those in review, unless others are asked for.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&KNOWN)?;
    let states = PaymentState::ALL.map(PaymentState::as_str);
    let status = super::one_of(&query, "status", &states, PaymentState::parse)?;
    let status = status.unwrap_or(PaymentState::InReview);
    let reason = |name: &str| Reason::ALL.into_iter().find(|reason| reason.as_str() == name);
    let filter = PaymentFilter {
        reason: super::one_of(&query, "reason", &Reason::ALL.map(Reason::as_str), reason)?,
        bank: query.get("bank").map(str::to_owned),
        currency: super::currency(&query)?,
        merchant: super::id(&query, "merchant_id", "a merchant's")?,
    };
    let listing = Listing::read(&query, &SORTS, OLDEST)?;
    let sort = match listing.sort {
        "-received_at" => PaymentSort::Newest,
        "amount" => PaymentSort::Smallest,
        "-amount" => PaymentSort::Largest,
        _ => PaymentSort::Oldest,
    };
    if !sort.serves(status) {
        return Err(Refusal::field("sort", "credited payments are listed in one order"));
    }
    let after: Option<PaymentPlace> = listing.cursor()?;
    let conn = app.pool.get().await?;
    let found = deposits::list(&conn, status, &filter, sort, after, listing.limit).await?;
    listing.answer(&found, |payment| PaymentPlace::of(payment).to_string(), |payment| row(app, payment))
}

/// A payment's row.
///
/// # Errors
/// `internal`, should it not be readable.
pub fn row(app: &App, payment: &Payment) -> Result<PaymentRow, Refusal> {
    let details = PaymentDetails::open(&payment.details_sealed, &app.keyring, payment.id)?;
    let reversed = Money::new(payment.reversed_minor, payment.amount.currency())
        .map_err(|_| Refusal::new(Problem::Internal, "a reversal below zero"))?;
    Ok(PaymentRow {
        id: payment.id.to_string(),
        status: payment.status.as_str().to_owned(),
        amount: payment.amount.to_string(),
        currency: payment.amount.currency().code().to_owned(),
        reason: payment.reason.map(|reason| reason.as_str().to_owned()),
        bank: payment.bank.to_string(),
        reference: payment.reference.clone(),
        merchant_id: payment.merchant.map(|id| id.to_string()),
        account_number: privacy::mask_account_number(&details.account_number),
        remitter: details.remitter_name.as_deref().map(privacy::mask_name),
        reversed_amount: reversed.to_string(),
        value_date: payment.value_date.map(|date| date.to_string()),
        received_at: rfc3339(payment.received_at),
        decided_at: payment.decided_at.map(rfc3339),
    })
}

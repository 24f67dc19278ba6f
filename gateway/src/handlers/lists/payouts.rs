//! Payouts: what needs somebody first.

use ::payouts::{Cursor, Filter, Payout, PayoutState, Sort};
use admin_api::{PayoutPayee, PayoutRow};
use deposits::PaymentId;
use merchants::MerchantId;
use withdrawals::WithdrawalId;

use super::Listing;
use crate::app::App;
use crate::commands::{open_beneficiary, rfc3339};
use crate::handlers::Answer;
use crate::request::Request;

const KNOWN: [&str; 8] =
    ["needs_operator", "status", "bank", "merchant_id", "currency", "sort", "limit", "cursor"];
const URGENCY: &str = "urgency";
const AGE: &str = "age";
const NEWEST: &str = "-created_at";

/// `GET /admin/v1/payouts?needs_operator=&status=&bank=&merchant_id=&currency=&sort=`. Unsorted, the urgent come first, but
/// what needs a person by its age, and one merchant's by time, newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&KNOWN)?;
    let filter = Filter {
        state: super::one_of(
            &query,
            "status",
            &PayoutState::ALL.map(PayoutState::as_str),
            PayoutState::parse,
        )?,
        bank: query.get("bank").map(str::to_owned),
        merchant: super::id(&query, "merchant_id", "a merchant's")?.map(|id: MerchantId| id.uuid()),
        currency: super::currency(&query)?,
        needs_operator: super::switch(&query, "needs_operator")?,
    };
    let unasked = match (&filter.merchant, filter.needs_operator) {
        (_, Some(true)) => AGE,
        (Some(_), _) => NEWEST,
        (None, _) => URGENCY,
    };
    let listing = Listing::read(&query, &[URGENCY, AGE, "created_at", NEWEST, "amount", "-amount"], unasked)?;
    let sort = match listing.sort {
        AGE | "created_at" => Sort::Oldest,
        NEWEST => Sort::Newest,
        "amount" => Sort::Smallest,
        "-amount" => Sort::Largest,
        // All of it is as urgent as it is old.
        _ if filter.needs_operator == Some(true) => Sort::Oldest,
        _ => Sort::Urgency,
    };
    let after: Option<Cursor> = listing.cursor()?;
    let conn = app.pool.get().await?;
    let found = ::payouts::list(&conn, &filter, sort, after, listing.limit).await?;
    listing.answer(&found, |payout| Cursor::after(payout).to_string(), |payout| Ok(row(app, payout)))
}

/// A payout's row.
pub fn row(app: &App, payout: &Payout) -> PayoutRow {
    PayoutRow {
        id: payout.id.to_string(),
        status: payout.state.as_str().to_owned(),
        amount: payout.amount.to_string(),
        currency: payout.amount.currency().code().to_owned(),
        reason: payout.reason.clone(),
        bank: payout.bank.to_string(),
        bank_reference: payout.bank_reference.clone(),
        attempt: payout.attempt,
        withdrawal_id: payout.withdrawal.map(|id| WithdrawalId::from_uuid(id).to_string()),
        payment_id: payout.payment.map(|id| PaymentId::from_uuid(id).to_string()),
        merchant_id: payout.merchant.map(|id| MerchantId::from_uuid(id).to_string()),
        payee: payee_of(app, payout),
        held_by: payout.held_by.map(|by| by.as_str().to_owned()),
        sends: payout.sends,
        queries: payout.queries,
        needs_operator: payout.needs_operator,
        amount_received: payout.amount_received.map(|amount| amount.to_string()),
        returned_amount: payout.returned.map(|amount| amount.to_string()),
        created_at: rfc3339(payout.created_at),
        sent_at: payout.sent_at.map(rfc3339),
        updated_at: rfc3339(payout.updated_at),
    }
}

/// Where it can't be opened, the list is still shown: the worker says so in the log.
fn payee_of(app: &App, payout: &Payout) -> Option<PayoutPayee> {
    let payee = open_beneficiary(&app.keyring, payout.id, &payout.beneficiary_sealed).ok()?;
    Some(PayoutPayee {
        holder_name: privacy::mask_name(payee.name.expose()),
        account_number: privacy::mask_account_number(payee.account_number.expose()),
        country: payee.country,
        bank_code: payee.bank_code,
    })
}

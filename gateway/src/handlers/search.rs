//! One field for whatever an operator was told: an id, a reference, a merchant's name or address, an account number or the end
//! of one. Titles are masked (R35).

mod by_id;
mod by_number;
mod by_reference;

use std::collections::HashSet;
use std::time::Instant;

use admin_api::{SearchHit, SearchHits};
use hyper::StatusCode;
use merchants::SoughtNumber;
use pg::Connection;

use super::{Answer, admin_withdrawals, reply};
use crate::app::App;
use crate::problem::Refusal;
use crate::request::Request;

/// Things that one search tells.
const MOST: usize = 20;
/// Things of one kind that are looked for: one more, so that it is known whether there are more.
const SOUGHT: usize = MOST + 1;
const SOUGHT_ROWS: i64 = 21;
/// Characters of what is sought.
const LONGEST: usize = 200;

/// `GET /admin/v1/search?q=`. What has the id; else what has the reference, the name or the number, in this order.
///
/// # Errors
/// What is wrong with the query; `rate-limited` where a number, a name or an address could be meant, nothing else is, and no more
/// may be looked for; the database's.
pub async fn find(app: &App, request: &Request) -> Answer {
    let query = request.query(&["q"])?;
    let sought = query.get("q").map(str::trim).unwrap_or_default();
    if sought.is_empty() || sought.chars().count() > LONGEST || sought.contains('\0') {
        return Err(Refusal::field("q", format!("must have 1 to {LONGEST} characters")));
    }
    let mut conn = app.pool.get().await?;
    let mut data = by_id::find(app, &mut conn, sought).await?;
    let mut more = false;
    if data.is_empty() {
        data = by_reference::find(app, &conn, sought).await?;
        let (guessed, refused) = by_guess(app, request, &conn, sought).await?;
        data.extend(guessed);
        match refused {
            Some(refusal) if data.is_empty() => return Err(refusal),
            // What was found otherwise is told all the same.
            refused => more = refused.is_some(),
        }
        let mut seen = HashSet::new();
        data.retain(|hit| seen.insert(hit.id.clone()));
        more |= data.len() > MOST;
        data.truncate(MOST);
    }
    reply::json(StatusCode::OK, &SearchHits { data, more })
}

/// By what masks hide (R35): one guess for each search. What may be a number is looked for among names, too, also where no more
/// numbers are; then the refusal of that says so.
async fn by_guess(
    app: &App,
    request: &Request,
    conn: &Connection,
    sought: &str,
) -> Result<(Vec<SearchHit>, Option<Refusal>), Refusal> {
    let mut refused = None;
    if let Some(number) = SoughtNumber::read(&app.keyring, sought) {
        match count_number(app, request)? {
            Ok(()) => {
                let mut data = by_name(app, conn, sought).await?;
                data.extend(by_number::find(app, conn, &number).await?);
                return Ok((data, None));
            }
            Err(refusal) => refused = Some(refusal),
        }
    }
    Ok(match count_name(app, request, sought)? {
        Ok(()) => (by_name(app, conn, sought).await?, refused),
        Err(refusal) => (Vec::new(), refused.or(Some(refusal))),
    })
}

/// Counts a search by number; the inner refusal says that there were too many.
fn count_number(app: &App, request: &Request) -> Result<Result<(), Refusal>, Refusal> {
    let operator = request.caller.operator()?;
    Ok(app.guesses.numbers.take(&operator.person, Instant::now()).map_err(|wait| {
        tracing::warn!(operator = operator.id, "more searches by account number than one person may make");
        Refusal::rate_limited("account numbers are looked for thirty times a minute", wait)
    }))
}

/// The same of a search by a whole name or e-mail address.
pub(super) fn count_name(app: &App, request: &Request, sought: &str) -> Result<Result<(), Refusal>, Refusal> {
    let operator = request.caller.operator()?;
    Ok(app.guesses.names.take_for(&operator.person, sought, Instant::now()).map_err(|wait| {
        tracing::warn!(operator = operator.id, "more searches by name than one person may make");
        Refusal::rate_limited("names and addresses are looked for thirty times a minute", wait)
    }))
}

fn hit(kind: &str, id: impl ToString, title: String) -> SearchHit {
    SearchHit { kind: kind.to_owned(), id: id.to_string(), title }
}

/// Merchants with this whole name or e-mail address.
async fn by_name(app: &App, conn: &Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let filter = merchants::MerchantFilter { query: sought, state: None };
    let found = merchants::search(conn, &app.keyring, filter, true, None, SOUGHT).await?;
    Ok(found.rows.iter().map(named).collect())
}

fn named(row: &merchants::MerchantProfile) -> SearchHit {
    let name = privacy::mask_name(row.name.reveal());
    hit("merchant", row.id, format!("{} {name}, {}", row.kind, row.state.as_str()))
}

fn payment(row: &deposits::Payment) -> SearchHit {
    let (amount, currency) = (row.amount, row.amount.currency().code());
    hit("payment", row.id, format!("{amount} {currency} from {}, {}", row.bank, row.status.as_str()))
}

fn withdrawal(row: &::withdrawals::Withdrawal) -> SearchHit {
    let title = format!("{}, {}", admin_withdrawals::title(row), row.state.as_str());
    hit("withdrawal", row.id, title)
}

fn payout(row: &payouts::Payout) -> SearchHit {
    let (amount, currency) = (row.amount, row.amount.currency().code());
    hit("payout", row.id, format!("{amount} {currency} through {}, {}", row.bank, row.state))
}

fn event(row: &vault::EventDetail) -> SearchHit {
    hit("event", row.id, format!("{} of {}, {}", row.event_id, row.bank, row.verdict.as_str()))
}

fn payee(app: &App, row: &merchants::Payee) -> Result<SearchHit, Refusal> {
    let number = privacy::mask_account_number(row.account_number(&app.keyring)?.reveal());
    let state = if row.is_deleted() { "removed" } else { row.state.as_str() };
    let title = format!("{} account {number} of {}, {state}", row.currency.code(), row.merchant);
    Ok(hit("payee", row.id, title))
}

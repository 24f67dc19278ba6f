//! One field for whatever an operator was told: an id, a reference, a merchant's name or address.

use admin_api::{SearchHit, SearchHits};
use hyper::StatusCode;
use pg::{Connection, Id, Kind};

use super::{Answer, admin_withdrawals, reply};
use crate::app::App;
use crate::problem::Refusal;
use crate::request::Request;

/// Things that one search finds.
const MOST: usize = 20;
/// Characters of what is sought.
const LONGEST: usize = 200;

/// `GET /admin/v1/search?q=`. Titles are masked (R35).
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn find(app: &App, request: &Request) -> Answer {
    let query = request.query(&["q"])?;
    let sought = query.get("q").map(str::trim).unwrap_or_default();
    if sought.is_empty() || sought.chars().count() > LONGEST || sought.contains('\0') {
        return Err(Refusal::field("q", format!("must have 1 to {LONGEST} characters")));
    }
    let mut conn = app.pool.get().await?;
    let mut data = by_id(app, &mut conn, sought).await?;
    if data.is_empty() {
        data = by_reference(app, &conn, sought).await?;
        data.extend(by_name(app, &conn, sought).await?);
        data.truncate(MOST);
    }
    reply::json(StatusCode::OK, &SearchHits { data })
}

fn hit(kind: &str, id: impl ToString, title: String) -> SearchHit {
    SearchHit { kind: kind.to_owned(), id: id.to_string(), title }
}

/// What has exactly this id: its prefix says where to look.
async fn by_id(app: &App, conn: &mut Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let found = match sought.split_once('_').map_or("", |(prefix, _)| prefix) {
        "mer" => merchant(app, conn, sought).await?,
        "pye" => payee(app, conn, sought).await?,
        "pay" | "po" | "wd" => money(conn, sought).await?,
        "qt" | "cov" => exchanged(conn, sought).await?,
        _ => record(conn, sought).await?,
    };
    Ok(found.into_iter().collect())
}

fn id<K: Kind>(text: &str) -> Option<Id<K>> {
    text.parse().ok()
}

async fn merchant(app: &App, conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    let Some(id) = id(sought) else { return Ok(None) };
    let found = merchants::merchant(conn, &app.keyring, id).await?;
    Ok(found.map(|row| named(&row)))
}

fn named(row: &merchants::MerchantProfile) -> SearchHit {
    let name = privacy::mask_name(row.name.reveal());
    hit("merchant", row.id, format!("{} {name}, {}", row.kind, row.state.as_str()))
}

async fn payee(app: &App, conn: &mut Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    let Some(id) = id(sought) else { return Ok(None) };
    let tx = conn.begin_snapshot().await?;
    let found = merchants::payees(&tx, &[id]).await?.remove(&id);
    tx.commit().await?;
    let Some(payee) = found else { return Ok(None) };
    let number = privacy::mask_account_number(payee.account_number(&app.keyring)?.reveal());
    let title = format!(
        "{} account {number} of {}, {}",
        payee.currency.code(),
        payee.merchant,
        if payee.is_deleted() { "removed" } else { payee.state.as_str() }
    );
    Ok(Some(hit("payee", id, title)))
}

async fn money(conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    if let Some(id) = id(sought) {
        let found = deposits::get(conn, id).await?;
        return Ok(found.map(|row| payment(&row)));
    }
    if let Some(id) = id(sought) {
        let found = payouts::get(conn, id).await?;
        return Ok(found.map(|row| {
            let (amount, currency) = (row.amount, row.amount.currency().code());
            hit("payout", id, format!("{amount} {currency} through {}, {}", row.bank, row.state))
        }));
    }
    let Some(id) = id(sought) else { return Ok(None) };
    Ok(::withdrawals::find(conn, id).await?.map(|row| withdrawal(&row)))
}

fn payment(row: &deposits::Payment) -> SearchHit {
    let (amount, currency) = (row.amount, row.amount.currency().code());
    hit("payment", row.id, format!("{amount} {currency} from {}, {}", row.bank, row.status.as_str()))
}

fn withdrawal(row: &::withdrawals::Withdrawal) -> SearchHit {
    let title = format!("{}, {}", admin_withdrawals::title(row), row.state.as_str());
    hit("withdrawal", row.id, title)
}

async fn exchanged(conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    if let Some(id) = id(sought) {
        return Ok(exchange::find_quote(conn, id).await?.map(|(quote, now)| {
            let (sell, buy) = (quote.price.sell, quote.price.buy);
            let (sold, bought) = (sell.currency().code(), buy.currency().code());
            let state = quote.state(now).as_str();
            hit("quote", id, format!("{sell} {sold} for {buy} {bought}, {state}"))
        }));
    }
    let Some(id) = id(sought) else { return Ok(None) };
    Ok(exchange::cover::deal(conn, id).await?.map(|deal| {
        let (sold, bought) = (deal.sold.currency().code(), deal.bought.currency().code());
        let title = format!("{} {sold} for {} {bought} with {}", deal.sold, deal.bought, deal.bank);
        hit("cover_deal", id, title)
    }))
}

async fn record(conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    if let Some(id) = id(sought) {
        return Ok(vault::event(conn, id).await?.map(|event| {
            hit(
                "event",
                event.id,
                format!("{} of {}, {}", event.event_id, event.bank, event.verdict.as_str()),
            )
        }));
    }
    if let Some(id) = id(sought) {
        return Ok(audit::approval(conn, id).await?.map(|row| {
            hit("approval", id, format!("{} of {}, {}", row.action, row.subject, row.state.as_str()))
        }));
    }
    let Some(id) = id(sought) else { return Ok(None) };
    Ok(reconciliation::get(conn, id).await?.map(|line| {
        let (amount, currency) = (line.amount, line.amount.currency().code());
        let title = format!("{amount} {currency} at {}, {}", line.bank, line.state.as_str());
        hit("reconciliation_line", id, title)
    }))
}

/// Payments that a bank reported under this reference, and withdrawals to which their merchants gave it. The banks'
/// references of payouts have no index.
async fn by_reference(app: &App, conn: &Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let shards = app.engine.facts().layout.shards;
    let keys: Vec<(&str, &str)> = app.config.banks.iter().map(|bank| (&*bank.id, sought)).collect();
    let mut data = Vec::new();
    for booked in deposits::booked_under(conn, shards, &keys).await?.into_iter().take(MOST) {
        data.extend(deposits::get(conn, booked.id).await?.map(|row| payment(&row)));
    }
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let named = ::withdrawals::under_reference(conn, sought, most).await?;
    data.extend(named.iter().map(withdrawal));
    Ok(data)
}

/// Merchants with this whole name or e-mail address.
async fn by_name(app: &App, conn: &Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let filter = merchants::MerchantFilter { query: sought, state: None };
    let found = merchants::search(conn, &app.keyring, filter, true, None, MOST).await?;
    Ok(found.rows.iter().map(named).collect())
}

//! By an id: its prefix says where to look.

use admin_api::SearchHit;
use pg::{Connection, Id, Kind};
use withdrawals::ChargeMark;

use super::{event, hit, named, payee as titled, payment, payout, withdrawal};
use crate::app::App;
use crate::problem::Refusal;

/// What has exactly this id. Banks may write it in capitals.
pub(super) async fn find(app: &App, conn: &mut Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let sought = &sought.to_ascii_lowercase();
    let found = match sought.split_once('_').map_or("", |(prefix, _)| prefix) {
        "mer" => merchant(app, conn, sought).await?,
        "pye" => payee(app, conn, sought).await?,
        "pay" | "po" | "wd" => money(conn, sought).await?,
        "qt" | "cov" => exchanged(conn, sought).await?,
        "chg" => charge(conn, sought).await?,
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

async fn payee(app: &App, conn: &mut Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    let Some(id) = id(sought) else { return Ok(None) };
    let tx = conn.begin_snapshot().await?;
    let found = merchants::payees(&tx, &[id]).await?.remove(&id);
    tx.commit().await?;
    let Some(payee) = found else { return Ok(None) };
    titled(app, &payee).map(Some)
}

async fn money(conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    if let Some(id) = id(sought) {
        let found = deposits::get(conn, id).await?;
        return Ok(found.map(|row| payment(&row)));
    }
    if let Some(id) = id(sought) {
        let found = payouts::get(conn, id).await?;
        return Ok(found.map(|row| payout(&row)));
    }
    let Some(id) = id(sought) else { return Ok(None) };
    Ok(::withdrawals::find(conn, id).await?.map(|row| withdrawal(&row)))
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

/// R46: what tells of a charge is the approval by which two persons decided it.
async fn charge(conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    let Some(id) = id::<ChargeMark>(sought) else { return Ok(None) };
    let found = audit::approval_naming(conn, "merchant.charge", &id.to_string()).await?;
    Ok(found.as_ref().map(approval))
}

fn approval(row: &audit::Approval) -> SearchHit {
    hit("approval", row.id, format!("{} of {}, {}", row.action, row.subject, row.state.as_str()))
}

async fn record(conn: &Connection, sought: &str) -> Result<Option<SearchHit>, Refusal> {
    if let Some(id) = id(sought) {
        return Ok(vault::event(conn, id).await?.map(|row| event(&row)));
    }
    if let Some(id) = id(sought) {
        return Ok(audit::approval(conn, id).await?.as_ref().map(approval));
    }
    let Some(id) = id(sought) else { return Ok(None) };
    Ok(reconciliation::get(conn, id).await?.map(|line| {
        let (amount, currency) = (line.amount, line.amount.currency().code());
        let title = format!("{amount} {currency} at {}, {}", line.bank, line.state.as_str());
        hit("reconciliation_line", id, title)
    }))
}

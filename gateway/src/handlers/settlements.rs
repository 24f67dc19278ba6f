//! Settlements of marketplaces (R10): announced by a merchant, and looked for at its request once they are overdue.

mod search;

use deposits::settlements::{
    AWAITED_DAYS, Finding, MAX_OPEN, NoAnnouncement, Settlement, SettlementId, SettlementState, Status,
    announce, list, lock, save,
};
use merchants::{Issued, MerchantId, ReceivingAccountId, StoreId};
use money::Money;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use super::act::kept;
use super::ask::Ask;
use super::fields::Fields;
use super::lists::one_of;
use super::{Answer, reply};
use crate::app::App;
use crate::body;
use crate::commands::rfc3339;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

pub use search::{close, queue};

/// The platform may have paid so many days ago.
const OLDEST_DAYS: i64 = 30;
const LONGEST_REFERENCE: usize = 64;
/// Accounts that are read at once.
const STEP: i64 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    receiving_account_id: Option<String>,
    store_id: Option<String>,
    amount: String,
    currency: String,
    paid_on: String,
    reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What a body says, as far as it is right by itself.
struct Announced {
    amount: Money,
    paid_on: Date,
    reference: String,
    place: Place,
}

/// Where the money is to arrive.
enum Place {
    Account(ReceivingAccountId),
    Store(StoreId),
}

/// `POST /v1/settlements`. A repetition gets the first answer, whatever day it is by then, and whatever serves the store.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn create(app: &App, request: &Request) -> Answer {
    let ask = Ask::read(request)?;
    let body: Body = body::parse(&request.body)?;
    let mut conn = app.pool.get().await?;
    let now = conn.now().await?;
    let checked = check(app, &conn, ask.merchant, &body, now).await;
    let tx = conn.begin().await?;
    if let Some(answer) = ask.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let new = match checked {
        Ok(new) => new,
        Err(refusal) => {
            tx.rollback().await?;
            return Err(refusal);
        }
    };
    let facts = app.engine.facts();
    let answer = match announce(&tx, facts.layout, &new, facts.day(now)).await? {
        Ok(()) => kept(201, &render(&new, now))?,
        Err(NoAnnouncement::SameReference) => {
            let detail = "this reference was announced for this account already";
            ask.refused(Problem::IllegalTransition, detail)
        }
        Err(NoAnnouncement::TooMany) => {
            let detail = format!("{MAX_OPEN} settlements are waited for already");
            ask.refused(Problem::LimitExceeded, &detail)
        }
    };
    ask.finish(tx, answer).await
}

async fn check(
    app: &App,
    conn: &pg::Connection,
    merchant: MerchantId,
    body: &Body,
    now: OffsetDateTime,
) -> Result<Settlement, Refusal> {
    let facts = app.engine.facts();
    let announced = read(body, facts.day(now))?;
    let account = account_of(app, conn, merchant, &announced).await?;
    Ok(Settlement {
        id: SettlementId::new(merchant.shard()),
        merchant,
        account: account.id,
        store: match announced.place {
            Place::Store(store) => Some(store),
            Place::Account(_) => None,
        },
        amount: announced.amount,
        reference: announced.reference,
        paid_on: announced.paid_on,
        due_at: facts.settlement_due(account.currency, announced.paid_on),
        state: SettlementState::Announced,
        payment: None,
        asked_at: None,
        finding: None,
        finding_reason: None,
        created_at: now,
        settled_at: None,
    })
}

fn read(body: &Body, today: Date) -> Result<Announced, Refusal> {
    let mut fields = Fields::default();
    let currency = fields.currency("currency", &body.currency);
    let amount = fields.amount("amount", &body.amount, currency);
    let paid_on = fields.day("paid_on", &body.paid_on);
    if paid_on.is_some_and(|day| day > today || today - day > Duration::days(OLDEST_DAYS)) {
        fields.wrong("paid_on", format!("must be one of the last {OLDEST_DAYS} days, or today"));
    }
    let length = body.reference.chars().count();
    if length == 0 || length > LONGEST_REFERENCE || body.reference.chars().any(char::is_control) {
        fields.wrong("reference", format!("must have 1 to {LONGEST_REFERENCE} characters, none of control"));
    }
    let place = match (&body.receiving_account_id, &body.store_id) {
        (Some(account), None) => match account.parse() {
            Ok(id) => Some(Place::Account(id)),
            Err(_) => wrong(&mut fields, "receiving_account_id", NONE_OF_YOUR_ACCOUNTS),
        },
        (None, Some(store)) => match store.parse() {
            Ok(id) => Some(Place::Store(id)),
            Err(_) => wrong(&mut fields, "store_id", "is none of your stores"),
        },
        _ => wrong(&mut fields, "receiving_account_id", "name either it or the store"),
    };
    fields.finish()?;
    let (Some(amount), Some(paid_on), Some(place)) = (amount, paid_on, place) else {
        return Err(Refusal::field("amount", "is missing"));
    };
    Ok(Announced { amount, paid_on, reference: body.reference.clone(), place })
}

const NONE_OF_YOUR_ACCOUNTS: &str = "is none of your receiving accounts";

fn wrong(fields: &mut Fields, field: &str, why: &str) -> Option<Place> {
    fields.wrong(field, why);
    None
}

/// The account that is named, or the only one in this currency that serves the store.
async fn account_of(
    app: &App,
    conn: &pg::Connection,
    merchant: MerchantId,
    announced: &Announced,
) -> Result<Issued, Refusal> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let rows = merchants::list_accounts(conn, &app.keyring, merchant, after, STEP).await?;
        after = rows.last().map(|row| row.id);
        found.extend(rows.into_iter().filter(|row| match &announced.place {
            Place::Account(account) => row.id == *account,
            Place::Store(store) => row.stores.contains(store) && row.currency == announced.amount.currency(),
        }));
        if after.is_none() {
            break;
        }
    }
    match (found.pop(), found.is_empty(), &announced.place) {
        (Some(account), true, _) if account.currency == announced.amount.currency() => Ok(account),
        (Some(_), true, _) => Err(Refusal::field("currency", "is not the account's")),
        (None, _, Place::Account(_)) => Err(Refusal::field("receiving_account_id", NONE_OF_YOUR_ACCOUNTS)),
        (None, _, Place::Store(_)) => {
            Err(Refusal::field("store_id", "has no receiving account in this currency"))
        }
        (Some(_), false, _) => {
            Err(Refusal::field("store_id", "has several receiving accounts in this currency: name one"))
        }
    }
}

/// `GET /v1/settlements?status=`, newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn own(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let query = request.query(&["status", "limit", "cursor"])?;
    let (page, before) = (query.page()?, query.cursor::<SettlementId>()?);
    let status = one_of(&query, "status", &Status::ALL.map(Status::as_str), Status::parse)?;
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    let rows = list(&conn, merchant, status, before, page.fetch()).await?;
    reply::list(&page, rows, |row| row.id.to_string(), |row| Ok(render(row, now)))
}

/// `POST /v1/settlements/{id}/investigate`: refused while it may still be on its way.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn investigate(app: &App, request: &Request) -> Answer {
    let ask = Ask::read(request)?;
    let id: SettlementId = request.id_of("settlement")?;
    body::parse::<Nothing>(&request.body)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = ask.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let now = tx.now().await?;
    let found = lock(&tx, id.shard(), &[id]).await?.pop().filter(|row| row.merchant == ask.merchant);
    let answer = match found {
        None => ask.refused(Problem::NotFound, "no such settlement"),
        Some(mut row) => {
            let from = row.state;
            if row.investigate(now) {
                save(&tx, &row, from).await?;
                kept(200, &render(&row, now))?
            } else {
                ask.refused(Problem::IllegalTransition, &not_yet(&row))
            }
        }
    };
    ask.finish(tx, answer).await
}

fn not_yet(row: &Settlement) -> String {
    match row.state {
        SettlementState::Announced => format!("it may still be on its way until {}", rfc3339(row.due_at)),
        state => format!("the settlement is {}", state.as_str()),
    }
}

/// As its merchant sees it.
pub(super) fn render(row: &Settlement, now: OffsetDateTime) -> Value {
    json!({
        "id": row.id.to_string(),
        "status": row.status(now),
        "receiving_account_id": row.account.to_string(),
        "store_id": row.store.map(|id| id.to_string()),
        "amount": row.amount.to_string(),
        "currency": row.amount.currency().code(),
        "reference": row.reference,
        "paid_on": row.paid_on.to_string(),
        "due_at": rfc3339(row.due_at),
        "awaited_until": row.paid_on.saturating_add(Duration::days(AWAITED_DAYS)).to_string(),
        "payment_id": row.payment.map(|id| id.to_string()),
        "investigating_since": row.asked_at.map(rfc3339),
        "finding": row.finding.map(Finding::as_str),
        "reason": row.finding_reason,
        "created_at": rfc3339(row.created_at),
        "settled_at": row.settled_at.map(rfc3339),
    })
}

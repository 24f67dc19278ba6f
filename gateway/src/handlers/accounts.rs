//! The book, account by account, for operators.

use std::collections::HashMap;

use admin_api::{AccountRow, AccountSum, Page, TransferRow};
use deposits::PaymentId;
use exchange::cover::CoverId;
use hyper::StatusCode;
use ledger::{AccountKey, AccountKind, AccountTransfer, StatementCursor, TransferKind};
use merchants::{MerchantId, StoreId};
use payouts::PayoutId;
use pg::Paged;
use uuid::Uuid;
use withdrawals::{ChargeId, WithdrawalId};

use super::fields::Fields;
use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::problem::Refusal;
use crate::request::Request;

/// `GET /admin/v1/accounts?kind=&currency=` lists the institution's own accounts; with `merchant_id` or `store_id` those
/// of a merchant or a store.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["kind", "currency", "merchant_id", "store_id", "limit", "cursor"])?;
    let asked = query.page()?;
    let after = query.cursor::<AccountKey>()?;
    let mut fields = Fields::default();
    let currency = query.get("currency").and_then(|text| fields.currency("currency", text));
    let kind = query.get("kind").and_then(|name| {
        let kind = AccountKind::parse(name);
        if kind.is_none() {
            fields.wrong("kind", "is not a kind of accounts");
        }
        kind
    });
    let merchant = query.get("merchant_id").and_then(|text| {
        let id: Option<MerchantId> = text.parse().ok();
        if id.is_none() {
            fields.wrong("merchant_id", "is not a merchant's id");
        }
        id.map(|id| (id.shard(), id.uuid()))
    });
    let store = query.get("store_id").and_then(|text| {
        let id: Option<StoreId> = text.parse().ok();
        if id.is_none() {
            fields.wrong("store_id", "is not a store's id");
        }
        id.map(|id| (id.shard(), id.uuid()))
    });
    let owner = merchant.or(store);
    if owner.is_some() && (kind.is_some() || currency.is_some() || merchant.and(store).is_some()) {
        fields.wrong("merchant_id", "lists all accounts of one owner; ask for it alone");
    }
    fields.finish()?;
    let conn = app.pool.get().await?;
    let mut rows = match owner {
        Some((shard, owner)) => ledger::accounts_of(&conn, shard, owner, after, asked.fetch()).await?,
        None => ledger::institution_accounts(&conn, kind, currency, after, asked.fetch()).await?,
    };
    let has_more = rows.len() > asked.limit;
    rows.truncate(asked.limit);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.key.to_string());
    reply::json(StatusCode::OK, &Page { data: rows.iter().map(account_row).collect(), next_cursor, has_more })
}

/// `GET /admin/v1/ledger/accounts?kind=&currency=`: the institution's own accounts, each summed over its shards.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn sums(app: &App, request: &Request) -> Answer {
    let query = request.query(&["kind", "currency", "limit", "cursor"])?;
    let page = query.page()?;
    let mut fields = Fields::default();
    let currency = query.get("currency").and_then(|text| fields.currency("currency", text));
    let kind = query.get("kind").map(AccountKind::parse);
    if kind == Some(None) {
        fields.wrong("kind", "is not a kind of accounts");
    }
    fields.finish()?;
    let conn = app.pool.get().await?;
    let rows = ledger::institution_sums(&conn, kind.flatten(), currency).await?;
    let place =
        |sum: &ledger::AccountSum| format!("{}.{}.{}", sum.kind.as_str(), sum.currency.code(), sum.owner);
    let seen = match &page.cursor {
        None => 0,
        Some(last) => {
            let found = rows.iter().position(|sum| place(sum) == *last);
            found.ok_or_else(|| Refusal::field("cursor", "is not a cursor of this list"))? + 1
        }
    };
    let found = Paged::of(rows.into_iter().skip(seen).collect(), page.limit);
    let next_cursor = found.last.as_ref().map(place);
    let has_more = next_cursor.is_some();
    reply::json(
        StatusCode::OK,
        &Page { data: found.rows.iter().map(sum_row).collect(), next_cursor, has_more },
    )
}

fn sum_row(sum: &ledger::AccountSum) -> AccountSum {
    let owner_id = Some(sum.owner.clone()).filter(|owner| !owner.is_empty());
    let kind = sum.kind.as_str();
    AccountSum {
        name: owner_id.as_ref().map_or_else(|| kind.to_owned(), |owner| format!("{kind}:{owner}")),
        kind: kind.to_owned(),
        owner_id,
        currency: sum.currency.code().to_owned(),
        balance: money::signed(sum.balance_minor(), sum.currency),
        debits: money::signed(sum.debits, sum.currency),
        credits: money::signed(sum.credits, sum.currency),
        shards: sum.shards,
    }
}

/// `GET /admin/v1/accounts/{id}/transfers`.
///
/// # Errors
/// `not-found`; what is wrong with the query; the database's.
pub async fn transfers(app: &App, request: &Request) -> Answer {
    let query = request.query(&["limit", "cursor"])?;
    let asked = query.page()?;
    let after = query.cursor()?.unwrap_or(StatementCursor::NEWEST);
    let key: AccountKey = request.parameter().parse().map_err(|_| Refusal::not_found("account"))?;
    let conn = app.pool.get().await?;
    let account = ledger::account(&conn, key).await?.ok_or_else(|| Refusal::not_found("account"))?;
    let page = ledger::account_transfers(&conn, &account, after, asked.limit).await?;
    let mut others: Vec<Uuid> = page.transfers.iter().map(|transfer| transfer.other).collect();
    others.sort_unstable();
    others.dedup();
    let names: HashMap<Uuid, String> = ledger::accounts_in(&conn, key.shard, &others)
        .await?
        .iter()
        .map(|row| (row.key.id, name(row)))
        .collect();
    let data = page.transfers.iter().map(|transfer| transfer_row(key, transfer, &names)).collect();
    let next_cursor = page.next.map(|next| next.to_string());
    let has_more = next_cursor.is_some();
    reply::json(StatusCode::OK, &Page { data, next_cursor, has_more })
}

fn account_row(row: &ledger::AccountRow) -> AccountRow {
    AccountRow {
        id: row.key.to_string(),
        name: name(row),
        kind: row.kind.as_str().to_owned(),
        owner_id: owner(row),
        shard: row.key.shard.number(),
        currency: row.currency.code().to_owned(),
        balance: money::signed(row.balance_minor().into(), row.currency),
        debits: money::signed(row.debits.into(), row.currency),
        credits: money::signed(row.credits.into(), row.currency),
        created_at: rfc3339(row.created_at),
    }
}

/// As the chart of accounts calls it.
pub(super) fn name(row: &ledger::AccountRow) -> String {
    match owner(row) {
        Some(owner) => format!("{}:{owner}", row.kind.as_str()),
        None => row.kind.as_str().to_owned(),
    }
}

fn owner(row: &ledger::AccountRow) -> Option<String> {
    let id = Uuid::try_parse(&row.owner).ok();
    match (row.kind, id) {
        (AccountKind::Merchant | AccountKind::Receivable, Some(id)) => {
            Some(MerchantId::from_uuid(id).to_string())
        }
        (AccountKind::Evidence, Some(id)) => Some(StoreId::from_uuid(id).to_string()),
        _ => Some(row.owner.clone()).filter(|owner| !owner.is_empty()),
    }
}

fn transfer_row(key: AccountKey, transfer: &AccountTransfer, names: &HashMap<Uuid, String>) -> TransferRow {
    let other = AccountKey { shard: key.shard, id: transfer.other };
    TransferRow {
        id: format!("{}.{}", key.shard, transfer.cursor),
        kind: transfer.kind.as_str().to_owned(),
        direction: if transfer.debit { "debit" } else { "credit" }.to_owned(),
        amount: transfer.amount.to_string(),
        currency: transfer.amount.currency().code().to_owned(),
        other_account_id: other.to_string(),
        other_account: names.get(&transfer.other).cloned(),
        cause: cause(transfer),
        created_at: rfc3339(transfer.posted_at),
    }
}

/// The id of what is behind it; where the kind doesn't say what that is, bare.
fn cause(transfer: &AccountTransfer) -> String {
    let id = transfer.cause;
    match transfer.kind {
        TransferKind::Payment
        | TransferKind::Suspense
        | TransferKind::ReviewCredit
        | TransferKind::Reversal
        | TransferKind::ReversalOwed
        | TransferKind::SuspenseReversed => PaymentId::from_uuid(id).to_string(),
        TransferKind::Fee
        | TransferKind::Withdrawal
        | TransferKind::ExchangeSold
        | TransferKind::ExchangeBought
        | TransferKind::Spread
        | TransferKind::LockPremium
        | TransferKind::SpreadUndone
        | TransferKind::LockPremiumUndone
        | TransferKind::ExchangeUndone
        | TransferKind::Refund
        | TransferKind::FeeRefund => WithdrawalId::from_uuid(id).to_string(),
        TransferKind::Charge | TransferKind::ChargeOwed => ChargeId::from_uuid(id).to_string(),
        TransferKind::CoverSold | TransferKind::CoverBought => CoverId::from_uuid(id).to_string(),
        TransferKind::PayoutPaid
        | TransferKind::PayoutReturned
        | TransferKind::Reclaim
        | TransferKind::ReclaimOwed => PayoutId::from_uuid(id).to_string(),
        _ => id.simple().to_string(),
    }
}

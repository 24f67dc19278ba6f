//! A merchant's statement, as JSON or CSV.

use std::collections::{HashMap, HashSet};

use ::withdrawals::{ChargeId, WithdrawalId};
use admin_api::Page;
use deposits::PaymentId;
use hyper::StatusCode;
use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use ledger::{
    Change, Layout, MerchantRef, StatementCursor, StatementFilter, StatementLine, StatementSpan, TransferKind,
};
use merchants::{FreezeId, MerchantId, ReceivingAccountId};
use money::Currency;
use payouts::PayoutId;
use pg::{Looked, Paged};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::fields::Fields;
use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::problem::{Problem, Refusal};
use crate::request::{Query, Request, wants_csv};

/// What merchants call the transfers that concern them: what changed their balance, what came back on its way out,
/// and what they came to owe.
const TYPES: [(&str, &[TransferKind]); 8] = [
    ("credit", &[TransferKind::Payment, TransferKind::ReviewCredit]),
    ("withdrawal", &[TransferKind::Withdrawal, TransferKind::ExchangeSold]),
    ("fee", &[TransferKind::Fee]),
    ("refund", &[TransferKind::Refund, TransferKind::FeeRefund]),
    ("payout_return", &[TransferKind::PayoutReturned]),
    ("reversal", &[TransferKind::Reversal, TransferKind::ReversalOwed]),
    (
        "charge",
        &[TransferKind::Charge, TransferKind::ChargeOwed, TransferKind::Reclaim, TransferKind::ReclaimOwed],
    ),
    ("receivable_repayment", &[TransferKind::ReceivableRepaid]),
];

/// Lines of one export.
const EXPORT_MOST: usize = 50_000;
/// Lines of one look for an export, or for what belongs to some stores: as many as the book looks at.
const STEP: usize = 2_000;

/// `GET /v1/transactions`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let id = request.caller.merchant()?;
    let query = request.query(&["limit", "cursor", "from", "to", "type", "currency", "platform", "site"])?;
    let asked = Asked::read(&query)?;
    let (page, after) = (query.page()?, query.cursor()?.unwrap_or(StatementCursor::NEWEST));
    let conn = app.pool.get().await?;
    let wanted = Wanted::of(&conn, app.engine.facts().layout, id, asked).await?;
    if wants_csv(&request.headers) {
        drop(conn);
        return export(&app.pool, &wanted, after).await;
    }
    let found = wanted.page(&conn, after, page.limit).await?;
    let repaid_by = repaid_by(&conn, &found.rows).await?;
    let data = found.rows.iter().map(|line| render(wanted.merchant, line, &repaid_by)).collect();
    let next_cursor = found.last.map(|last| last.cursor.to_string());
    let has_more = next_cursor.is_some();
    reply::json(StatusCode::OK, &Page::<Value> { data, next_cursor, has_more })
}

/// The next lines of all of a merchant's statement, and the last one's place.
///
/// # Errors
/// The database's.
pub(super) async fn stretch(
    conn: &pg::Connection,
    merchant: MerchantRef,
    after: Option<StatementCursor>,
    limit: i64,
) -> Result<(Vec<Value>, Option<StatementCursor>), Refusal> {
    let kinds = TYPES.iter().flat_map(|(_, kinds)| kinds.iter().copied()).collect();
    let lines = of_kinds(conn, merchant, kinds, after, limit).await?;
    let repaid_by = repaid_by(conn, &lines).await?;
    let rows = lines.iter().map(|line| render(merchant, line, &repaid_by)).collect();
    Ok((rows, lines.last().map(|line| line.cursor)))
}

/// The next lines by which payments were credited to a merchant.
///
/// # Errors
/// The database's.
pub(super) async fn credited(
    conn: &pg::Connection,
    merchant: MerchantRef,
    after: Option<StatementCursor>,
    limit: i64,
) -> Result<Vec<StatementLine>, Refusal> {
    let kinds = vec![TransferKind::Payment, TransferKind::ReviewCredit];
    of_kinds(conn, merchant, kinds, after, limit).await
}

/// Fewer than `limit` only at the end of the statement.
async fn of_kinds(
    conn: &pg::Connection,
    merchant: MerchantRef,
    kinds: Vec<TransferKind>,
    after: Option<StatementCursor>,
    limit: i64,
) -> Result<Vec<StatementLine>, Refusal> {
    let filter = StatementFilter { span: StatementSpan::ALL, kinds, currency: None };
    let (limit, mut after) = (usize::try_from(limit).unwrap_or(0), after.unwrap_or(StatementCursor::NEWEST));
    let mut lines = Vec::new();
    while lines.len() < limit {
        let page = ledger::statement(conn, merchant, &filter, after, limit - lines.len()).await?;
        lines.extend(page.rows);
        match page.last {
            Some(last) => after = last.cursor,
            None => break,
        }
    }
    Ok(lines)
}

/// What was owed is paid off by a payment, by a refund, or out of an amount that is stopped no more: which of the lines' causes
/// are payments, and which are such amounts.
#[derive(Default)]
struct RepaidBy {
    payments: HashSet<PaymentId>,
    freed: HashSet<FreezeId>,
}

async fn repaid_by(conn: &pg::Connection, lines: &[StatementLine]) -> Result<RepaidBy, Refusal> {
    let repaid = lines.iter().filter(|line| line.kind == TransferKind::ReceivableRepaid);
    let mut causes: Vec<Uuid> = repaid.map(|line| line.cause).collect();
    if causes.is_empty() {
        return Ok(RepaidBy::default());
    }
    let payments = deposits::which_are_payments(conn, &causes).await?;
    causes.retain(|cause| !payments.contains(&PaymentId::from_uuid(*cause)));
    let freed = match causes.is_empty() {
        true => HashSet::new(),
        false => merchants::which_are_freezes(conn, &causes).await?,
    };
    Ok(RepaidBy { payments, freed })
}

/// What a query asks for, before anything was looked up.
struct Asked<'a> {
    from: Option<OffsetDateTime>,
    to: Option<OffsetDateTime>,
    kinds: Vec<TransferKind>,
    currency: Option<Currency>,
    platform: Option<&'a str>,
    site: Option<&'a str>,
}

impl Asked<'_> {
    fn read(query: &Query) -> Result<Asked<'_>, Refusal> {
        let mut fields = Fields::default();
        let from = query.get("from").and_then(|text| fields.time("from", text));
        let to = query.get("to").and_then(|text| fields.time("to", text));
        let currency = query.get("currency").and_then(|text| fields.currency("currency", text));
        let kinds = match query.get("type") {
            None => TYPES.iter().flat_map(|(_, kinds)| kinds.iter().copied()).collect(),
            Some(name) => match TYPES.iter().find(|(known, _)| *known == name) {
                Some((_, kinds)) => kinds.to_vec(),
                None => {
                    fields.wrong("type", "is not a type of transactions");
                    Vec::new()
                }
            },
        };
        fields.finish()?;
        Ok(Asked { from, to, kinds, currency, platform: query.get("platform"), site: query.get("site") })
    }
}

/// Which lines of whose statement are wanted.
struct Wanted {
    merchant: MerchantRef,
    filter: StatementFilter,
    /// R42: only what came into these accounts, which are those of a platform's stores, at a site.
    accounts: Option<HashSet<ReceivingAccountId>>,
}

impl Wanted {
    async fn of(
        conn: &pg::Connection,
        layout: Layout,
        id: MerchantId,
        asked: Asked<'_>,
    ) -> Result<Wanted, Refusal> {
        let Asked { from, to, mut kinds, currency, platform, site } = asked;
        let accounts = match (platform, site) {
            (None, None) => None,
            _ => Some(merchants::accounts_at(conn, id, platform, site).await?),
        };
        if let Some(accounts) = &accounts {
            // Of no kind is nothing, and nobody looks for it.
            kinds.retain(|kind| !accounts.is_empty() && is_of_payment(*kind));
        }
        let span = match kinds.is_empty() {
            true => StatementSpan::ALL,
            false => ledger::statement_span(conn, layout, id.shard(), from, to).await?,
        };
        let merchant = MerchantRef { shard: id.shard(), id: id.uuid() };
        Ok(Wanted { merchant, filter: StatementFilter { span, kinds, currency }, accounts })
    }

    /// At most `limit` lines, those that one stretch of the statement has.
    async fn page(
        &self,
        conn: &pg::Connection,
        after: StatementCursor,
        limit: usize,
    ) -> Result<Paged<StatementLine>, Refusal> {
        let Some(accounts) = &self.accounts else {
            return Ok(ledger::statement(conn, self.merchant, &self.filter, after, limit).await?);
        };
        let found = ledger::statement(conn, self.merchant, &self.filter, after, STEP).await?;
        let payments: Vec<PaymentId> = found.rows.iter().filter_map(payment_of).collect();
        if payments.is_empty() {
            return Ok(found);
        }
        let came_into = deposits::accounts_of(conn, &payments).await?;
        Ok(cut(found, limit, |line| belongs(line, &came_into, accounts)))
    }
}

fn belongs(
    line: &StatementLine,
    came_into: &HashMap<PaymentId, ReceivingAccountId>,
    accounts: &HashSet<ReceivingAccountId>,
) -> bool {
    let account = payment_of(line).and_then(|payment| came_into.get(&payment));
    account.is_some_and(|account| accounts.contains(account))
}

/// Those of a page that belong, at most `limit`; it ends where that page did, or where it is full.
fn cut(
    found: Paged<StatementLine>,
    limit: usize,
    belongs: impl Fn(&StatementLine) -> bool,
) -> Paged<StatementLine> {
    let looked = |row: StatementLine| Looked { matches: belongs(&row), row, stops: false };
    let mut looked_at: Vec<Looked<StatementLine>> = found.rows.into_iter().map(looked).collect();
    match (looked_at.last_mut(), found.last) {
        (Some(at), Some(last)) if at.row.cursor == last.cursor => at.stops = true,
        (_, Some(last)) => looked_at.push(Looked { row: last, matches: false, stops: true }),
        (_, None) => {}
    }
    Paged::cut(looked_at, limit)
}

fn is_of_payment(kind: TransferKind) -> bool {
    matches!(
        kind,
        TransferKind::Payment
            | TransferKind::ReviewCredit
            | TransferKind::Reversal
            | TransferKind::ReversalOwed
            | TransferKind::ReceivableRepaid
    )
}

fn payment_of(line: &StatementLine) -> Option<PaymentId> {
    is_of_payment(line.kind).then(|| PaymentId::from_uuid(line.cause))
}

fn type_of(kind: TransferKind) -> &'static str {
    TYPES.iter().find(|(_, kinds)| kinds.contains(&kind)).map_or("other", |(name, _)| name)
}

/// The payment, withdrawal, payout, charge or stopped amount behind a line; the merchant itself where its freeze has ended.
fn source(merchant: MerchantRef, line: &StatementLine, repaid_by: &RepaidBy) -> String {
    let repaid = line.kind == TransferKind::ReceivableRepaid;
    if repaid && line.cause == merchant.id {
        return MerchantId::from_uuid(merchant.id).to_string();
    }
    let by_payment = |payment: &PaymentId| !repaid || repaid_by.payments.contains(payment);
    let freed = FreezeId::from_uuid(line.cause);
    if repaid && repaid_by.freed.contains(&freed) {
        return freed.to_string();
    }
    match (payment_of(line).filter(by_payment), line.kind) {
        (Some(payment), _) => payment.to_string(),
        (None, TransferKind::PayoutReturned | TransferKind::Reclaim | TransferKind::ReclaimOwed) => {
            PayoutId::from_uuid(line.cause).to_string()
        }
        (None, TransferKind::Charge | TransferKind::ChargeOwed) => {
            ChargeId::from_uuid(line.cause).to_string()
        }
        _ => WithdrawalId::from_uuid(line.cause).to_string(),
    }
}

fn direction(line: &StatementLine) -> &'static str {
    match line.change {
        Change::Credit => "credit",
        Change::Debit => "debit",
        Change::None => "none",
    }
}

fn line_id(merchant: MerchantRef, line: &StatementLine) -> String {
    format!("{}.{}", merchant.shard, line.cursor)
}

fn render(merchant: MerchantRef, line: &StatementLine, repaid_by: &RepaidBy) -> Value {
    json!({
        "id": line_id(merchant, line),
        "type": type_of(line.kind),
        "direction": direction(line),
        "amount": line.amount.to_string(),
        "currency": line.amount.currency().code(),
        "source_id": source(merchant, line, repaid_by),
        "created_at": rfc3339(line.posted_at),
    })
}

/// Everything that matches, newest first; no field of it needs quoting. Each stretch has a connection of its own, and
/// whoever waits for one has it before the next stretch does: a long export keeps nobody from logging in.
async fn export(pool: &pg::Pool, wanted: &Wanted, mut after: StatementCursor) -> Answer {
    let mut csv = String::from("id,type,direction,amount,currency,source_id,created_at\r\n");
    let mut lines = 0;
    loop {
        let conn = pool.get().await?;
        let found = wanted.page(&conn, after, STEP).await?;
        let repaid_by = repaid_by(&conn, &found.rows).await?;
        drop(conn);
        lines += found.rows.len();
        if lines > EXPORT_MOST {
            let detail = format!("more than {EXPORT_MOST} lines; narrow from and to");
            return Err(Refusal::new(Problem::InvalidRequest, detail));
        }
        for line in &found.rows {
            csv.push_str(&csv_line(wanted.merchant, line, &repaid_by));
        }
        match found.last {
            Some(last) => after = last.cursor,
            None => break,
        }
    }
    let mut response = reply::typed(StatusCode::OK, "text/csv; charset=utf-8; header=present", csv);
    let attachment = HeaderValue::from_static("attachment; filename=\"transactions.csv\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, attachment);
    Ok(response)
}

fn csv_line(merchant: MerchantRef, line: &StatementLine, repaid_by: &RepaidBy) -> String {
    format!(
        "{},{},{},{},{},{},{}\r\n",
        line_id(merchant, line),
        type_of(line.kind),
        direction(line),
        line.amount,
        line.amount.currency().code(),
        source(merchant, line, repaid_by),
        rfc3339(line.posted_at)
    )
}

#[cfg(test)]
mod tests;

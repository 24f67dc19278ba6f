//! A merchant's statement, as JSON or CSV.

use std::collections::HashSet;

use ::withdrawals::{ChargeId, WithdrawalId};
use deposits::PaymentId;
use hyper::StatusCode;
use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use ledger::{Change, MerchantRef, StatementCursor, StatementFilter, StatementLine, TransferKind};
use merchants::{MerchantId, ReceivingAccountId};
use payouts::PayoutId;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
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

/// Before and after everything.
const FIRST: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);
const LAST: OffsetDateTime = datetime!(9999-01-01 00:00 UTC);

/// Lines of one export, and of one read of it.
const EXPORT_MOST: usize = 50_000;
const EXPORT_STEP: i64 = 2_000;

pub async fn list(app: &App, request: &Request) -> Answer {
    let id = request.caller.merchant()?;
    let merchant = MerchantRef { shard: id.shard(), id: id.uuid() };
    let query = request.query(&["limit", "cursor", "from", "to", "type", "currency", "platform", "site"])?;
    let filter = filter(&query)?;
    let (page, after) = (query.page()?, query.cursor()?.unwrap_or(StatementCursor::NEWEST));
    let conn = app.pool.get().await?;
    let stores = Stores::asked(&conn, id, &query).await?;
    if wants_csv(&request.headers) {
        return export(&conn, merchant, &filter, stores.as_ref(), after).await;
    }
    let lines = match &stores {
        None => ledger::statement(&conn, merchant, &filter, after, page.fetch()).await?,
        Some(stores) => stores.statement(&conn, merchant, &filter, after, page.limit + 1).await?,
    };
    let repaid_by = repaid_by(&conn, &lines).await?;
    let row = |line: &StatementLine| Ok(render(merchant, line, &repaid_by));
    reply::list(&page, lines, |line| line.cursor.to_string(), row)
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

async fn of_kinds(
    conn: &pg::Connection,
    merchant: MerchantRef,
    kinds: Vec<TransferKind>,
    after: Option<StatementCursor>,
    limit: i64,
) -> Result<Vec<StatementLine>, Refusal> {
    let filter = StatementFilter { from: FIRST, to: LAST, kinds, currency: None };
    let after = after.unwrap_or(StatementCursor::NEWEST);
    Ok(ledger::statement(conn, merchant, &filter, after, limit).await?)
}

/// What was owed is paid off by a payment or by a refund: which of the lines' causes are payments.
async fn repaid_by(conn: &pg::Connection, lines: &[StatementLine]) -> Result<HashSet<PaymentId>, Refusal> {
    let repaid = lines.iter().filter(|line| line.kind == TransferKind::ReceivableRepaid);
    let causes: Vec<Uuid> = repaid.map(|line| line.cause).collect();
    if causes.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(deposits::which_are_payments(conn, &causes).await?)
}

/// R42: only what came into accounts of this platform's stores, at this site.
struct Stores {
    accounts: HashSet<ReceivingAccountId>,
}

impl Stores {
    async fn asked(
        conn: &pg::Connection,
        merchant: MerchantId,
        query: &Query,
    ) -> Result<Option<Stores>, Refusal> {
        let (platform, site) = (query.get("platform"), query.get("site"));
        if platform.is_none() && site.is_none() {
            return Ok(None);
        }
        let accounts = merchants::accounts_at(conn, merchant, platform, site).await?;
        Ok(Some(Stores { accounts }))
    }

    /// The next `wanted` lines that belong, read in steps; fewer only at the end of the statement.
    async fn statement(
        &self,
        conn: &pg::Connection,
        merchant: MerchantRef,
        filter: &StatementFilter,
        mut after: StatementCursor,
        wanted: usize,
    ) -> Result<Vec<StatementLine>, Refusal> {
        let mut lines = Vec::new();
        while lines.len() < wanted {
            let step = ledger::statement(conn, merchant, filter, after, EXPORT_STEP).await?;
            let Some(last) = step.last() else { break };
            after = last.cursor;
            lines.extend(self.keep(conn, step).await?);
        }
        lines.truncate(wanted);
        Ok(lines)
    }

    async fn keep(
        &self,
        conn: &pg::Connection,
        lines: Vec<StatementLine>,
    ) -> Result<Vec<StatementLine>, Refusal> {
        let payments: Vec<PaymentId> = lines.iter().filter_map(payment_of).collect();
        let accounts = deposits::accounts_of(conn, &payments).await?;
        let belongs = |line: &StatementLine| {
            let account = payment_of(line).and_then(|payment| accounts.get(&payment));
            account.is_some_and(|account| self.accounts.contains(account))
        };
        Ok(lines.into_iter().filter(belongs).collect())
    }
}

fn payment_of(line: &StatementLine) -> Option<PaymentId> {
    let of_payment = matches!(
        line.kind,
        TransferKind::Payment
            | TransferKind::ReviewCredit
            | TransferKind::Reversal
            | TransferKind::ReversalOwed
            | TransferKind::ReceivableRepaid
    );
    of_payment.then(|| PaymentId::from_uuid(line.cause))
}

fn filter(query: &Query) -> Result<StatementFilter, Refusal> {
    let mut fields = Fields::default();
    let from = query.get("from").and_then(|text| fields.time("from", text)).unwrap_or(FIRST);
    let to = query.get("to").and_then(|text| fields.time("to", text)).unwrap_or(LAST);
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
    Ok(StatementFilter { from, to, kinds, currency })
}

fn type_of(kind: TransferKind) -> &'static str {
    TYPES.iter().find(|(_, kinds)| kinds.contains(&kind)).map_or("other", |(name, _)| name)
}

/// The payment, withdrawal or payout behind a line.
fn source(line: &StatementLine, repaid_by: &HashSet<PaymentId>) -> String {
    let by_payment =
        |payment: &PaymentId| line.kind != TransferKind::ReceivableRepaid || repaid_by.contains(payment);
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

fn render(merchant: MerchantRef, line: &StatementLine, repaid_by: &HashSet<PaymentId>) -> Value {
    json!({
        "id": line_id(merchant, line),
        "type": type_of(line.kind),
        "direction": direction(line),
        "amount": line.amount.to_string(),
        "currency": line.amount.currency().code(),
        "source_id": source(line, repaid_by),
        "created_at": rfc3339(line.posted_at),
    })
}

/// Everything that matches, newest first; no field of it needs quoting.
async fn export(
    conn: &pg::Connection,
    merchant: MerchantRef,
    filter: &StatementFilter,
    stores: Option<&Stores>,
    mut after: StatementCursor,
) -> Answer {
    let mut csv = String::from("id,type,direction,amount,currency,source_id,created_at\r\n");
    let mut lines = 0;
    loop {
        let found = ledger::statement(conn, merchant, filter, after, EXPORT_STEP).await?;
        let Some(last) = found.last() else { break };
        let read = found.len();
        after = last.cursor;
        let found = match stores {
            None => found,
            Some(stores) => stores.keep(conn, found).await?,
        };
        lines += found.len();
        if lines > EXPORT_MOST {
            let detail = format!("more than {EXPORT_MOST} lines; narrow from and to");
            return Err(Refusal::new(Problem::InvalidRequest, detail));
        }
        let repaid_by = repaid_by(conn, &found).await?;
        for line in &found {
            csv.push_str(&csv_line(merchant, line, &repaid_by));
        }
        if read < usize::try_from(EXPORT_STEP).unwrap_or(usize::MAX) {
            break;
        }
    }
    let mut response = reply::typed(StatusCode::OK, "text/csv; charset=utf-8; header=present", csv);
    let attachment = HeaderValue::from_static("attachment; filename=\"transactions.csv\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, attachment);
    Ok(response)
}

fn csv_line(merchant: MerchantRef, line: &StatementLine, repaid_by: &HashSet<PaymentId>) -> String {
    format!(
        "{},{},{},{},{},{},{}\r\n",
        line_id(merchant, line),
        type_of(line.kind),
        direction(line),
        line.amount,
        line.amount.currency().code(),
        source(line, repaid_by),
        rfc3339(line.posted_at)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_concerns_a_merchant_has_one_type() {
        let institution = [
            TransferKind::Suspense,
            TransferKind::ReviewReturn,
            TransferKind::ReviewReturnFailed,
            TransferKind::ExchangeBought,
            TransferKind::Spread,
            TransferKind::LockPremium,
            TransferKind::SpreadUndone,
            TransferKind::LockPremiumUndone,
            TransferKind::PayoutPaid,
            TransferKind::ExchangeUndone,
            TransferKind::CoverSold,
            TransferKind::CoverBought,
            TransferKind::SuspenseReversed,
            TransferKind::EvidenceAdded,
            TransferKind::EvidenceUsed,
            TransferKind::EvidenceReleased,
        ];
        for kind in TransferKind::ALL {
            assert_eq!(type_of(kind) == "other", institution.contains(&kind), "{kind:?}");
        }
    }
}

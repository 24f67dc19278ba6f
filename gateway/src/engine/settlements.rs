//! R10: settlements that merchants have announced have arrived once payments that are them were credited. It is looked for beside the
//! lanes, so that payments of merchants without announcements cost nothing more. Several gateways look at once; whoever locks a
//! settlement first writes down that it has arrived, and the others find it so.

use std::sync::Arc;
use std::time::Duration;

use deposits::settlements::{
    AWAITED_DAYS, Awaited, SettlementId, arrivals, awaited, lock, look_from, save, taken,
};
use deposits::{Payment, PaymentId};
use ledger::{MerchantRef, StatementCursor, StatementFilter, StatementLine, TransferKind};
use pg::{Connection, Pool};
use time::OffsetDateTime;
use time::macros::datetime;

use super::Engine;
use crate::commands::settlement_arrived;

/// Nobody waits for it but the merchant, whose money is in its balance already.
const PAUSE: Duration = Duration::from_secs(5);
/// Merchants that are looked for together.
const AT_ONCE: i64 = 50;
/// Between two such looks.
const BREATH: Duration = Duration::from_millis(100);
/// Lines of a statement that are read at once.
const LINES: i64 = 50;
/// Days are the banks' own, and a statement's times are ours: the day before the first one counts, too.
const SLACK: time::Duration = time::Duration::days(1);
const LAST: OffsetDateTime = datetime!(9999-01-01 00:00 UTC);

type Trouble = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    while engine.pause(PAUSE).await {
        if let Err(error) = round(&engine, &reads).await {
            tracing::warn!(%error, "announced settlements could not be looked for");
        }
    }
}

async fn round(engine: &Engine, reads: &Pool) -> Result<(), Trouble> {
    let mut after = None;
    loop {
        let mut conn = reads.get().await?;
        let paid_after = engine.facts.day(conn.now().await?) - time::Duration::days(AWAITED_DAYS + 1);
        let found = awaited(&conn, after, paid_after, AT_ONCE).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some(last.merchant);
        for one in &found {
            // One that can't be looked for stands in nobody's way.
            match look(&mut conn, one, engine.facts.emails).await {
                Ok(0) => {}
                Ok(_) => engine.wake_notices(),
                Err(error) => {
                    tracing::warn!(merchant = %one.merchant, %error, "settlements of one merchant could not be looked for");
                }
            }
        }
        drop(conn);
        if !engine.pause(BREATH).await {
            return Ok(());
        }
    }
}

/// How many of them have arrived.
pub(super) async fn look(conn: &mut Connection, awaited: &Awaited, emails: bool) -> Result<usize, Trouble> {
    let (newest, credited) = credited(conn, awaited).await?;
    let Some(newest) = newest else { return Ok(0) };
    let shard = awaited.merchant.shard();
    let tx = conn.begin().await?;
    let mut open = lock(&tx, shard, &awaited.settlements).await?;
    let ids: Vec<PaymentId> = credited.iter().map(|payment| payment.id).collect();
    let taken = taken(&tx, shard, &ids).await?;
    let now = tx.now().await?;
    let mut told = Vec::new();
    for (settlement, payment) in arrivals(&open, &credited, &taken) {
        let Some(row) = open.iter_mut().find(|row| row.id == settlement) else { continue };
        let from = row.state;
        if row.arrive(payment, now) {
            save(&tx, row, from).await?;
            told.push(settlement_arrived(row));
        }
    }
    let waiting: Vec<SettlementId> = open.iter().filter(|row| row.is_open()).map(|row| row.id).collect();
    look_from(&tx, shard, &waiting, newest).await?;
    notifications::enqueue(&tx, &told, emails, now).await?;
    tx.commit().await?;
    Ok(told.len())
}

/// What was credited to the merchant since it was last looked for, and the newest line of that kind in its statement; none where
/// nothing is new. Read from the newest line on, by the statement's own index, and no further than needed.
async fn credited(
    conn: &Connection,
    awaited: &Awaited,
) -> Result<(Option<StatementCursor>, Vec<Payment>), Trouble> {
    let owner = MerchantRef { shard: awaited.merchant.shard(), id: awaited.merchant.uuid() };
    let kinds = vec![TransferKind::Payment, TransferKind::ReviewCredit];
    let filter = StatementFilter { from: OffsetDateTime::UNIX_EPOCH, to: LAST, kinds, currency: None };
    let start = OffsetDateTime::new_utc(awaited.since, time::Time::MIDNIGHT) - SLACK;
    let is_new =
        |line: &&StatementLine| awaited.seen.is_none_or(|seen| line.cursor > seen) && line.posted_at >= start;
    let (mut newest, mut payments, mut after) = (None, Vec::new(), StatementCursor::NEWEST);
    loop {
        let lines = ledger::statement(conn, owner, &filter, after, LINES).await?;
        newest = newest.or(lines.first().map(|line| line.cursor));
        let new: Vec<&StatementLine> = lines.iter().take_while(is_new).collect();
        let ids: Vec<PaymentId> = new.iter().map(|line| PaymentId::from_uuid(line.cause)).collect();
        payments.extend(deposits::payments(conn, &ids).await?);
        match new.last() {
            Some(last) if i64::try_from(new.len()).unwrap_or(i64::MAX) >= LINES => after = last.cursor,
            _ => break,
        }
    }
    let moved = |newest: &StatementCursor| awaited.seen.is_none_or(|seen| *newest > seen);
    Ok((newest.filter(moved), payments))
}

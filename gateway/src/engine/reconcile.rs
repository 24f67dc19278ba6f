//! R44: open lines of statements are looked at again by themselves, and the book is asked what the statements lack.

mod book;

use std::sync::Arc;
use std::time::Duration;

use deposits::{PaymentId, ReversalId};
use exchange::cover::{self, CoverId};
use payouts::{BookedPayout, PayoutId};
use pg::{Pool, Shard, Shards};
use reconciliation::{BookEntry, Check, EntryKind, Line, Origin, Outcome};
use time::OffsetDateTime;
use uuid::Uuid;

use self::book::{of_deal, of_payment, of_payout, of_reversal};
use super::Engine;

const PAUSE: Duration = Duration::from_secs(2);
/// Lines looked at in one transaction, entries of the book compared in one, and rounds before the next pause.
const LINES: i64 = 200;
const ENTRIES: i64 = 1_000;
const ROUNDS: usize = 50;

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    let shards = engine.facts().layout.shards;
    while engine.pause(PAUSE).await {
        if let Err(error) = round(&reads, shards).await {
            tracing::warn!(error, "statements could not be reconciled to the end yet");
        }
    }
}

async fn round(reads: &Pool, shards: Shards) -> Result<(), String> {
    for _ in 0..ROUNDS {
        if settle(reads, shards).await? == 0 {
            break;
        }
    }
    for _ in 0..ROUNDS {
        let conn = reads.get().await.map_err(|error| error.to_string())?;
        let check = reconciliation::next_check(&conn).await.map_err(|error| error.to_string())?;
        drop(conn);
        let Some(check) = check else { break };
        look_for_missing(reads, shards, &check).await?;
    }
    Ok(())
}

/// One page of lines; how many were looked at.
async fn settle(reads: &Pool, shards: Shards) -> Result<usize, String> {
    let mut conn = reads.get().await.map_err(|error| error.to_string())?;
    let now = conn.now().await.map_err(|error| error.to_string())?;
    let lines = reconciliation::due(&conn, now, LINES).await.map_err(|error| error.to_string())?;
    if lines.is_empty() {
        return Ok(0);
    }
    let book = meant_by(&conn, shards, &lines).await?;
    let tx = conn.begin().await.map_err(|error| error.to_string())?;
    let now = tx.now().await.map_err(|error| error.to_string())?;
    let settled = reconciliation::settle(&tx, &lines, &book, now).await.map_err(|error| error.to_string())?;
    tx.commit().await.map_err(|error| error.to_string())?;
    Ok(settled.looked_at)
}

/// Everything in the book that shares a reference with one of these lines.
async fn meant_by(conn: &pg::Connection, shards: Shards, lines: &[Line]) -> Result<Vec<BookEntry>, String> {
    let of_banks = || lines.iter().filter(|line| line.origin == Origin::Bank);
    let references: Vec<(&str, &str)> = of_banks()
        .flat_map(|line| line.references.iter().map(|reference| (&*line.bank, reference.as_str())))
        .collect();
    let payments = deposits::booked_under(conn, shards, &references).await.map_err(|e| e.to_string())?;
    let reversals = deposits::taken_back_under(conn, shards, &references).await.map_err(|e| e.to_string())?;
    let payouts = payouts::booked_under(conn, &references).await.map_err(|error| error.to_string())?;
    let deals = cover::booked_under(conn, &references).await.map_err(|error| error.to_string())?;
    let incoming = payments.iter().map(of_payment).chain(reversals.iter().map(of_reversal));
    let outgoing = payouts.iter().flat_map(of_payout).chain(deals.iter().flat_map(of_deal));
    Ok(incoming.chain(outgoing).collect())
}

/// What the book has in the days of a statement, page by page.
async fn look_for_missing(reads: &Pool, shards: Shards, check: &Check) -> Result<(), String> {
    if let Some(expected) = &check.expected {
        let from = expected.from.midnight().assume_utc();
        let to = expected.to.next_day().unwrap_or(expected.to).midnight().assume_utc();
        for source in Source::all(shards) {
            let mut after = None;
            loop {
                let (page, last) = source.page(reads, (from, to), after).await?;
                if last.is_none() {
                    break;
                }
                after = last;
                list_missing(reads, check, page, false).await?;
            }
        }
        look_at_late_payouts(reads, check, (from, to)).await?;
    }
    list_missing(reads, check, Vec::new(), true).await
}

/// Those that were settled, or came back, in these days, but were made so long before that their ids tell nothing of it.
async fn look_at_late_payouts(
    reads: &Pool,
    check: &Check,
    days: (OffsetDateTime, OffsetDateTime),
) -> Result<(), String> {
    let mut after = None;
    loop {
        let conn = reads.get().await.map_err(|error| error.to_string())?;
        let page = payouts::settled_late(&conn, days, after, ENTRIES).await.map_err(|e| e.to_string())?;
        drop(conn);
        let Some(last) = page.last().and_then(BookedPayout::place) else { return Ok(()) };
        after = Some(last);
        list_missing(reads, check, page.iter().flat_map(of_payout).collect(), false).await?;
    }
}

/// Where entries of the book come from: of payments and deals there is one index by time, of all else one in each shard.
#[derive(Clone, Copy)]
enum Source {
    Payments,
    Deals,
    Reversals(Shard),
    Payouts(Shard),
}

impl Source {
    fn all(shards: Shards) -> impl Iterator<Item = Source> {
        let in_shards = shards.all().flat_map(|shard| [Source::Reversals(shard), Source::Payouts(shard)]);
        [Source::Payments, Source::Deals].into_iter().chain(in_shards)
    }

    /// The next entries, in the order of their ids, after this one, and the last that was looked at for them; none at the end.
    async fn page(
        self,
        reads: &Pool,
        days: (OffsetDateTime, OffsetDateTime),
        after: Option<Uuid>,
    ) -> Result<(Vec<BookEntry>, Option<Uuid>), String> {
        let conn = reads.get().await.map_err(|error| error.to_string())?;
        let listed = |page: Vec<BookEntry>| {
            let last = page.last().map(|entry| entry.id.id);
            (page, last)
        };
        match self {
            Source::Payments => {
                let after = after.map(PaymentId::from_uuid);
                let found = deposits::booked_between(&conn, days, after, ENTRIES).await;
                let page = found.map_err(|error| error.to_string())?;
                Ok((page.payments.iter().map(of_payment).collect(), page.last.map(|id| id.uuid())))
            }
            Source::Deals => {
                let (after, early) = (after.map(CoverId::from_uuid), EntryKind::CoverSold.settles_within());
                let found = cover::booked_between(&conn, (days.0 - early, days.1), after, ENTRIES).await;
                Ok(listed(found.map_err(|error| error.to_string())?.iter().flat_map(of_deal).collect()))
            }
            Source::Reversals(shard) => {
                let after = after.map(ReversalId::from_uuid);
                let found = deposits::taken_back_between(&conn, shard, days, after, ENTRIES).await;
                Ok(listed(found.map_err(|error| error.to_string())?.iter().map(of_reversal).collect()))
            }
            Source::Payouts(shard) => {
                let after = after.map(PayoutId::from_uuid);
                let found = payouts::paid_of_those_made(&conn, shard, days, after, ENTRIES).await;
                Ok(listed(found.map_err(|error| error.to_string())?.iter().flat_map(of_payout).collect()))
            }
        }
    }
}

async fn list_missing(reads: &Pool, check: &Check, book: Vec<BookEntry>, last: bool) -> Result<(), String> {
    if !last && !book.iter().any(|entry| check.expects(entry)) {
        return Ok(());
    }
    let mut conn = reads.get().await.map_err(|error| error.to_string())?;
    let tx = conn.begin().await.map_err(|error| error.to_string())?;
    let now = tx.now().await.map_err(|error| error.to_string())?;
    let listed = reconciliation::list_missing(&tx, check, &book, last, now).await;
    let listed = listed.map_err(|error| error.to_string())?;
    tx.commit().await.map_err(|error| error.to_string())?;
    if listed > 0 {
        tracing::warn!(bank = %check.bank, statement = %check.statement, listed, "the bank's statements lack entries of the book");
    }
    Ok(())
}

/// What Prometheus is told. `new` lines count, too: they wait for their first look.
pub(super) async fn gauges(conn: &pg::Connection, now: OffsetDateTime) -> Result<(), String> {
    let open = reconciliation::open_lines(conn).await.map_err(|error| error.to_string())?;
    for outcome in Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Matched) {
        let of = || open.iter().filter(|lines| lines.outcome == outcome);
        let lines: i64 = of().map(|lines| lines.lines).sum();
        let oldest = of().map(|lines| lines.oldest).min();
        let age = oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
        let name = outcome.as_str();
        metrics::gauge!("sluice_reconciliation_open_lines", "outcome" => name).set(lines as f64);
        metrics::gauge!("sluice_reconciliation_oldest_seconds", "outcome" => name).set(age);
    }
    let unbalanced = reconciliation::unbalanced(conn).await.map_err(|error| error.to_string())?;
    let statements: i64 = unbalanced.iter().map(|bank| bank.statements).sum();
    metrics::gauge!("sluice_reconciliation_unbalanced_statements").set(statements as f64);
    Ok(())
}

//! How long bytes are kept: a partition a month, made in advance, dropped when all of it is old enough. Keys, verdicts
//! and answers stay for ever. Needs the rights of the tables' owner: the gateway's role can't drop what a bank said.

use pg::Connection;
use time::{Date, Duration, Month, OffsetDateTime};

use crate::Error;

/// Months that have their partition before they begin, the current one besides.
const AHEAD: usize = 6;
/// What a partition's name begins with; the year and the month follow.
const PREFIX: &str = "bank_event_bytes_";

/// What one round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Partitions that were made, by name.
    pub made: Vec<String>,
    /// Partitions that were dropped, by name.
    pub dropped: Vec<String>,
    /// Single rows whose bytes were removed: those outside of the months, and bytes of refused reuses.
    pub removed: u64,
}

/// Makes the partitions of this month and the next ones, and removes bytes that are older than `keep_days`. A month
/// goes as a whole, so bytes stay up to a month longer. Safe to run from several gateways at once.
///
/// # Errors
/// The database's: without the owner's rights nothing is done; behind a long transaction it is worth another try.
pub async fn keep(conn: &mut Connection, now: OffsetDateTime, keep_days: u16) -> Result<Kept, Error> {
    let expired = now - Duration::days(i64::from(keep_days));
    let mut kept = Kept::default();
    let known = partitions(conn).await?;
    let mut month = first_of(now.date());
    for _ in 0..=AHEAD {
        let next = next_month(month);
        if !known.iter().any(|(_, of)| *of == month) && make(conn, month, next).await? {
            kept.made.push(name_of(month));
        }
        month = next;
    }
    for (name, of) in known {
        if next_month(of).midnight().assume_utc() <= expired {
            drop_partition(conn, &name).await?;
            kept.dropped.push(name);
        }
    }
    kept.removed += conn.execute(include_str!("sql/expire_rest.sql"), &[&expired]).await?;
    kept.removed += conn.execute(include_str!("sql/expire_conflicts.sql"), &[&expired]).await?;
    Ok(kept)
}

async fn partitions(conn: &Connection) -> Result<Vec<(String, Date)>, Error> {
    let rows = conn.query(include_str!("sql/partitions.sql"), &[]).await?;
    let names = rows.iter().map(|row| row.get::<_, String>("name"));
    Ok(names.filter_map(|name| month_of(&name).map(|month| (name, month))).collect())
}

/// Moves into the new month what already lay outside of all months. False: another gateway was faster.
async fn make(conn: &mut Connection, month: Date, next: Date) -> Result<bool, Error> {
    let tx = conn.begin().await?;
    // Inserts go on; another round of this waits.
    tx.batch_execute("LOCK TABLE bank_event_bytes IN SHARE UPDATE EXCLUSIVE MODE").await?;
    let rows = tx.query(include_str!("sql/partitions.sql"), &[]).await?;
    let name = name_of(month);
    if rows.iter().any(|row| row.get::<_, &str>("name") == name) {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.batch_execute(&format!(
        "CREATE TABLE {name} (LIKE bank_event_bytes INCLUDING ALL);
         WITH moved AS (
             DELETE FROM bank_event_bytes_rest
             WHERE received_at >= '{month} 00:00:00+00' AND received_at < '{next} 00:00:00+00' RETURNING *
         )
         INSERT INTO {name} SELECT * FROM moved;
         ALTER TABLE bank_event_bytes ATTACH PARTITION {name}
             FOR VALUES FROM ('{month} 00:00:00+00') TO ('{next} 00:00:00+00')"
    ))
    .await?;
    tx.batch_execute(pg::SMALL_SAMPLES).await?;
    tx.commit().await?;
    Ok(true)
}

/// Bank events wait while it is dropped, so it gives up soon if somebody reads for long.
async fn drop_partition(conn: &mut Connection, name: &str) -> Result<(), Error> {
    let tx = conn.begin().await?;
    tx.batch_execute(&format!("SET LOCAL lock_timeout = '500ms'; DROP TABLE IF EXISTS {name}")).await?;
    Ok(tx.commit().await?)
}

fn first_of(day: Date) -> Date {
    day.replace_day(1).unwrap_or(day)
}

fn next_month(month: Date) -> Date {
    first_of(first_of(month).saturating_add(Duration::days(31)))
}

fn name_of(month: Date) -> String {
    format!("{PREFIX}{:04}_{:02}", month.year(), u8::from(month.month()))
}

/// None: not one of our months.
fn month_of(name: &str) -> Option<Date> {
    let (year, month) = name.strip_prefix(PREFIX)?.split_once('_')?;
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, 1).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn months_and_their_names() {
        for (day, name, next) in [
            (date!(2026 - 11 - 01), "bank_event_bytes_2026_11", date!(2026 - 12 - 01)),
            (date!(2026 - 12 - 31), "bank_event_bytes_2026_12", date!(2027 - 01 - 01)),
            (date!(2028 - 02 - 29), "bank_event_bytes_2028_02", date!(2028 - 03 - 01)),
        ] {
            let month = first_of(day);
            assert_eq!((name_of(month).as_str(), next_month(month)), (name, next));
            assert_eq!(month_of(name), Some(month));
        }
        for name in ["bank_event_bytes_rest", "bank_event_bytes", "other_2026_11", "bank_event_bytes_2026_13"]
        {
            assert_eq!(month_of(name), None, "{name}");
        }
    }
}

//! What PostgreSQL itself counts, and the promises it must keep while it is measured.

use tokio_postgres::{Client, NoTls};

use crate::Fault;

/// Without these a figure means nothing: money would be acknowledged that a power cut takes away.
const PROMISES: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];
const SHOWN: [&str; 4] = ["shared_buffers", "min_wal_size", "max_wal_size", "checkpoint_timeout"];

/// A connection that ends when it is dropped, without deadlines: reports over millions of rows take long.
///
/// # Errors
/// The database's.
pub async fn connect(url: &str) -> Result<Client, Fault> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// What the server is and how it is set, as it says itself.
///
/// # Errors
/// The database's; a promise that is switched off.
pub async fn settings(client: &Client) -> Result<String, Fault> {
    let mut said = vec![format!("PostgreSQL {}", show(client, "server_version").await?)];
    for name in PROMISES {
        let value = show(client, name).await?;
        if value != "on" {
            return Err(format!("{name} is {value}: what is measured so is not reported").into());
        }
        said.push(format!("{name}={value}"));
    }
    for name in SHOWN {
        said.push(format!("{name}={}", show(client, name).await?));
    }
    Ok(said.join(" "))
}

/// Goes through so many segments of the log, 16 MiB each, and has a checkpoint put them by: what is measured next writes into
/// segments that are there, as it does in a database that has been in use for an hour.
///
/// # Errors
/// The database's.
pub async fn age_log(client: &Client, segments: u16) -> Result<(), Fault> {
    for _ in 0..segments {
        // A segment that nothing was written into is not left.
        client.batch_execute("SELECT pg_logical_emit_message(false, '', ''); SELECT pg_switch_wal()").await?;
    }
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// Has each commit in the database `name` wait so many milliseconds more, however few others there are.
///
/// # Errors
/// The database's.
pub async fn delay_commits(client: &Client, name: &str, ms: u32) -> Result<(), Fault> {
    let micros = ms * 1000;
    let set = format!(
        "ALTER DATABASE {name} SET commit_delay = {micros}; ALTER DATABASE {name} SET commit_siblings = 0"
    );
    Ok(client.batch_execute(&set).await?)
}

async fn show(client: &Client, name: &str) -> Result<String, Fault> {
    Ok(client.query_one(&format!("SHOW {name}"), &[]).await?.try_get(0)?)
}

/// The server's counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Bytes of write-ahead log so far.
    pub wal_bytes: i64,
    /// Of them full pages, which a checkpoint before makes more: their number.
    pub full_pages: i64,
    /// Transactions committed in this database, reads among them. Sessions report with up to a second's delay.
    pub commits: i64,
}

/// The counters now.
///
/// # Errors
/// The database's.
pub async fn counters(client: &Client) -> Result<Counters, Fault> {
    let row = client.query_one(include_str!("sql/counters.sql"), &[]).await?;
    Ok(Counters { wal_bytes: row.try_get(0)?, full_pages: row.try_get(1)?, commits: row.try_get(2)? })
}

impl Counters {
    /// What was counted since then.
    pub fn since(self, then: Counters) -> Counters {
        Counters {
            wal_bytes: self.wal_bytes - then.wal_bytes,
            full_pages: self.full_pages - then.full_pages,
            commits: self.commits - then.commits,
        }
    }
}

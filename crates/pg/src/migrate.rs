//! Brings a schema up to date, once, whoever asks and how many ask at the same time.

use std::time::Duration;

use ring::digest;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsStream};
use tokio_postgres::{Client, Config, NoTls, Socket};

use crate::error::{Error, sort};
use crate::pool::Connection;
use crate::tls::{Tls, Way};

/// The role with whose rights the program runs. [`migrate`] creates it without login; each crate's
/// migration grants it what that crate needs, and nothing more.
pub const RUNTIME_ROLE: &str = "sluice_runtime";

/// Longest wait for a connection, its TLS handshake included. The migrations themselves take as long as they take.
const CONNECT: Duration = Duration::from_secs(10);

/// Gives every column of the current user's tables a small sample for ANALYZE, where nobody has said otherwise: [`migrate`]
/// does it, and so does whoever makes a table besides. PostgreSQL's own of 30,000 rows takes a processor for up to half a second
/// each time that a table has grown by a tenth, which a young one does every minute; 3,000 rows choose the same plans here.
pub const SMALL_SAMPLES: &str = include_str!("sql/small_samples.sql");

/// One step of a schema. Once released it is never changed: a changed checksum is refused.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place among the owner's migrations.
    pub version: i32,
    /// For people.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// All migrations of one crate.
#[derive(Debug, Clone, Copy)]
pub struct MigrationSet {
    /// The crate.
    pub owner: &'static str,
    /// Its migrations, by ascending version.
    pub migrations: &'static [Migration],
}

/// A migration that this program has and the database has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    /// The crate.
    pub owner: &'static str,
    /// Its place among the owner's migrations.
    pub version: i32,
    /// For people.
    pub name: &'static str,
}

impl Migration {
    fn checksum(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.sql.as_bytes()).as_ref().to_vec()
    }
}

/// Runs what is missing of `sets`, in the order given, in one transaction: all or nothing. Several callers at
/// once take turns, and the later ones find nothing to do. What ran is returned. Columns get [`SMALL_SAMPLES`], also where nothing
/// was missing.
///
/// The user of `url` must own the database; the runtime role must not.
///
/// # Errors
/// [`Error::Migration`] when a migration that ran before has changed or the sets contradict themselves;
/// [`Error::Settings`] as for a pool; the database's otherwise.
pub async fn migrate(url: &str, tls: &Tls, sets: &[MigrationSet]) -> Result<Vec<PendingMigration>, Error> {
    check(sets)?;
    let (mut config, way) = tls.way(url)?;
    config.connect_timeout(CONNECT).application_name("sluice migrate");
    match way {
        Way::Plain => over(&config, NoTls, sets).await,
        Way::Tls(connector) => over(&config, connector, sets).await,
    }
}

async fn over<T>(config: &Config, tls: T, sets: &[MigrationSet]) -> Result<Vec<PendingMigration>, Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: TlsStream + Send + 'static,
{
    let connect = tokio::time::timeout(CONNECT, config.connect(tls)).await.map_err(|_| Error::Timeout)?;
    let (mut client, connection) = connect.map_err(|error| sort(&error).0)?;
    let driver = tokio::spawn(connection);
    let outcome = run(&mut client, sets).await;
    drop(client);
    // Ends by itself once the client is gone; waiting leaves no half-closed session behind.
    driver.await.ok();
    outcome
}

async fn run(client: &mut Client, sets: &[MigrationSet]) -> Result<Vec<PendingMigration>, Error> {
    prepare_database(client).await?;
    let tx = client.transaction().await.map_err(|error| sort(&error).0)?;
    tx.batch_execute(include_str!("sql/lock_migrations.sql")).await.map_err(|error| sort(&error).0)?;
    let rows = tx.query(include_str!("sql/applied_migrations.sql"), &[]).await;
    let applied = read_applied(&rows.map_err(|error| sort(&error).0)?)?;
    let mut ran = Vec::new();
    for (set, migration) in missing(sets, &applied)? {
        let what = PendingMigration { owner: set.owner, version: migration.version, name: migration.name };
        tx.batch_execute(migration.sql).await.map_err(|error| failed(&what, &error))?;
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&set.owner, &migration.version, &migration.name, &migration.checksum()];
        tx.execute(include_str!("sql/record_migration.sql"), &row).await.map_err(|error| sort(&error).0)?;
        ran.push(what);
    }
    tx.batch_execute(SMALL_SAMPLES).await.map_err(|error| sort(&error).0)?;
    // The driver takes the answer to an aborted COMMIT for success; this would fail first.
    tx.batch_execute("SELECT 1").await.map_err(|error| sort(&error).0)?;
    tx.commit().await.map_err(|error| sort(&error).0)?;
    Ok(ran)
}

/// The role and the table of versions. Both can be raced for by another migrator, which is no failure.
async fn prepare_database(client: &Client) -> Result<(), Error> {
    let role = client.query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&RUNTIME_ROLE]).await;
    if role.map_err(|error| sort(&error).0)?.is_none() {
        let create = format!("CREATE ROLE {RUNTIME_ROLE} NOLOGIN");
        unless_raced(client.batch_execute(&create).await)?;
    }
    let member = client.query_one("SELECT pg_has_role(current_user, $1, 'MEMBER')", &[&RUNTIME_ROLE]).await;
    if !member.map_err(|error| sort(&error).0)?.get::<_, bool>(0) {
        unless_raced(client.batch_execute(&format!("GRANT {RUNTIME_ROLE} TO CURRENT_USER")).await)?;
    }
    unless_raced(client.batch_execute(include_str!("sql/create_migrations.sql")).await)?;
    unless_raced(client.batch_execute(include_str!("sql/grant_migrations.sql")).await)
}

fn unless_raced(outcome: Result<(), tokio_postgres::Error>) -> Result<(), Error> {
    let raced = [
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_TABLE,
        SqlState::UNIQUE_VIOLATION,
        // "tuple concurrently updated", on a catalogue that all databases share.
        SqlState::INTERNAL_ERROR,
    ];
    match outcome {
        Err(error) if !error.code().is_some_and(|code| raced.contains(code)) => Err(sort(&error).0),
        _ => Ok(()),
    }
}

/// The migrations of `sets` that the database of `conn` lacks, for a program that refuses to start on an old
/// schema.
///
/// # Errors
/// As [`migrate`].
pub async fn pending(conn: &Connection, sets: &[MigrationSet]) -> Result<Vec<PendingMigration>, Error> {
    check(sets)?;
    let there = conn.query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[]).await?;
    let applied = match there.get(0) {
        true => read_applied(&conn.query(include_str!("sql/applied_migrations.sql"), &[]).await?)?,
        false => Vec::new(),
    };
    let missing = missing(sets, &applied)?;
    Ok(missing
        .into_iter()
        .map(|(set, migration)| PendingMigration {
            owner: set.owner,
            version: migration.version,
            name: migration.name,
        })
        .collect())
}

struct Applied {
    owner: String,
    version: i32,
    checksum: Vec<u8>,
}

fn read_applied(rows: &[tokio_postgres::Row]) -> Result<Vec<Applied>, Error> {
    rows.iter()
        .map(|row| {
            Ok(Applied { owner: row.try_get(0)?, version: row.try_get(1)?, checksum: row.try_get(2)? })
        })
        .collect::<Result<_, tokio_postgres::Error>>()
        .map_err(|error| sort(&error).0)
}

fn missing<'a>(
    sets: &'a [MigrationSet],
    applied: &[Applied],
) -> Result<Vec<(&'a MigrationSet, &'a Migration)>, Error> {
    let mut missing = Vec::new();
    for set in sets {
        for migration in set.migrations {
            let before = applied.iter().find(|a| a.owner == set.owner && a.version == migration.version);
            match before {
                None => missing.push((set, migration)),
                Some(before) if before.checksum == migration.checksum() => {}
                Some(_) => {
                    return Err(Error::Migration(format!(
                        "{} {} ({}) was changed after it ran",
                        set.owner, migration.version, migration.name
                    )));
                }
            }
        }
    }
    Ok(missing)
}

/// Versions must ascend, and an owner come once.
fn check(sets: &[MigrationSet]) -> Result<(), Error> {
    for (place, set) in sets.iter().enumerate() {
        let ascending = set.migrations.windows(2).all(|pair| pair[0].version < pair[1].version);
        if !ascending || sets[..place].iter().any(|other| other.owner == set.owner) {
            return Err(Error::Migration(format!("the migrations of {} contradict themselves", set.owner)));
        }
    }
    Ok(())
}

fn failed(what: &PendingMigration, error: &tokio_postgres::Error) -> Error {
    Error::Migration(format!("{} {} ({}): {}", what.owner, what.version, what.name, sort(error).0))
}

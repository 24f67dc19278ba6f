//! The whole schema: every crate's migrations, and the numbers that the book is made with.

use crate::config::Config;

/// Every set, in the order of the crates' table.
pub const SETS: [pg::MigrationSet; 12] = [
    ledger::MIGRATIONS,
    audit::MIGRATIONS,
    changes::MIGRATIONS,
    merchants::MIGRATIONS,
    exchange::MIGRATIONS,
    vault::MIGRATIONS,
    idempotency::MIGRATIONS,
    deposits::MIGRATIONS,
    withdrawals::MIGRATIONS,
    payouts::MIGRATIONS,
    notifications::MIGRATIONS,
    reconciliation::MIGRATIONS,
];

/// Brings the database up to this binary; says what ran.
///
/// # Errors
/// In words for whoever ran it.
pub async fn migrate(config: &Config) -> Result<Vec<pg::PendingMigration>, String> {
    let url = config.database.url.reveal();
    let ran = pg::migrate(url, &config.database.tls(), &SETS).await.map_err(|error| error.to_string())?;
    let settings = pg::PoolSettings { role: None, ..config.database.pool_settings(1) };
    let pool = pg::Pool::open(url, settings).map_err(|error| error.to_string())?;
    bootstrap(&pool, config.ledger.layout()).await.map_err(|error| error.to_string())?;
    Ok(ran)
}

async fn bootstrap(pool: &pg::Pool, layout: ledger::Layout) -> Result<(), ledger::Error> {
    let mut conn = pool.get().await?;
    let tx = conn.begin().await?;
    ledger::bootstrap(&tx, layout).await?;
    Ok(tx.commit().await?)
}

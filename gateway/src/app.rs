//! What every request shares.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deposits::PlatformRemitters;
use metrics_exporter_prometheus::PrometheusHandle;
use money::Currency;
use privacy::Keyring;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};
use vault::NotItsKeys;

use crate::calendars;
use crate::config::{self, Config};
use crate::copies::Copies;
use crate::engine::Engine;
use crate::guesses::Guesses;
use crate::heads;
use crate::live::{Current, Live};
use crate::logins::Logins;
use crate::migrate;
use crate::open_files;
use crate::readiness::Readiness;
use crate::room::Room;
use crate::shares::Shares;
use crate::stream::Hub;

/// The longest that one statement of `sluice verify` may take.
const WALK: Duration = Duration::from_secs(600);

/// How long a start waits for a database that is away: after a power cut the gateway is up before PostgreSQL has recovered, and a
/// supervisor that sees it end at once, again and again, gives it up.
const DATABASE_PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks for it.
const DATABASE_PAUSE: Duration = Duration::from_millis(500);

/// The composed gateway.
pub struct App {
    /// As it was at the start; [`App::live`] is newer.
    pub config: Config,
    /// For reads. Lanes have connections of their own.
    pub pool: pg::Pool,
    pub keyring: Arc<Keyring>,
    /// Banks' keys, operators and certificates, as the last reload left them.
    pub live: Current,
    /// Fees, corridors and the age of rates.
    pub policy: withdrawals::Policy,
    pub readiness: Readiness,
    /// Lanes, payout worker and sweeps.
    pub engine: Arc<Engine>,
    /// Who listens to the event stream.
    pub hub: Hub,
    /// For requests, and for bodies on their way.
    pub room: Room,
    /// What of them one bank may take.
    pub shares: Shares,
    /// Whose keys requests carry.
    pub logins: Logins,
    /// How often each operator may still ask what is masked.
    pub guesses: Guesses,
    /// Which copies of merchants' data are under way.
    pub copies: Copies,
    pub metrics: PrometheusHandle,
}

impl App {
    /// Opens keys and database, and sees that the database is this binary's.
    ///
    /// # Errors
    /// In words for whoever starts it.
    pub async fn open(config: Config, metrics: PrometheusHandle) -> Result<App, String> {
        open_files::provide(&config);
        let keyring = Keyring::load(&config.key_file).map_err(|error| error.to_string())?;
        let live = Current::new(Live::at_start(&config)?);
        let pool = open_pool(&config, config.database.pool_size)?;
        await_database(&pool, DATABASE_PATIENCE).await?;
        check_schema(&pool, &config).await?;
        check_keys(&pool, &keyring, &config).await?;
        heads::expect_in_book(&pool, config.ledger.heads_file.as_deref()).await?;
        let keyring = Arc::new(keyring);
        let engine = Engine::start(&config, keyring.clone(), pool.clone())?;
        let (policy, room) = (policy(&config)?, Room::new(&config.server));
        calendars::export(&policy.calendars);
        let shares = Shares::open(&config);
        let logins = Logins::start(pool.clone(), config.server.max_requests, 2 * config.database.pool_size);
        Ok(App {
            pool,
            keyring,
            engine,
            live,
            policy,
            readiness: Readiness::default(),
            hub: Hub::new(config.stream.max_streams),
            room,
            shares,
            logins,
            guesses: Guesses::default(),
            copies: Copies::default(),
            metrics,
            config,
        })
    }
}

/// A pool with the configured time-outs and the runtime's rights, for workers as much as for requests.
///
/// # Errors
/// In words, for a URL that is none.
pub fn open_pool(config: &Config, size: usize) -> Result<pg::Pool, String> {
    open(config, pg::PoolSettings { at_home: true, ..config.database.pool_settings(size) })
}

/// The lanes' own connections.
///
/// # Errors
/// In words, for a URL that is none.
pub fn open_lanes_pool(config: &Config, size: usize) -> Result<pg::Pool, String> {
    open(config, pg::PoolSettings { plan_once: true, ..config.database.pool_settings(size) })
}

/// Two connections whose statements may take long: for walking the whole book, and for exports.
///
/// # Errors
/// In words, for a URL that is none.
pub fn open_patient_pool(config: &Config) -> Result<pg::Pool, String> {
    let settings =
        pg::PoolSettings { statement: WALK, idle_in_transaction: WALK, ..config.database.pool_settings(2) };
    open(config, settings)
}

fn open(config: &Config, settings: pg::PoolSettings) -> Result<pg::Pool, String> {
    pg::Pool::open(config.database.url.reveal(), settings).map_err(|error| error.to_string())
}

/// Waits until the database can be reached, and says what it waits for.
///
/// # Errors
/// In words: it lets nobody in, can't be used, or was away for all of `patience`.
async fn await_database(pool: &pg::Pool, patience: Duration) -> Result<(), String> {
    let (began, mut said) = (Instant::now(), None);
    loop {
        let error = match pool.get().await {
            Ok(_) => return Ok(()),
            Err(error @ pg::Error::Refused(_)) => return Err(error.to_string()),
            Err(error) if error.is_unavailable() && began.elapsed() < patience => error.to_string(),
            Err(error) => return Err(error.to_string()),
        };
        if said.as_ref() != Some(&error) {
            tracing::warn!(%error, "nothing is served yet: waiting for the database");
        }
        said = Some(error);
        sleep(DATABASE_PAUSE).await;
    }
}

/// The database must be this binary's, whole, and the book be made with the numbers that are configured.
async fn check_schema(pool: &pg::Pool, config: &Config) -> Result<(), String> {
    let conn = pool.get().await.map_err(|error| error.to_string())?;
    // First, for it is what lets versions be read, too.
    migrate::check_grants(&conn).await?;
    let pending = pg::pending(&conn, &migrate::SETS).await.map_err(|error| error.to_string())?;
    if !pending.is_empty() {
        return Err("migrations have not run; run `sluice migrate`".to_owned());
    }
    let layout = ledger::layout(&conn).await.map_err(|error| error.to_string())?;
    if layout == config.ledger.layout() {
        return Ok(());
    }
    Err(format!(
        "the book was made with {} shards and {} chains; the configuration says otherwise",
        layout.shards.count(),
        layout.chains
    ))
}

/// R4: with another key file's `index_key` what came already would be booked again.
///
/// # Errors
/// In words for whoever starts it: why these are not the keys of this database.
pub async fn check_keys(pool: &pg::Pool, keyring: &Keyring, config: &Config) -> Result<(), String> {
    let mut conn = pool.get().await.map_err(|error| error.to_string())?;
    vault::admit_keys(&mut conn, keyring).await.map_err(|why| match why {
        NotItsKeys::Database(error) => error.to_string(),
        not_its_keys => format!("key_file {}: {not_its_keys}", config.key_file.display()),
    })
}

/// How withdrawals are decided, from configuration.
///
/// # Errors
/// In words, for a configuration that was not checked.
pub fn policy(config: &Config) -> Result<withdrawals::Policy, String> {
    let currency = |code: &str| Currency::parse(code).map_err(|error| error.to_string());
    let routes = config
        .payouts
        .routes
        .iter()
        .map(|(code, bank)| Ok((currency(code)?, Arc::from(bank.as_str()))))
        .collect::<Result<_, String>>()?;
    let pairs = config
        .banks
        .iter()
        .flat_map(|bank| &bank.rate_pairs)
        .map(|pair| config::currencies(pair).ok_or_else(|| format!("{pair} is not a pair")))
        .collect::<Result<_, String>>()?;
    Ok(withdrawals::Policy {
        fees: config.fees.schedule(),
        routes,
        pairs,
        markups: config.exchange.markups(),
        rates: config.exchange.policy()?,
        refund_fee: config.fees.refund_fee,
        limits: config.limits.policy()?,
        hold_above: config.payouts.hold_above,
        declarations: config.declarations.policy(config.limits.offset()),
        calendars: calendars::open(&config.calendars, OffsetDateTime::now_utc().date())?,
    })
}

/// Whose money is a platform's, from configuration.
pub fn remitters(config: &Config) -> PlatformRemitters {
    let pairs = config
        .platforms
        .iter()
        .flat_map(|(platform, names)| names.iter().map(move |name| (platform.as_str(), name.as_str())));
    PlatformRemitters::new(pairs)
}

/// How payouts go at each bank that carries them, from configuration.
///
/// # Errors
/// The bank and what is wrong with its policy.
pub fn bank_policies(config: &Config) -> Result<HashMap<Arc<str>, payouts::BankPolicy>, String> {
    let mut policies = HashMap::new();
    for bank in &config.banks {
        let Some(settings) = &bank.payouts else { continue };
        let policy = settings.policy(bank.deduplicates_references);
        policy.check().map_err(|error| format!("{}: {error}", bank.id))?;
        policies.insert(Arc::from(bank.id.as_str()), policy);
    }
    Ok(policies)
}

//! What every request shares.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deposits::PlatformRemitters;
use metrics_exporter_prometheus::PrometheusHandle;
use money::Currency;
use privacy::Keyring;
use time::OffsetDateTime;

use crate::calendars;
use crate::config::{self, Config};
use crate::copies::Copies;
use crate::engine::Engine;
use crate::live::{Current, Live};
use crate::logins::Logins;
use crate::migrate;
use crate::number_searches::NumberSearches;
use crate::readiness::Readiness;
use crate::room::Room;
use crate::shares::Shares;
use crate::stream::Hub;

/// The longest that one statement of `sluice verify` may take.
const WALK: Duration = Duration::from_secs(600);

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
    /// What each operator may still search for by number.
    pub number_searches: NumberSearches,
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
        let keyring = Keyring::load(&config.key_file).map_err(|error| error.to_string())?;
        let live = Current::new(Live::open(&config, |_| true)?);
        let pool = open_pool(&config, config.database.pool_size)?;
        check_schema(&pool, &config).await?;
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
            number_searches: NumberSearches::default(),
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

/// The database must be this binary's, and the book be made with the numbers that are configured.
async fn check_schema(pool: &pg::Pool, config: &Config) -> Result<(), String> {
    let read = async {
        let conn = pool.get().await?;
        if !pg::pending(&conn, &migrate::SETS).await?.is_empty() {
            return Ok(None);
        }
        ledger::layout(&conn).await.map(Some)
    };
    match read.await.map_err(|error: ledger::Error| error.to_string())? {
        None => Err("migrations have not run; run `sluice migrate`".to_owned()),
        Some(layout) if layout != config.ledger.layout() => Err(format!(
            "the book was made with {} shards and {} chains; the configuration says otherwise",
            layout.shards.count(),
            layout.chains
        )),
        Some(_) => Ok(()),
    }
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

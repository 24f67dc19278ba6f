//! `sluice dev`: everything on one machine. A private PostgreSQL, migrations, demo merchants, the sandbox bank,
//! the gateway, and traffic. The same folder keeps the same data, ids, keys and certificates.

mod demo;
mod handout;
mod identity;
mod orders;
mod seed;
mod tls;
mod traffic;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bank::https::HttpsClient;
use bank::signing::{Signer, Verifier};
use pg::server::{PrivateServer, ServerSettings};
use privacy::Keyring;
use sandbox_bank::{SandboxBank, TrafficAccount};
use tokio_util::sync::CancellationToken;

use self::demo::{BANK, Demo};
use self::handout::Addresses;
use self::tls::TlsFiles;
use crate::app;
use crate::config::Config;
use crate::migrate;
use crate::serve::Gateway;

const DATABASE: &str = "sluice";

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lies.
    pub var: PathBuf,
    /// Payments a second.
    pub traffic: u32,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// In words for whoever started it.
pub async fn run(options: Options, stop: CancellationToken) -> Result<(), String> {
    let dir = prepare(&options.var)?;
    let say = |text: &str| println!("{text}");
    pg::server::ensure_binaries(say).map_err(|error| error.to_string())?;
    let settings = ServerSettings { say: |text| println!("{text}"), ..ServerSettings::default() };
    let server = PrivateServer::start(&dir.join("pg"), &settings).await.map_err(|error| error.to_string())?;
    let outcome = with_database(&options, &dir, &server, stop).await;
    println!("Stopping PostgreSQL.");
    server.stop().await.map_err(|error| error.to_string())?;
    outcome
}

fn prepare(var: &Path) -> Result<PathBuf, String> {
    std::fs::create_dir_all(var).map_err(|error| format!("{}: {error}", var.display()))?;
    // Whatever is in sandbox.json is not true before everything runs.
    let dir = var.canonicalize().map_err(|error| format!("{}: {error}", var.display()))?;
    let _ = std::fs::remove_file(dir.join("sandbox.json"));
    Ok(dir)
}

async fn with_database(
    options: &Options,
    dir: &Path,
    server: &PrivateServer,
    stop: CancellationToken,
) -> Result<(), String> {
    server.create_database(DATABASE).await.map_err(|error| error.to_string())?;
    let database_url = server.url(DATABASE);
    let files = tls::ensure(dir).map_err(|error| format!("certificates: {error}"))?;
    let keyring = Keyring::load_or_generate(&dir.join("keys.toml")).map_err(|error| error.to_string())?;
    // A first configuration without the bank's address: listeners and schema don't need it.
    let mut config = configuration(dir, &files, &database_url, None)?;
    let demo = Demo::ensure(dir, config.ledger.layout().shards)?;
    migrate::migrate(&config).await?;
    let pool = pg::Pool::open(&database_url, pg::PoolSettings::default()).map_err(|e| e.to_string())?;
    app::check_keys(&pool, &keyring, &config).await?;
    seed::seed(&pool, &keyring, config.ledger.layout().shards, &demo).await?;
    pool.close();

    let bound = Gateway::bind(&config).await?;
    let addresses = bound.addresses();
    let public_url = format!("https://{}", addresses.public);
    let sandbox = start_bank(dir, &files, &demo, &public_url).await?;
    config = configuration(dir, &files, &database_url, Some((&demo, &sandbox.https_url())))?;
    let gateway = bound.start(config).await?;
    orders::cover(gateway.engine(), &demo).await?;
    sandbox.publish_rates().await;

    let at = Addresses {
        public_url: public_url.clone(),
        admin_url: format!("https://{}", addresses.admin),
        metrics_url: format!("http://{}/metrics", addresses.metrics),
        sandbox_bank_url: sandbox.http_url(),
        ca_cert: files.ca.display().to_string(),
        config: dir.join("sluice.toml").display().to_string(),
        database_url,
    };
    handout::write_sandbox_json(dir, &at, &demo)?;
    announce(&at, &demo, options.traffic);
    if options.traffic > 0 {
        let engine = gateway.engine().clone();
        tokio::spawn(orders::follow_traffic(engine, demo.clone(), options.traffic, stop.clone()));
    }
    start_traffic(&sandbox, &files, &public_url, &demo, options.traffic, &stop)?;
    stop.cancelled().await;
    println!("Stopping: answers under way finish first.");
    gateway.stop().await;
    sandbox.stop().await;
    Ok(())
}

/// Writes the folder's configuration file and reads it as any gateway would. Settings in the folder's `local.toml` are
/// laid over the demo's.
fn configuration(
    dir: &Path,
    files: &TlsFiles,
    database_url: &str,
    bank: Option<(&Demo, &str)>,
) -> Result<Config, String> {
    let path = dir.join("sluice.toml");
    let text = configuration_text(dir, files, database_url, bank);
    let local = dir.join("local.toml");
    let text = match std::fs::read_to_string(&local) {
        Ok(over) => {
            let laid = crate::config::laid_over(&text, &over);
            laid.map_err(|error| format!("{}: {error}", local.display()))?
        }
        Err(_) => text,
    };
    tls::write(&path, &text, 0o600).map_err(|error| format!("{}: {error}", path.display()))?;
    let in_words = |errors: Vec<crate::config::ConfigError>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let mut config = Config::load(&path).map_err(in_words)?;
    config.override_addresses(|name| std::env::var(name).ok()).map_err(in_words)?;
    Ok(config)
}

fn configuration_text(
    dir: &Path,
    files: &TlsFiles,
    database_url: &str,
    bank: Option<(&Demo, &str)>,
) -> String {
    let mut text = format!(
        "# Written by `sluice dev` at each start; what should be otherwise goes into local.toml beside it.\n\
         environment = \"development\"\n\
         key_file = {:?}\n\n\
         [server]\ntls_certificate = {:?}\ntls_key = {:?}\n\n\
         [database]\nurl = {database_url:?}\n\n\
         [ledger]\nheads_file = {:?}\nheads_interval_seconds = 10\n\n\
         [verification]\nevery_seconds = 60\n\n\
         [notifications]\nca_file = {:?}\nallow_private_addresses = true\npoll_ms = 200\nchannel_expected = false\n",
        dir.join("keys.toml"),
        files.certificate,
        files.key,
        dir.join("heads.log"),
        files.ca,
    );
    // Also where the bank isn't there yet: local.toml may have banks of its own, with accounts in these jurisdictions.
    text.push_str(
        "\n[entities]\nnorth_america = \"Sluice Demo Inc\"\neurope = \"Sluice Demo SA\"\njapan = \"Sluice Demo KK\"\n",
    );
    let Some((demo, base_url)) = bank else { return text };
    let currencies = ["CNY", "USD", "EUR", "JPY", "GBP"];
    let routes: Vec<String> = currencies.iter().map(|code| format!("{code} = {BANK:?}")).collect();
    text.push_str(&format!("\n[payouts.routes]\n{}\n", routes.join("\n")));
    // Short waits, so that a demo shows every behaviour within seconds.
    text.push_str(&format!(
        "\n[[banks]]\nid = {BANK:?}\nscheme = \"standard-webhooks\"\n\
         keys = [{{ id = \"demo\", secret = {:?} }}]\n\
         rate_pairs = [\"USDCNY\", \"EURCNY\", \"JPYCNY\", \"GBPCNY\"]\n\
         deduplicates_references = true\n\
         number_ranges = [{}]\n\n\
         [banks.payouts]\nbase_url = {base_url:?}\nca_file = {:?}\nsecret = {:?}\n\
         checks_accounts = true\nrequest_timeout_ms = 800\nlease_ms = 2000\nsettle_ms = 3000\nmax_sends = 4\npoll_ms = 100\n\
         send_backoff_ms = 200\nsend_backoff_max_ms = 2000\n\
         query_backoff_ms = 200\nquery_backoff_max_ms = 2000\n\
         pending_query_ms = 2000\npending_query_max_ms = 10000\n",
        demo.event_secret,
        number_ranges(),
        files.ca,
        demo.payout_secret,
    ));
    for operator in &demo.operators {
        let hash = ring::digest::digest(&ring::digest::SHA256, operator.token.as_bytes());
        text.push_str(&format!(
            "\n[[operators]]\nid = {:?}\nperson = {:?}\nrole = {:?}\ntoken_sha256 = {:?}\n",
            operator.id,
            operator.person,
            operator.role,
            hex::encode(hash),
        ));
    }
    text
}

/// Away from the demo's own accounts.
fn number_ranges() -> String {
    let range = |(at, code)| {
        format!("{{ currency = {code:?}, first = \"84{at}0000000\", last = \"84{at}9999999\" }}")
    };
    ["USD", "EUR", "JPY", "GBP"].into_iter().enumerate().map(range).collect::<Vec<_>>().join(", ")
}

async fn start_bank(
    dir: &Path,
    files: &TlsFiles,
    demo: &Demo,
    public_url: &str,
) -> Result<SandboxBank, String> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let tolerance = std::time::Duration::from_secs(300);
    let signer = Signer::from_secrets(&[&demo.event_secret]).map_err(|error| error.to_string())?;
    let verifier = Verifier::from_secrets(&[("demo", &demo.payout_secret)], tolerance)
        .map_err(|error| error.to_string())?;
    let settings = sandbox_bank::Settings {
        dir: dir.join("sandbox-bank"),
        bank_id: BANK.into(),
        listen_https: any,
        tls: Arc::new(
            crate::server::tls_config(&files.certificate, &files.key).map_err(|error| error.to_string())?,
        ),
        listen_http: any,
        gateway_url: public_url.into(),
        gateway_tls: client_tls(files)?,
        event_signer: signer,
        payout_verifier: verifier,
        timing: sandbox_bank::Timing::default(),
    };
    SandboxBank::start(settings).await.map_err(|error| error.to_string())
}

fn client_tls(files: &TlsFiles) -> Result<Arc<rustls::ClientConfig>, String> {
    let ca = std::fs::read(&files.ca).map_err(|error| format!("{}: {error}", files.ca.display()))?;
    bank::https::client_tls(&ca).map_err(|error| error.to_string())
}

fn start_traffic(
    sandbox: &SandboxBank,
    files: &TlsFiles,
    public_url: &str,
    demo: &Demo,
    per_second: u32,
    stop: &CancellationToken,
) -> Result<(), String> {
    if per_second == 0 {
        return Ok(());
    }
    let accounts = demo
        .merchants
        .iter()
        .flat_map(|merchant| &merchant.receiving_accounts)
        .map(|account| {
            let currency = money::Currency::parse(&account.currency).map_err(|error| error.to_string())?;
            let remitter = "AMAZON PAYMENTS INC".to_owned();
            Ok(TrafficAccount { number: account.number.clone(), currency, remitter })
        })
        .collect::<Result<Vec<_>, String>>()?;
    sandbox.traffic(per_second, accounts);
    let client = HttpsClient::new(public_url, client_tls(files)?, bank::https::Limits::default())
        .map_err(|error| error.to_string())?;
    tokio::spawn(traffic::withdraw(Arc::new(client), demo.clone(), per_second, stop.clone()));
    Ok(())
}

fn announce(at: &Addresses, demo: &Demo, traffic: u32) {
    println!(
        "\nSluice is ready.\n\
         public   {}\nadmin    {}\nmetrics  {}\nbank     {}/journal\nCA       {}\n\
         All of it is in sandbox.json beside {}. Traffic: {traffic} payments a second.",
        at.public_url, at.admin_url, at.metrics_url, at.sandbox_bank_url, at.ca_cert, at.config
    );
    let program = std::env::current_exe().map_or_else(|_| "sluice".into(), |path| path.display().to_string());
    println!("{}", handout::try_it(at, demo, &program));
}

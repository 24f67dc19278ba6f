//! The configuration's tables. What each field means stands beside its default in `config/sluice.toml`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use money::{Currency, FeeSchedule, Money};
use privacy::Sensitive;
use serde::Deserialize;

use super::signature::Signature;

/// A time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Millis(pub u32);

impl Millis {
    pub fn duration(self) -> Duration {
        Duration::from_millis(u64::from(self.0))
    }
}

/// A time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Seconds(pub u32);

impl Seconds {
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub public_addr: SocketAddr,
    pub admin_addr: SocketAddr,
    pub metrics_addr: SocketAddr,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub threads: usize,
    pub max_connections: usize,
    pub admin_max_connections: usize,
    pub metrics_max_connections: usize,
    pub max_requests: usize,
    pub admin_max_requests: usize,
    pub max_bodies: usize,
    pub handshake_timeout_ms: Millis,
    pub header_read_timeout_ms: Millis,
    pub idle_timeout_seconds: Seconds,
    pub body_read_timeout_ms: Millis,
    pub request_timeout_ms: Millis,
    pub max_header_bytes: u32,
    pub max_headers: usize,
    pub max_concurrent_streams: u32,
    pub drain_seconds: Seconds,
    pub drain_notice_ms: Millis,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// May hold a password.
    pub url: Sensitive<String>,
    pub tls: pg::TlsMode,
    pub ca_file: Option<PathBuf>,
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
    pub pool_size: usize,
    pub wait_ms: Millis,
    pub connect_ms: Millis,
    pub statement_ms: Millis,
    pub lock_ms: Millis,
}

impl Database {
    /// How connections are protected on their way.
    pub fn tls(&self) -> pg::Tls {
        pg::Tls {
            mode: self.tls,
            ca_file: self.ca_file.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
        }
    }

    /// A pool of `size` connections with these time-outs.
    pub fn pool_settings(&self, size: usize) -> pg::PoolSettings {
        pg::PoolSettings {
            size,
            wait: self.wait_ms.duration(),
            connect: self.connect_ms.duration(),
            statement: self.statement_ms.duration(),
            lock: self.lock_ms.duration(),
            tls: self.tls(),
            role: Some(pg::RUNTIME_ROLE),
            ..pg::PoolSettings::default()
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lanes {
    pub count: usize,
    pub queue: usize,
    pub batch_max: usize,
    pub deadline_ms: Millis,
    pub retries: u32,
}

impl Lanes {
    pub fn settings(&self) -> lanes::Settings {
        lanes::Settings {
            queue: self.queue,
            batch_max: self.batch_max,
            deadline: self.deadline_ms.duration(),
            retries: self.retries,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    pub shards: u8,
    pub chains: i16,
    pub heads_file: Option<PathBuf>,
    pub heads_interval_seconds: Seconds,
}

impl Ledger {
    /// What `sluice migrate` makes.
    pub fn layout(&self) -> ledger::Layout {
        ledger::Layout { shards: pg::Shards::new(self.shards), chains: self.chains }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    pub fixed_minor: i64,
    pub parts_per_million: u32,
    pub minimum_minor: i64,
    pub refund_fee: bool,
}

impl Fees {
    pub fn schedule(&self) -> FeeSchedule {
        FeeSchedule {
            fixed_minor: self.fixed_minor,
            parts_per_million: self.parts_per_million,
            minimum_minor: self.minimum_minor,
            ..FeeSchedule::ZERO
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    #[serde(rename = "limit_usd", deserialize_with = "usd")]
    pub limit: Money,
}

fn usd<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let text = String::deserialize(deserializer)?;
    Money::parse(&text, Currency::USD).map_err(serde::de::Error::custom)
}

fn optional_usd<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
    usd(deserializer).map(Some)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payouts {
    /// Currency → bank.
    pub routes: BTreeMap<String, String>,
    /// A new withdrawal worth more waits for an operator before it is sent.
    #[serde(rename = "hold_above_usd", default, deserialize_with = "optional_usd")]
    pub hold_above: Option<Money>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub id: String,
    pub scheme: String,
    pub tolerance_seconds: Seconds,
    pub keys: Vec<BankKey>,
    /// For `hmac` and `rsa-sha256`.
    pub signature: Option<Signature>,
    /// On top of any scheme: which certificates its machines must show.
    pub client_certificates: Option<super::ClientCertificates>,
    /// `USDCNY`: base, then quote.
    pub rate_pairs: Vec<String>,
    pub deduplicates_references: bool,
    /// Account numbers that it lets us allot.
    #[serde(default)]
    pub number_ranges: Vec<super::NumberRange>,
    pub payouts: Option<BankPayouts>,
}

impl Bank {
    /// Whether this bank may publish the pair's rate.
    pub fn may_publish(&self, base: Currency, quote: Currency) -> bool {
        self.rate_pairs.iter().any(|pair| super::currencies(pair) == Some((base, quote)))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankKey {
    pub id: String,
    /// What the bank signs with, or its public RSA key.
    #[serde(alias = "public_key")]
    pub secret: Sensitive<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankPayouts {
    /// Nothing is sent to the bank; a reload changes it at once.
    pub paused: bool,
    pub base_url: Option<String>,
    pub ca_file: Option<PathBuf>,
    /// Signs our requests.
    pub secret: Option<Sensitive<String>>,
    /// Instead of these three; see [`BankPayouts::connection`].
    pub files: Option<bank::files::Settings>,
    pub max_concurrent: usize,
    /// Whether it is asked about payees' accounts.
    pub checks_accounts: bool,
    pub max_per_second: u32,
    pub request_timeout_ms: Millis,
    pub lease_ms: Millis,
    pub settle_ms: Millis,
    pub max_sends: u32,
    pub max_queries: u32,
    pub poll_ms: Millis,
    pub send_backoff_ms: Millis,
    pub send_backoff_max_ms: Millis,
    pub query_backoff_ms: Millis,
    pub query_backoff_max_ms: Millis,
    pub pending_query_ms: Millis,
    pub pending_query_max_ms: Millis,
}

impl BankPayouts {
    /// How payouts are carried at this bank.
    pub fn policy(&self, deduplicates_references: bool) -> payouts::BankPolicy {
        let backoff =
            |first: Millis, most: Millis| payouts::Backoff { first: first.duration(), most: most.duration() };
        payouts::BankPolicy {
            deduplicates_references,
            request_timeout: self.request_timeout_ms.duration(),
            lease: self.lease_ms.duration(),
            settle: self.settle_ms.duration(),
            max_sends: i32::try_from(self.max_sends).unwrap_or(i32::MAX),
            max_queries: i32::try_from(self.max_queries).unwrap_or(i32::MAX),
            send_backoff: backoff(self.send_backoff_ms, self.send_backoff_max_ms),
            query_backoff: backoff(self.query_backoff_ms, self.query_backoff_max_ms),
            poll: backoff(self.pending_query_ms, self.pending_query_max_ms),
        }
    }

    /// What signs our requests.
    ///
    /// # Errors
    /// In words.
    pub fn signer(&self) -> Result<bank::signing::Signer, String> {
        let secret = self.secret.as_ref().ok_or("is missing")?;
        bank::signing::Signer::from_secrets(&[secret.reveal()]).map_err(|error| error.to_string())
    }
}

/// What an operator may do; each role includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Operator,
    Approver,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Approver => "approver",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    pub id: String,
    pub person: String,
    pub role: Role,
    /// Of the bearer token, in hex.
    #[serde(deserialize_with = "sha256")]
    pub token_sha256: [u8; 32],
    /// Changes nothing unarmed, wherever its requests come from (R33).
    #[serde(default)]
    pub must_arm: bool,
}

fn sha256<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut hash = [0; 32];
    hex::decode_to_slice(&text, &mut hash)
        .map_err(|_| serde::de::Error::custom("must be 64 hexadecimal digits"))?;
    Ok(hash)
}

//! `loadtests bank`: the sandbox bank as a process of its own, so that what it costs is counted apart. A run starts it by
//! itself when merchants withdraw.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bank::https::client_tls;
use bank::{Signer, Verifier};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sandbox_bank::{SandboxBank, Settings, Timing};

use crate::Fault;
use crate::stand;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The stand's folder.
    dir: PathBuf,
    /// The gateway's public URL.
    gateway: String,
    /// Where to write its own URL once it listens.
    ready: PathBuf,
}

/// Runs until it is killed.
///
/// # Errors
/// In words.
pub async fn run(options: &Options) -> Result<(), Fault> {
    let secrets = stand::bank_secrets(&options.dir)?;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let tolerance = Duration::from_secs(300);
    let bank = SandboxBank::start(Settings {
        dir: options.dir.join(stand::BANK_JOURNAL),
        bank_id: secrets.id,
        listen_https: any,
        tls: Arc::new(tls(&options.dir)?),
        listen_http: any,
        gateway_url: options.gateway.clone(),
        gateway_tls: client_tls(&std::fs::read(options.dir.join("ca.pem"))?)?,
        event_signer: Signer::from_secrets(&[&secrets.events])?,
        payout_verifier: Verifier::from_secrets(&[("demo", &secrets.payouts)], tolerance)?,
        timing: Timing::default(),
    })
    .await?;
    std::fs::write(&options.ready, bank.https_url())?;
    std::future::pending().await
}

/// The demo's own certificate, as `sluice dev` gives it to its bank.
fn tls(dir: &std::path::Path) -> Result<ServerConfig, Fault> {
    let chain = CertificateDer::pem_file_iter(dir.join("server.pem"))?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(dir.join("server.key"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth().with_single_cert(chain, key)?)
}

//! The server's certificate: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;

use super::{client_certificate, validity};

/// HTTP/2's name in ALPN.
pub const H2: &[u8] = b"h2";

/// Why a certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: String },
    #[error("{} and {}: {why}", certificate.display(), key.display())]
    Pair { certificate: PathBuf, key: PathBuf, why: rustls::Error },
    #[error("the authorities of client certificates: {0}")]
    Clients(String),
}

/// Reads certificate and key. No client is asked for a certificate.
///
/// # Errors
/// Files that can't be read, hold nothing usable, or don't belong together.
pub fn tls_config(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    with_verifier(certificate, key, WebPkiClientVerifier::no_client_auth())
}

/// The same, where clients may show a certificate of these authorities. No authorities: none is asked for.
///
/// # Errors
/// As above.
pub fn tls_config_with_clients(
    certificate: &Path,
    key: &Path,
    authorities: &HashSet<CertificateDer<'static>>,
) -> Result<ServerConfig, TlsError> {
    if authorities.is_empty() {
        return tls_config(certificate, key);
    }
    let verifier = client_certificate::optional(authorities).map_err(TlsError::Clients)?;
    with_verifier(certificate, key, verifier)
}

fn with_verifier(
    certificate: &Path,
    key: &Path,
    verifier: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, TlsError> {
    let (chain, private) = (certificates(certificate)?, private_key(key)?);
    let pair = |why| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), why };
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, private)
        .map_err(pair)?;
    config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    // Early data could be played again.
    config.max_early_data_size = 0;
    Ok(config)
}

fn bad(path: &Path, why: String) -> TlsError {
    TlsError::File { path: path.to_owned(), why }
}

/// The certificates of a PEM file, of which there is one at least.
///
/// # Errors
/// A file that can't be read or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(path, error.to_string()))?;
    if chain.is_empty() { Err(bad(path, "holds no certificate".to_owned())) } else { Ok(chain) }
}

/// When the first certificate of a PEM file ends, which is the one that is shown.
///
/// # Errors
/// As above; one whose end can't be read.
pub fn certificate_end(path: &Path) -> Result<OffsetDateTime, TlsError> {
    let chain = certificates(path)?;
    let end = chain.first().and_then(validity::end);
    end.ok_or_else(|| bad(path, "does not say until when it is valid".to_owned()))
}

/// The same, of one that has not ended.
///
/// # Errors
/// As above; one that nobody accepts any more.
pub fn unexpired(path: &Path, now: OffsetDateTime) -> Result<(), TlsError> {
    let end = certificate_end(path)?;
    if now > end { Err(bad(path, format!("its certificate has expired, at {end}"))) } else { Ok(()) }
}

/// The private key of a PEM file.
///
/// # Errors
/// A file that can't be read or holds none.
pub fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| bad(path, error.to_string()))
}

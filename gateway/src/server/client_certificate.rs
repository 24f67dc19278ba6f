//! Client certificates of banks: which one came with a connection, and whether it is a given bank's.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::verify_server_name;
use rustls::crypto::ring::default_provider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, Error, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::time::Instant;

use super::common_name::common_names;
use super::tls::{TlsError, certificates};
use crate::config;

/// How long a certificate that was found good on a connection is not looked at again: a check costs about as much as
/// a whole event.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// The certificates of one bank's machines: signed by its own authorities, and bearing one of its names.
#[derive(Debug)]
pub struct ClientCertificates {
    roots: HashSet<CertificateDer<'static>>,
    names: Vec<String>,
    verifier: Arc<dyn ClientCertVerifier>,
}

/// Why a connection is not this bank's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTheBank {
    #[error("this bank's events need a client certificate, and none came with the connection")]
    NoCertificate,
    #[error("the client certificate is not signed by an authority of this bank")]
    OtherAuthority,
    #[error("the client certificate has expired or is not valid yet")]
    OutOfTime,
    #[error("the client certificate bears none of the names that this bank's machines have")]
    OtherName,
}

impl NotTheBank {
    /// Its label in metrics and self-checks.
    pub fn name(self) -> &'static str {
        match self {
            NotTheBank::NoCertificate => "no_client_certificate",
            NotTheBank::OtherAuthority => "client_certificate_authority",
            NotTheBank::OutOfTime => "client_certificate_time",
            NotTheBank::OtherName => "client_certificate_name",
        }
    }
}

impl ClientCertificates {
    /// Reads the bank's authorities.
    ///
    /// # Errors
    /// A file that can't be read, or holds no usable certificate.
    pub fn open(config: &config::ClientCertificates) -> Result<ClientCertificates, TlsError> {
        let roots = certificates(&config.ca_file)?.into_iter().collect();
        let verifier = verifier(&roots)
            .map_err(|why| TlsError::File { path: config.ca_file.clone(), why: why.to_string() })?;
        Ok(ClientCertificates { roots, names: config.names.clone(), verifier })
    }

    /// Its authorities.
    pub fn roots(&self) -> &HashSet<CertificateDer<'static>> {
        &self.roots
    }

    /// Whether certificates of the other bank could pass for this one's: a shared authority, and no names that tell
    /// the two apart.
    pub fn confusable_with(&self, other: &ClientCertificates) -> bool {
        let open = |names: &[String]| names.is_empty();
        let shared_name = self.names.iter().any(|name| other.names.contains(name));
        !self.roots.is_disjoint(&other.roots) && (open(&self.names) || open(&other.names) || shared_name)
    }

    fn check(&self, chain: &[CertificateDer<'static>], now: UnixTime) -> Result<(), NotTheBank> {
        let (own, intermediates) = chain.split_first().ok_or(NotTheBank::NoCertificate)?;
        self.verifier.verify_client_cert(own, intermediates, now).map_err(|error| match error {
            Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            ) => NotTheBank::OutOfTime,
            _ => NotTheBank::OtherAuthority,
        })?;
        let named = self.names.is_empty() || self.names.iter().any(|name| bears(own, name));
        if named { Ok(()) } else { Err(NotTheBank::OtherName) }
    }
}

/// A name is a DNS name of the certificate, or the common name of its subject.
fn bears(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let as_dns = || {
        let parsed = ParsedCertificate::try_from(certificate).ok()?;
        verify_server_name(&parsed, &ServerName::try_from(name).ok()?).ok()
    };
    common_names(certificate).contains(&name) || as_dns().is_some()
}

/// Wants a certificate of one of these authorities.
fn verifier(roots: &HashSet<CertificateDer<'static>>) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let builder = WebPkiClientVerifier::builder_with_provider(store(roots)?, Arc::new(default_provider()));
    builder.build().map_err(|error| error.to_string())
}

/// For the handshake: nobody needs a certificate there, but one that comes must be of one of these authorities.
/// Strangers are not told their names.
pub(super) fn optional(
    roots: &HashSet<CertificateDer<'static>>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let builder = WebPkiClientVerifier::builder_with_provider(store(roots)?, Arc::new(default_provider()));
    builder.allow_unauthenticated().clear_root_hint_subjects().build().map_err(|error| error.to_string())
}

fn store(roots: &HashSet<CertificateDer<'static>>) -> Result<Arc<RootCertStore>, String> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(|error| error.to_string())?;
    }
    Ok(Arc::new(store))
}

/// The certificate that came with a connection, if one did. The handshake has proved that the peer has its key.
///
/// It is judged at each request by the clock and the authorities of that moment: a connection may be older than a
/// reload, and a resumed session brings its certificate along without another look at it.
#[derive(Debug, Default)]
pub struct PeerCertificate {
    chain: Vec<CertificateDer<'static>>,
    good: Mutex<Option<(Arc<ClientCertificates>, Instant)>>,
}

impl PeerCertificate {
    /// Its own first, then what signs it.
    pub fn new(chain: &[CertificateDer<'static>]) -> PeerCertificate {
        PeerCertificate { chain: chain.to_vec(), good: Mutex::default() }
    }

    /// Whether it is a certificate of this bank's.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, bank: &Arc<ClientCertificates>) -> Result<(), NotTheBank> {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, at)) = &*good
            && Arc::ptr_eq(known, bank)
            && at.elapsed() < GOOD_FOR
        {
            return Ok(());
        }
        bank.check(&self.chain, UnixTime::now())?;
        *good = Some((bank.clone(), Instant::now()));
        Ok(())
    }
}

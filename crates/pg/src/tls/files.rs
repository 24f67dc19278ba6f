//! What TLS needs of files: authorities, and the certificate that is shown.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{Connector, Fault, Tls};

const CA_FILE: &str = "ca_file";
const CERTIFICATE: &str = "client_certificate";
const KEY: &str = "client_key";

/// PostgreSQL's name in ALPN (since 17); older servers don't look at it.
const ALPN: &[u8] = b"postgresql";

pub(super) fn connector(tls: &Tls) -> Result<Connector, Fault> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::new("tls", error.to_string()))?
        .with_root_certificates(roots(tls.ca_file.as_deref())?);
    let mut config = match identity(tls)? {
        None => builder.with_no_client_auth(),
        Some(pair) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair))),
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Connector::new(config))
}

/// Whom the server's certificate must lead to.
pub(super) fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for authority in certificates(CA_FILE, path)? {
                roots.add(authority).map_err(|error| in_file(CA_FILE, path, &error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(Fault::new(CA_FILE, "is missing, and the system trusts no authority"));
            }
        }
    }
    Ok(roots)
}

/// The certificate that is shown, with the key that belongs to it.
pub(super) fn identity(tls: &Tls) -> Result<Option<CertifiedKey>, Fault> {
    let (Some(certificate), Some(key_file)) = (&tls.client_certificate, &tls.client_key) else {
        return Ok(None);
    };
    let chain = certificates(CERTIFICATE, certificate)?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| in_file(KEY, key_file, &error))?;
    let pair = CertifiedKey::from_der(chain, key, &ring::default_provider());
    pair.map(Some).map_err(|error| in_file(KEY, key_file, &error))
}

fn certificates(field: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| in_file(field, path, &error))?;
    if found.is_empty() { Err(in_file(field, path, &"holds no certificate")) } else { Ok(found) }
}

fn in_file(field: &'static str, path: &Path, why: &dyn Display) -> Fault {
    Fault::new(field, format!("{}: {why}", path.display()))
}

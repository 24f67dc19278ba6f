//! Where requests go, and how connections are secured: TLS 1.3, nothing else.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

use crate::Fault;

/// What is kept from one request to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Reuse {
    /// The connection.
    Connection,
    /// A new connection for each request, whose handshake resumes an earlier TLS session.
    Session,
    /// Nothing: a full handshake for each request.
    Nothing,
}

/// The protocol asked for in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// One listener of the gateway.
#[derive(Clone)]
pub struct Target {
    /// Where it is.
    pub addr: SocketAddr,
    /// For the certificate.
    pub name: ServerName<'static>,
    /// With its session store.
    pub tls: TlsConnector,
    /// For the `Host` header.
    pub host: String,
}

impl Target {
    /// The listener at `addr`, whose certificate leads to those of the PEM file `ca`.
    ///
    /// # Errors
    /// A file that can't be read or holds no certificate.
    pub fn new(addr: SocketAddr, ca: &Path, protocol: Protocol, reuse: Reuse) -> Result<Target, Fault> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca)? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![match protocol {
            Protocol::Http1 => b"http/1.1".to_vec(),
            Protocol::Http2 => b"h2".to_vec(),
        }];
        if reuse == Reuse::Nothing {
            config.resumption = Resumption::disabled();
        }
        Ok(Target {
            addr,
            name: ServerName::IpAddress(addr.ip().into()),
            tls: TlsConnector::from(Arc::new(config)),
            host: addr.to_string(),
        })
    }
}

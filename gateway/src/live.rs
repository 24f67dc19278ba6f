//! What a reload may change while everything runs: who banks and operators are, and the certificates of TLS.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use bank::signing::Verifier;
use hyper::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, Operator};
use crate::route::Listener;
use crate::server::{self, ClientCertificates, tls_config, tls_config_with_clients};

/// All of it, of one version of the configuration and the files that it names.
pub struct Live {
    doors: HashMap<String, Door>,
    pub operators: Vec<Operator>,
    public: TlsAcceptor,
    admin: TlsAcceptor,
    /// Of the server's certificate, where it can be read.
    certificate_end: Option<OffsetDateTime>,
}

const NOBODY: &str = "no bank, merchant or operator accepts this server: renew it, then send SIGHUP";

/// How a bank is known.
#[derive(Debug)]
pub struct Door {
    /// What checks its signatures.
    pub verifier: Verifier,
    /// Headers that the vault keeps of its events: those that it signs with, and what it says of itself and the body.
    pub kept_headers: Vec<HeaderName>,
    /// What its connections must show besides.
    pub certificates: Option<Arc<ClientCertificates>>,
}

/// # Errors
/// In words: a name that no header can have.
fn kept_headers(verifier: &Verifier) -> Result<Vec<HeaderName>, String> {
    let signing = verifier.explain().headers;
    let signing = signing.iter().map(|name| name.parse().map_err(|_| format!("{name} is no header's name")));
    signing.chain([Ok(CONTENT_TYPE), Ok(USER_AGENT)]).collect()
}

impl Live {
    /// Reads the files; of the banks only those that `listened_to` says. A server's certificate that has expired is refused, since the
    /// one that is shown is no worse; but where it is the one that is shown, what else is new counts: somebody may have to stop
    /// payouts, or to shut out a bank whose key was stolen.
    ///
    /// # Errors
    /// In words: what can't be used.
    pub fn open(
        config: &Config,
        listened_to: impl Fn(&str) -> bool,
        shown: Option<&Live>,
    ) -> Result<Live, String> {
        let live = Live::read(config, listened_to)?;
        match server::unexpired(&config.server.tls_certificate, OffsetDateTime::now_utc()) {
            Err(error) if shown.is_some_and(|shown| shown.certificate_end == live.certificate_end) => {
                tracing::error!(%error, "{NOBODY}");
            }
            unexpired => unexpired.map_err(|error| error.to_string())?,
        }
        Ok(live)
    }

    /// The same at a start, of all banks. An expired certificate is said aloud and keeps nobody from coming back: payouts are sent,
    /// and probes answered, without it.
    ///
    /// # Errors
    /// As above.
    pub fn at_start(config: &Config) -> Result<Live, String> {
        let live = Live::read(config, |_| true)?;
        if let Err(error) = server::unexpired(&config.server.tls_certificate, OffsetDateTime::now_utc()) {
            tracing::error!(%error, "{NOBODY}");
        }
        Ok(live)
    }

    fn read(config: &Config, listened_to: impl Fn(&str) -> bool) -> Result<Live, String> {
        let mut doors = HashMap::new();
        for bank in config.banks.iter().filter(|bank| listened_to(&bank.id)) {
            let failed = |what: String| format!("bank {}: {what}", bank.id);
            let certificates = bank.client_certificates.as_ref().map(ClientCertificates::open).transpose();
            let certificates = certificates.map_err(|error| failed(error.to_string()))?.map(Arc::new);
            let verifier = bank.verifier().map_err(failed)?;
            let kept_headers = kept_headers(&verifier).map_err(failed)?;
            doors.insert(bank.id.clone(), Door { verifier, kept_headers, certificates });
        }
        tell_apart(&doors)?;
        let (certificate, key) = (&config.server.tls_certificate, &config.server.tls_key);
        let clients = doors.values().filter_map(|door| door.certificates.as_ref());
        let authorities: HashSet<_> = clients.flat_map(|clients| clients.roots().iter().cloned()).collect();
        let public = tls_config_with_clients(certificate, key, &authorities);
        let public = public.map_err(|error| error.to_string())?;
        let admin = tls_config(certificate, key).map_err(|error| error.to_string())?;
        let certificate_end = server::certificate_end(certificate).ok();
        Ok(Live {
            doors,
            operators: config.operators.clone(),
            public: TlsAcceptor::from(Arc::new(public)),
            admin: TlsAcceptor::from(Arc::new(admin)),
            certificate_end,
        })
    }

    /// Says to whoever watches until when clients accept this server.
    fn export(&self) {
        if let Some(end) = self.certificate_end {
            metrics::gauge!("sluice_certificate_end_timestamp_seconds").set(end.unix_timestamp() as f64);
        }
    }

    /// The bank of that id, if it is listened to.
    pub fn door(&self, bank: &str) -> Option<&Door> {
        self.doors.get(bank)
    }

    /// What new connections of a listener speak; none where it is plain HTTP.
    pub fn tls(&self, listener: Listener) -> Option<TlsAcceptor> {
        match listener {
            Listener::Public => Some(self.public.clone()),
            Listener::Admin => Some(self.admin.clone()),
            Listener::Metrics => None,
        }
    }
}

/// A certificate must never pass for another bank's.
fn tell_apart(doors: &HashMap<String, Door>) -> Result<(), String> {
    for (id, certificates) in doors.iter().filter_map(|(id, door)| Some((id, door.certificates.as_ref()?))) {
        for (other, theirs) in doors.iter().filter_map(|(id, door)| Some((id, door.certificates.as_ref()?))) {
            if id < other && certificates.confusable_with(theirs) {
                return Err(format!(
                    "banks {id} and {other}: client_certificates share an authority, so each needs names of its own"
                ));
            }
        }
    }
    Ok(())
}

/// The version that counts now.
pub struct Current(RwLock<Arc<Live>>);

impl Current {
    pub fn new(live: Live) -> Current {
        live.export();
        Current(RwLock::new(Arc::new(live)))
    }

    /// It, for one request: all of a request is decided by one version.
    pub fn get(&self) -> Arc<Live> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on another one.
    pub fn replace(&self, live: Live) {
        live.export();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
    }
}

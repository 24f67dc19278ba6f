//! A tiny gateway that takes, or refuses, what the sandbox bank tells it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bank::{Event, Verifier};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One event, as it was posted.
#[derive(Clone, Debug)]
pub struct Heard {
    pub id: String,
    pub body: Bytes,
    pub event: Event,
    pub at: Instant,
    pub taken: bool,
}

pub struct Gateway {
    pub url: String,
    pub ca: String,
    pub heard: Arc<Mutex<VecDeque<Heard>>>,
    pub refusing: Arc<AtomicBool>,
}

/// A certificate for this machine, and TLS with it.
pub fn server_tls() -> (Arc<ServerConfig>, String) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .expect("a configuration");
    (Arc::new(config), signed.cert.pem())
}

impl Gateway {
    pub async fn start() -> Gateway {
        let (tls, ca) = server_tls();
        let acceptor = TlsAcceptor::from(tls);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(VecDeque::new()));
        let refusing = Arc::new(AtomicBool::new(false));
        let (hearing, refusal) = (heard.clone(), refusing.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, hearing, refusal) = (acceptor.clone(), hearing.clone(), refusal.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(tcp).await else { return };
                    let service = service_fn(|request| hear(request, hearing.clone(), refusal.clone()));
                    let http = hyper::server::conn::http1::Builder::new();
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Gateway { url, ca, heard, refusing }
    }

    pub fn refuse(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::SeqCst);
    }

    pub fn all(&self) -> Vec<Heard> {
        self.heard.lock().expect("not poisoned").iter().cloned().collect()
    }

    /// Waits until it was told at least `count` times, whether it took it or not; an error of the test after five seconds.
    pub async fn hears(&self, count: usize) {
        let give_up = Instant::now() + Duration::from_secs(5);
        while self.all().len() < count {
            assert!(Instant::now() < give_up, "not told {count} times: {:?}", self.all());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The events that were taken, once there are at least `count`; an error of the test after five seconds.
    pub async fn taken(&self, count: usize) -> Vec<Heard> {
        let give_up = Instant::now() + Duration::from_secs(5);
        loop {
            let taken: Vec<Heard> = self.all().into_iter().filter(|heard| heard.taken).collect();
            if taken.len() >= count {
                return taken;
            }
            assert!(Instant::now() < give_up, "only {taken:?}");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn hear(
    request: Request<Incoming>,
    heard: Arc<Mutex<VecDeque<Heard>>>,
    refusing: Arc<AtomicBool>,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    assert_eq!(head.uri.path(), "/v1/banks/sandbox/events");
    let verifier = Verifier::from_secrets(&[("k", SECRET)], Duration::from_secs(300));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let verified = verifier.expect("a key").verify(&head.headers, &body, now.cast_signed()).expect("signed");
    let event = bank::event::parse(&body).expect("an event");
    let taken = !refusing.load(Ordering::SeqCst);
    let said = Heard { id: verified.event_id, body, event, at: Instant::now(), taken };
    heard.lock().expect("not poisoned").push_back(said);
    let mut response = Response::new(Empty::new());
    *response.status_mut() =
        if taken { hyper::StatusCode::OK } else { hyper::StatusCode::SERVICE_UNAVAILABLE };
    Ok(response)
}

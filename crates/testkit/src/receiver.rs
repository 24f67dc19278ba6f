//! An HTTPS server that does what the path says.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use rustls_pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

/// What arrived, also where the answer was no.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Where.
    pub path: String,
    /// With which headers.
    pub headers: HeaderMap,
    /// Byte for byte.
    pub body: Bytes,
    /// When.
    pub at: Instant,
    /// Whether the receiver was down then.
    pub down: bool,
}

impl Arrived {
    /// Its `webhook-id`.
    pub fn id(&self) -> String {
        self.headers["webhook-id"].to_str().unwrap().to_owned()
    }
}

/// What the path says: `/fails-twice`, `/fails`, `/gone`, `/limited`, `/redirects`, `/hangs`, `/closes-once`, `/floods`; all
/// others are taken, unless it is down.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// `https://127.0.0.1:PORT`.
    pub base: String,
    /// Its certificate, PEM.
    pub ca: String,
    /// While it is, everything is answered 503 with `Retry-After: 1`.
    pub down: Arc<AtomicBool>,
    /// Once it is, `/fails` fails no more.
    pub mended: Arc<AtomicBool>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    /// Starts on a free port.
    pub async fn start() -> Receiver {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://{}", listener.local_addr().unwrap());
        let receiver = Receiver {
            base,
            ca: made.cert.pem(),
            down: Arc::default(),
            mended: Arc::default(),
            arrived: Arc::default(),
        };
        tokio::spawn(receiver.clone().serve(listener, TlsAcceptor::from(Arc::new(tls))));
        receiver
    }

    async fn serve(self, listener: TcpListener, tls: TlsAcceptor) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (receiver, tls) = (self.clone(), tls.clone());
            tokio::spawn(async move {
                let Ok(stream) = tls.accept(stream).await else { return };
                let service = service_fn(move |request| receiver.clone().answer(request));
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    /// An error closes the connection.
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, String> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let down = self.down.load(Ordering::SeqCst);
        let before = {
            let mut arrived = self.arrived.lock().unwrap();
            let before = arrived.iter().filter(|one| one.path == path).count();
            arrived.push(Arrived {
                path: path.clone(),
                headers: parts.headers,
                body,
                at: Instant::now(),
                down,
            });
            before
        };
        let status = |code: u16| Response::builder().status(code);
        let response = match path.as_str() {
            _ if down => status(503).header("retry-after", "1"),
            "/fails-twice" if before < 2 => status(500),
            "/fails" if !self.mended.load(Ordering::SeqCst) => status(500),
            "/gone" => status(410),
            "/limited" if before < 1 => status(429).header("retry-after", "1"),
            "/redirects" => status(307).header("location", "/ok"),
            "/hangs" => {
                sleep(Duration::from_secs(600)).await;
                status(200)
            }
            "/closes-once" if before < 1 => return Err("closed".to_owned()),
            "/floods" => return Ok(status(200).body(Full::new(Bytes::from(vec![b'x'; 64 << 20]))).unwrap()),
            _ => status(200),
        };
        Ok::<_, Infallible>(response.body(Full::default()).unwrap()).map_err(|never| match never {})
    }

    /// What came to a path.
    pub fn arrived(&self, path: &str) -> Vec<Arrived> {
        self.arrived.lock().unwrap().iter().filter(|one| one.path == path).cloned().collect()
    }

    /// How often each id came to a path.
    pub fn counts(&self, path: &str) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for one in self.arrived(path) {
            *counts.entry(one.id()).or_default() += 1;
        }
        counts
    }
}

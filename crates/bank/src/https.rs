//! An HTTPS client to one server which says, when a request fails, whether any of it can have arrived.
//!
//! HTTP/1.1 over TLS with the roots it is given; never follows redirects, never repeats a request by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// What bounds a client.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// TCP and TLS handshake together.
    pub connect: Duration,
    /// An answer's body, in bytes.
    pub answer: usize,
    /// Idle connections kept.
    pub idle: usize,
    /// How long an idle connection is used again; shorter than the server keeps it, since a request on a connection
    /// that the server is just closing has an unknown outcome.
    pub idle_for: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(3),
            answer: 64 * 1024,
            idle: 32,
            idle_for: Duration::from_secs(5),
        }
    }
}

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not `https://host[:port][/path]`.
    #[error("not an https URL")]
    Url,
    /// No certificate in the PEM, or a broken one.
    #[error("no usable CA certificate in the PEM")]
    Roots,
    /// The TLS library refuses its configuration.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No byte of the request left us.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have arrived.
    #[error("no answer: {0}")]
    Unknown(String),
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// TLS that trusts exactly the certificates in a PEM text, over HTTP/1.1.
pub fn client_tls(ca_pem: &[u8]) -> Result<Arc<ClientConfig>, SetupError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem) {
        roots.add(certificate.map_err(|_| SetupError::Roots)?).map_err(|_| SetupError::Roots)?;
    }
    if roots.is_empty() {
        return Err(SetupError::Roots);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A client to one server, with a few idle connections.
pub struct HttpsClient {
    host: String,
    port: u16,
    authority: HeaderValue,
    base_path: String,
    server_name: ServerName<'static>,
    tls: TlsConnector,
    limits: Limits,
    idle: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for HttpsClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HttpsClient({}:{}{})", self.host, self.port, self.base_path)
    }
}

impl HttpsClient {
    /// `url` is `https://host[:port][/base/path]`; a trailing slash doesn't matter.
    pub fn new(url: &str, tls: Arc<ClientConfig>, limits: Limits) -> Result<HttpsClient, SetupError> {
        let uri: Uri = url.parse().map_err(|_| SetupError::Url)?;
        let authority = uri.authority().ok_or(SetupError::Url)?;
        let odd = authority.as_str().contains('@') || uri.query().is_some();
        if uri.scheme_str() != Some("https") || odd {
            return Err(SetupError::Url);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(HttpsClient {
            server_name: ServerName::try_from(host.clone()).map_err(|_| SetupError::Url)?,
            port: authority.port_u16().unwrap_or(443),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| SetupError::Url)?,
            base_path: uri.path().trim_end_matches('/').to_owned(),
            host,
            tls: TlsConnector::from(tls),
            limits,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// One request with a JSON body (none if empty). Ends at `deadline`, and sends nothing after it.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(impl AsRef<str>, String)],
        body: Bytes,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let mut request = self.build(method, path, headers, body)?;
        while let Some(connection) = self.take_idle() {
            if Instant::now() >= deadline {
                return Err(too_late());
            }
            match timeout_at(deadline, connection.exchange(request, self.limits.answer)).await {
                // It was closed before we wrote: as if it had never been there.
                Ok(Exchange::NotWritten(returned, _)) => request = returned,
                Ok(done) => return self.finish(done),
                Err(_) => return Err(no_answer()),
            }
        }
        let connected = deadline.min(Instant::now() + self.limits.connect);
        let connection = match timeout_at(connected, self.connect()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(why)) => return Err(Failure::NotSent(why)),
            Err(_) => return Err(Failure::NotSent("connecting took too long".into())),
        };
        if Instant::now() >= deadline {
            return Err(too_late());
        }
        match timeout_at(deadline, connection.exchange(request, self.limits.answer)).await {
            Ok(done) => self.finish(done),
            Err(_) => Err(no_answer()),
        }
    }

    fn build(
        &self,
        method: Method,
        path: &str,
        headers: &[(impl AsRef<str>, String)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_path))
            .header(HOST, self.authority.clone());
        let typed = headers.iter().any(|(name, _)| name.as_ref().eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
        if !body.is_empty() && !typed {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(name.as_ref(), value);
        }
        request.body(Full::new(body)).map_err(|error| Failure::NotSent(format!("no such request: {error}")))
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| connection.since.elapsed() < self.limits.idle_for);
        idle.pop()
    }

    fn finish(&self, done: Exchange) -> Result<Answer, Failure> {
        match done {
            Exchange::Answered(answer, connection) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < self.limits.idle && !connection.sender.is_closed() {
                    idle.push(Connection { since: Instant::now(), ..connection });
                }
                Ok(answer)
            }
            Exchange::NotWritten(_, why) => Err(Failure::NotSent(why)),
            Exchange::Broken(why) => Err(Failure::Unknown(why)),
        }
    }

    /// Nothing of a request is written here, so every error is "not sent".
    async fn connect(&self) -> Result<Connection, String> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| format!("connecting: {error}"))?;
        tcp.set_nodelay(true).map_err(|error| format!("connecting: {error}"))?;
        let tls = self
            .tls
            .connect(self.server_name.clone(), tcp)
            .await
            .map_err(|error| format!("TLS handshake: {error}"))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(tls)).await.map_err(|error| format!("HTTP handshake: {error}"))?;
        // A connection's error also reaches the request that is on it.
        let task = tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, since: Instant::now(), _task: AbortOnDrop(task) })
    }
}

fn too_late() -> Failure {
    Failure::NotSent("too late to send".into())
}

fn no_answer() -> Failure {
    Failure::Unknown("no answer in time".into())
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    since: Instant,
    _task: AbortOnDrop,
}

/// A request that is given up takes its connection with it.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

enum Exchange {
    Answered(Answer, Connection),
    /// The request came back from the HTTP library untouched.
    NotWritten(Request<Full<Bytes>>, String),
    Broken(String),
}

impl Connection {
    async fn exchange(mut self, request: Request<Full<Bytes>>, most: usize) -> Exchange {
        if let Err(error) = self.sender.ready().await {
            return Exchange::NotWritten(request, format!("connection closed: {error}"));
        }
        match self.sender.try_send_request(request).await {
            Ok(response) => match read(response, most).await {
                Ok(answer) => Exchange::Answered(answer, self),
                Err(why) => Exchange::Broken(why),
            },
            Err(mut error) => match error.take_message() {
                Some(request) => Exchange::NotWritten(request, error.into_error().to_string()),
                None => Exchange::Broken(error.into_error().to_string()),
            },
        }
    }
}

async fn read(response: Response<hyper::body::Incoming>, most: usize) -> Result<Answer, String> {
    let (head, body) = response.into_parts();
    let body =
        Limited::new(body, most).collect().await.map_err(|error| format!("reading the answer: {error}"))?;
    Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
}

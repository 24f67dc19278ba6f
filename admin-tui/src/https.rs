//! HTTPS to the admin listener, and to nobody else: one server, its certificate checked, no redirects.

use std::sync::Arc;
use std::time::Duration;

use admin_api::CONSOLE_HEADER;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

/// TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(3);
/// An answer's body, in bytes.
const ANSWER: usize = 8 << 20;
/// Connections that are kept.
const IDLE: usize = 4;

/// An operator's token. It is not printed.
pub struct Token(Zeroizing<String>);

impl Token {
    /// # Errors
    /// In words, for what can't be a token.
    pub fn new(text: &str) -> Result<Token, String> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("this is no token: it must be visible ASCII, on one line".to_owned());
        }
        Ok(Token(Zeroizing::new(text.to_owned())))
    }

    fn header(&self) -> Result<HeaderValue, String> {
        let text = Zeroizing::new(format!("Bearer {}", *self.0));
        let mut value = HeaderValue::from_str(&text).map_err(|_| "no usable token".to_owned())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No byte of the request left us.
    #[error("no connection: {0}")]
    NotSent(String),
    /// It may have arrived.
    #[error("no answer: {0}")]
    Unknown(String),
}

/// A client to one server.
pub struct Client {
    host: String,
    port: u16,
    authority: HeaderValue,
    server_name: ServerName<'static>,
    tls: TlsConnector,
    token: Token,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Client({}:{})", self.host, self.port)
    }
}

/// Who may have signed the server's certificate: those in a PEM text, or else whom the system trusts.
///
/// # Errors
/// In words.
pub fn trust(ca_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    match ca_pem {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| format!("the CA file: {error}"))?;
                roots.add(certificate).map_err(|error| format!("the CA file: {error}"))?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    if roots.is_empty() {
        return Err("no certificate authority to trust: give one with --ca".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl Client {
    /// `url` is `https://host[:port]`.
    ///
    /// # Errors
    /// In words.
    pub fn new(url: &str, tls: Arc<ClientConfig>, token: Token) -> Result<Client, String> {
        let wrong = || format!("{url} is not an address such as https://host:9443");
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        let bare = uri.path().trim_end_matches('/').is_empty() && uri.query().is_none();
        if uri.scheme_str() != Some("https") || !bare || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Client {
            server_name: ServerName::try_from(host.clone()).map_err(|_| wrong())?,
            port: authority.port_u16().unwrap_or(443),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?,
            host,
            tls: TlsConnector::from(tls),
            token,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Asks. On a kept connection first; if that is dead, on a new one: asking twice is no harm.
    ///
    /// # Errors
    /// When nobody answers in time.
    pub async fn get(&self, path: &str, deadline: Instant) -> Result<Answer, Failure> {
        loop {
            let kept = self.idle.lock().await.pop();
            let Some(mut kept) = kept else { break };
            if kept.is_closed() {
                continue;
            }
            let request = self.request(Method::GET, path, None, Bytes::new())?;
            if let Ok(Ok(answer)) = timeout_at(deadline, exchange(&mut kept, request)).await {
                self.keep(kept).await;
                return Ok(answer);
            }
        }
        let request = self.request(Method::GET, path, None, Bytes::new())?;
        self.on_new(request, deadline).await
    }

    /// Commands. Always on a new connection, so that what failed before it was sent is known not to be sent.
    ///
    /// # Errors
    /// When nobody answers in time.
    pub async fn post(
        &self,
        path: &str,
        key: Option<&str>,
        body: Bytes,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let request = self.request(Method::POST, path, key, body)?;
        self.on_new(request, deadline).await
    }

    /// Opens a stream of events, going on after the event of this id. The body is there when it is one; an answer that refuses
    /// comes whole.
    ///
    /// # Errors
    /// When nobody answers in time.
    pub async fn stream(
        &self,
        path: &str,
        last: Option<&str>,
        deadline: Instant,
    ) -> Result<(Answer, Option<Incoming>), Failure> {
        let mut request = self.request(Method::GET, path, None, Bytes::new())?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last) = last.and_then(|last| HeaderValue::from_str(last).ok()) {
            request.headers_mut().insert("last-event-id", last);
        }
        let opened = timeout_at(deadline, async {
            let mut connection = self.connect().await?;
            connection.ready().await.map_err(|error| error.to_string())?;
            connection.send_request(request).await.map_err(|error| error.to_string())
        });
        let response = opened
            .await
            .map_err(|_| Failure::Unknown("not in time".to_owned()))?
            .map_err(Failure::Unknown)?;
        let (head, body) = response.into_parts();
        if head.status == StatusCode::OK {
            return Ok((Answer { status: head.status, body: Bytes::new() }, Some(body)));
        }
        let body = timeout_at(deadline, Limited::new(body, ANSWER).collect()).await;
        let body = body
            .map_err(|_| Failure::Unknown("not in time".to_owned()))?
            .map_err(|error| Failure::Unknown(error.to_string()))?;
        Ok((Answer { status: head.status, body: body.to_bytes() }, None))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let token = self.token.header().map_err(Failure::NotSent)?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.authority.clone())
            .header(AUTHORIZATION, token)
            // What a console asks to be changed is changed only while its operator is armed.
            .header(CONSOLE_HEADER, "1");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(body)).map_err(|error| Failure::NotSent(error.to_string()))
    }

    async fn on_new(&self, request: Request<Full<Bytes>>, deadline: Instant) -> Result<Answer, Failure> {
        let connected = deadline.min(Instant::now() + CONNECT);
        let mut connection = timeout_at(connected, self.connect())
            .await
            .map_err(|_| Failure::NotSent("it took too long".to_owned()))?
            .map_err(Failure::NotSent)?;
        let answer = timeout_at(deadline, exchange(&mut connection, request))
            .await
            .map_err(|_| Failure::Unknown("not in time".to_owned()))?
            .map_err(Failure::Unknown)?;
        self.keep(connection).await;
        Ok(answer)
    }

    async fn keep(&self, connection: SendRequest<Full<Bytes>>) {
        let mut idle = self.idle.lock().await;
        if idle.len() < IDLE && !connection.is_closed() {
            idle.push(connection);
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let tcp =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|error| error.to_string())?;
        tcp.set_nodelay(true).map_err(|error| error.to_string())?;
        let tls = self.tls.connect(self.server_name.clone(), tcp).await;
        let tls = tls.map_err(|error| format!("TLS: {error}"))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(tls)).await.map_err(|error| format!("HTTP: {error}"))?;
        // Its error also reaches the request that is on it.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}

async fn exchange(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, String> {
    connection.ready().await.map_err(|error| error.to_string())?;
    let response = connection.send_request(request).await.map_err(|error| error.to_string())?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER).collect().await.map_err(|error| error.to_string())?;
    Ok(Answer { status: head.status, body: body.to_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed_and_must_fit_a_header() {
        let token = Token::new("ot_secret\n").expect("a token");
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert!(format!("{:?}", token.header()).contains("Sensitive"));
        for bad in ["", " \n", "two words", "ot_\u{e9}"] {
            assert!(Token::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_https_without_a_path() {
        let tls = || {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider);
            let builder = builder.with_safe_default_protocol_versions().expect("versions");
            Arc::new(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
        };
        let made = |url: &str| Client::new(url, tls(), Token::new("t").expect("a token")).is_ok();
        for good in ["https://127.0.0.1:9443", "https://gateway.example/", "https://[::1]:9443"] {
            assert!(made(good), "{good}");
        }
        for bad in ["http://127.0.0.1:9443", "https://h/path", "https://u@h", "127.0.0.1:9443", ""] {
            assert!(!made(bad), "{bad}");
        }
    }
}

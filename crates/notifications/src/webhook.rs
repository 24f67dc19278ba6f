//! Sends one webhook: signed as Standard Webhooks asks, to the address that was checked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bank::signing::standard_webhooks::{Signer, SigningKey};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use privacy::{Keyring, Sensitive};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use crate::address::{Target, is_public, target};
use crate::decide::Answer;
use crate::deliveries::{Claimed, Destination};
use crate::endpoints::{EndpointState, secret_context};

/// Bytes of an answer that are read; what they say doesn't matter.
const ANSWER: usize = 16 * 1024;

/// How webhooks are sent.
#[derive(Clone)]
pub struct WebhookSender {
    tls: TlsConnector,
    keyring: Arc<Keyring>,
    allow_private: bool,
    timeout: Duration,
}

impl std::fmt::Debug for WebhookSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookSender").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

impl WebhookSender {
    /// `roots` is a PEM text with the certificates that receivers' ones lead to; those that can't be read are passed
    /// over. `timeout` is for everything, from the resolver to the answer.
    ///
    /// # Errors
    /// The TLS library's.
    pub fn new(
        roots: &[u8],
        keyring: Arc<Keyring>,
        allow_private: bool,
        timeout: Duration,
    ) -> Result<WebhookSender, rustls::Error> {
        let mut store = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(roots).filter_map(Result::ok);
        store.add_parsable_certificates(certificates);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(WebhookSender { tls: TlsConnector::from(Arc::new(config)), keyring, allow_private, timeout })
    }

    /// One attempt; redirects are not followed.
    pub(crate) async fn send(&self, claimed: &Claimed, now: OffsetDateTime) -> Answer {
        let Some(endpoint) = &claimed.endpoint else {
            return Answer::Refused("the endpoint is not there any more".to_owned());
        };
        match endpoint.state {
            EndpointState::Active => {}
            EndpointState::Disabled => return Answer::Refused("the endpoint is disabled".to_owned()),
            EndpointState::Deleted => return Answer::Refused("the endpoint was deleted".to_owned()),
        }
        let deadline = Instant::now() + self.timeout;
        match timeout_at(deadline, self.attempt(claimed, endpoint, now)).await {
            Ok(Ok(response)) => judge(response.status(), response.headers(), now),
            Ok(Err(why)) => failed(why),
            Err(_) => failed("no answer in time".to_owned()),
        }
    }

    async fn attempt(
        &self,
        claimed: &Claimed,
        endpoint: &Destination,
        now: OffsetDateTime,
    ) -> Result<Response<()>, String> {
        let target = target(&endpoint.url, self.allow_private).map_err(|why| format!("the URL {why}"))?;
        let request = self.request(claimed, endpoint, &target, now)?;
        let address = self.resolve(&target).await?;
        let stream = TcpStream::connect(address).await.map_err(|_| "no connection".to_owned())?;
        let name = ServerName::try_from(target.host.clone()).map_err(|_| "no name for TLS".to_owned())?;
        let stream =
            self.tls.connect(name, stream).await.map_err(|error| format!("TLS: {}", error.kind()))?;
        let (mut sender, connection) =
            http1::Builder::new().max_headers(64).handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with this future: a receiver that never stops answering holds nothing.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(connection);
        let response = sender.send_request(request).await.map_err(broken)?;
        let (parts, body) = response.into_parts();
        // The status says all; the rest is read for the receiver's sake, a little of it and not for long.
        let _ = timeout(Duration::from_secs(1), Limited::new(body, ANSWER).collect()).await;
        Ok(Response::from_parts(parts, ()))
    }

    /// The first address that may be used; connecting goes to it and to no other.
    async fn resolve(&self, target: &Target) -> Result<SocketAddr, String> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
        let addresses: Vec<SocketAddr> = found.map_err(|_| "the name is not known".to_owned())?.collect();
        let mut usable = addresses.iter().filter(|address| self.allow_private || is_public(address.ip()));
        usable.next().copied().ok_or_else(|| "the name leads to no public address".to_owned())
    }

    fn request(
        &self,
        claimed: &Claimed,
        endpoint: &Destination,
        target: &Target,
        now: OffsetDateTime,
    ) -> Result<Request<Full<Bytes>>, String> {
        let body = body(claimed)?;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&target.path)
            .header(HOST, &target.authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "Sluice")
            .header(CONNECTION, "close");
        for (name, value) in self.signature(claimed, endpoint, &body, now)? {
            request = request.header(name, value);
        }
        request.body(Full::new(body)).map_err(|_| "no request can be made of the URL".to_owned())
    }

    fn signature(
        &self,
        claimed: &Claimed,
        endpoint: &Destination,
        body: &Bytes,
        now: OffsetDateTime,
    ) -> Result<[(&'static str, String); 3], String> {
        let secret = self
            .keyring
            .open(&endpoint.secret_sealed, &secret_context(claimed.destination))
            .map_err(|error| format!("the secret can't be opened: {error}"))?;
        let secret =
            String::from_utf8(secret).map(Sensitive::new).map_err(|_| "a damaged secret".to_owned())?;
        let key = SigningKey::parse(secret.reveal()).map_err(|_| "a damaged secret".to_owned())?;
        Signer::new(vec![key])
            .headers(&claimed.notice.to_string(), now.unix_timestamp(), body)
            .map_err(|error| error.to_string())
    }
}

/// Standard Webhooks' body, the same bytes at each attempt.
fn body(claimed: &Claimed) -> Result<Bytes, String> {
    let at = claimed.created_at.format(&Rfc3339).map_err(|error| error.to_string())?;
    let kind = serde_json::Value::from(claimed.event_type.as_str());
    Ok(Bytes::from(format!(r#"{{"type":{kind},"timestamp":"{at}","data":{}}}"#, claimed.data)))
}

fn broken(error: hyper::Error) -> String {
    match error.is_timeout() {
        true => "no answer in time".to_owned(),
        false => "the connection broke".to_owned(),
    }
}

fn failed(why: String) -> Answer {
    Answer::Failed { why, retry_after: None, slow_down: false }
}

/// What a status means, by Standard Webhooks.
fn judge(status: StatusCode, headers: &HeaderMap, now: OffsetDateTime) -> Answer {
    match status.as_u16() {
        200..=299 => Answer::Taken(format!("HTTP {}", status.as_u16())),
        410 => Answer::Gone,
        code => Answer::Failed {
            why: format!("HTTP {code}"),
            retry_after: retry_after(headers, now),
            slow_down: matches!(code, 429 | 502 | 504),
        },
    }
}

/// Seconds, or a time of HTTP (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    (until - now).try_into().ok()
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn each_status() {
        let now = datetime!(2026-11-23 10:00 UTC);
        let with = |retry: Option<&'static str>| {
            let value = retry.map(|text| (RETRY_AFTER, HeaderValue::from_static(text)));
            value.into_iter().collect::<HeaderMap>()
        };
        for (status, retry, taken, seconds, slow) in [
            (200, None, true, None, false),
            (204, None, true, None, false),
            (301, None, false, None, false),
            (400, None, false, None, false),
            (429, Some("7"), false, Some(7), true),
            (429, Some("Mon, 23 Nov 2026 10:00:30 GMT"), false, Some(30), true),
            (503, Some("9"), false, Some(9), false),
            (502, None, false, None, true),
            (504, Some("soon"), false, None, true),
            (503, Some("Mon, 23 Nov 2026 09:00:30 GMT"), false, None, false),
            (503, Some("-5"), false, None, false),
        ] {
            let expected = match taken {
                true => Answer::Taken(format!("HTTP {status}")),
                false => Answer::Failed {
                    why: format!("HTTP {status}"),
                    retry_after: seconds.map(Duration::from_secs),
                    slow_down: slow,
                },
            };
            let found = judge(StatusCode::from_u16(status).unwrap(), &with(retry), now);
            assert_eq!(found, expected, "{status} {retry:?}");
        }
        assert_eq!(judge(StatusCode::GONE, &HeaderMap::new(), now), Answer::Gone);
    }
}

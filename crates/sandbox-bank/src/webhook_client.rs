//! Posts signed events to a gateway, as any bank would.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bank::Signer;
use bank::https::{Answer, Failure, HttpsClient, Limits, SetupError};
use bytes::Bytes;
use hyper::Method;
use rustls::ClientConfig;
use tokio::time::Instant;

/// Connections kept between events; as many events can be under way.
pub(crate) const CONNECTIONS: usize = 64;

/// One bank's way to a gateway, over a few kept connections.
#[derive(Debug)]
pub struct WebhookClient {
    https: HttpsClient,
    signer: Signer,
    path: String,
}

impl WebhookClient {
    /// Posts to `{gateway_url}/v1/banks/{bank_id}/events`.
    pub fn new(
        gateway_url: &str,
        tls: Arc<ClientConfig>,
        bank_id: &str,
        signer: Signer,
    ) -> Result<WebhookClient, SetupError> {
        let limits = Limits { idle: CONNECTIONS, ..Limits::default() };
        let https = HttpsClient::new(gateway_url, tls, limits)?;
        Ok(WebhookClient { https, signer, path: format!("/v1/banks/{bank_id}/events") })
    }

    /// Posts one event, signed now; the same id may be posted again with the same body.
    pub async fn post(&self, event_id: &str, body: Bytes, deadline: Instant) -> Result<Answer, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let headers = self
            .signer
            .headers(event_id, i64::try_from(now).unwrap_or(i64::MAX), &body)
            .map_err(|error| Failure::NotSent(error.to_string()))?;
        self.https.request(Method::POST, &self.path, &headers, body, deadline).await
    }
}

//! Tells merchants: the worker behind the outbox, and what of it Prometheus sees.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notifications::{Channels, EmailSender, Schedule, Settings, WebhookSender, Worker};
use pg::Pool;
use privacy::Keyring;

use super::Engine;
use crate::config::Notifications;

const GAUGES: Duration = Duration::from_secs(5);

/// Where systems keep the certificates that the public internet's ones lead to.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// # Errors
/// In words: what of the configuration can't be used.
pub(super) fn start(config: &Notifications, keyring: Arc<Keyring>, pool: Pool) -> Result<Worker, String> {
    let roots = roots(config.ca_file.as_deref())?;
    let timeout = config.request_timeout_ms.duration();
    let email = config.smtp.as_ref().map(|smtp| {
        EmailSender::new(smtp.settings(), &roots, keyring.clone(), pool.clone(), timeout)
            .map_err(|error| format!("notifications.smtp: {error}"))
    });
    let webhook = WebhookSender::new(&roots, keyring, config.allow_private_addresses, timeout)
        .map_err(|error| format!("notifications: {error}"))?;
    let settings = Settings {
        concurrency: config.max_concurrent,
        per_destination: config.max_concurrent_per_destination,
        lease: config.lease_seconds.duration(),
        schedule: Schedule { scale: config.schedule_scale },
        idle: config.poll_ms.duration(),
    };
    Ok(Worker::start(pool, Channels { webhook, email: email.transpose()? }, settings))
}

fn roots(file: Option<&Path>) -> Result<Vec<u8>, String> {
    if let Some(file) = file {
        return std::fs::read(file)
            .map_err(|error| format!("notifications.ca_file: {}: {error}", file.display()));
    }
    let found = SYSTEM_ROOTS.iter().find_map(|path| std::fs::read(path).ok());
    if found.is_none() {
        tracing::warn!(
            "no certificates of the system found: webhooks and e-mails will fail until notifications.ca_file is set"
        );
    }
    Ok(found.unwrap_or_default())
}

/// R9's deadline as a metric, and what waits. Where no channel is expected, who has none is left out.
pub(super) async fn gauges(engine: Arc<Engine>, reads: Pool, channel_expected: bool) {
    loop {
        if let Err(error) = read_gauges(&reads, channel_expected).await {
            tracing::warn!(%error, "the gauges of notices could not be read");
        }
        if !engine.pause(GAUGES).await {
            return;
        }
    }
}

async fn read_gauges(reads: &Pool, channel_expected: bool) -> Result<(), notifications::Error> {
    let conn = reads.get().await?;
    let summary = match channel_expected {
        true => notifications::summary(&conn).await?,
        false => notifications::summary_of_reachable(&conn).await?,
    };
    let now = conn.now().await?;
    let age = summary.oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
    metrics::gauge!("sluice_notices_overdue").set(summary.overdue as f64);
    metrics::gauge!("sluice_notices_oldest_seconds").set(age);
    metrics::gauge!("sluice_notices_dead").set(summary.dead as f64);
    Ok(())
}

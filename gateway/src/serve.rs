//! `sluice serve`: composes everything, and takes it down in order.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::engine::Engine;
use crate::metrics;
use crate::reload;
use crate::server::{Addresses, Server};

/// Serves until SIGTERM or SIGINT. At SIGHUP, what `read` gives then is applied as far as a reload can.
///
/// # Errors
/// In words, when it can't start.
pub async fn run(config: Config, read: impl Fn() -> Result<Config, String>) -> Result<(), String> {
    let stop = stop_on_signals()?;
    let mut hangups =
        signal(SignalKind::hangup()).map_err(|error| format!("waiting for signals: {error}"))?;
    let bound = Gateway::bind(&config).await?;
    // It may wait for its database.
    let running = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        started = bound.start(config) => started?,
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = hangups.recv() => reload::reload(&running.app, read()),
        }
    }
    running.stop().await;
    Ok(())
}

/// Cancelled at the first SIGTERM or SIGINT.
///
/// # Errors
/// In words, where signals can't be waited for.
pub fn stop_on_signals() -> Result<CancellationToken, String> {
    let stop = CancellationToken::new();
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind).map_err(|error| format!("waiting for signals: {error}"))?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

/// Listeners that are bound, before anyone is answered: what needs their addresses can start in between.
pub struct Gateway {
    server: Server,
    metrics: PrometheusHandle,
}

impl Gateway {
    /// Binds the listeners; once in a process, which has one recorder of metrics.
    ///
    /// # Errors
    /// In words.
    pub async fn bind(config: &Config) -> Result<Gateway, String> {
        let server = Server::bind(&config.server).await.map_err(|error| error.to_string())?;
        let metrics = metrics::install().map_err(|error| error.to_string())?;
        Ok(Gateway { server, metrics })
    }

    /// Where they are.
    pub fn addresses(&self) -> Addresses {
        self.server.addresses()
    }

    /// Opens keys and database, starts lanes and workers, and answers.
    ///
    /// # Errors
    /// In words.
    pub async fn start(self, config: Config) -> Result<Running, String> {
        metrics::count_from_the_start(config.banks.iter().map(|bank| &*bank.id));
        let app = Arc::new(App::open(config, self.metrics.clone()).await?);
        let addresses = self.server.addresses();
        tracing::info!(
            public = %addresses.public,
            admin = %addresses.admin,
            metrics = %addresses.metrics,
            environment = app.config.environment,
            "serving"
        );
        let stop = CancellationToken::new();
        tokio::spawn(metrics::upkeep(self.metrics, stop.clone()));
        let served = tokio::spawn(self.server.serve(app.clone(), stop.clone()));
        Ok(Running { app, stop, served })
    }
}

/// A gateway that answers.
pub struct Running {
    app: Arc<App>,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Running {
    /// What runs behind the listeners.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.app.engine
    }

    /// Requests that have begun finish first, then what they put into the lanes; then the database is let go.
    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.served.await);
        self.app.engine.stop().await;
        self.app.pool.close();
        tracing::info!("stopped");
    }
}

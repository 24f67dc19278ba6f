//! The listeners: they have as many connections as there are places, and end in order.

mod client_certificate;
mod common_name;
mod connection;
mod der;
mod failed_accepts;
mod seats;
mod service;
mod threads;
mod tls;
mod usage;
mod validity;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config;
use crate::metrics;
use crate::route::Listener;
use connection::Connection;
use failed_accepts::FailedAccepts;
use seats::Seats;
use threads::Threads;

pub use client_certificate::{ClientCertificates, NotTheBank, PeerCertificate};
pub use tls::{certificate_end, private_key, tls_config, tls_config_with_clients, unexpired};
pub use usage::Busy;

/// After a failed accept (too many open files, as a rule).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the server can't start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("listening on {addr}: {source}")]
    Listen { addr: SocketAddr, source: io::Error },
    #[error("starting threads: {0}")]
    Threads(io::Error),
}

/// Where the listeners are, once they are bound: port 0 has become a real one.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub metrics: SocketAddr,
}

/// Bound listeners that nobody is answered on yet.
pub struct Server {
    ports: [Port; 3],
    addresses: Addresses,
    /// For whoever comes to the public port.
    threads: Threads,
}

struct Port {
    listener: Listener,
    tcp: TcpListener,
    seats: Seats,
}

impl Server {
    /// Binds all three listeners.
    ///
    /// # Errors
    /// An address that is taken; threads that are not to be had.
    pub async fn bind(config: &config::Server) -> Result<Server, BindError> {
        let threads = Threads::start(config.threads).map_err(BindError::Threads)?;
        // There, so that these threads are also the ones that hear of a new connection.
        let public = threads.spawn(bind(config.public_addr)).await;
        let public = public.map_err(|error| BindError::Threads(error.into()))??;
        let admin = bind(config.admin_addr).await?;
        let metrics = bind(config.metrics_addr).await?;
        let addresses = Addresses { public: public.1, admin: admin.1, metrics: metrics.1 };
        let ports = [
            Port::new(Listener::Public, public.0, config.max_connections),
            Port::new(Listener::Admin, admin.0, config.admin_max_connections),
            Port::new(Listener::Metrics, metrics.0, config.metrics_max_connections),
        ];
        Ok(Server { ports, addresses, threads })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves until `stop` is cancelled. Then: not ready any more, no new connections, what has begun may finish.
    /// Metrics and probes are answered until the end.
    pub async fn serve(self, app: Arc<App>, stop: CancellationToken) {
        let config = app.config.server.clone();
        let [public, admin, metrics] = self.ports;
        let (closing, ending) = (CancellationToken::new(), CancellationToken::new());
        let probes = tokio::spawn(accept(metrics, app.clone(), ending.clone(), ending.clone()));
        let seats = [&public, &admin].map(|port| port.seats.clone());
        let open = |port| accept(port, app.clone(), closing.clone(), ending.clone());
        let doors = [self.threads.spawn(open(public)), tokio::spawn(open(admin))];
        stop.cancelled().await;
        tracing::info!("stopping: finishing what has begun");
        app.readiness.drain();
        sleep(config.drain_notice_ms.duration()).await;
        closing.cancel();
        app.hub.close();
        let deadline = Instant::now() + config.drain_seconds.duration();
        for (door, seats) in doors.into_iter().zip(seats) {
            drop(door.await);
            if tokio::time::timeout_at(deadline, seats.all_free()).await.is_err() {
                tracing::warn!(open = seats.occupied(), "connections cut at the deadline");
            }
        }
        ending.cancel();
        drop(timeout(Duration::from_secs(1), probes).await);
    }
}

async fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let failed = |source| BindError::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

impl Port {
    fn new(listener: Listener, tcp: TcpListener, most: usize) -> Port {
        Port { listener, tcp, seats: Seats::new(listener, most) }
    }
}

/// Accepts until `closing`; where all places are taken, somebody makes room for whoever comes. Connections end at `closing` when
/// they can, at `ending` anyway.
async fn accept(port: Port, app: Arc<App>, closing: CancellationToken, ending: CancellationToken) {
    let open = metrics::connections(port.listener.name());
    let mut failed = FailedAccepts::default();
    loop {
        let next = async {
            let accepted = accept_one(&port, &mut failed).await;
            (accepted, port.seats.take().await)
        };
        let ((stream, peer), seat) = tokio::select! {
            () = closing.cancelled() => return,
            next = next => next,
        };
        let (closing, ending) = (closing.clone(), ending.clone());
        let connection =
            Connection { app: app.clone(), listener: port.listener, peer, seat, closing, ending };
        let open = open.clone();
        tokio::spawn(async move {
            open.increment(1.0);
            connection.serve(stream).await;
            open.decrement(1.0);
        });
    }
}

async fn accept_one(port: &Port, failed: &mut FailedAccepts) -> (TcpStream, SocketAddr) {
    loop {
        match port.tcp.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                if let Some(not_logged) = failed.one_more(Instant::now()) {
                    tracing::warn!(%error, listener = port.listener.name(), not_logged, "accepting a connection");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! One connection: handshake, protocol, limits, and an end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::seats::Seat;
use super::service::Peer;
use super::usage::Answering;
use super::{PeerCertificate, service, tls};
use crate::app::App;
use crate::config;
use crate::metrics;
use crate::route::Listener;

/// How long a connection that should end may take to say goodbye, when nothing is asked on it.
const GOODBYE: Duration = Duration::from_secs(2);
/// HTTP/2: how often a silent peer is asked whether it lives, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);
/// HTTP/2: bytes in flight on one stream and on one connection.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;

pub struct Connection {
    pub app: Arc<App>,
    pub listener: Listener,
    pub peer: SocketAddr,
    /// Whether it is used, and what ends it at once; its place is free when it has ended.
    pub seat: Seat,
    /// When to finish what has begun and end.
    pub closing: CancellationToken,
    /// When to end anyway.
    pub ending: CancellationToken,
}

impl Connection {
    /// Serves it to its end.
    pub async fn serve(self, stream: TcpStream) {
        drop(stream.set_nodelay(true));
        let Some(acceptor) = self.app.live.get().tls(self.listener) else {
            return self.speak(stream, false, PeerCertificate::default()).await;
        };
        let limit = self.app.config.server.handshake_timeout_ms.duration();
        let handshake = tokio::select! {
            handshake = timeout(limit, acceptor.accept(stream)) => handshake,
            () = self.closing.cancelled() => return,
            () = self.seat.usage.cut.cancelled() => return,
        };
        match handshake {
            Ok(Ok(stream)) => {
                let tls = stream.get_ref().1;
                let h2 = tls.alpn_protocol() == Some(tls::H2);
                let certificate = PeerCertificate::new(tls.peer_certificates().unwrap_or_default());
                self.speak(stream, h2, certificate).await;
            }
            Ok(Err(error)) => {
                tracing::debug!(peer = %self.peer, %error, "TLS handshake");
                metrics::connection_refused(self.listener.name(), reason_of(&error));
            }
            Err(_) => metrics::connection_refused(self.listener.name(), "handshake-timeout"),
        }
    }

    /// The protocol was agreed on before, so there is no first byte to wait for without a time-out.
    async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        stream: S,
        h2: bool,
        certificate: PeerCertificate,
    ) {
        let builder = builder(&self.app.config.server);
        let builder = if h2 { builder.http2_only() } else { builder.http1_only() };
        let usage = &self.seat.usage;
        let service = {
            let peer = Peer { addr: self.peer, certificate: Arc::new(certificate) };
            let (app, listener, usage) = (self.app.clone(), self.listener, usage.clone());
            service_fn(move |request: hyper::Request<Incoming>| {
                let (app, peer, busy) = (app.clone(), peer.clone(), usage.begin());
                async move {
                    let response = service::serve(app, listener, peer, busy.clone(), request).await;
                    Ok::<_, Infallible>(response.map(|body| Answering::new(body, busy)))
                }
            })
        };
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let idle = self.app.config.server.idle_timeout_seconds.duration();
        // A set of one: whoever waits for it asks it only when it has something to say, not each time that the connection
        // moves, which is several times for each request.
        let mut end = FuturesUnordered::from_iter([self.end(idle)]);
        let end = tokio::select! {
            biased;
            result = connection.as_mut() => return self.ended(result),
            end = end.next() => end,
        };
        if let Some(End::Now) | None = end {
            return;
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            result = connection.as_mut() => self.ended(result),
            () = usage.cut.cancelled() => {}
            () = self.ending.cancelled() => {}
            () = usage.quiet(GOODBYE) => {}
        }
    }

    /// Why a connection ends that would go on by itself.
    async fn end(&self, idle: Duration) -> End {
        let usage = &self.seat.usage;
        tokio::select! {
            () = usage.cut.cancelled() => End::Now,
            () = self.ending.cancelled() => End::Now,
            () = self.closing.cancelled() => End::Finishing,
            () = usage.unused(idle) => End::Finishing,
        }
    }

    fn ended(&self, result: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
        if let Err(error) = result {
            tracing::debug!(peer = %self.peer, %error, "connection");
        }
    }
}

/// How a connection ends.
enum End {
    /// Whatever is under way.
    Now,
    /// Once it has answered what it was asked.
    Finishing,
}

/// A client certificate that is nobody's ends the handshake, whatever the client wanted.
fn reason_of(error: &std::io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => "client-certificate",
        _ => "handshake",
    }
}

fn builder(config: &config::Server) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_read_timeout_ms.duration())
        .max_buf_size(config.max_header_bytes as usize)
        .max_headers(config.max_headers);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(config.max_header_bytes)
        .max_concurrent_streams(config.max_concurrent_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    builder
}

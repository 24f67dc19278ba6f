//! The bank's two listeners: bounded connections, time-outs, a quiet end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::requests::{self, Door};
use crate::sandbox::Bank;

/// Connections at once on one listener; more wait in the kernel's queue.
const CONNECTIONS: usize = 512;
const HANDSHAKE: Duration = Duration::from_secs(5);
/// For a request's head to arrive, and for the next one to begin; longer than clients keep idle connections.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// For requests under way when the bank stops.
const DRAIN: Duration = Duration::from_secs(2);

/// Accepts until the bank stops.
pub(crate) async fn serve(bank: Arc<Bank>, listener: TcpListener, tls: Option<TlsAcceptor>, door: Door) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = bank.stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((tcp, _)) = accepted else {
            // Out of file descriptors, as a rule: give some back first.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = tcp.set_nodelay(true);
        let (talking, tls) = (bank.clone(), tls.clone());
        bank.tasks.spawn(async move {
            let _place = place;
            match tls {
                None => converse(talking, tcp, door).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(tcp)).await {
                        converse(talking, stream, door).await;
                    }
                }
            }
        });
    }
}

async fn converse<S>(bank: Arc<Bank>, stream: S, door: Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answering = bank.clone();
    let service = service_fn(move |request| {
        let bank = answering.clone();
        async move { requests::answer(&bank, door, request).await }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service)
    );
    // How a connection ends is the client's business.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = bank.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            drop(timeout(DRAIN, connection).await);
        }
    }
}

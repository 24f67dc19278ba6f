//! Where connections live.

use deadpool_postgres::Connect;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Error, Socket};

/// Opens connections on one runtime, whichever asks for them.
pub(crate) struct Home<T> {
    pub runtime: Handle,
    pub tls: T,
}

impl<T> Connect for Home<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + Sync,
    T::TlsConnect: Send + Sync,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let config = config.clone();
        // Dropped at the deadline for a new connection, it gives up the attempt, which has none of its own for a server
        // that accepts and says nothing.
        let mut opening = JoinSet::new();
        opening.spawn_on(open(config, self.tls.clone()), &self.runtime);
        Box::pin(async move {
            match opening.join_next().await {
                Some(Ok(opened)) => opened,
                // That runtime has ended, and there is no such error: the time for a new connection runs out.
                Some(Err(_)) | None => std::future::pending().await,
            }
        })
    }
}

async fn open<T>(config: Config, tls: T) -> Result<(Client, JoinHandle<()>), Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    let task = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to the database ended");
        }
    });
    Ok((client, task))
}

//! Where connections live.

use deadpool_postgres::Connect;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};

/// Opens connections on one runtime, whichever asks for them.
pub(crate) struct Home(pub Handle);

impl Connect for Home {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let config = config.clone();
        let opening = self.0.spawn(async move {
            let (client, connection) = config.connect(NoTls).await?;
            let task = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "a connection to the database ended");
                }
            });
            Ok((client, task))
        });
        Box::pin(async move {
            match opening.await {
                Ok(opened) => opened,
                // That runtime has ended, and there is no such error: the time for a new connection runs out.
                Err(_) => std::future::pending().await,
            }
        })
    }
}

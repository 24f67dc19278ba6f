//! Where connections live.

use deadpool_postgres::Connect;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};
use tokio_postgres::{Client, Config, Error, NoTls};

/// Opens connections on one runtime, whichever asks for them.
pub(crate) struct Home(pub Handle);

impl Connect for Home {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let config = config.clone();
        // Dropped at the deadline for a new connection, it gives up the attempt, which has none of its own for a server
        // that accepts and says nothing.
        let mut opening = JoinSet::new();
        opening.spawn_on(open(config), &self.0);
        Box::pin(async move {
            match opening.join_next().await {
                Some(Ok(opened)) => opened,
                // That runtime has ended, and there is no such error: the time for a new connection runs out.
                Some(Err(_)) | None => std::future::pending().await,
            }
        })
    }
}

async fn open(config: Config) -> Result<(Client, JoinHandle<()>), Error> {
    let (client, connection) = config.connect(NoTls).await?;
    let task = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to the database ended");
        }
    });
    Ok((client, task))
}

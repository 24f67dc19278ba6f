//! What a caller asks over: a connection of its own, or one HTTP/2 connection that several share.

use std::io;

use tokio::task::spawn_local;

use crate::wire::{Answer, Connection, Http2, Reuse, Target};

/// Where a caller's requests go.
pub enum Link {
    /// HTTP/1.1, with what is kept from one request to the next.
    Own { target: Target, reuse: Reuse, open: Option<Box<Connection>> },
    /// HTTP/2.
    Shared(Http2),
}

impl Link {
    /// A connection of its own, opened when it is first needed.
    pub fn own(target: Target, reuse: Reuse) -> Link {
        Link::Own { target, reuse, open: None }
    }

    /// One request; `heard` looks at the answer.
    ///
    /// # Errors
    /// No answer.
    pub async fn ask<T>(&mut self, request: &[u8], heard: impl FnOnce(&Answer<'_>) -> T) -> io::Result<T> {
        match self {
            Link::Shared(connection) => {
                let (head, body) = connection.exchange(request).await?;
                Ok(heard(&Answer { head, body: &body }))
            }
            Link::Own { target, reuse, open } => {
                let mut connection = match open.take() {
                    Some(connection) => connection,
                    None => Box::new(Connection::open(target).await?),
                };
                let answer = connection.exchange(request).await?;
                let close = answer.head.close || *reuse != Reuse::Connection;
                let said = heard(&answer);
                if close {
                    spawn_local(async move { connection.close().await });
                } else {
                    *open = Some(connection);
                }
                Ok(said)
            }
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        if let Link::Own { open: Some(mut connection), .. } = self {
            connection.close().await;
        }
    }
}

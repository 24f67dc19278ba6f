//! The feed of what changed is kept for as long as a stream may be gone and go on, and no longer.

use std::sync::Arc;
use std::time::Duration;

use pg::Pool;

use super::Engine;
use crate::config::Seconds;

const PAUSE: Duration = Duration::from_secs(30);

pub(super) async fn prune(engine: Arc<Engine>, reads: Pool, keep: Seconds) {
    while engine.pause(PAUSE).await {
        let pruned = match reads.get().await {
            Ok(conn) => changes::prune(&conn, keep.duration()).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = pruned {
            tracing::warn!(%error, "what changed long ago could not be forgotten");
        }
    }
}

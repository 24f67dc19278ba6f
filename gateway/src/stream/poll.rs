//! The one task that looks into the feed for all readers, while there are some.

use std::sync::Arc;
use std::time::Duration;

use changes::Since;
use pg::Connection;
use tokio::time::{Instant, sleep, timeout};

use super::cursor::Cursor;
use super::message;
use crate::app::App;
use crate::handlers::{self, Look};
use crate::problem::Refusal;

/// An overview is told so often at most, when something happened,
const OVERVIEW_AT_MOST: Duration = Duration::from_secs(1);
/// and so often when nothing did: ages grow.
const OVERVIEW_AT_LEAST: Duration = Duration::from_secs(5);
/// For one look; readers whose token is gone don't hear on because the database is slow.
const PATIENCE: Duration = Duration::from_secs(2);
/// After a look that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Where everything stands now.
///
/// # Errors
/// The database's.
pub async fn now(conn: &Connection) -> Result<Cursor, Refusal> {
    let changes = async { changes::now(conn).await.map_err(Refusal::from) };
    let audit = async { audit::head_seq(conn).await.map_err(Refusal::from) };
    let (changes, audit) = tokio::try_join!(changes, audit)?;
    Ok(Cursor { audit, changes })
}

/// What changed since: nothing, this, or more than is known.
pub enum News {
    None(Cursor),
    Changed(bytes::Bytes, Cursor),
    Lost(Cursor),
}

/// Looks what changed.
///
/// # Errors
/// The database's.
pub async fn since(conn: &Connection, at: &Cursor) -> Result<News, Refusal> {
    let changes = async { changes::since(conn, &at.changes).await.map_err(Refusal::from) };
    let audit = async { audit::head_seq(conn).await.map_err(Refusal::from) };
    let (since, audit) = tokio::try_join!(changes, audit)?;
    Ok(match since {
        Since::Lost(changes) => News::Lost(Cursor { audit, changes }),
        Since::Known(changes, here) => {
            let here = Cursor { audit, changes: here };
            let audited = audit != at.audit;
            if changes.is_empty() && !audited {
                News::None(here)
            } else {
                News::Changed(message::changed(&changes, audited, &here), here)
            }
        }
    })
}

/// Tells all readers what changed after `at`, until there are none.
pub async fn attend(app: Arc<App>, mut at: Cursor) {
    let mut overview = Due { last: None, news: true };
    while app.hub.still_wanted(&app.live.get().operators) {
        let mut pause = app.config.stream.poll_ms.duration();
        match timeout(PATIENCE, look(&app, &at)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
        {
            Ok(News::None(here)) => at = here,
            Ok(News::Changed(message, here)) => {
                app.hub.tell(&message);
                (at, overview.news) = (here, true);
            }
            Ok(News::Lost(here)) => {
                app.hub.tell(&message::reset(&here));
                (at, overview.news) = (here, true);
            }
            Err(why) => {
                tracing::warn!(why, "what changed can't be read now; streams wait");
                pause = PAUSE;
            }
        }
        overview.news |= app.hub.has_newcomer();
        if overview.is_due() {
            // Counted from here, so that a database that can't answer isn't asked again at each look.
            overview.last = Some(Instant::now());
            match timeout(PATIENCE, handlers::look(&app)).await {
                Ok(Ok(look)) => overview.tell(&app, &look),
                Ok(Err(refusal)) => tracing::warn!(why = refusal.why(), "no overview for the streams"),
                Err(_) => tracing::warn!("no overview for the streams in time"),
            }
        }
        sleep(pause).await;
    }
}

async fn look(app: &App, at: &Cursor) -> Result<News, String> {
    let conn = app.pool.get().await.map_err(|error| error.to_string())?;
    since(&conn, at).await.map_err(|refusal| refusal.why().to_owned())
}

struct Due {
    last: Option<Instant>,
    /// Something happened since.
    news: bool,
}

impl Due {
    fn is_due(&self) -> bool {
        let pause = if self.news { OVERVIEW_AT_MOST } else { OVERVIEW_AT_LEAST };
        self.last.is_none_or(|last| last.elapsed() >= pause)
    }

    fn tell(&mut self, app: &App, look: &Look) {
        app.hub.tell_overview(look);
        self.news = false;
    }
}

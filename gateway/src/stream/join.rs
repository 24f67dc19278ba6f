//! How a reader comes in, and goes on where it was.

use std::sync::Arc;

use bytes::Bytes;
use pg::Connection;
use tokio_util::sync::CancellationToken;

use super::cursor::Cursor;
use super::events::Events;
use super::hub::NoSeat;
use super::message;
use super::poll::{News, attend, now, since};
use crate::app::App;
use crate::config::Operator;
use crate::problem::{Problem, Refusal};

/// A stream for this operator, from `last` on, its `Last-Event-ID`, or from now.
///
/// It sits down first and looks then: what comes in between it hears twice, never not at all.
///
/// # Errors
/// `overloaded` when all places are taken; the database's.
pub async fn join(
    app: &Arc<App>,
    operator: Operator,
    last: Option<&str>,
    connection: CancellationToken,
) -> Result<Events, Refusal> {
    let conn = app.pool.get().await?;
    let before = now(&conn).await?;
    let seated = app.hub.sit_down(operator, connection).map_err(refusal)?;
    if seated.must_attend {
        tokio::spawn(attend(app.clone(), before));
    }
    let first = first(&conn, last).await?;
    Ok(Events::new(first, seated.queue, seated.seat))
}

async fn first(conn: &Connection, last: Option<&str>) -> Result<Vec<Bytes>, Refusal> {
    let Some(last) = last else { return Ok(vec![message::hello(&now(conn).await?)]) };
    let Ok(at) = last.parse::<Cursor>() else { return Ok(vec![message::reset(&now(conn).await?)]) };
    Ok(match since(conn, &at).await? {
        News::None(here) => vec![message::hello(&here)],
        // Its id is the old one: whoever is cut off between the two must not believe to have heard the second.
        News::Changed(changed, _) => vec![message::hello(&at), changed],
        News::Lost(here) => vec![message::reset(&here)],
    })
}

fn refusal(why: NoSeat) -> Refusal {
    let detail = match why {
        NoSeat::Full => "too many streams are open; ask for lists, or come again",
        NoSeat::Closed => "this gateway is stopping",
    };
    Refusal::new(Problem::Overloaded, detail)
}

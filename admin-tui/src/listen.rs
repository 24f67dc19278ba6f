//! Listens to the gateway's stream of events, and begins again whenever it ends.

use std::sync::Arc;
use std::time::Duration;

use admin_api::{CHANGED, HELLO, OVERVIEW, RESET};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::https::Client;
use crate::msg::{Msg, Told};
use crate::perform::{json, problem};
use crate::plain::plain;
use crate::sse::{Event, Heard, Reader};

const PATH: &str = "/admin/v1/stream";
/// Connecting, and the first word.
const BEGIN: Duration = Duration::from_secs(10);
/// Whoever is silent for longer than two heartbeats is gone.
const QUIET: Duration = Duration::from_secs(25);
/// Between two attempts: at first, and at most.
const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(20);

/// Until nobody takes what is told any more.
pub async fn listen(client: Arc<Client>, told: mpsc::Sender<Msg>) {
    let mut cursor = None;
    let mut pause = FIRST;
    loop {
        let began = Instant::now();
        let why = match follow(&client, &told, &mut cursor).await {
            Ok(()) => return,
            Err(why) => plain(&why).into_owned(),
        };
        if told.send(Msg::Told(Told::Ended(why))).await.is_err() {
            return;
        }
        pause = if began.elapsed() > LAST { FIRST } else { pause };
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST);
    }
}

/// One connection, from its beginning to its end; goes on after the last change that was heard of.
///
/// # Errors
/// Why it ended. `Ok` when nobody listens here.
async fn follow(
    client: &Client,
    told: &mpsc::Sender<Msg>,
    cursor: &mut Option<String>,
) -> Result<(), String> {
    let opened = client.stream(PATH, cursor.as_deref(), Instant::now() + BEGIN).await;
    let (answer, body) = opened.map_err(|failure| failure.to_string())?;
    let Some(mut body) = body else {
        return Err(
            problem(&answer).map_or_else(|| "no stream".to_owned(), |problem| crate::msg::in_words(&problem))
        );
    };
    let mut reader = Reader::default();
    loop {
        let piece = timeout(QUIET, body.frame()).await.map_err(|_| "the stream is silent".to_owned())?;
        let piece = piece.ok_or("the stream ended")?.map_err(|error| error.to_string())?;
        let Some(bytes) = piece.data_ref() else { continue };
        for heard in reader.push(bytes)? {
            let (message, at) = read(heard)?;
            if at.is_some() {
                *cursor = at;
            }
            if let Some(message) = message
                && told.send(Msg::Told(message)).await.is_err()
            {
                return Ok(());
            }
        }
    }
}

/// What an event means, and where the stream goes on after it. Kinds that are not known here are no error.
fn read(heard: Heard) -> Result<(Option<Told>, Option<String>), String> {
    let Heard::Event(Event { name, id, data }) = heard else { return Ok((Some(Told::Beat), None)) };
    let told = match name.as_str() {
        HELLO => Some(Told::Began),
        RESET => Some(Told::Reset),
        CHANGED => Some(Told::Changed(Box::new(typed(&data)?))),
        OVERVIEW => Some(Told::Overview(Box::new(typed(&data)?))),
        _ => None,
    };
    Ok((told, id))
}

fn typed<T: DeserializeOwned>(data: &str) -> Result<T, String> {
    serde_json::from_value(json(data.as_bytes())?).map_err(|error| format!("the stream: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Heard {
        Heard::Event(Event { name: name.to_owned(), id: Some("c".to_owned()), data: data.to_owned() })
    }

    #[test]
    fn what_is_told_is_understood_or_left_alone() {
        let changed =
            read(event("changed", r#"{"payouts":["po_\u001b[2J"],"more":{"payouts":true},"later":1}"#));
        let (Some(Told::Changed(changed)), Some(cursor)) = changed.expect("understood") else {
            panic!("no change")
        };
        assert_eq!(changed.payouts, ["po_\\u{1b}[2J"], "nothing hidden in it");
        assert!(changed.more.payouts && !changed.audit && cursor == "c");
        assert_eq!(read(event("weather", "rain")), Ok((None, Some("c".to_owned()))));
        assert_eq!(read(Heard::Beat), Ok((Some(Told::Beat), None)));
        assert!(read(event("changed", "no JSON")).is_err() && read(event("overview", "{}")).is_err());
    }
}

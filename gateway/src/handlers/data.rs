//! A copy of what is kept of a merchant (R38): for itself and, against a reason, for an operator.

mod money;
mod parts;
mod person;
mod told;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use merchants::MerchantId;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::act::{Act, kept};
use super::{Answer, reply};
use crate::app::App;
use crate::body::Outgoing;
use crate::commands::rfc3339;
use crate::copies::{self, NoPlace, NoReader, Place, Writer};
use crate::problem::{Problem, Refusal};
use crate::request::Request;
use parts::{Page, Part};

/// JSON, one value a line.
const KIND: &str = "application/x-ndjson";
/// The longest that a copy may take.
const LONGEST: Duration = Duration::from_secs(600);
/// When to come again for another copy.
const LATER: Duration = Duration::from_secs(10);

/// `GET /v1/data`.
///
/// # Errors
/// What is wrong with the query; `rate-limited` while one is under way; `overloaded` while others are; the database's.
pub async fn own(app: &Arc<App>, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    request.query(&[])?;
    if request.method == Method::HEAD {
        return Ok(reply::typed(StatusCode::OK, KIND, ""));
    }
    let place = app.copies.begin(request.entry.listener, merchant).map_err(refused)?;
    Copy::new(app, merchant, place).await?.begin(request)
}

/// `POST /admin/v1/merchants/{id}/data`. What a copy holds changes, so a repetition is another look, and is written down like
/// the first.
///
/// # Errors
/// What is wrong with the request; `not-found`; as [`own`].
pub async fn of_merchant(app: &Arc<App>, request: &Request) -> Answer {
    let merchant: MerchantId = request.id_of("merchant")?;
    let act = Act::read(app, request)?;
    let place = app.copies.begin(request.entry.listener, merchant).map_err(refused)?;
    let copy = Copy::new(app, merchant, place).await?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let replayed = act.claim(&tx).await?.is_some();
    act.audit(&tx, tx.now().await?, "merchant.copy", merchant.to_string(), (None, None)).await?;
    // Nothing leaves before it is written down who looked.
    if replayed {
        tx.commit().await?;
    } else {
        let marker = kept(200, &json!({"id": merchant.to_string()}))?;
        act.finish(tx, marker).await?;
    }
    drop(conn);
    Ok(reply::marked(copy.begin(request)?, replayed))
}

fn refused(why: NoPlace) -> Refusal {
    match why {
        NoPlace::Same => Refusal::rate_limited("a copy of this merchant's data is under way", LATER),
        NoPlace::Full => {
            let detail = "as many copies as there may be at once are under way";
            let retry_after = u32::try_from(LATER.as_secs()).ok();
            Refusal { retry_after, ..Refusal::new(Problem::Overloaded, detail) }
        }
    }
}

/// A copy that is about to be written.
struct Copy {
    app: Arc<App>,
    merchant: MerchantId,
    begun_at: OffsetDateTime,
    /// Read before there is an answer, so that whoever can't be served is told so.
    profile: Page,
    place: Place,
}

/// Why a copy breaks off.
enum Stop {
    NoReader(NoReader),
    Refused(Refusal),
}

impl Copy {
    async fn new(app: &Arc<App>, merchant: MerchantId, place: Place) -> Result<Copy, Refusal> {
        let mut conn = app.pool.get().await?;
        let begun_at = conn.now().await?;
        let profile = Part::Profile.page(app, &mut conn, merchant, None).await?;
        Ok(Copy { app: app.clone(), merchant, begun_at, profile, place })
    }

    /// The answer, whose body a task of its own writes while it is read.
    fn begin(self, request: &Request) -> Answer {
        let (writer, sheets) = copies::open();
        let mut response: Response<Outgoing> = Response::new(Either::Right(Either::Right(sheets)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(KIND));
        let attachment = HeaderValue::from_static("attachment; filename=\"data.ndjson\"");
        headers.insert(CONTENT_DISPOSITION, attachment);
        let (id, connection) = (request.id.clone(), request.busy.connection());
        tokio::spawn(async move {
            let why = match timeout(LONGEST, self.write(writer)).await {
                Ok(Ok(()) | Err(Stop::NoReader(NoReader::Gone))) => return,
                Ok(Err(Stop::NoReader(NoReader::Slow))) => "it is not read".to_owned(),
                Ok(Err(Stop::Refused(refusal))) => refusal.why().to_owned(),
                Err(_) => format!("it is not done after {} s", LONGEST.as_secs()),
            };
            tracing::warn!(request_id = %id, why, "a copy of a merchant's data breaks off");
            // A body that nobody reads is never asked for its end.
            connection.cancel();
        });
        Ok(response)
    }

    async fn write(self, writer: Writer) -> Result<(), Stop> {
        let head = json!({
            "merchant_id": self.merchant.to_string(),
            "begun_at": rfc3339(self.begun_at),
            "parts": Part::ALL.map(Part::name),
        });
        writer.put(lines("copy", &[head]).into()).await.map_err(Stop::NoReader)?;
        let mut counts = json!({});
        for part in Part::ALL {
            counts[part.name()] = self.write_part(&writer, part).await?.into();
        }
        let ended_at = self.app.pool.get().await.map_err(stopped)?.now().await.map_err(stopped)?;
        let end = json!({"ended_at": rfc3339(ended_at), "counts": counts});
        writer.end(lines("end", &[end]).into(), self.place).await.map_err(Stop::NoReader)
    }

    /// Page by page, each read when the one before was taken, and on a connection that is given back: whoever reads slowly
    /// holds neither a connection nor a snapshot.
    async fn write_part(&self, writer: &Writer, part: Part) -> Result<usize, Stop> {
        let (mut count, mut after) = (0, None);
        loop {
            if writer.is_left() {
                return Err(Stop::NoReader(NoReader::Gone));
            }
            let read = match part {
                Part::Profile => self.profile.clone(),
                _ => {
                    let mut conn = self.app.pool.get().await.map_err(stopped)?;
                    let page = part.page(&self.app, &mut conn, self.merchant, after.as_deref()).await;
                    page.map_err(Stop::Refused)?
                }
            };
            count += read.rows.len();
            if !read.rows.is_empty() {
                let chunk: Bytes = lines(part.name(), &read.rows).into();
                writer.put(chunk).await.map_err(Stop::NoReader)?;
            }
            match read.next {
                None => return Ok(count),
                next => after = next,
            }
        }
    }
}

fn stopped(error: pg::Error) -> Stop {
    Stop::Refused(error.into())
}

/// One line for each.
fn lines(part: &str, rows: &[Value]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&json!({"part": part, "data": row}).to_string());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r38_a_line_is_one_value_whatever_it_holds() {
        let text = lines("users", &[json!({"label": "till\n\"7\"\u{2028}"}), json!({"label": ""})]);
        let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (&read[0]["part"], &read[0]["data"]["label"]),
            (&json!("users"), &json!("till\n\"7\"\u{2028}"))
        );
    }

    #[test]
    fn r38_whoever_finds_no_place_is_told_when_to_come_again() {
        for (why, problem) in [(NoPlace::Same, Problem::RateLimited), (NoPlace::Full, Problem::Overloaded)] {
            let refusal = refused(why);
            assert_eq!((refusal.problem, refusal.retry_after), (problem, Some(10)), "{why:?}");
        }
    }
}

//! Carries out what is wanted: questions and commands over HTTPS, each within its time; files; the clipboard.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use admin_api::{ApprovalAsked, ArmRequest, DisarmRequest, Me, ProblemAnswer};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::https::{Answer, Client, Failure};
use crate::listen::listen;
use crate::msg::{Arm, Effect, FOREIGN, Msg, Outcome, Trouble};
use crate::plain::{plain, plain_json};

/// For a question.
const GET: Duration = Duration::from_secs(5);
/// For a command: longer than the server itself waits.
const POST: Duration = Duration::from_secs(20);
/// Questions under way at the same time.
const MOST: usize = 8;
/// Answers that wait to be looked at.
pub const QUEUE: usize = 64;

/// Does the work beside the loop, and reports to it.
#[derive(Debug, Clone)]
pub struct Performer {
    client: Arc<Client>,
    answers: mpsc::Sender<Msg>,
    room: Arc<Semaphore>,
}

impl Performer {
    pub fn new(client: Client) -> (Performer, mpsc::Receiver<Msg>) {
        let (answers, received) = mpsc::channel(QUEUE);
        let room = Arc::new(Semaphore::new(MOST));
        (Performer { client: Arc::new(client), answers, room }, received)
    }

    /// Listens to the stream of events, for as long as somebody takes what it tells.
    pub fn listen(&self) {
        tokio::spawn(listen(self.client.clone(), self.answers.clone()));
    }

    /// Begins with an effect. What concerns the terminal is the loop's own: given back.
    pub fn perform(&self, effect: Effect) -> Option<Effect> {
        let this = self.clone();
        match effect {
            Effect::Get { to, generation, path } => {
                tokio::spawn(async move {
                    let answer = this.ask(&path).await;
                    this.report(Msg::Got { to, generation, answer }).await;
                });
            }
            Effect::Post { ticket, path, body, key } => {
                tokio::spawn(async move {
                    let outcome = this.command(&path, &key, &body).await;
                    this.report(Msg::Posted { ticket, outcome }).await;
                });
            }
            Effect::Arm(Arm { minutes, reason }) => {
                tokio::spawn(async move {
                    let body = serde_json::json!(ArmRequest { minutes, reason });
                    let answer = this.arming("/admin/v1/arm", &body).await;
                    this.report(Msg::Armed(answer)).await;
                });
            }
            Effect::Disarm => {
                tokio::spawn(async move {
                    let body = serde_json::json!(DisarmRequest {});
                    let answer = this.arming("/admin/v1/disarm", &body).await;
                    this.report(Msg::Armed(answer)).await;
                });
            }
            Effect::Export { file, text } => {
                tokio::spawn(async move {
                    let written = tokio::task::spawn_blocking(move || write_new(&file, &text)).await;
                    let done = written.unwrap_or_else(|error| Err(error.to_string()));
                    this.report(Msg::Exported(done)).await;
                });
            }
            Effect::Copy(_) | Effect::Quit => return Some(effect),
        }
        None
    }

    async fn report(&self, msg: Msg) {
        // Whoever left the loop wants no answers.
        drop(self.answers.send(msg).await);
    }

    /// One question, whose answer holds nothing hidden.
    ///
    /// # Errors
    /// Who does not answer, and what the server refuses.
    pub async fn ask(&self, path: &str) -> Result<Value, Trouble> {
        let deadline = Instant::now() + GET;
        let none = |why: String| Trouble::NoContact(plain(&why).into_owned());
        let permit = tokio::time::timeout_at(deadline, self.room.acquire()).await;
        let _permit = permit.map_err(|_| none("too many questions at once".to_owned()))?;
        let answer = self.client.get(path, deadline).await.map_err(|failure| none(failure.to_string()))?;
        match problem(&answer) {
            Some(problem) => Err(Trouble::Refused(problem)),
            None => json(&answer.body).map_err(none),
        }
    }

    /// Arms or disarms. It takes no key: whatever becomes of the answer, `/admin/v1/me` says what is true.
    async fn arming(&self, path: &str, body: &Value) -> Result<Me, Trouble> {
        let none = |why: String| Trouble::NoContact(plain(&why).into_owned());
        let body = Bytes::from(body.to_string());
        let answer = self.client.post(path, None, body, Instant::now() + POST).await;
        let answer = answer.map_err(|failure| none(failure.to_string()))?;
        if let Some(problem) = problem(&answer) {
            return Err(Trouble::Refused(problem));
        }
        let me = json(&answer.body).map_err(none)?;
        serde_json::from_value(me).map_err(|error| none(error.to_string()))
    }

    async fn command(&self, path: &str, key: &str, body: &Value) -> Outcome {
        let body = Bytes::from(body.to_string());
        match self.client.post(path, Some(key), body, Instant::now() + POST).await {
            Ok(answer) => outcome(&answer),
            Err(failure @ Failure::NotSent(_)) => Outcome::NotSent(plain(&failure.to_string()).into_owned()),
            Err(failure @ Failure::Unknown(_)) => Outcome::Unsure(plain(&failure.to_string()).into_owned()),
        }
    }
}

pub fn json(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map(plain_json).map_err(|error| format!("not JSON: {error}"))
}

/// What the gateway itself says against it, as the contract has it.
fn said(answer: &Answer) -> Option<ProblemAnswer> {
    let said: ProblemAnswer = serde_json::from_value(json(&answer.body).ok()?).ok()?;
    Some(said).filter(|said| said.status == answer.status.as_u16())
}

/// What a refusal says; made up from the status where it is not the contract's.
pub fn problem(answer: &Answer) -> Option<ProblemAnswer> {
    if answer.status.is_success() {
        return None;
    }
    Some(said(answer).unwrap_or_else(|| ProblemAnswer {
        title: answer.status.canonical_reason().unwrap_or("refused").to_owned(),
        status: answer.status.as_u16(),
        code: FOREIGN.to_owned(),
        detail: String::new(),
        request_id: String::new(),
        errors: Vec::new(),
    }))
}

/// A refusal is final where the gateway decided, in the contract's words; where it only could not, and where somebody
/// between answered for it, the same key asks again.
fn outcome(answer: &Answer) -> Outcome {
    if let Some(problem) = problem(answer) {
        let decided = said(answer).is_some()
            && answer.status.is_client_error()
            && !matches!(problem.status, 408 | 429)
            && problem.code != "idempotency-in-progress";
        let words = crate::msg::in_words(&problem);
        return if decided { Outcome::Refused(problem) } else { Outcome::Unsure(words) };
    }
    let Ok(value) = json(&answer.body) else {
        return Outcome::Unsure("the answer is not JSON".to_owned());
    };
    if answer.status.as_u16() != 202 {
        return Outcome::Done(value);
    }
    match serde_json::from_value::<ApprovalAsked>(value) {
        Ok(asked) => Outcome::Waits(asked.approval_id),
        Err(_) => Outcome::Unsure("the answer names no approval".to_owned()),
    }
}

/// Writes a file that was not there; for its owner's eyes.
fn write_new(file: &str, text: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", plain(file));
    let mut opened =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(failed)?;
    Ok(plain(file).into_owned())
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        let status = StatusCode::from_u16(status).expect("a status");
        outcome(&Answer { status, body: Bytes::copy_from_slice(body.as_bytes()) })
    }

    #[test]
    fn what_is_decided_and_what_is_not() {
        let problem = |status: u16, code: &str| {
            format!(r#"{{"type":"/problems/x","title":"T","status":{status},"code":"{code}","detail":"d"}}"#)
        };
        let kind = |outcome| match outcome {
            Outcome::Done(_) => "done",
            Outcome::Waits(_) => "waits",
            Outcome::Refused(_) => "refused",
            Outcome::NotSent(_) => "not sent",
            Outcome::Unsure(_) => "unsure",
        };
        for (status, body, expected) in [
            (200, r#"{"status":"held"}"#.to_owned(), "done"),
            (202, r#"{"approval_id":"apr_1"}"#.to_owned(), "waits"),
            (200, "oops".to_owned(), "unsure"),
            (409, problem(409, "illegal-transition"), "refused"),
            (409, problem(409, "idempotency-in-progress"), "unsure"),
            (422, problem(422, "invalid-request"), "refused"),
            (403, problem(403, "forbidden"), "refused"),
            (429, problem(429, "rate-limited"), "unsure"),
            (503, problem(503, "ledger-unavailable"), "unsure"),
            (500, "<html>".to_owned(), "unsure"),
            // What stands between answers for the gateway: it may have done it, or never have heard of it.
            (302, String::new(), "unsure"),
            (307, problem(307, "moved"), "unsure"),
            (403, "<html>blocked</html>".to_owned(), "unsure"),
            (404, r#"{"message":"no route"}"#.to_owned(), "unsure"),
            (407, String::new(), "unsure"),
            (413, "too large".to_owned(), "unsure"),
            (404, problem(409, "illegal-transition"), "unsure"),
            (503, problem(409, "illegal-transition"), "unsure"),
            (408, problem(408, "timeout"), "unsure"),
            (202, r#"{"status":"accepted"}"#.to_owned(), "unsure"),
            (202, "[]".to_owned(), "unsure"),
            (202, String::new(), "unsure"),
            (204, String::new(), "unsure"),
        ] {
            assert_eq!(kind(answered(status, &body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_export_overwrites_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rows.csv").display().to_string();
        assert_eq!(write_new(&file, "a\n"), Ok(file.clone()));
        assert!(write_new(&file, "b\n").is_err());
        assert_eq!(std::fs::read_to_string(&file).expect("the first"), "a\n");
    }
}

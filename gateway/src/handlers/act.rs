//! What an operator does outside the lanes: keyed, audited and answered in one transaction of its own (R22, R33).

use audit::Entry;
use hyper::Response;
use idempotency::{Answer as Kept, Claim, Request as Keyed};
use pg::Tx;
use privacy::Keyring;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Answer, admin_actions, reply};
use crate::app::App;
use crate::body::Outgoing;
use crate::commands::{Operator, Reply};
use crate::problem::{self, Problem, Refusal};
use crate::request::Request;

/// One such act.
#[derive(Debug)]
pub struct Act {
    pub operator: Operator,
    pub reason: String,
    keyed: Keyed,
    request_id: String,
}

impl Act {
    /// Who acts, under which key, and why, where the body says nothing but the reason.
    ///
    /// # Errors
    /// What is wrong with the request.
    pub fn read(app: &App, request: &Request) -> Result<Act, Refusal> {
        Act::because(app, request, admin_actions::reason_of(request)?)
    }

    /// The same with a reason that was read already.
    ///
    /// # Errors
    /// `unauthenticated`, `idempotency-key-missing`.
    pub fn because(app: &App, request: &Request, reason: String) -> Result<Act, Refusal> {
        let (operator, keyed) = admin_actions::who(app, request)?;
        Ok(Act { operator, reason, keyed, request_id: request.id.to_string() })
    }

    /// Claims the key; the answer that was given under it before, if there is one.
    ///
    /// # Errors
    /// `idempotency-key-reused`; the database's.
    pub async fn claim(&self, tx: &Tx<'_>) -> Result<Option<Response<Outgoing>>, Refusal> {
        Ok(claimed(tx, &self.keyed).await?.map(|answer| stored(answer, true)))
    }

    /// The same where answers of success hold a secret, and were kept by [`Act::finish_sealed`].
    ///
    /// # Errors
    /// `idempotency-key-reused`; the database's; `internal` where the answer can't be opened.
    pub async fn claim_sealed(
        &self,
        tx: &Tx<'_>,
        keyring: &Keyring,
    ) -> Result<Option<Response<Outgoing>>, Refusal> {
        let Some(mut answer) = claimed(tx, &self.keyed).await? else { return Ok(None) };
        if is_success(&answer) {
            let opened = keyring.open(&answer.body, &self.sealed_for());
            answer.body = opened.map_err(|error| problem::internal(&error))?;
        }
        Ok(Some(stored(answer, true)))
    }

    /// Keeps the answer under the key, sealed where it is one of success, commits, and answers.
    ///
    /// # Errors
    /// The database's; `internal` where it can't be sealed.
    pub async fn finish_sealed(self, tx: Tx<'_>, answer: Kept, keyring: &Keyring) -> Answer {
        let mut at_rest = answer.clone();
        if is_success(&answer) {
            let sealed = keyring.seal(&answer.body, &self.sealed_for());
            at_rest.body = sealed.map_err(|error| problem::internal(&error))?;
        }
        idempotency::record(&tx, &[(&self.keyed, at_rest)]).await?;
        tx.commit().await?;
        Ok(stored(answer, false))
    }

    /// What a sealed answer is bound to: whose key it is, and which.
    fn sealed_for(&self) -> Vec<u8> {
        ["idempotency_answers.body", &self.keyed.scope, &self.keyed.key].join("\0").into_bytes()
    }

    /// The line of the audit trail.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit(
        &self,
        tx: &Tx<'_>,
        at: OffsetDateTime,
        action: &str,
        subject: String,
        change: (Option<Value>, Option<Value>),
    ) -> Result<(), Refusal> {
        let entry = Entry {
            at,
            actor: self.operator.id.to_string(),
            person: self.operator.person.to_string(),
            origin: self.operator.origin.clone(),
            action: action.to_owned(),
            subject,
            reason: self.reason.clone(),
            before: change.0.map(|value| value.to_string()),
            after: change.1.map(|value| value.to_string()),
            idempotency_key: Some(self.keyed.key.clone()),
        };
        Ok(audit::append(tx, &[entry]).await?)
    }

    /// A refusal that is kept under the key.
    pub fn refused(&self, problem: Problem, detail: &str) -> Kept {
        refused(problem, detail, &self.request_id)
    }

    /// Keeps the answer under the key, commits, and answers.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish(self, tx: Tx<'_>, answer: Kept) -> Answer {
        finish(&self.keyed, tx, answer).await
    }
}

/// A refusal that is kept under a key.
pub(super) fn refused(problem: Problem, detail: &str, request_id: &str) -> Kept {
    let body = problem::body(problem, detail, request_id, &[]);
    Kept { status: problem.status(), body: body.to_vec() }
}

/// Keeps the answer under its key, commits, and answers.
pub(super) async fn finish(keyed: &Keyed, tx: Tx<'_>, answer: Kept) -> Answer {
    idempotency::record(&tx, &[(keyed, answer.clone())]).await?;
    tx.commit().await?;
    Ok(stored(answer, false))
}

fn is_success(answer: &Kept) -> bool {
    (200..300).contains(&answer.status)
}

/// Claims a key; the answer as it was kept under it, if there is one.
///
/// # Errors
/// `idempotency-key-reused`; the database's.
pub(super) async fn claimed(tx: &Tx<'_>, keyed: &Keyed) -> Result<Option<Kept>, Refusal> {
    match idempotency::claim(tx, &[keyed]).await?.into_iter().next() {
        Some(Claim::Repeat(answer)) => Ok(Some(answer)),
        Some(Claim::OtherRequest) => {
            let detail = "this Idempotency-Key was used before, for another request";
            Err(Refusal::new(Problem::IdempotencyKeyReused, detail))
        }
        Some(Claim::First | Claim::SameAs(_)) | None => Ok(None),
    }
}

/// An answer of this status with a JSON body, to be kept.
///
/// # Errors
/// `internal`, should a value not be writable.
pub fn kept<T: serde::Serialize + ?Sized>(status: u16, value: &T) -> Result<Kept, Refusal> {
    let body = serde_json::to_vec(value).map_err(|error| problem::internal(&error))?;
    Ok(Kept { status, body })
}

/// An answer as it was kept.
pub(super) fn stored(answer: Kept, replayed: bool) -> Response<Outgoing> {
    reply::stored(Reply { status: answer.status, body: answer.body.into(), replayed })
}

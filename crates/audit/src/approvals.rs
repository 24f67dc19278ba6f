//! Four eyes: what is above a limit waits for another person, not merely another token (R33).

use std::collections::BTreeMap;

use pg::{Connection, Tx};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::state::{ApprovalEvent, ApprovalState};
use crate::{ApprovalId, Error};

/// How long another person has.
const LIFETIME: Duration = Duration::hours(24);

/// A request for a second pair of eyes, to be kept.
#[derive(Debug, Clone)]
pub struct NewApproval {
    /// Its id.
    pub id: ApprovalId,
    /// What is to be done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The whole request, JSON, to be decided again on approval.
    pub request: String,
    /// The state that the requester saw, JSON: when it changed, the approval is void.
    pub shown: String,
    /// The operator who asks.
    pub requested_by: String,
    /// The person behind that operator.
    pub requested_person: String,
    /// Why.
    pub reason: String,
}

/// A request as it lies in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// What is to be done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The whole request, JSON.
    pub request: String,
    /// The state that the requester saw, JSON.
    pub shown: String,
    /// The operator who asks.
    pub requested_by: String,
    /// The person behind that operator.
    pub requested_person: String,
    /// Why.
    pub reason: String,
    /// Since when it waits.
    pub created_at: OffsetDateTime,
    /// Until when.
    pub expires_at: OffsetDateTime,
    /// Where it stands.
    pub state: ApprovalState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The person behind that operator.
    pub decided_person: Option<String>,
    /// Why.
    pub decided_reason: Option<String>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
}

/// Why an approval can't be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecideRefusal {
    /// There is none with this id.
    NotFound,
    /// Nobody approves what they asked for themselves.
    SamePerson,
    /// Its time is over.
    Expired,
    /// It has an end already.
    AlreadyDecided(ApprovalState),
}

/// Keeps new requests.
///
/// # Errors
/// The database's.
pub async fn open_approvals(tx: &Tx<'_>, new: &[NewApproval], now: OffsetDateTime) -> Result<(), Error> {
    for approval in new {
        tx.execute(
            include_str!("sql/insert_approval.sql"),
            &[
                &approval.id.uuid(),
                &approval.action,
                &approval.subject,
                &approval.request,
                &approval.shown,
                &approval.requested_by,
                &approval.requested_person,
                &approval.reason,
                &now,
                &(now + LIFETIME),
            ],
        )
        .await?;
    }
    Ok(())
}

/// The approvals that a batch has locked.
#[derive(Debug, Default)]
pub struct Approvals {
    rows: BTreeMap<ApprovalId, (Approval, bool)>,
}

/// Locks approvals in the order of their ids; ids that are not there are simply missing.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn lock_approvals(tx: &Tx<'_>, ids: &[ApprovalId]) -> Result<Approvals, Error> {
    if ids.is_empty() {
        return Ok(Approvals::default());
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut rows = BTreeMap::new();
    for row in tx.query(include_str!("sql/lock_approvals.sql"), &[&ids]).await? {
        let approval = read(&row)?;
        rows.insert(approval.id, (approval, false));
    }
    Ok(Approvals { rows })
}

impl Approvals {
    /// The approval, as it stands in this batch.
    pub fn get(&self, id: ApprovalId) -> Option<&Approval> {
        self.rows.get(&id).map(|(approval, _)| approval)
    }

    /// Those that this batch has ended.
    pub fn changed(&self) -> impl Iterator<Item = ApprovalId> {
        self.rows.iter().filter(|(_, (_, changed))| *changed).map(|(id, _)| *id)
    }

    /// Whether this person may decide it now. Anybody may reject, also the one who asked.
    ///
    /// # Errors
    /// Why not.
    pub fn may_decide(
        &self,
        id: ApprovalId,
        event: ApprovalEvent,
        person: &str,
        now: OffsetDateTime,
    ) -> Result<&Approval, DecideRefusal> {
        let approval = self.get(id).ok_or(DecideRefusal::NotFound)?;
        if approval.state.next(event).is_none() {
            return Err(DecideRefusal::AlreadyDecided(approval.state));
        }
        if now >= approval.expires_at {
            return Err(DecideRefusal::Expired);
        }
        if event == ApprovalEvent::Approve && approval.requested_person == person {
            return Err(DecideRefusal::SamePerson);
        }
        Ok(approval)
    }

    /// Ends an approval. `Void` and `Expire` follow from the state of things, not from who looks.
    ///
    /// # Errors
    /// Why it can't be ended so.
    pub fn decide(
        &mut self,
        id: ApprovalId,
        event: ApprovalEvent,
        by: (&str, &str),
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<(), DecideRefusal> {
        if matches!(event, ApprovalEvent::Approve | ApprovalEvent::Reject) {
            self.may_decide(id, event, by.1, now)?;
        }
        let (approval, changed) = self.rows.get_mut(&id).ok_or(DecideRefusal::NotFound)?;
        let state = approval.state.next(event).ok_or(DecideRefusal::AlreadyDecided(approval.state))?;
        approval.state = state;
        approval.decided_by = Some(by.0.to_owned());
        approval.decided_person = Some(by.1.to_owned());
        approval.decided_reason = Some(reason.to_owned());
        approval.decided_at = Some(now);
        *changed = true;
        Ok(())
    }

    /// Writes the ends, each only where it is still pending.
    ///
    /// # Errors
    /// The database's; `Unexpected` when one is no longer pending.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        for (approval, _) in self.rows.values().filter(|(_, changed)| *changed) {
            let saved = tx
                .execute(
                    include_str!("sql/save_approval.sql"),
                    &[
                        &approval.id.uuid(),
                        &approval.state.as_str(),
                        &approval.decided_by,
                        &approval.decided_person,
                        &approval.decided_reason,
                        &approval.decided_at,
                    ],
                )
                .await?;
            if saved != 1 {
                return Err(Error::Unexpected(format!("{} is no longer pending", approval.id)));
            }
        }
        Ok(())
    }
}

/// One approval, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn approval(conn: &Connection, id: ApprovalId) -> Result<Option<Approval>, Error> {
    let row = conn.query_opt(include_str!("sql/get_approval.sql"), &[&id.uuid()]).await?;
    row.as_ref().map(read).transpose()
}

/// The approval of this action whose request names the thing with this id, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn approval_naming(conn: &Connection, action: &str, id: &str) -> Result<Option<Approval>, Error> {
    let row =
        conn.query_opt(include_str!("sql/approval_naming.sql"), &[&action, &format!("\"{id}\"")]).await?;
    row.as_ref().map(read).transpose()
}

/// How many wait for another person, by the person who asked.
///
/// # Errors
/// The database's.
pub async fn pending_by_person(conn: &Connection) -> Result<Vec<(String, i64)>, Error> {
    let rows = conn.query(include_str!("sql/pending_by_person.sql"), &[]).await?;
    Ok(rows.iter().map(|row| (row.get("person"), row.get("pending"))).collect())
}

/// How many wait for another person.
///
/// # Errors
/// The database's.
pub async fn pending_count(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.query_one(include_str!("sql/pending_count.sql"), &[]).await?.get(0))
}

/// An approval's row.
pub(crate) fn read(row: &pg::Row) -> Result<Approval, Error> {
    let id = ApprovalId::from_uuid(row.get("id"));
    let state = ApprovalState::parse(row.get("state"))
        .ok_or_else(|| Error::Unexpected(format!("the state of {id}")))?;
    Ok(Approval {
        id,
        action: row.get("action"),
        subject: row.get("subject"),
        request: row.get("request"),
        shown: row.get("shown"),
        requested_by: row.get("requested_by"),
        requested_person: row.get("requested_person"),
        reason: row.get("reason"),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
        state,
        decided_by: row.get("decided_by"),
        decided_person: row.get("decided_person"),
        decided_reason: row.get("decided_reason"),
        decided_at: row.get("decided_at"),
    })
}

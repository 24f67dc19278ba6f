//! Four eyes (R33): asked by one person, decided by another, on the state of that moment.

use audit::{ApprovalEvent, ApprovalId, DecideRefusal, Entry, NewApproval};
use serde_json::{Value, json};

use super::action::Action;
use super::batch::Outcome;
use super::operators::{No, Word, answer, no};
use super::stage::Stage;
use super::void::Void;
use super::{Decide, Operate};
use crate::config::is_same_person;
use crate::problem::Problem;

impl Stage<'_> {
    /// Keeps the request for a second person: 202.
    pub(super) fn ask_approval(&mut self, command: &Operate, shown: &Value) -> Result<Outcome, Void> {
        let id = ApprovalId::new(command.request.shard);
        self.new_approvals.push(NewApproval {
            id,
            action: command.action.name().to_owned(),
            subject: command.action.subject(),
            request: serde_json::to_string(&command.action)?,
            shown: shown.to_string(),
            requested_by: command.operator.id.to_string(),
            requested_person: command.operator.person.to_string(),
            reason: command.reason.clone(),
        });
        self.entries.push(Entry {
            at: self.now,
            actor: command.operator.id.to_string(),
            person: command.operator.person.to_string(),
            origin: command.operator.origin.clone(),
            action: format!("{}.requested", command.action.name()),
            subject: command.action.subject(),
            reason: command.reason.clone(),
            before: Some(shown.to_string()),
            after: Some(json!({"approval": id.to_string()}).to_string()),
            idempotency_key: Some(command.request.key.clone()),
        });
        let body = json!({"approval_id": id.to_string()});
        Ok(Outcome { reply: answer(202, &body)?, stored: true })
    }

    pub(super) fn decide_approval(&mut self, command: &Decide) -> Result<Outcome, Void> {
        let event = if command.approve { ApprovalEvent::Approve } else { ApprovalEvent::Reject };
        let person = self.as_it_asked(command.approval, &command.operator.person);
        let approval = match self.approvals.may_decide(command.approval, event, &person, self.now) {
            Ok(approval) => approval.clone(),
            Err(refusal) => {
                if refusal == DecideRefusal::Expired {
                    self.end(command, ApprovalEvent::Expire, &command.reason)?;
                }
                return Ok(no(&problem_of(refusal), &command.request_id));
            }
        };
        let action: Action = serde_json::from_str(&approval.request)?;
        if !command.approve {
            self.end(command, ApprovalEvent::Reject, &command.reason)?;
            self.note(command, &action, "rejected", None);
            let body = json!({"id": command.approval.to_string(), "status": "rejected"});
            return Ok(Outcome { reply: answer(200, &body)?, stored: true });
        }
        let now = self.shown(&action).map(|shown| shown.to_string());
        if now.as_deref() != Some(approval.shown.as_str()) {
            return self.void(command, &action, "what was shown has changed: the approval is void");
        }
        let (operator, reason, key) = (&command.operator, &*command.reason, &*command.request.key);
        match self.perform(&action, &Word { operator, reason, asked: &approval.reason, key })? {
            Err((_, why)) => self.void(command, &action, &format!("not possible any more: {why}")),
            Ok(result) => {
                self.end(command, ApprovalEvent::Approve, &command.reason)?;
                self.note(command, &action, "approved", None);
                let body = json!({
                    "id": command.approval.to_string(),
                    "status": "approved",
                    "action": action.name(),
                    "result": result,
                });
                Ok(Outcome { reply: answer(200, &body)?, stored: true })
            }
        }
    }

    /// The person as it was written when it asked, if it is the one who did.
    fn as_it_asked(&self, approval: ApprovalId, person: &str) -> String {
        let asked = self.approvals.get(approval).map(|approval| &*approval.requested_person);
        asked.filter(|asked| is_same_person(asked, person)).unwrap_or(person).to_owned()
    }

    /// What stood against it is kept, too: whoever approved did not say it.
    fn void(&mut self, command: &Decide, action: &Action, why: &str) -> Result<Outcome, Void> {
        self.end(command, ApprovalEvent::Void, &format!("{} (void: {why})", command.reason))?;
        self.note(command, action, "void", Some(why));
        Ok(no(&(Problem::IllegalTransition, why.to_owned()), &command.request_id))
    }

    fn end(&mut self, command: &Decide, event: ApprovalEvent, reason: &str) -> Result<(), Void> {
        let by = (&*command.operator.id, &*command.operator.person);
        self.approvals
            .decide(command.approval, event, by, reason, self.now)
            .map_err(|refusal| Void::unexpected(format!("{} can't end: {refusal:?}", command.approval)))
    }

    fn note(&mut self, command: &Decide, action: &Action, what: &str, cause: Option<&str>) {
        let mut after = json!({"subject": action.subject()});
        if let Some(cause) = cause {
            after["cause"] = json!(cause);
        }
        self.entries.push(Entry {
            at: self.now,
            actor: command.operator.id.to_string(),
            person: command.operator.person.to_string(),
            origin: command.operator.origin.clone(),
            action: format!("{}.{what}", action.name()),
            subject: command.approval.to_string(),
            reason: command.reason.clone(),
            before: None,
            after: Some(after.to_string()),
            idempotency_key: Some(command.request.key.clone()),
        });
    }
}

fn problem_of(refusal: DecideRefusal) -> No {
    match refusal {
        DecideRefusal::NotFound => (Problem::NotFound, "there is no such approval".into()),
        DecideRefusal::SamePerson => {
            (Problem::Forbidden, "another person must approve, not merely another token".into())
        }
        DecideRefusal::Expired => {
            (Problem::IllegalTransition, "nobody approved within 24 hours: it has expired".into())
        }
        DecideRefusal::AlreadyDecided(state) => {
            (Problem::IllegalTransition, format!("the approval is {}", state.as_str()))
        }
    }
}

//! A kept event runs through again: by the same decisions, as if it came now, and nothing of it twice.

use std::collections::BTreeMap;

use audit::Entry;
use pg::Tx;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vault::{EventId, LaterAnswer, Standing, Turn, Verdict};

use super::batch::Outcome;
use super::operators::{answer, no};
use super::stage::Stage;
use super::void::Void;
use super::{Replay, Reply};
use crate::problem::Problem;

/// What a replay made of an event.
pub(super) struct Remade {
    event: EventId,
    turn: i32,
    verdict: Verdict,
    reply: Reply,
}

impl Stage<'_> {
    /// R2: what was posted is settled, and answers the outcomes that it has. What was not understood is decided now.
    pub(super) fn replay(&mut self, index: usize, command: &Replay) -> Result<Outcome, Void> {
        let standing = match self.replays.get_mut(index).and_then(Option::take) {
            Some(Turn::Mine(standing)) => standing,
            Some(Turn::Busy) => {
                let detail = "the event was replayed at this very moment: look what came of that".to_owned();
                return Ok(Outcome {
                    stored: false,
                    ..no(&(Problem::IllegalTransition, detail), &command.request_id)
                });
            }
            Some(Turn::Unknown) | None => {
                let detail = format!("there is no {}", command.event);
                return Ok(no(&(Problem::NotFound, detail), &command.request_id));
            }
        };
        let Some(content) = &command.content else {
            let detail =
                "its bytes were removed when their retention was over: it can't be replayed".to_owned();
            return Ok(no(&(Problem::IllegalTransition, detail), &command.request_id));
        };
        let before = (standing.verdict, standing.answer.status, standing.answer.body.as_slice());
        let mut remade = None;
        if !standing.is_settled() {
            let reply = self.heard(index, &command.bank, command.event, content)?;
            remade = Some((content.verdict(), reply));
        }
        let after = match &remade {
            Some((verdict, reply)) => (*verdict, reply.status, &*reply.body),
            None => before,
        };
        self.entries.push(self.replay_entry(command, before, after));
        let body = json!({
            "id": command.event.to_string(),
            "verdict": after.0.as_str(),
            "applied": !standing.is_settled() && after.0 == Verdict::Accepted,
            "before": shown(before),
            "after": shown(after),
        });
        self.keep_remade(command.event, &standing, remade);
        Ok(Outcome { reply: answer(200, &body)?, stored: true })
    }

    fn keep_remade(&mut self, event: EventId, standing: &Standing, remade: Option<(Verdict, Reply)>) {
        if let Some((verdict, reply)) = remade.filter(|(verdict, _)| standing.improves_to(*verdict)) {
            self.later.push(Remade { event, turn: standing.turn, verdict, reply });
        }
    }

    fn replay_entry(&self, command: &Replay, before: Made<'_>, after: Made<'_>) -> Entry {
        Entry {
            at: self.now,
            actor: command.operator.id.to_string(),
            person: command.operator.person.to_string(),
            origin: command.operator.origin.clone(),
            action: "event.replay".to_owned(),
            subject: command.event.to_string(),
            reason: command.reason.clone(),
            before: Some(counted(before).to_string()),
            after: Some(counted(after).to_string()),
            idempotency_key: Some(command.request.key.clone()),
        }
    }
}

/// A verdict with the status and the body that were answered to it.
type Made<'a> = (Verdict, u16, &'a [u8]);

fn shown((verdict, status, body): Made<'_>) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    json!({"verdict": verdict.as_str(), "status": status, "answer": body})
}

/// For the audit trail: a document may hold a thousand outcomes.
fn counted((verdict, status, body): Made<'_>) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for told in body["outcomes"].as_array().into_iter().flatten() {
        *outcomes.entry(told["outcome"].as_str().unwrap_or_default()).or_default() += 1;
    }
    json!({"verdict": verdict.as_str(), "status": status, "outcomes": outcomes})
}

/// Beside the first answers, for ever.
pub(super) async fn record(tx: &Tx<'_>, remade: &[Remade], now: OffsetDateTime) -> Result<(), Void> {
    let later: Vec<LaterAnswer<'_>> = remade
        .iter()
        .map(|one| LaterAnswer {
            event: one.event,
            turn: one.turn,
            verdict: one.verdict,
            status: one.reply.status,
            answer: &one.reply.body,
        })
        .collect();
    Ok(vault::record_replays(tx, &later, now).await?)
}

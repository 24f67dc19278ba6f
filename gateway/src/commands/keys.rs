//! Step 1 of a batch: every key is inserted, before anything is locked.

use std::collections::HashSet;

use deposits::{Claimed, Receipt, ReversalClaim, ReversalReport};
use idempotency::Request;
use pg::{Shards, Tx};
use vault::{Delivery, Turn};
use withdrawals::{ReferenceClaim, WithdrawalId};

use super::early::Early;
use super::void::{Void, both};
use super::{Command, Replay, Reply};
use crate::problem::{self, FieldError, Problem};

/// How a command stands after the keys were claimed.
#[derive(Debug)]
pub(super) enum Standing {
    /// It won its key, or has none: it is decided now.
    Live,
    /// It is decided now, but not by what it carries: that was applied before, or is not there.
    Bare,
    /// It is answered already.
    Answered(Reply),
    /// It repeats the command at this index of the batch.
    SameAs(usize),
}

/// The keys of a batch.
#[derive(Debug)]
pub(super) struct Claims {
    /// For each command.
    pub standing: Vec<Standing>,
    /// For each command that replays an event, what it finds.
    pub replays: Vec<Option<Turn>>,
    /// For each receipt of each live bank event, in order.
    pub receipts: Vec<Vec<Claimed>>,
    /// For each return of money in each live bank event, in order.
    pub returns: Vec<Vec<ReversalClaim>>,
    /// The withdrawals that got the client reference they want.
    pub references: HashSet<WithdrawalId>,
}

/// Claims all keys, always in this order: events, requests, replays, payments, returns, client references. What needs no
/// answer of the claim before goes beside it, and so does what is read without a lock. Keys of what contradicts an earlier
/// report follow when that one is known, of payments and of returns as it comes.
pub(super) async fn claim(tx: &Tx<'_>, shards: Shards, batch: &[&Command]) -> Result<(Claims, Early), Void> {
    let (events, requests) = tokio::join!(biased; claim_events(tx, batch), claim_requests(tx, batch));
    let (events, requests) = both(events, requests)?;
    let mut standing: Vec<Standing> = batch.iter().map(|_| Standing::Live).collect();
    for (index, became) in events.into_iter().chain(requests) {
        if let Some(slot) = standing.get_mut(index) {
            *slot = became;
        }
    }
    let replays = claim_replays(tx, batch, &mut standing).await?;
    let (receipts, returns, references, early) = tokio::join!(
        biased;
        claim_receipts(tx, batch, &standing),
        claim_returns(tx, batch, &standing),
        claim_references(tx, batch, &standing),
        Early::read(tx, shards, batch, &standing),
    );
    let ((receipts, returns), (references, early)) = both(both(receipts, returns), both(references, early))?;
    Ok((Claims { standing, replays, receipts, returns, references }, early))
}

/// Commands by their place in the batch that stand otherwise than [`Standing::Live`] now.
type Became = Vec<(usize, Standing)>;

async fn claim_events(tx: &Tx<'_>, batch: &[&Command]) -> Result<Became, Void> {
    let events: Vec<(usize, &Delivery, &str)> = batch
        .iter()
        .enumerate()
        .filter_map(|(index, command)| match command {
            Command::BankEvent(event) => Some((index, &event.delivery, event.request_id.as_str())),
            _ => None,
        })
        .collect();
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let deliveries: Vec<&Delivery> = events.iter().map(|(_, delivery, _)| *delivery).collect();
    let claims = vault::claim(tx, &deliveries).await?;
    let mut became = Vec::new();
    for ((index, _, request_id), claim) in events.iter().zip(claims) {
        let standing = match claim {
            vault::Claim::First => continue,
            vault::Claim::Repeat(answer) => Standing::Answered(replayed(answer.status, answer.body)),
            vault::Claim::OtherBytes => {
                let detail = "this event id was used before, for another body; nothing was changed";
                Standing::Answered(refusal(Problem::EventIdReused, detail, request_id))
            }
            vault::Claim::SameAs(first) => match events.get(first) {
                Some((first, _, _)) => Standing::SameAs(*first),
                None => return Err(Void::unexpected("a delivery before the first")),
            },
        };
        became.push((*index, standing));
    }
    Ok(became)
}

impl Command {
    /// The idempotency key of a request, with the request's id.
    pub(super) fn request(&self) -> Option<(&Request, &str)> {
        match self {
            Command::Replay(command) => Some((&command.request, &command.request_id)),
            Command::Withdraw(command) => Some((&command.request, &command.request_id)),
            Command::ChangePayee(command) => Some((&command.request, &command.request_id)),
            Command::Operate(command) => Some((&command.request, &command.request_id)),
            Command::Decide(command) => Some((&command.request, &command.request_id)),
            Command::BankEvent(_)
            | Command::PayoutReport(_)
            | Command::Rematch(_)
            | Command::ApplyReversals(_)
            | Command::ImportOrders(_)
            | Command::LiftFreezes(_)
            | Command::AgeDocuments(_)
            | Command::CloseEmptied(_) => None,
        }
    }
}

async fn claim_requests(tx: &Tx<'_>, batch: &[&Command]) -> Result<Became, Void> {
    let keyed: Vec<(usize, &Request, &str)> = batch
        .iter()
        .enumerate()
        .filter_map(|(index, command)| command.request().map(|(request, id)| (index, request, id)))
        .collect();
    if keyed.is_empty() {
        return Ok(Vec::new());
    }
    let requests: Vec<&Request> = keyed.iter().map(|(_, request, _)| *request).collect();
    let claims = idempotency::claim(tx, &requests).await?;
    let mut became = Vec::new();
    for ((index, _, request_id), claim) in keyed.iter().zip(claims) {
        let standing = match claim {
            idempotency::Claim::First => continue,
            idempotency::Claim::Repeat(answer) => Standing::Answered(replayed(answer.status, answer.body)),
            idempotency::Claim::OtherRequest => {
                let detail = "this Idempotency-Key was used before, for another request";
                Standing::Answered(refusal(Problem::IdempotencyKeyReused, detail, request_id))
            }
            idempotency::Claim::SameAs(first) => match keyed.get(first) {
                Some((first, _, _)) => Standing::SameAs(*first),
                None => return Err(Void::unexpected("a request before the first")),
            },
        };
        became.push((*index, standing));
    }
    Ok(became)
}

/// What a replay brings is claimed further only where nothing of it was applied before: not for R4's keys alone, but
/// since a payout's old result says nothing about what has become of the payout since.
async fn claim_replays(
    tx: &Tx<'_>,
    batch: &[&Command],
    standing: &mut [Standing],
) -> Result<Vec<Option<Turn>>, Void> {
    let mut found: Vec<Option<Turn>> = batch.iter().map(|_| None).collect();
    let mut wanted: Vec<(usize, &Replay)> = Vec::new();
    for (index, (command, standing)) in batch.iter().zip(standing.iter()).enumerate() {
        if let (Command::Replay(command), Standing::Live) = (command, standing) {
            wanted.push((index, command));
        }
    }
    let ids: Vec<vault::EventId> = wanted.iter().map(|(_, replay)| replay.event).collect();
    for ((index, _), turn) in wanted.into_iter().zip(vault::claim_replays(tx, &ids).await?) {
        let applies = matches!(&turn, Turn::Mine(standing) if !standing.is_settled());
        if let (Some(slot), false) = (standing.get_mut(index), applies) {
            *slot = Standing::Bare;
        }
        if let Some(slot) = found.get_mut(index) {
            *slot = Some(turn);
        }
    }
    Ok(found)
}

async fn claim_receipts(
    tx: &Tx<'_>,
    batch: &[&Command],
    standing: &[Standing],
) -> Result<Vec<Vec<Claimed>>, Void> {
    let by_command: Vec<Vec<&Receipt>> =
        batch.iter().zip(standing).map(|(command, standing)| receipts_of(command, standing)).collect();
    let all: Vec<&Receipt> = by_command.iter().flatten().copied().collect();
    let mut claimed = deposits::claim(tx, &all).await?.into_iter();
    Ok(by_command.iter().map(|receipts| claimed.by_ref().take(receipts.len()).collect()).collect())
}

async fn claim_returns(
    tx: &Tx<'_>,
    batch: &[&Command],
    standing: &[Standing],
) -> Result<Vec<Vec<ReversalClaim>>, Void> {
    let by_command: Vec<Vec<&ReversalReport>> =
        batch.iter().zip(standing).map(|(command, standing)| returns_of(command, standing)).collect();
    let all: Vec<&ReversalReport> = by_command.iter().flatten().copied().collect();
    let mut claimed = deposits::claim_reversals(tx, &all).await?.into_iter();
    Ok(by_command.iter().map(|returns| claimed.by_ref().take(returns.len()).collect()).collect())
}

pub(super) fn returns_of<'a>(command: &'a Command, standing: &Standing) -> Vec<&'a ReversalReport> {
    match (command.content(), standing) {
        (Some(content), Standing::Live) => content.returns().collect(),
        _ => Vec::new(),
    }
}

pub(super) fn receipts_of<'a>(command: &'a Command, standing: &Standing) -> Vec<&'a Receipt> {
    match (command.content(), standing) {
        (Some(content), Standing::Live) => content.receipts().collect(),
        _ => Vec::new(),
    }
}

async fn claim_references(
    tx: &Tx<'_>,
    batch: &[&Command],
    standing: &[Standing],
) -> Result<HashSet<WithdrawalId>, Void> {
    let claims: Vec<ReferenceClaim> = batch
        .iter()
        .zip(standing)
        .filter(|(_, standing)| matches!(standing, Standing::Live))
        .filter_map(|(command, _)| reference_claim(command))
        .collect();
    Ok(withdrawals::claim_references(tx, &claims).await?)
}

/// The client reference that a withdrawal wants for itself.
pub(super) fn reference_claim(command: &Command) -> Option<ReferenceClaim> {
    let Command::Withdraw(command) = command else { return None };
    let reference = command.order.client_reference.clone()?;
    Some(ReferenceClaim { merchant: command.order.merchant, reference, withdrawal: command.order.id })
}

fn replayed(status: u16, body: Vec<u8>) -> Reply {
    Reply { status, body: body.into(), replayed: true }
}

/// A problem as a reply. An invalid request's detail names the field that is wrong, and so does the answer (`errors`).
pub(super) fn refusal(problem: Problem, detail: &str, request_id: &str) -> Reply {
    let errors = match (problem, detail.split_once(": ")) {
        (Problem::InvalidRequest, Some((field, message))) => vec![FieldError::new(field, message)],
        _ => Vec::new(),
    };
    let body = problem::body(problem, detail, request_id, &errors);
    Reply { status: problem.status(), body, replayed: false }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_invalid_names_its_field_and_nothing_else_has_fields() {
        let told = |problem, detail| -> Value {
            serde_json::from_slice(&refusal(problem, detail, "req").body).unwrap()
        };
        let wrong = told(Problem::InvalidRequest, "number: is another merchant's: not yours");
        assert_eq!(
            wrong["errors"],
            json!([{"field": "number", "message": "is another merchant's: not yours"}])
        );
        assert_eq!(wrong["detail"], "number: is another merchant's: not yours");
        assert_eq!(told(Problem::IllegalTransition, "not possible: it is frozen")["errors"], Value::Null);
    }
}

//! From a handler into a lane and back.

use super::{Answer, reply};
use crate::app::App;
use crate::commands::Command;
use crate::engine::NoReply;
use crate::problem::{Problem, Refusal};

/// Carries a command out and writes what was decided and stored.
///
/// # Errors
/// `idempotency-in-progress`, `overloaded`, `ledger-unavailable`, `internal`.
pub async fn carry_out(app: &App, command: Command) -> Answer {
    match app.engine.submit(command).await {
        Ok(reply) => Ok(reply::stored(reply)),
        Err(NoReply::Refused(refused)) => Err(refused.into()),
        Err(NoReply::InProgress) => {
            Err(Refusal::new(Problem::IdempotencyInProgress, "a request with this key is being worked on"))
        }
    }
}

//! One batch, one transaction, always in this order: claim the keys, lock the rows, decide each command that
//! won its key, write, seal. The lane commits and answers.

use std::sync::Arc;

use lanes::{BatchError, Work};
use pg::Tx;

use super::alarms::Alarm;
use super::facts::Facts;
use super::keys::{self, Claims, Standing};
use super::outlook::Outlook;
use super::stage::Stage;
use super::void::{Void, first_cause};
use super::{Command, Reply};
use crate::activity::Activity;

/// What the lanes do.
#[derive(Debug)]
pub struct Commands {
    facts: Arc<Facts>,
    activity: Arc<Activity>,
    outlook: Outlook,
}

impl Commands {
    /// Commands that decide by these facts, and count there what they did.
    pub fn new(facts: Arc<Facts>, activity: Arc<Activity>) -> Commands {
        Commands { facts, activity, outlook: Outlook::default() }
    }
}

/// An answer that was decided, and whether a repeat of the request gets it again.
#[derive(Debug)]
pub(super) struct Outcome {
    pub reply: Reply,
    /// R22: not so for a request that was invalid: its key is free again.
    pub stored: bool,
}

impl Work for Commands {
    type Command = Command;
    type Answer = Reply;

    async fn run(&self, tx: &Tx<'_>, batch: &[&Command]) -> Result<Vec<Reply>, BatchError> {
        if !self.outlook.is_bold(batch.len()) {
            return self.carry_out(tx, batch).await.map_err(|void| void.0);
        }
        tx.expect_new_keys();
        match self.carry_out(tx, batch).await {
            Ok(replies) => {
                if tx.has_copied_keys() {
                    self.outlook.was_right();
                }
                Ok(replies)
            }
            Err(Void(BatchError::Database(error @ pg::Error::NotNew { .. }))) => {
                tracing::debug!(%error, "a batch looks for its keys");
                self.outlook.was_wrong();
                Err(BatchError::Otherwise)
            }
            Err(void) => Err(void.0),
        }
    }
}

impl Commands {
    async fn carry_out(&self, tx: &Tx<'_>, batch: &[&Command]) -> Result<Vec<Reply>, Void> {
        let (claims, early) = keys::claim(tx, self.facts.layout.shards, batch).await?;
        let mut stage = Stage::load(tx, &self.facts, batch, &claims, early).await?;
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(batch.len());
        for (index, (command, standing)) in batch.iter().zip(&claims.standing).enumerate() {
            outcomes.push(match standing {
                Standing::Live | Standing::Bare => Some(stage.decide(index, command)?),
                Standing::Answered(_) | Standing::SameAs(_) => None,
            });
        }
        let (changed, counted) = (stage.changes(batch, &claims.standing), stage.counts(batch, &outcomes));
        let alarms = std::mem::take(&mut stage.alarms);
        // Written beside the first statement of the rest, not before it: it needs no locks.
        let (recorded, saved) =
            tokio::join!(changes::record(tx, &changed), stage.save(tx, batch, &claims, &outcomes));
        first_cause([saved, recorded.map_err(Void::from)])?;
        let activity = self.activity.clone();
        tx.after_commit(move || {
            activity.add(counted);
            alarms.iter().for_each(Alarm::raise);
        });
        answers(claims, outcomes)
    }
}

impl Stage<'_> {
    fn decide(&mut self, index: usize, command: &Command) -> Result<Outcome, Void> {
        match command {
            Command::BankEvent(event) => self.bank_event(index, event),
            Command::Replay(command) => self.replay(index, command),
            Command::Withdraw(command) => self.withdraw(command),
            Command::ChangePayee(command) => self.change_payee(command),
            Command::PayoutReport(report) => self.payout_report(report),
            Command::Operate(command) => self.operate(command),
            Command::Decide(command) => self.decide_approval(command),
            Command::Rematch(payments) => self.rematch_all(payments),
            Command::ApplyReversals(reversals) => self.apply_waiting(reversals),
            Command::ImportOrders(command) => self.import_orders(command),
            Command::LiftFreezes(merchants) => self.lift_freezes(merchants),
            Command::AgeDocuments(merchants) => Ok(self.age_documents(merchants)),
            Command::CloseEmptied(merchants) => Ok(self.close_emptied(merchants)),
        }
    }
}

/// Winners get what was decided, losers what is stored, repeats inside the batch what their first got.
fn answers(claims: Claims, outcomes: Vec<Option<Outcome>>) -> Result<Vec<Reply>, Void> {
    let decided: Vec<Option<Reply>> = outcomes.into_iter().map(|o| o.map(|o| o.reply)).collect();
    let mut replies: Vec<Option<Reply>> = Vec::with_capacity(decided.len());
    for (standing, own) in claims.standing.into_iter().zip(decided) {
        let reply = match standing {
            Standing::Live | Standing::Bare => own,
            Standing::Answered(reply) => Some(reply),
            Standing::SameAs(first) => replies
                .get(first)
                .and_then(Option::as_ref)
                .map(|reply| Reply { replayed: true, ..reply.clone() }),
        };
        replies.push(reply);
    }
    replies
        .into_iter()
        .collect::<Option<Vec<Reply>>>()
        .ok_or_else(|| Void::unexpected("a command without an answer"))
}

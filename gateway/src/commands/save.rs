//! What a batch writes, set-based, once everything is decided.

use idempotency::{Answer, Request};
use pg::Tx;
use time::OffsetDateTime;
use vault::Record;
use withdrawals::{ReferenceClaim, WithdrawalId};

use super::batch::Outcome;
use super::keys::{self, Claims};
use super::stage::Stage;
use super::void::{Void, first_cause};
use super::{Command, replays};

impl Stage<'_> {
    /// Steps 4 and 5 of a batch: everything is written set-based, the chains' heads last. What most batches write goes side
    /// by side, since a question that waits for no answer costs no way there and back; every row of it is new, or was
    /// locked before.
    pub(super) async fn save(
        self,
        tx: &Tx<'_>,
        batch: &[&Command],
        claims: &Claims,
        outcomes: &[Option<Outcome>],
    ) -> Result<(), Void> {
        let (payments, notices) = (self.new_payments.iter().collect::<Vec<_>>(), self.notices());
        let (payments, covers, notices, answers, rest) = tokio::join!(
            biased;
            deposits::insert(tx, &payments),
            self.save_covers(tx),
            notifications::enqueue(tx, &notices, self.facts.emails, self.now),
            record_answers(tx, batch, outcomes, self.now),
            // On the heap: all of it together would be too much for a stack.
            Box::pin(self.save_rest(tx, batch, claims)),
        );
        first_cause([payments.map_err(Void::from), covers, notices.map_err(Void::from), answers, rest])
    }

    /// New orders, and what payments take of orders.
    async fn save_covers(&self, tx: &Tx<'_>) -> Result<(), Void> {
        self.imports.save(tx).await?;
        merchants::orders::save_covers(tx, &self.orders).await?;
        Ok(())
    }

    /// Of this most batches write nothing but the book, whose statements then go out with the others. The trail's head and
    /// the chains' are locked last.
    async fn save_rest(&self, tx: &Tx<'_>, batch: &[&Command], claims: &Claims) -> Result<(), Void> {
        self.merchants.save(tx, self.now).await?;
        self.frozen.save(tx).await?;
        self.documents.save(tx).await?;
        deposits::save(tx, &self.payments).await?;
        self.reversals.save(tx).await?;
        self.quotes.save(tx).await?;
        withdrawals::insert(tx, &self.new_withdrawals.iter().collect::<Vec<_>>(), self.now).await?;
        self.withdrawals.save(tx, self.now).await?;
        withdrawals::declare(tx, &self.declarations).await?;
        self.usage.save(tx).await?;
        self.fees.save(tx).await?;
        withdrawals::insert_fees(tx, &self.new_fees, self.now).await?;
        exchange::cover::insert_deals(tx, &self.new_covers).await?;
        self.covers.release(tx, &self.new_covers).await?;
        payouts::enqueue(tx, &self.new_payouts, self.now).await?;
        self.payouts.save(tx, self.now).await?;
        self.rates.save(tx).await?;
        audit::open_approvals(tx, &self.new_approvals, self.now).await?;
        self.approvals.save(tx).await?;
        self.release_references(tx, batch, claims).await?;
        replays::record(tx, &self.later, self.now).await?;
        self.positions.save(tx).await?;
        audit::append(tx, &self.entries).await?;
        self.journal.write(tx, self.now).await?;
        Ok(())
    }

    /// A refused withdrawal gives its client reference back.
    async fn release_references(&self, tx: &Tx<'_>, batch: &[&Command], claims: &Claims) -> Result<(), Void> {
        let accepted = |id: WithdrawalId| self.new_withdrawals.iter().any(|withdrawal| withdrawal.id == id);
        let refused: Vec<ReferenceClaim> = batch
            .iter()
            .filter_map(|command| keys::reference_claim(command))
            .filter(|claim| claims.references.contains(&claim.withdrawal) && !accepted(claim.withdrawal))
            .collect();
        withdrawals::release_references(tx, &refused).await?;
        Ok(())
    }
}

async fn record_answers(
    tx: &Tx<'_>,
    batch: &[&Command],
    outcomes: &[Option<Outcome>],
    now: OffsetDateTime,
) -> Result<(), Void> {
    let mut events = Vec::new();
    let mut stored: Vec<(&Request, Answer)> = Vec::new();
    let mut released: Vec<&Request> = Vec::new();
    for (command, outcome) in batch.iter().zip(outcomes) {
        let Some(outcome) = outcome else { continue };
        if let Command::BankEvent(event) = command {
            events.push(Record {
                delivery: &event.delivery,
                verdict: event.content.verdict(),
                status: outcome.reply.status,
                answer: &outcome.reply.body,
            });
        }
        if let Some((request, _)) = command.request() {
            if outcome.stored {
                let answer = Answer { status: outcome.reply.status, body: outcome.reply.body.to_vec() };
                stored.push((request, answer));
            } else {
                released.push(request);
            }
        }
    }
    vault::record(tx, &events, now).await?;
    idempotency::record(tx, &stored).await?;
    idempotency::release(tx, &released).await?;
    Ok(())
}

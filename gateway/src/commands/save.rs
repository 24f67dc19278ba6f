//! What a batch writes, set-based, once everything is decided.

use idempotency::{Answer, Request};
use pg::Tx;
use time::OffsetDateTime;
use vault::Record;
use withdrawals::{ReferenceClaim, Withdrawal, WithdrawalId};

use super::batch::Outcome;
use super::keys::{self, Claims};
use super::stage::Stage;
use super::void::{Void, first_cause};
use super::{Command, replays};

impl Stage<'_> {
    /// Steps 4 and 5 of a batch: everything is written set-based, the trail's head and the chains' last. What many batches write
    /// goes side by side, since a question that waits for no answer costs no way there and back. Every row of it is new, or was
    /// locked before, but for sums of what is in transit and positions, which are locked ahead of the two heads.
    pub(super) async fn save(
        self,
        tx: &Tx<'_>,
        batch: &[&Command],
        claims: &Claims,
        outcomes: &[Option<Outcome>],
    ) -> Result<(), Void> {
        // On the heap: all of it together would be too much for a stack.
        Box::pin(self.save_rare(tx)).await?;
        let (money_in, answers, money_out, payouts, book) = tokio::join!(
            biased;
            Box::pin(self.save_money_in(tx)),
            Box::pin(record_answers(tx, batch, outcomes, self.now)),
            Box::pin(self.save_money_out(tx, batch, claims)),
            Box::pin(self.save_payouts(tx)),
            Box::pin(self.save_book(tx)),
        );
        first_cause([money_in, answers, money_out, payouts, book])
    }

    /// What few batches write, and some of it row by row: before the heads are locked, for which all others wait.
    async fn save_rare(&self, tx: &Tx<'_>) -> Result<(), Void> {
        self.merchants.save(tx, self.now).await?;
        self.frozen.save(tx).await?;
        self.documents.save(tx).await?;
        self.imports.save(tx).await?;
        self.reversals.save(tx).await?;
        withdrawals::insert_fees(tx, &self.new_fees, self.now).await?;
        exchange::cover::insert_deals(tx, &self.new_covers).await?;
        self.covers.release(tx, &self.new_covers).await?;
        self.rates.save(tx).await?;
        audit::open_approvals(tx, &self.new_approvals, self.now).await?;
        self.approvals.save(tx).await?;
        replays::record(tx, &self.later, self.now).await?;
        Ok(())
    }

    /// Payments, what they take of orders, and who is told.
    async fn save_money_in(&self, tx: &Tx<'_>) -> Result<(), Void> {
        let (payments, notices) = (self.new_payments.iter().collect::<Vec<_>>(), self.notices());
        let (inserted, covers, notices, saved) = tokio::join!(
            biased;
            deposits::insert(tx, &payments),
            merchants::orders::save_covers(tx, &self.orders),
            notifications::enqueue(tx, &notices, self.facts.emails, self.now),
            deposits::save(tx, &self.payments),
        );
        let of_payments = [inserted, saved].map(|result| result.map_err(Void::from));
        let beside = [covers.map_err(Void::from), notices.map_err(Void::from)];
        first_cause(of_payments.into_iter().chain(beside))
    }

    async fn save_money_out(&self, tx: &Tx<'_>, batch: &[&Command], claims: &Claims) -> Result<(), Void> {
        let new: Vec<&Withdrawal> = self.new_withdrawals.iter().collect();
        let (written, declared, usage, fees, quotes, positions, released) = tokio::join!(
            biased;
            withdrawals::write(tx, &new, &self.withdrawals, self.now),
            withdrawals::declare(tx, &self.declarations),
            self.usage.save(tx),
            self.fees.save(tx),
            self.quotes.save(tx),
            self.positions.save(tx),
            self.release_references(tx, batch, claims),
        );
        let withdrawn = [written, declared, usage, fees].map(|result| result.map_err(Void::from));
        let priced = [quotes, positions].map(|result| result.map_err(Void::from));
        first_cause(withdrawn.into_iter().chain(priced).chain([released]))
    }

    async fn save_payouts(&self, tx: &Tx<'_>) -> Result<(), Void> {
        let (enqueued, saved) = tokio::join!(
            biased;
            payouts::enqueue(tx, &self.new_payouts, self.now),
            self.payouts.save(tx, self.now),
        );
        first_cause([enqueued, saved].map(|result| result.map_err(Void::from)))
    }

    /// Under two heads that all batches share, always in this order.
    async fn save_book(&self, tx: &Tx<'_>) -> Result<(), Void> {
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
    let (kept, answered, released) = tokio::join!(
        biased;
        vault::record(tx, &events, now),
        idempotency::record(tx, &stored),
        idempotency::release(tx, &released),
    );
    let keys = [answered, released].map(|result| result.map_err(Void::from));
    first_cause(keys.into_iter().chain([kept.map_err(Void::from)]))
}

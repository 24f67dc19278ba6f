//! What a batch changes, for those who watch; and how much of it there is.

use admin_api::ActivitySecond;
use changes::{Changes, Kind};
use payouts::PayoutState;

use super::Command;
use super::batch::Outcome;
use super::keys::Standing;
use super::stage::Stage;

impl Stage<'_> {
    /// Every row of these kinds that the batch writes.
    pub(super) fn changes(&self, batch: &[&Command], standing: &[Standing]) -> Changes {
        let mut changes = Changes::of_a_transaction();
        changes.extend(Kind::Payout, self.new_payouts.iter().map(|payout| payout.id.uuid()));
        changes.extend(Kind::Payout, self.payouts.changed().map(|payout| payout.id.uuid()));
        changes.extend(Kind::Payment, self.new_payments.iter().map(|payment| payment.id.uuid()));
        changes.extend(Kind::Payment, self.payments.changed().map(|payment| payment.id.uuid()));
        changes.extend(Kind::Withdrawal, self.new_withdrawals.iter().map(|order| order.id.uuid()));
        changes.extend(Kind::Withdrawal, self.withdrawals.changed().map(|order| order.id.uuid()));
        changes.extend(Kind::Approval, self.new_approvals.iter().map(|approval| approval.id.uuid()));
        changes.extend(Kind::Approval, self.approvals.changed().map(|id| id.uuid()));
        changes.extend(Kind::Rate, self.rates.changed().map(|id| id.uuid()));
        for (command, standing) in batch.iter().zip(standing) {
            match (command, standing) {
                (Command::BankEvent(event), Standing::Live) => {
                    changes.add(Kind::BankEvent, event.delivery.id.uuid());
                }
                // The refused reuse of an id is kept; the repetition of an event is no more than counted.
                (Command::BankEvent(event), Standing::Answered(reply)) if !reply.replayed => {
                    changes.add(Kind::BankEvent, event.delivery.id.uuid());
                }
                (Command::Replay(replay), Standing::Live | Standing::Bare) => {
                    changes.add(Kind::BankEvent, replay.event.uuid());
                }
                (Command::BankEvent(_) | Command::Replay(_), _)
                | (Command::Withdraw(_), _)
                | (Command::ChangePayee(_), _)
                | (Command::PayoutReport(_), _)
                | (Command::Operate(_), _)
                | (Command::Decide(_), _)
                | (Command::Rematch(_), _)
                | (Command::ApplyReversals(_), _)
                | (Command::ImportOrders(_), _)
                | (Command::LiftFreezes(_) | Command::AgeDocuments(_) | Command::CloseEmptied(_), _) => {}
            }
        }
        changes
    }

    /// What the overview counts.
    pub(super) fn counts(&self, batch: &[&Command], outcomes: &[Option<Outcome>]) -> ActivitySecond {
        let events = decided(batch, outcomes).filter(|(command, _)| matches!(command, Command::BankEvent(_)));
        ActivitySecond {
            events: events.count() as u64,
            payments: self.new_payments.len() as u64,
            withdrawals: self.new_withdrawals.len() as u64,
            payouts_paid: self.payouts.brought_to(PayoutState::Paid) as u64,
        }
    }
}

/// The commands that were not answered already.
fn decided<'a>(
    batch: &'a [&'a Command],
    outcomes: &'a [Option<Outcome>],
) -> impl Iterator<Item = (&'a Command, &'a Outcome)> {
    batch.iter().zip(outcomes).filter_map(|(command, outcome)| Some((*command, outcome.as_ref()?)))
}

//! R23, R30, R45: which counters of limits and allowances a batch needs, and what waits for an operator before it is sent.

use exchange::Quotes;
use money::{Currency, Money};
use time::OffsetDateTime;
use withdrawals::{Counter, Fees, Pricing, Withdrawal, WithdrawalId, Withdrawals};

use super::Command;
use super::facts::Facts;
use super::stage::Stage;

/// Of the orders in a batch, and of the withdrawals that it may refuse or refund.
pub(super) fn counters(
    live: &[&Command],
    facts: &Facts,
    quotes: &Quotes,
    withdrawals: &Withdrawals,
    now: OffsetDateTime,
) -> Vec<Counter> {
    let limits = &facts.policy.limits;
    let ordered = live.iter().filter_map(|command| {
        let Command::Withdraw(command) = command else { return None };
        let currencies = currencies(&command.order.pricing, quotes)?;
        Some(limits.counters(command.order.merchant, currencies, now))
    });
    let counted = withdrawals.iter().filter(|row| row.worth_usd_minor.is_some());
    let counted = counted.flat_map(|row| of_withdrawal(facts, row));
    let free = withdrawals.iter().filter(|row| row.free_minor > 0).map(|row| allowance(facts, row));
    ordered.flatten().chain(counted).chain(free).collect()
}

fn allowance(facts: &Facts, row: &Withdrawal) -> Counter {
    Fees::counter(row.merchant, row.sell.currency(), row.created_at, facts.policy.limits.offset())
}

fn currencies(pricing: &Pricing, quotes: &Quotes) -> Option<(Currency, Currency)> {
    match pricing {
        Pricing::Market { sell, buy } => Some((sell.currency(), *buy)),
        Pricing::Quote(id) => {
            quotes.get(*id).map(|quote| (quote.price.sell.currency(), quote.price.buy.currency()))
        }
    }
}

fn of_withdrawal(facts: &Facts, row: &Withdrawal) -> Vec<Counter> {
    let currencies = (row.sell.currency(), row.buy.currency());
    facts.policy.limits.counters(row.merchant, currencies, row.created_at)
}

impl Stage<'_> {
    /// What a withdrawal counted that never left, since it was refused, or refunded without ever having been paid, it counts no
    /// more.
    pub(super) fn give_limits_back(&mut self, id: WithdrawalId) {
        let Some(row) = self.withdrawals.get(id) else { return };
        if let Some(worth) = row.worth_usd_minor {
            self.usage.give_back(&of_withdrawal(self.facts, row), worth);
        }
        self.usage.give_back(&[allowance(self.facts, row)], row.free_minor);
    }

    /// R45: whether a new withdrawal is worth so much that an operator looks at it before it is sent.
    pub(super) fn waits_for_a_look(&self, sell: Money) -> bool {
        let Some(most) = self.facts.policy.hold_above else { return false };
        self.market.usd_equivalent(sell).is_none_or(|worth| worth.minor() > most.minor())
    }
}

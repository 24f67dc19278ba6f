//! Which ledger accounts a batch may touch: locked together, before anything is decided.

use std::sync::Arc;

use deposits::{Payments, Received};
use exchange::Quotes;
use ledger::{Account, AccountKind, MerchantRef, Owner};
use merchants::{Directory, FrozenAmounts, MerchantId};
use money::Currency;
use payouts::{PayoutId, Payouts};
use withdrawals::{Pricing, WithdrawalId, WithdrawalState, Withdrawals};

use super::Command;
use super::facts::Facts;

/// Of payments that arrived: their movements are decided already.
pub(super) fn of_received(received: &[Vec<Received>]) -> Vec<Account> {
    received
        .iter()
        .flatten()
        .flat_map(|received| match received {
            Received::Payment { movements, .. } => {
                movements.iter().flat_map(ledger::Movement::accounts).collect()
            }
            Received::Duplicate(_) => Vec::new(),
        })
        .collect()
}

/// What merchants owe whose balances may grow: a credit pays it off first (R8).
pub(super) fn receivables(touched: &[Account]) -> Vec<Account> {
    touched
        .iter()
        .filter_map(|account| match account.owner() {
            Owner::Merchant(merchant) if account.kind() == AccountKind::Merchant => {
                Some(Account::receivable(account.key().shard, *merchant, account.currency()))
            }
            _ => None,
        })
        .collect()
}

/// Of withdrawals: what pricing could ask for.
pub(super) fn of_command(command: &Command, facts: &Facts, quotes: &Quotes, touched: &mut Vec<Account>) {
    let Command::Withdraw(command) = command else { return };
    let (sell, buy) = match &command.order.pricing {
        Pricing::Market { sell, buy } => (sell.currency(), *buy),
        Pricing::Quote(id) => match quotes.get(*id) {
            Some(quote) => (quote.price.sell.currency(), quote.price.buy.currency()),
            None => return,
        },
    };
    let merchant = command.order.merchant;
    let merchant = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let Some(bank) = facts.policy.routes.get(&buy) else { return };
    touched.extend(of_withdrawal(merchant, bank, sell, buy));
}

fn of_withdrawal(merchant: MerchantRef, bank: &Arc<str>, sell: Currency, buy: Currency) -> Vec<Account> {
    let shard = merchant.shard;
    let mut accounts =
        vec![merchant.balance(sell), Account::fees(shard, sell), Account::payout_clearing(shard, bank, buy)];
    if sell != buy {
        accounts.push(Account::exchange(shard, sell));
        accounts.push(Account::exchange(shard, buy));
        accounts.push(Account::fees(shard, buy));
    }
    accounts
}

/// Of charges (R46): the balance as far as it goes.
pub(super) fn of_charges(charged: &[(MerchantId, Currency)], touched: &mut Vec<Account>) {
    for (merchant, currency) in charged {
        touched.push(Account::merchant(merchant.shard(), merchant.uuid(), *currency));
        touched.push(Account::fees(merchant.shard(), *currency));
    }
}

/// Of charges: what of them becomes owed. Receivables are locked last.
pub(super) fn owed_for_charges(charged: &[(MerchantId, Currency)]) -> impl Iterator<Item = Account> {
    charged
        .iter()
        .map(|(merchant, currency)| Account::receivable(merchant.shard(), merchant.uuid(), *currency))
}

/// Of payouts: paid or come back.
pub(super) fn of_payouts(payouts: &Payouts, touched: &mut Vec<Account>) {
    for payout in payouts.iter() {
        let (shard, currency) = (payout.id.shard(), payout.amount.currency());
        touched.push(Account::payout_clearing(shard, &payout.bank, currency));
        touched.push(Account::nostro(shard, &payout.bank, currency));
    }
}

/// Of payouts that come back though their withdrawals may not rest on them: their merchants', who were charged (R29).
pub(super) fn of_charged(
    came_back: &[PayoutId],
    payouts: &Payouts,
    withdrawals: &Withdrawals,
    touched: &mut Vec<Account>,
) {
    for payout in came_back.iter().filter_map(|id| payouts.get(*id)) {
        let Some(withdrawal) = payout.withdrawal else { continue };
        let Some(row) = withdrawals.get(WithdrawalId::from_uuid(withdrawal)) else { continue };
        let alone = payouts.of_withdrawal(withdrawal).all(|other| other.id == payout.id);
        let is_its = matches!(row.state, WithdrawalState::Processing | WithdrawalState::Paid);
        if !(alone && is_its) {
            touched.push(row.merchant_ref().balance(payout.amount.currency()));
        }
    }
}

/// Of merchants of whose money something may be stopped no more, an amount or, where they may be `owing`, all of it: what is free then
/// pays off what they owe (R8).
pub(super) fn of_freed(
    freed: &[MerchantId],
    frozen: &FrozenAmounts,
    owing: &[(MerchantId, Currency)],
    touched: &mut Vec<Account>,
) {
    let amounts = freed.iter().flat_map(|of| frozen.currencies(*of).map(|currency| (*of, currency)));
    let balances = amounts.chain(owing.iter().copied());
    touched.extend(balances.map(|(of, currency)| Account::merchant(of.shard(), of.uuid(), currency)));
}

/// Of reviewed payments: credited, returned, or back in review. Who may be credited: the payment's merchant, its
/// account's, or one that an operator names.
pub(super) fn of_payments(
    payments: &Payments,
    directory: &Directory,
    named: &[MerchantId],
    touched: &mut Vec<Account>,
) {
    for payment in payments.iter() {
        let (shard, currency) = (payment.id.shard(), payment.amount.currency());
        touched.push(Account::suspense(shard, currency));
        touched.push(Account::payout_clearing(shard, &payment.bank, currency));
        touched.push(Account::nostro(shard, &payment.bank, currency));
        touched.push(Account::intershard(shard, currency));
        let account = directory.get(&(payment.bank.clone(), payment.account_index));
        let candidates = payment.merchant.into_iter().chain(account.map(|account| account.merchant));
        for merchant in candidates.chain(named.iter().copied()) {
            let merchant = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
            touched.push(merchant.balance(currency));
            touched.push(Account::intershard(merchant.shard, currency));
            touched.push(Account::nostro(merchant.shard, &payment.bank, currency));
        }
    }
}

/// Of withdrawals under way: refunded.
pub(super) fn of_withdrawals(withdrawals: &Withdrawals, touched: &mut Vec<Account>) {
    for row in withdrawals.iter() {
        let merchant = row.merchant_ref();
        touched.extend(of_withdrawal(merchant, &row.bank, row.sell.currency(), row.buy.currency()));
    }
}

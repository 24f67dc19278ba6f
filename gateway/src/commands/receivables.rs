//! R8: what a merchant owes is paid off first by whatever is credited to it, but not out of what an authority has stopped
//! (R32); out of that as soon as it is free again. Of a merchant that is frozen itself all is stopped that was there before.

use ledger::{Account, AccountKind, Journal, MerchantRef, Movement, Owner};
use merchants::{AmountFreeze, MerchantId, MerchantState};
use money::{Currency, Money};
use pg::Tx;
use uuid::Uuid;

use super::stage::Stage;
use super::void::Void;

/// The merchants of these receivables who owe something; `made` are those of a batch that may come to owe.
pub(super) fn debtors(
    receivables: &[Account],
    made: &[Account],
    journal: &Journal,
) -> Result<Vec<MerchantId>, Void> {
    let mut debtors = Vec::new();
    for (account, may_come) in
        receivables.iter().map(|of| (of, false)).chain(made.iter().map(|of| (of, true)))
    {
        if let Owner::Merchant(merchant) = account.owner()
            && (may_come || journal.balance(account)? > 0)
        {
            debtors.push(MerchantId::from_uuid(*merchant));
        }
    }
    debtors.sort_unstable();
    debtors.dedup();
    Ok(debtors)
}

/// What these merchants, whose rows are locked exclusively, owe: in which currencies. Those in which one may come to owe in the same batch
/// are `charged`.
pub(super) async fn owing(
    tx: &Tx<'_>,
    released: &[MerchantId],
    charged: &[(MerchantId, Currency)],
) -> Result<Vec<(MerchantId, Currency)>, Void> {
    let mut owing: Vec<(MerchantId, Currency)> =
        charged.iter().copied().filter(|(merchant, _)| released.contains(merchant)).collect();
    for merchant in released {
        let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
        owing.extend(ledger::owed_in(tx, book).await?.into_iter().map(|currency| (*merchant, currency)));
    }
    owing.sort_unstable();
    owing.dedup();
    Ok(owing)
}

/// What of a balance may be taken, minor units: not what of it is stopped, and of a frozen merchant's nothing but what comes at
/// this moment (R32).
fn takeable(balance: i64, stopped: i64, is_frozen: bool, came: i64) -> i64 {
    let free = balance.saturating_sub(stopped).max(0);
    if is_frozen { free.min(came) } else { free }
}

impl Stage<'_> {
    /// What of a merchant's balance may be taken for what it owes, minor units; none of it while it is frozen.
    pub(super) fn free_of(&self, merchant: MerchantId, currency: Currency) -> Result<i64, Void> {
        self.free_with(merchant, currency, 0)
    }

    /// The same when this much has just come into it.
    fn free_with(&self, merchant: MerchantId, currency: Currency, came: i64) -> Result<i64, Void> {
        let balance =
            self.journal.balance(&Account::merchant(merchant.shard(), merchant.uuid(), currency))?;
        // Of whom the state is not known, nothing is taken that was there before.
        let is_frozen = self.merchants.get(merchant).is_none_or(|row| row.state == MerchantState::Frozen);
        Ok(takeable(balance, self.frozen.frozen(merchant, currency), is_frozen, came))
    }

    /// Posts a movement that may credit a merchant. Of an open receivable as much is paid off as is free in the balance
    /// then, in the same transaction.
    pub(super) fn post_credit(&mut self, movement: &Movement, cause: Uuid) -> Result<(), Void> {
        for leg in self.journal.post(movement, cause)? {
            if let (AccountKind::Merchant, Owner::Merchant(id)) = (leg.credit.kind(), leg.credit.owner()) {
                let merchant = MerchantRef { shard: leg.credit.key().shard, id: *id };
                self.repay(merchant, leg.credit.currency(), cause, leg.amount.minor())?;
            }
        }
        Ok(())
    }

    /// What was stopped pays off what is owed before it can leave, as far as nothing else that stands stops it.
    pub(super) fn repay_freed(&mut self, lifted: &AmountFreeze) -> Result<(), Void> {
        let merchant = MerchantRef { shard: lifted.merchant.shard(), id: lifted.merchant.uuid() };
        self.repay(merchant, lifted.amount.currency(), lifted.id.uuid(), 0)
    }

    /// The same of all that was stopped while the merchant was frozen.
    pub(super) fn repay_released(&mut self, released: MerchantId) -> Result<(), Void> {
        let merchant = MerchantRef { shard: released.shard(), id: released.uuid() };
        let currencies: Vec<Currency> = self.owing_in(released).collect();
        currencies.into_iter().try_for_each(|currency| self.repay(merchant, currency, released.uuid(), 0))
    }

    fn owing_in(&self, merchant: MerchantId) -> impl Iterator<Item = Currency> {
        self.owing.iter().filter(move |(owing, _)| *owing == merchant).map(|(_, currency)| *currency)
    }

    fn repay(
        &mut self,
        merchant: MerchantRef,
        currency: Currency,
        cause: Uuid,
        came: i64,
    ) -> Result<(), Void> {
        let owed = self.journal.balance(&Account::receivable(merchant.shard, merchant.id, currency))?;
        if owed == 0 {
            return Ok(());
        }
        let repaid = owed.min(self.free_with(MerchantId::from_uuid(merchant.id), currency, came)?);
        if repaid > 0 {
            let amount = Money::new(repaid, currency).map_err(|error| Void::unexpected(error.to_string()))?;
            self.journal.post(&Movement::ReceivableRepaid { merchant, amount }, cause)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_r32_what_is_stopped_is_not_taken_and_of_a_frozen_merchant_only_what_comes() {
        // balance, stopped, came; of a merchant that is not frozen, of one that is
        for (balance, stopped, came, free, while_frozen) in [
            (100, 0, 0, 100, 0),
            (100, 0, 30, 100, 30),
            (100, 100, 0, 0, 0),
            (100, 60, 30, 40, 30),
            (100, 80, 30, 20, 20),
            (100, 150, 30, 0, 0),
            (0, 0, 0, 0, 0),
            (30, 0, 30, 30, 30),
            (i64::MIN, i64::MAX, 30, 0, 0),
        ] {
            let row = (balance, stopped, came);
            assert_eq!(takeable(balance, stopped, false, came), free, "{row:?}");
            assert_eq!(takeable(balance, stopped, true, came), while_frozen, "{row:?}");
        }
    }
}

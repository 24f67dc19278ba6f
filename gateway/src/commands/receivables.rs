//! R8: what a merchant owes is paid off first by whatever is credited to it, but not out of what an authority has stopped
//! (R32); out of that as soon as it is free again.

use ledger::{Account, AccountKind, Journal, MerchantRef, Movement, Owner};
use merchants::{AmountFreeze, MerchantId};
use money::{Currency, Money};
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

impl Stage<'_> {
    /// Posts a movement that may credit a merchant. Of an open receivable as much is paid off as is free in the balance
    /// then, in the same transaction.
    pub(super) fn post_credit(&mut self, movement: &Movement, cause: Uuid) -> Result<(), Void> {
        for leg in self.journal.post(movement, cause)? {
            if let (AccountKind::Merchant, Owner::Merchant(id)) = (leg.credit.kind(), leg.credit.owner()) {
                let merchant = MerchantRef { shard: leg.credit.key().shard, id: *id };
                self.repay(merchant, leg.credit.currency(), cause)?;
            }
        }
        Ok(())
    }

    /// What was stopped pays off what is owed before it can leave, as far as nothing else that stands stops it.
    pub(super) fn repay_freed(&mut self, lifted: &AmountFreeze) -> Result<(), Void> {
        let merchant = MerchantRef { shard: lifted.merchant.shard(), id: lifted.merchant.uuid() };
        self.repay(merchant, lifted.amount.currency(), lifted.id.uuid())
    }

    fn repay(&mut self, merchant: MerchantRef, currency: Currency, cause: Uuid) -> Result<(), Void> {
        let owed = self.journal.balance(&Account::receivable(merchant.shard, merchant.id, currency))?;
        if owed == 0 {
            return Ok(());
        }
        let frozen = self.frozen.frozen(MerchantId::from_uuid(merchant.id), currency);
        let free = self.journal.balance(&merchant.balance(currency))?.saturating_sub(frozen);
        let repaid = owed.min(free);
        if repaid > 0 {
            let amount = Money::new(repaid, currency).map_err(|error| Void::unexpected(error.to_string()))?;
            self.journal.post(&Movement::ReceivableRepaid { merchant, amount }, cause)?;
        }
        Ok(())
    }
}

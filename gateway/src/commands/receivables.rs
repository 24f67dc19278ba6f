//! R8: what a merchant owes is paid off first by whatever is credited to it.

use ledger::{Account, AccountKind, MerchantRef, Movement, Owner};
use money::{Currency, Money};
use uuid::Uuid;

use super::stage::Stage;
use super::void::Void;

impl Stage<'_> {
    /// Posts a movement that may credit a merchant. Of an open receivable as much is paid off as the balance then
    /// covers, in the same transaction.
    pub(super) fn post_credit(&mut self, movement: &Movement, cause: Uuid) -> Result<(), Void> {
        for leg in self.journal.post(movement, cause)? {
            if let (AccountKind::Merchant, Owner::Merchant(id)) = (leg.credit.kind(), leg.credit.owner()) {
                let merchant = MerchantRef { shard: leg.credit.key().shard, id: *id };
                self.repay(merchant, leg.credit.currency(), cause)?;
            }
        }
        Ok(())
    }

    fn repay(&mut self, merchant: MerchantRef, currency: Currency, cause: Uuid) -> Result<(), Void> {
        let owed = self.journal.balance(&Account::receivable(merchant.shard, merchant.id, currency))?;
        if owed == 0 {
            return Ok(());
        }
        let repaid = owed.min(self.journal.balance(&merchant.balance(currency))?);
        if repaid > 0 {
            let amount = Money::new(repaid, currency).map_err(|error| Void::unexpected(error.to_string()))?;
            self.journal.post(&Movement::ReceivableRepaid { merchant, amount }, cause)?;
        }
        Ok(())
    }
}

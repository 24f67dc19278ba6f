//! The accounts of a chain as their counters stood at one moment, and what its transfers up to that moment add up to (I1, I2).
//! Pure, and as small as it can be: a book of millions of accounts is proved chain by chain.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::account::{AccountKind, Floor};
use crate::journal::RawTransfer;

/// So many accounts that don't agree are named; the others are counted.
const MOST_NAMED: usize = 100;

/// An account in one currency, as rows name it: (shard, id, code).
type Name = (i16, Uuid, [u8; 3]);

/// An account's row.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountState {
    pub shard: i16,
    pub id: Uuid,
    pub currency: [u8; 3],
    pub kind: AccountKind,
    pub debits: i64,
    pub credits: i64,
}

/// Debits and credits, in minor units. Beyond 64 bits a sum stays where it is: no counter can agree with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    debits: i64,
    credits: i64,
}

/// What one chain's accounts and transfers say of each other.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// In the order of (shard, id), with what their transfers add up to.
    accounts: Vec<(AccountState, Sums)>,
    /// What transfers name, and isn't there.
    strangers: BTreeMap<Name, Sums>,
}

impl Counted {
    /// Takes accounts, those behind all that were taken before, in the order of (shard, id).
    pub(super) fn take(&mut self, accounts: impl Iterator<Item = AccountState>) {
        self.accounts.extend(accounts.map(|account| (account, Sums::default())));
    }

    /// Adds a transfer to both of its accounts.
    pub(super) fn add(&mut self, transfer: &RawTransfer<'_>) {
        let currency = code(transfer.currency);
        let debited = self.sums((transfer.shard, transfer.debit, currency));
        debited.debits = debited.debits.saturating_add(transfer.amount);
        let credited = self.sums((transfer.shard, transfer.credit, currency));
        credited.credits = credited.credits.saturating_add(transfer.amount);
    }

    fn sums(&mut self, name: Name) -> &mut Sums {
        let (shard, id, currency) = name;
        let found = self.accounts.binary_search_by_key(&(shard, id), |(state, _)| (state.shard, state.id));
        match found {
            Ok(at) if self.accounts[at].0.currency == currency => &mut self.accounts[at].1,
            Ok(_) | Err(_) => self.strangers.entry(name).or_default(),
        }
    }

    /// What doesn't hold, in words: counters that are not the sums of their transfers, transfers of accounts that aren't there,
    /// accounts below zero.
    pub(super) fn breaches(&self) -> Vec<String> {
        let of_accounts = self.accounts.iter().filter_map(|(state, sums)| disagreement(state, *sums));
        let of_strangers = self.strangers.iter().map(|((shard, id, _), sums)| {
            let Sums { debits, credits } = sums;
            format!(
                "I2: account {id} (not there) in shard {shard}: debits - credits -, its transfers {debits} and {credits}"
            )
        });
        let mut differing = of_accounts.chain(of_strangers);
        let mut named: Vec<String> = differing.by_ref().take(MOST_NAMED).collect();
        let unnamed = differing.count();
        if unnamed > 0 {
            named.push(format!("I2: {unnamed} more accounts of the chain don't agree with their transfers"));
        }
        let below = self.accounts.iter().filter(|(state, _)| !holds_floor(state)).take(MOST_NAMED);
        named.extend(below.map(|(AccountState { shard, id, kind, .. }, _)| {
            format!("I2: account {id} ({}) in shard {shard} is below zero", kind.as_str())
        }));
        named
    }
}

fn disagreement(state: &AccountState, sums: Sums) -> Option<String> {
    let AccountState { shard, id, kind, debits, credits, .. } = *state;
    if (Sums { debits, credits }) == sums {
        return None;
    }
    Some(format!(
        "I2: account {id} ({}) in shard {shard}: debits {debits} credits {credits}, its transfers {} and {}",
        kind.as_str(),
        sums.debits,
        sums.credits
    ))
}

/// By what the account is for, whatever its row says.
fn holds_floor(state: &AccountState) -> bool {
    match state.kind.floor() {
        Floor::Credit => state.credits >= state.debits,
        Floor::Debit => state.debits >= state.credits,
        Floor::None => true,
    }
}

/// What all accounts were debited and credited, by currency, money and evidence apart (I1). Each transfer's two accounts are of
/// one chain, so that chains may be added up at different moments.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<([u8; 3], bool), (i128, i128)>);

impl Totals {
    pub(super) fn add(&mut self, counted: &Counted) {
        for (AccountState { currency, kind, debits, credits, .. }, _) in &counted.accounts {
            let total = self.0.entry((*currency, kind.in_balance_sheet())).or_default();
            *total = (total.0 + i128::from(*debits), total.1 + i128::from(*credits));
        }
    }

    /// What doesn't hold, in words.
    pub(super) fn breaches(&self) -> Vec<String> {
        let unequal = self.0.iter().filter(|(_, (debits, credits))| debits != credits);
        let told = |((currency, is_money), (debits, credits)): (&([u8; 3], bool), &(i128, i128))| {
            let what = if *is_money { "" } else { " of evidence" };
            let currency = String::from_utf8_lossy(currency);
            format!("I1: {currency}{what}: debits {debits}, credits {credits}")
        };
        unequal.map(told).collect()
    }
}

/// A currency's code as rows have it: three letters, by a CHECK. What isn't is no account's currency.
pub(super) fn code(currency: &str) -> [u8; 3] {
    currency.as_bytes().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: u128, kind: AccountKind, debits: i64, credits: i64) -> AccountState {
        AccountState { shard: 3, id: Uuid::from_u128(id), currency: *b"USD", kind, debits, credits }
    }

    fn transfer(debit: u128, credit: u128, amount: i64, currency: &str) -> RawTransfer<'_> {
        RawTransfer {
            shard: 3,
            seq: 1,
            position: 0,
            debit: Uuid::from_u128(debit),
            credit: Uuid::from_u128(credit),
            amount,
            currency,
            kind: "payment",
            cause: Uuid::nil(),
            owner: None,
            posted_at: time::OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn counted(accounts: &[AccountState], transfers: &[RawTransfer<'_>]) -> Counted {
        let mut counted = Counted::default();
        counted.take(accounts.iter().copied());
        transfers.iter().for_each(|transfer| counted.add(transfer));
        counted
    }

    #[test]
    fn i2_counters_are_the_sums_of_their_transfers_and_each_difference_is_named() {
        let nostro = |debits| account(1, AccountKind::Nostro, debits, 0);
        let merchant = |debits, credits| account(2, AccountKind::Merchant, debits, credits);
        let paid = || transfer(1, 2, 70, "USD");
        let book: [(&[AccountState], Vec<RawTransfer<'_>>, usize, &str); 6] = [
            (&[nostro(70), merchant(0, 70)], vec![paid()], 0, ""),
            (&[nostro(70), merchant(0, 71)], vec![paid()], 1, "debits 0 credits 71, its transfers 0 and 70"),
            (&[nostro(0), merchant(0, 0)], vec![paid()], 2, "debits 0 credits 0, its transfers 70 and 0"),
            (&[nostro(70)], vec![paid()], 1, "(not there) in shard 3"),
            (&[nostro(70), merchant(0, 70)], vec![transfer(1, 2, 70, "EUR")], 4, "(not there)"),
            (&[nostro(70), merchant(70, 0)], vec![paid()], 2, "(merchant) in shard 3 is below zero"),
        ];
        for (accounts, transfers, many, says) in book {
            let breaches = counted(accounts, &transfers).breaches();
            assert_eq!(breaches.len(), many, "{breaches:?}");
            assert!(breaches.concat().contains(says), "{says}: {breaches:?}");
        }
    }

    #[test]
    fn i2_a_sum_beyond_64_bits_agrees_with_nothing_and_many_differences_are_counted() {
        let full = [account(1, AccountKind::Fees, 7, 0), account(2, AccountKind::Nostro, 0, 7)];
        let most = [transfer(1, 2, i64::MAX, "USD"), transfer(1, 2, 8, "USD")];
        assert_eq!(counted(&full, &most).breaches().len(), 2);
        let many: Vec<AccountState> = (0..130).map(|id| account(id, AccountKind::Fees, 1, 1)).collect();
        let breaches = counted(&many, &[]).breaches();
        assert_eq!(breaches.len(), 101);
        assert_eq!(breaches[100], "I2: 30 more accounts of the chain don't agree with their transfers");
    }

    #[test]
    fn i1_debits_equal_credits_for_money_and_for_evidence_apart() {
        let mut totals = Totals::default();
        totals.add(&counted(&[account(1, AccountKind::Nostro, 5, 0)], &[]));
        totals.add(&counted(&[account(2, AccountKind::Merchant, 0, 5)], &[]));
        assert_eq!(totals.breaches(), Vec::<String>::new());
        totals.add(&counted(&[account(3, AccountKind::Evidence, 0, 4)], &[]));
        assert_eq!(totals.breaches(), ["I1: USD of evidence: debits 0, credits 4"]);
        totals.add(&counted(&[account(4, AccountKind::EvidenceSource, 4, 0)], &[]));
        totals.add(&counted(&[account(5, AccountKind::Fees, 0, 1)], &[]));
        assert_eq!(totals.breaches(), ["I1: USD: debits 5, credits 6"]);
    }
}

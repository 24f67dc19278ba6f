//! The accounts of a chain as their counters stood at one moment, and what its transfers up to that moment add up to (I1, I2).
//! Pure, and as small as it can be: a book of millions of accounts is proved chain by chain.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::account::{AccountKind, Floor};
use crate::journal::RawTransfer;

/// What stands for a code that has not three letters: no currency.
const NO_CODE: [u8; 3] = [0; 3];

/// An account in one currency, as rows name it: (shard, id, code).
type Name = (i16, Uuid, [u8; 3]);

/// An account's row.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountState {
    pub shard: i16,
    pub id: Uuid,
    pub currency: [u8; 3],
    /// None where the row says what is no kind.
    pub kind: Option<AccountKind>,
    /// Its id follows from shard, kind, owner and currency, as that of every account.
    pub is_itself: bool,
    /// It is guarded as accounts of its kind are.
    pub has_its_floor: bool,
    pub debits: i64,
    pub credits: i64,
}

/// Debits and credits, in minor units. None beyond 64 bits, which no counter can agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sums {
    debits: Option<i64>,
    credits: Option<i64>,
}

impl Sums {
    const ZERO: Sums = Sums { debits: Some(0), credits: Some(0) };
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
        self.accounts.extend(accounts.map(|account| (account, Sums::ZERO)));
    }

    /// Adds a transfer to both of its accounts.
    pub(super) fn add(&mut self, transfer: &RawTransfer<'_>) {
        let currency = code(transfer.currency);
        let debited = self.sums((transfer.shard, transfer.debit, currency));
        debited.debits = debited.debits.and_then(|sum| sum.checked_add(transfer.amount));
        let credited = self.sums((transfer.shard, transfer.credit, currency));
        credited.credits = credited.credits.and_then(|sum| sum.checked_add(transfer.amount));
    }

    fn sums(&mut self, name: Name) -> &mut Sums {
        let (shard, id, currency) = name;
        let found = self.accounts.binary_search_by_key(&(shard, id), |(state, _)| (state.shard, state.id));
        match found {
            Ok(at) if self.accounts[at].0.currency == currency && currency != NO_CODE => {
                &mut self.accounts[at].1
            }
            Ok(_) | Err(_) => self.strangers.entry(name).or_insert(Sums::ZERO),
        }
    }

    /// What doesn't hold, in words: counters that are not the sums of their transfers, transfers of accounts that aren't there,
    /// accounts below zero, of no kind, or of which the row says what is not so. At most so many lines, the others counted.
    pub(super) fn breaches(&self, most: usize) -> Vec<String> {
        let of_accounts = self.accounts.iter().filter_map(|(state, sums)| disagreement(state, *sums));
        let of_strangers = self.strangers.iter().map(|((shard, id, _), sums)| {
            format!(
                "I2: account {id} (not there) in shard {shard}: debits - credits -, its transfers {}",
                shown(*sums)
            )
        });
        let odd = self.accounts.iter().flat_map(|(state, _)| oddities(state));
        let mut all = of_accounts.chain(of_strangers).chain(odd);
        let mut named: Vec<String> = all.by_ref().take(most).collect();
        let unnamed = all.count();
        if unnamed > 0 {
            named.push(format!("I2: {unnamed} more lines of this kind about accounts of the chain"));
        }
        named
    }
}

fn shown(Sums { debits, credits }: Sums) -> String {
    let shown = |sum: Option<i64>| sum.map_or("beyond 64 bits".to_owned(), |sum| sum.to_string());
    format!("{} and {}", shown(debits), shown(credits))
}

fn kind(state: &AccountState) -> &'static str {
    state.kind.map_or("of no kind", AccountKind::as_str)
}

fn disagreement(state: &AccountState, sums: Sums) -> Option<String> {
    let AccountState { shard, id, debits, credits, .. } = *state;
    if (Sums { debits: Some(debits), credits: Some(credits) }) == sums {
        return None;
    }
    Some(format!(
        "I2: account {id} ({}) in shard {shard}: debits {debits} credits {credits}, its transfers {}",
        kind(state),
        shown(sums)
    ))
}

/// What is odd about an account by itself, whatever its transfers are.
fn oddities(state: &AccountState) -> Vec<String> {
    let AccountState { shard, id, debits, credits, .. } = *state;
    let Some(of) = state.kind else {
        return vec![format!("I2: account {id} in shard {shard} is of no kind")];
    };
    // Whether it is below zero goes by what the account is for, whatever its row says.
    let holds = match of.floor() {
        Floor::Credit => credits >= debits,
        Floor::Debit => debits >= credits,
        Floor::None => true,
    };
    let oddities = [
        (holds, "is below zero"),
        (state.is_itself, "is not what its row says: its kind, owner or currency was changed"),
        (state.has_its_floor, "has another floor than its kind has"),
    ];
    let told =
        |(_, what): (bool, &str)| format!("I2: account {id} ({}) in shard {shard} {what}", kind(state));
    oddities.into_iter().filter(|(right, _)| !right).map(told).collect()
}

/// What all accounts were debited and credited, by currency, money and evidence apart (I1). Each transfer's two accounts are of
/// one chain, so that chains may be added up at different moments.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<([u8; 3], bool), (i128, i128)>);

impl Totals {
    pub(super) fn add(&mut self, counted: &Counted) {
        for (AccountState { currency, kind, debits, credits, .. }, _) in &counted.accounts {
            let is_money = kind.is_none_or(AccountKind::in_balance_sheet);
            let total = self.0.entry((*currency, is_money)).or_default();
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

/// A currency's code as rows have it: three letters, by a CHECK. What isn't agrees with no account's.
pub(super) fn code(currency: &str) -> [u8; 3] {
    currency.as_bytes().try_into().unwrap_or(NO_CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: u128, kind: AccountKind, debits: i64, credits: i64) -> AccountState {
        let (kind, id) = (Some(kind), Uuid::from_u128(id));
        let (is_itself, has_its_floor) = (true, true);
        AccountState { shard: 3, id, currency: *b"USD", kind, is_itself, has_its_floor, debits, credits }
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
            let breaches = counted(accounts, &transfers).breaches(100);
            assert_eq!(breaches.len(), many, "{breaches:?}");
            assert!(breaches.concat().contains(says), "{says}: {breaches:?}");
        }
    }

    #[test]
    fn i2_a_sum_beyond_64_bits_agrees_with_nothing() {
        let (first, last) = (i64::MAX, i64::MIN + 7);
        for counter in [first, last, 7, 0] {
            let full =
                [account(1, AccountKind::Fees, counter, 0), account(2, AccountKind::Nostro, 0, counter)];
            let most = [transfer(1, 2, first, "USD"), transfer(1, 2, 8, "USD")];
            let breaches = counted(&full, &most).breaches(100);
            assert_eq!(breaches.len(), 2, "{counter}: {breaches:?}");
            assert!(breaches[0].ends_with("its transfers beyond 64 bits and 0"), "{breaches:?}");
        }
    }

    #[test]
    fn i2_what_is_no_kind_and_no_code_is_told_and_many_lines_are_counted() {
        let odd = AccountState { kind: None, ..account(1, AccountKind::Fees, 5, 5) };
        let breaches = counted(&[odd], &[]).breaches(100);
        assert_eq!(breaches.len(), 2, "{breaches:?}");
        assert!(breaches[0].contains("(of no kind) in shard 3"), "{breaches:?}");
        assert!(breaches[1].ends_with("in shard 3 is of no kind"), "{breaches:?}");
        let nameless = |id| AccountState { currency: code("dollar"), ..account(id, AccountKind::Fees, 0, 0) };
        let told = counted(&[nameless(1), nameless(2)], &[transfer(1, 2, 5, "euro")]).breaches(100);
        assert!(told.len() == 2 && told.iter().all(|line| line.contains("(not there)")), "{told:?}");
        let many: Vec<AccountState> = (0..130).map(|id| account(id, AccountKind::Fees, 1, 1)).collect();
        let breaches = counted(&many, &[]).breaches(100);
        assert_eq!(breaches.len(), 101);
        assert_eq!(breaches[100], "I2: 30 more lines of this kind about accounts of the chain");
    }

    #[test]
    fn i2_an_account_whose_row_says_what_is_not_so_is_named() {
        let right = account(1, AccountKind::Fees, 0, 0);
        assert_eq!(counted(&[right], &[]).breaches(100), Vec::<String>::new());
        for (odd, says) in [
            (
                AccountState { is_itself: false, ..right },
                "is not what its row says: its kind, owner or currency",
            ),
            (AccountState { has_its_floor: false, ..right }, "has another floor than its kind has"),
        ] {
            let breaches = counted(&[odd], &[]).breaches(100);
            assert!(breaches.len() == 1 && breaches[0].contains(says), "{breaches:?}");
            assert!(breaches[0].starts_with("I2: account 00000000-0000-0000-0000-000000000001 (fees)"));
        }
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

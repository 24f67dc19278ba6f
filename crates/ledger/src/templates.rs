//! The posting templates: one for each way in which money can move, all in this one table.

use std::sync::Arc;

use money::{Currency, Money, MoneyError};
use pg::Shard;
use uuid::Uuid;

use crate::account::Account;

/// One row to be: `amount` from the debit account to the credit account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The account whose debit counter grows.
    pub debit: Account,
    /// The account whose credit counter grows.
    pub credit: Account,
    /// How much, in the currency of both.
    pub amount: Money,
    /// What a statement calls it.
    pub kind: TransferKind,
    /// The merchant whose statement shows it though it leaves the balance alone.
    pub shown_to: Option<Uuid>,
}

/// What one transfer is, as stored; a merchant's statement is made from these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferKind {
    /// A payment credited on arrival.
    Payment,
    /// A payment that went to suspense.
    Suspense,
    /// A reviewed payment, credited.
    ReviewCredit,
    /// A reviewed payment on its way back to the remitter.
    ReviewReturn,
    /// The way back failed: in suspense again.
    ReviewReturnFailed,
    /// The fee of a withdrawal.
    Fee,
    /// The net amount of a withdrawal in the same currency.
    Withdrawal,
    /// The net amount of a withdrawal, sold.
    ExchangeSold,
    /// What was bought for it.
    ExchangeBought,
    /// What the institution keeps of what was bought, as its spread.
    Spread,
    /// The same, for locking the rate.
    LockPremium,
    /// The bank carried a payout out.
    PayoutPaid,
    /// The bank gave a payout back, perhaps in part.
    PayoutReturned,
    /// The net amount of a withdrawal given back to the merchant.
    Refund,
    /// The fee of a withdrawal given back to the merchant.
    FeeRefund,
    /// What the bank took back of a credited payment, out of the merchant's balance.
    Reversal,
    /// What the bank took back beyond the balance: the merchant owes it.
    ReversalOwed,
    /// What the bank took back of a payment in review.
    SuspenseReversed,
    /// What the merchant owed, paid out of its balance.
    ReceivableRepaid,
    /// What was bought for a withdrawal that was refused, sold back at the same price.
    ExchangeUndone,
    /// The spread on it, given back.
    SpreadUndone,
    /// The premium for locking its rate, given back.
    LockPremiumUndone,
    /// What the merchant was charged, out of its balance.
    Charge,
    /// What the merchant was charged beyond its balance: it owes it.
    ChargeOwed,
    /// What a merchant got twice, out of its balance.
    Reclaim,
    /// What a merchant got twice, beyond its balance: it owes it.
    ReclaimOwed,
    /// A cover deal: what we sold to a bank.
    CoverSold,
    /// A cover deal: what we bought from a bank.
    CoverBought,
    /// Orders became known: evidence, not money.
    EvidenceAdded,
    /// Payments of a batch used up orders' cover of one store: evidence, not money.
    EvidenceUsed,
    /// A payment that was taken back gave orders' cover back: evidence, not money.
    EvidenceReleased,
}

impl TransferKind {
    /// Whether it moves money; else it counts what orders are evidence of.
    pub fn moves_money(self) -> bool {
        !matches!(
            self,
            TransferKind::EvidenceAdded | TransferKind::EvidenceUsed | TransferKind::EvidenceReleased
        )
    }

    /// Every kind.
    pub const ALL: [TransferKind; 31] = [
        TransferKind::Payment,
        TransferKind::Suspense,
        TransferKind::ReviewCredit,
        TransferKind::ReviewReturn,
        TransferKind::ReviewReturnFailed,
        TransferKind::Fee,
        TransferKind::Withdrawal,
        TransferKind::ExchangeSold,
        TransferKind::ExchangeBought,
        TransferKind::Spread,
        TransferKind::LockPremium,
        TransferKind::PayoutPaid,
        TransferKind::PayoutReturned,
        TransferKind::Refund,
        TransferKind::FeeRefund,
        TransferKind::Reversal,
        TransferKind::ReversalOwed,
        TransferKind::SuspenseReversed,
        TransferKind::ReceivableRepaid,
        TransferKind::ExchangeUndone,
        TransferKind::SpreadUndone,
        TransferKind::LockPremiumUndone,
        TransferKind::Charge,
        TransferKind::ChargeOwed,
        TransferKind::Reclaim,
        TransferKind::ReclaimOwed,
        TransferKind::CoverSold,
        TransferKind::CoverBought,
        TransferKind::EvidenceAdded,
        TransferKind::EvidenceUsed,
        TransferKind::EvidenceReleased,
    ];

    /// The kind stored under this name.
    pub fn parse(name: &str) -> Option<TransferKind> {
        TransferKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name stored in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            TransferKind::Payment => "payment",
            TransferKind::Suspense => "suspense",
            TransferKind::ReviewCredit => "review_credit",
            TransferKind::ReviewReturn => "review_return",
            TransferKind::ReviewReturnFailed => "review_return_failed",
            TransferKind::Fee => "fee",
            TransferKind::Withdrawal => "withdrawal",
            TransferKind::ExchangeSold => "exchange_sold",
            TransferKind::ExchangeBought => "exchange_bought",
            TransferKind::Spread => "spread",
            TransferKind::LockPremium => "lock_premium",
            TransferKind::PayoutPaid => "payout_paid",
            TransferKind::PayoutReturned => "payout_returned",
            TransferKind::Refund => "refund",
            TransferKind::FeeRefund => "fee_refund",
            TransferKind::Reversal => "reversal",
            TransferKind::ReversalOwed => "reversal_owed",
            TransferKind::SuspenseReversed => "suspense_reversed",
            TransferKind::ReceivableRepaid => "receivable_repaid",
            TransferKind::ExchangeUndone => "exchange_undone",
            TransferKind::SpreadUndone => "spread_undone",
            TransferKind::LockPremiumUndone => "lock_premium_undone",
            TransferKind::Charge => "charge",
            TransferKind::ChargeOwed => "charge_owed",
            TransferKind::Reclaim => "reclaim",
            TransferKind::ReclaimOwed => "reclaim_owed",
            TransferKind::CoverSold => "cover_sold",
            TransferKind::CoverBought => "cover_bought",
            TransferKind::EvidenceAdded => "evidence_added",
            TransferKind::EvidenceUsed => "evidence_used",
            TransferKind::EvidenceReleased => "evidence_released",
        }
    }
}

/// A merchant as the book knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MerchantRef {
    /// The merchant's shard.
    pub shard: Shard,
    /// The merchant's id.
    pub id: Uuid,
}

impl MerchantRef {
    /// The merchant's balance in `currency`.
    pub fn balance(&self, currency: Currency) -> Account {
        Account::merchant(self.shard, self.id, currency)
    }

    /// What the merchant owes in `currency`.
    pub fn receivable(&self, currency: Currency) -> Account {
        Account::receivable(self.shard, self.id, currency)
    }
}

/// What is bought for a withdrawal, one currency. Where nothing is exchanged, all of it is the payee's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bought {
    /// What goes to the payee.
    pub payee: Money,
    /// What the institution keeps as its spread.
    pub spread: Money,
    /// What it keeps for locking the rate.
    pub premium: Money,
}

impl Bought {
    /// All of it for the payee.
    pub fn whole(payee: Money) -> Bought {
        let none = Money::zero(payee.currency());
        Bought { payee, spread: none, premium: none }
    }

    /// What left the exchange position for it.
    ///
    /// # Errors
    /// `Overflow`, `CurrencyMismatch`.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.payee.checked_add(self.spread)?.checked_add(self.premium)
    }
}

/// Everything that can happen to money. Amounts are positive; a zero fee posts no leg.
#[derive(Debug, Clone)]
pub enum Movement {
    /// Arrived and known to be the merchant's: nostro → merchant, in the merchant's shard.
    PaymentCredited { bank: Arc<str>, merchant: MerchantRef, amount: Money },
    /// Arrived, not yet known to be someone's: nostro → suspense, in the payment's shard.
    PaymentToSuspense { bank: Arc<str>, shard: Shard, amount: Money },
    /// Review ended in credit: suspense → merchant, through `intershard` where the shards differ.
    ReviewCredit { shard: Shard, merchant: MerchantRef, amount: Money },
    /// Review ended in return: suspense → payout_clearing, in the payment's shard.
    ReviewReturn { bank: Arc<str>, shard: Shard, amount: Money },
    /// The bank would not carry the return out: payout_clearing → suspense.
    ReviewReturnFailed { bank: Arc<str>, shard: Shard, amount: Money },
    /// Withdrawal with exchange: merchant → fees, merchant → exchange (sold); exchange → payout_clearing (bought),
    /// exchange → fees for spread and premium (bought).
    WithdrawalExchanged { bank: Arc<str>, merchant: MerchantRef, fee: Money, net: Money, bought: Bought },
    /// Withdrawal in one currency: merchant → fees, merchant → payout_clearing.
    WithdrawalSameCurrency { bank: Arc<str>, merchant: MerchantRef, fee: Money, net: Money },
    /// The bank paid: payout_clearing → nostro.
    PayoutPaid { bank: Arc<str>, shard: Shard, amount: Money },
    /// The bank gave back what it had paid, as much as came: nostro → payout_clearing. `merchant` is whose
    /// withdrawal it was: its statement shows it.
    PayoutReturned { bank: Arc<str>, shard: Shard, merchant: Option<Uuid>, amount: Money },
    /// A same-currency payout that will not be sent again: payout_clearing → merchant (net), fees → merchant.
    Refund { bank: Arc<str>, merchant: MerchantRef, net: Money, fee: Money },
    /// R45: a withdrawal was refused before it was sent; all of it is undone as it was posted: exchange →
    /// merchant (net) and payout_clearing → exchange, fees → exchange (bought) where it was exchanged, else
    /// payout_clearing → merchant (net); fees → merchant.
    WithdrawalRefused { bank: Arc<str>, merchant: MerchantRef, fee: Money, net: Money, bought: Bought },
    /// R46: what a merchant owes: merchant → fees as far as `covered` goes, receivable → fees for the rest; a zero
    /// part posts no leg.
    Charged { merchant: MerchantRef, covered: Money, owed: Money },
    /// R29: a bank paid what the merchant has already, by a refund or another attempt: merchant → payout_clearing as far as
    /// `covered` goes, receivable → payout_clearing for the rest; a zero part posts no leg.
    Reclaimed { bank: Arc<str>, merchant: MerchantRef, covered: Money, owed: Money },
    /// The exchange position is settled with a bank: exchange → nostro (sold), nostro → exchange (bought).
    CoverDeal { bank: Arc<str>, shard: Shard, sold: Money, bought: Money },
    /// A bank took a credited payment back: merchant → nostro as far as the balance goes, receivable → nostro
    /// for the rest; a zero part posts no leg. The cause is the payment. The nostro is that of the merchant's
    /// shard, also for a payment that was credited out of another shard's suspense: only sums over shards count.
    PaymentReversed { bank: Arc<str>, merchant: MerchantRef, covered: Money, owed: Money },
    /// A bank took money back that was in review: suspense → nostro, in the payment's shard.
    SuspenseReversed { bank: Arc<str>, shard: Shard, amount: Money },
    /// A credit pays off what the merchant owes: merchant → receivable. The cause is that of the credit.
    ReceivableRepaid { merchant: MerchantRef, amount: Money },
    /// A store's orders became known: evidence_source → evidence. `shard` is the merchant's, here and below.
    EvidenceAdded { shard: Shard, store: Uuid, amount: Money },
    /// A payment was credited on the strength of orders: evidence → evidence_source.
    EvidenceUsed { shard: Shard, store: Uuid, amount: Money },
    /// A payment was taken back, its orders are open again: evidence_source → evidence.
    EvidenceReleased { shard: Shard, store: Uuid, amount: Money },
}

impl Movement {
    /// The rows of this movement, in the order in which they are posted.
    pub fn legs(&self) -> Vec<Leg> {
        match self {
            Movement::PaymentCredited { bank, merchant, amount } => {
                let nostro = Account::nostro(merchant.shard, bank, amount.currency());
                vec![leg(nostro, merchant.balance(amount.currency()), *amount, TransferKind::Payment)]
            }
            Movement::PaymentToSuspense { bank, shard, amount } => {
                let nostro = Account::nostro(*shard, bank, amount.currency());
                let suspense = Account::suspense(*shard, amount.currency());
                vec![leg(nostro, suspense, *amount, TransferKind::Suspense)]
            }
            Movement::ReviewCredit { shard, merchant, amount } => review_credit(*shard, *merchant, *amount),
            Movement::ReviewReturn { bank, shard, amount } => {
                let suspense = Account::suspense(*shard, amount.currency());
                let clearing = Account::payout_clearing(*shard, bank, amount.currency());
                vec![leg(suspense, clearing, *amount, TransferKind::ReviewReturn)]
            }
            Movement::ReviewReturnFailed { bank, shard, amount } => {
                let suspense = Account::suspense(*shard, amount.currency());
                let clearing = Account::payout_clearing(*shard, bank, amount.currency());
                vec![leg(clearing, suspense, *amount, TransferKind::ReviewReturnFailed)]
            }
            Movement::WithdrawalExchanged { bank, merchant, fee, net, bought } => {
                withdrawal_exchanged(bank, *merchant, *fee, *net, *bought)
            }
            Movement::WithdrawalSameCurrency { bank, merchant, fee, net } => {
                let clearing = Account::payout_clearing(merchant.shard, bank, net.currency());
                let mut legs = fee_leg(*merchant, *fee);
                legs.push(leg(merchant.balance(net.currency()), clearing, *net, TransferKind::Withdrawal));
                legs
            }
            Movement::PayoutPaid { bank, shard, amount } => {
                let clearing = Account::payout_clearing(*shard, bank, amount.currency());
                let nostro = Account::nostro(*shard, bank, amount.currency());
                vec![leg(clearing, nostro, *amount, TransferKind::PayoutPaid)]
            }
            Movement::PayoutReturned { bank, shard, merchant, amount } => {
                let clearing = Account::payout_clearing(*shard, bank, amount.currency());
                let nostro = Account::nostro(*shard, bank, amount.currency());
                let returned = leg(nostro, clearing, *amount, TransferKind::PayoutReturned);
                vec![Leg { shown_to: *merchant, ..returned }]
            }
            Movement::Refund { bank, merchant, net, fee } => {
                let balance = merchant.balance(net.currency());
                let clearing = Account::payout_clearing(merchant.shard, bank, net.currency());
                let mut legs = vec![leg(clearing, balance, *net, TransferKind::Refund)];
                legs.extend(fee_back(*merchant, *fee));
                legs
            }
            Movement::WithdrawalRefused { bank, merchant, fee, net, bought } => {
                withdrawal_refused(bank, *merchant, *fee, *net, *bought)
            }
            Movement::Charged { merchant, covered, owed } => {
                let fees = |part: Money| Account::fees(merchant.shard, part.currency());
                let kinds = (TransferKind::Charge, TransferKind::ChargeOwed);
                from_merchant(*merchant, (*covered, *owed), kinds, fees)
            }
            Movement::Reclaimed { bank, merchant, covered, owed } => {
                let clearing = |part: Money| Account::payout_clearing(merchant.shard, bank, part.currency());
                let kinds = (TransferKind::Reclaim, TransferKind::ReclaimOwed);
                from_merchant(*merchant, (*covered, *owed), kinds, clearing)
            }
            Movement::CoverDeal { bank, shard, sold, bought } => {
                let position = |amount: &Money| Account::exchange(*shard, amount.currency());
                let nostro = |amount: &Money| Account::nostro(*shard, bank, amount.currency());
                vec![
                    leg(position(sold), nostro(sold), *sold, TransferKind::CoverSold),
                    leg(nostro(bought), position(bought), *bought, TransferKind::CoverBought),
                ]
            }
            Movement::PaymentReversed { bank, merchant, covered, owed } => {
                let nostro = |part: Money| Account::nostro(merchant.shard, bank, part.currency());
                let kinds = (TransferKind::Reversal, TransferKind::ReversalOwed);
                from_merchant(*merchant, (*covered, *owed), kinds, nostro)
            }
            Movement::SuspenseReversed { bank, shard, amount } => {
                let suspense = Account::suspense(*shard, amount.currency());
                let nostro = Account::nostro(*shard, bank, amount.currency());
                vec![leg(suspense, nostro, *amount, TransferKind::SuspenseReversed)]
            }
            Movement::ReceivableRepaid { merchant, amount } => {
                let currency = amount.currency();
                let (balance, owed) = (merchant.balance(currency), merchant.receivable(currency));
                vec![leg(balance, owed, *amount, TransferKind::ReceivableRepaid)]
            }
            Movement::EvidenceAdded { shard, store, amount } => {
                let [evidence, source] = evidence(*shard, *store, amount.currency());
                vec![leg(source, evidence, *amount, TransferKind::EvidenceAdded)]
            }
            Movement::EvidenceUsed { shard, store, amount } => {
                let [evidence, source] = evidence(*shard, *store, amount.currency());
                vec![leg(evidence, source, *amount, TransferKind::EvidenceUsed)]
            }
            Movement::EvidenceReleased { shard, store, amount } => {
                let [evidence, source] = evidence(*shard, *store, amount.currency());
                vec![leg(source, evidence, *amount, TransferKind::EvidenceReleased)]
            }
        }
    }

    /// Every account that the movement touches: lock these before deciding.
    pub fn accounts(&self) -> Vec<Account> {
        self.legs().into_iter().flat_map(|leg| [leg.debit, leg.credit]).collect()
    }
}

fn leg(debit: Account, credit: Account, amount: Money, kind: TransferKind) -> Leg {
    Leg { debit, credit, amount, kind, shown_to: None }
}

fn fee_leg(merchant: MerchantRef, fee: Money) -> Vec<Leg> {
    if fee.minor() == 0 {
        return Vec::new();
    }
    let fees = Account::fees(merchant.shard, fee.currency());
    vec![leg(merchant.balance(fee.currency()), fees, fee, TransferKind::Fee)]
}

fn fee_back(merchant: MerchantRef, fee: Money) -> Option<Leg> {
    let (fees, balance) = (Account::fees(merchant.shard, fee.currency()), merchant.balance(fee.currency()));
    (fee.minor() > 0).then(|| leg(fees, balance, fee, TransferKind::FeeRefund))
}

fn withdrawal_exchanged(
    bank: &Arc<str>,
    merchant: MerchantRef,
    fee: Money,
    net: Money,
    bought: Bought,
) -> Vec<Leg> {
    let (sold, shard) = (net.currency(), merchant.shard);
    let to = bought.payee.currency();
    let clearing = Account::payout_clearing(shard, bank, to);
    let mut legs = fee_leg(merchant, fee);
    legs.push(leg(merchant.balance(sold), Account::exchange(shard, sold), net, TransferKind::ExchangeSold));
    legs.push(leg(Account::exchange(shard, to), clearing, bought.payee, TransferKind::ExchangeBought));
    for (kept, kind) in [(bought.spread, TransferKind::Spread), (bought.premium, TransferKind::LockPremium)] {
        if kept.minor() > 0 {
            legs.push(leg(Account::exchange(shard, to), Account::fees(shard, to), kept, kind));
        }
    }
    legs
}

fn withdrawal_refused(
    bank: &Arc<str>,
    merchant: MerchantRef,
    fee: Money,
    net: Money,
    bought: Bought,
) -> Vec<Leg> {
    let (sold, shard) = (net.currency(), merchant.shard);
    let to = bought.payee.currency();
    let (balance, clearing) = (merchant.balance(sold), Account::payout_clearing(shard, bank, to));
    let mut legs = if sold == to {
        vec![leg(clearing, balance, net, TransferKind::Refund)]
    } else {
        vec![
            leg(clearing, Account::exchange(shard, to), bought.payee, TransferKind::ExchangeUndone),
            leg(Account::exchange(shard, sold), balance, net, TransferKind::Refund),
        ]
    };
    for (kept, kind) in
        [(bought.spread, TransferKind::SpreadUndone), (bought.premium, TransferKind::LockPremiumUndone)]
    {
        if kept.minor() > 0 {
            legs.push(leg(Account::fees(shard, to), Account::exchange(shard, to), kept, kind));
        }
    }
    legs.extend(fee_back(merchant, fee));
    legs
}

/// Out of the balance as far as `covered` goes, the rest receivable.
fn from_merchant(
    merchant: MerchantRef,
    (covered, owed): (Money, Money),
    kinds: (TransferKind, TransferKind),
    to: impl Fn(Money) -> Account,
) -> Vec<Leg> {
    let parts = [
        (merchant.balance(covered.currency()), covered, kinds.0),
        (merchant.receivable(owed.currency()), owed, kinds.1),
    ];
    let not_zero = parts.into_iter().filter(|(_, part, _)| part.minor() > 0);
    not_zero.map(|(from, part, kind)| leg(from, to(part), part, kind)).collect()
}

fn evidence(shard: Shard, store: Uuid, currency: Currency) -> [Account; 2] {
    [Account::evidence(shard, store, currency), Account::evidence_source(shard, currency)]
}

fn review_credit(shard: Shard, merchant: MerchantRef, amount: Money) -> Vec<Leg> {
    let currency = amount.currency();
    let (suspense, balance) = (Account::suspense(shard, currency), merchant.balance(currency));
    if shard == merchant.shard {
        return vec![leg(suspense, balance, amount, TransferKind::ReviewCredit)];
    }
    let (here, there) = (Account::intershard(shard, currency), Account::intershard(merchant.shard, currency));
    vec![
        leg(suspense, here, amount, TransferKind::ReviewCredit),
        leg(there, balance, amount, TransferKind::ReviewCredit),
    ]
}

//! Decisions about withdrawals, pure: over rows that the batch has locked, posting into its journal.

use std::collections::HashMap;
use std::sync::Arc;

use calendar::Calendars;
use exchange::{
    FixedSide, Market, Markups, Price, PricingError, QuoteId, QuoteRefusal, Quotes, RatePolicy, Terms,
};
use ledger::{Journal, Movement};
use merchants::{FrozenAmounts, Merchant, MerchantId, Payee, PayeeId, PayeeState, WithdrawalRefusal};
use money::{Currency, FeeSchedule, Money};
use time::OffsetDateTime;

use crate::allowance::Fees;
use crate::arrival::estimated_arrival;
use crate::declaration::DeclarationPolicy;
use crate::error::{Error, Refusal};
use crate::limits::Limits;
use crate::state::{WithdrawalEvent, WithdrawalState};
use crate::store::Withdrawals;
use crate::usage::Usage;
use crate::{Failure, Withdrawal, WithdrawalId};

/// How a withdrawal is priced.
#[derive(Debug, Clone)]
pub enum Pricing {
    /// By a locked quote (R17).
    Quote(QuoteId),
    /// At the rate of this moment (R18).
    Market {
        /// Gross, sold currency.
        sell: Money,
        /// The bought currency.
        buy: Currency,
    },
}

/// A merchant's order to withdraw.
#[derive(Debug, Clone)]
pub struct Order {
    /// The id it will have.
    pub id: WithdrawalId,
    /// Whose balance.
    pub merchant: MerchantId,
    /// To whom.
    pub payee: PayeeId,
    /// At which price.
    pub pricing: Pricing,
    /// The merchant's own reference.
    pub client_reference: Option<String>,
}

/// What configuration decides.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The fee where no other is in force.
    pub fees: FeeSchedule,
    /// Through which bank payouts of a currency go.
    pub routes: HashMap<Currency, Arc<str>>,
    /// Pairs that may be exchanged, (base, quote) as rates are published.
    pub pairs: Vec<(Currency, Currency)>,
    /// What is kept of exchanges besides the fee (R19).
    pub markups: Markups,
    /// Which rates make prices (R16).
    pub rates: RatePolicy,
    /// Whether a refund gives the fee back too (R28).
    pub refund_fee: bool,
    /// How much may be withdrawn (R30).
    pub limits: Limits,
    /// A new withdrawal worth more, US dollars, waits for an operator before it is sent (R45).
    pub hold_above: Option<Money>,
    /// When banks work (R26).
    pub calendars: Calendars,
    /// What is declared of conversions (R43).
    pub declarations: DeclarationPolicy,
}

impl Policy {
    /// Whether money of `sell` can be paid out as `buy`.
    pub fn supports(&self, sell: Currency, buy: Currency) -> bool {
        let direct = |from, to| self.pairs.contains(&(from, to)) || self.pairs.contains(&(to, from));
        let crossed =
            || self.rates.crosses(sell, buy).is_some_and(|via| direct(sell, via) && direct(via, buy));
        self.routes.contains_key(&buy) && (sell == buy || direct(sell, buy) || crossed())
    }
}

/// Where withdrawals are decided: everything that was read and locked for the batch.
#[derive(Debug)]
pub struct Desk<'a> {
    /// Configuration.
    pub policy: &'a Policy,
    /// Payees that orders name.
    pub payees: &'a HashMap<PayeeId, Payee>,
    /// What of the merchants' money can't leave (R32).
    pub frozen: &'a FrozenAmounts,
    /// What it costs.
    pub fees: &'a mut Fees,
    /// What of limits and allowances is used up, locked.
    pub usage: &'a mut Usage,
    /// The rates of this moment.
    pub market: &'a Market,
    /// Quotes that orders name, locked.
    pub quotes: &'a mut Quotes,
    /// The journal of the batch, with the merchants' balances locked.
    pub journal: &'a mut Journal,
    /// The database's time.
    pub now: OffsetDateTime,
}

impl Desk<'_> {
    /// Decides one order. `merchant` is the locked row. When it is refused, nothing was posted and the quote is
    /// still open.
    ///
    /// # Errors
    /// The outer error voids the batch; the inner one is the caller's answer.
    pub fn submit(
        &mut self,
        order: &Order,
        merchant: &Merchant,
    ) -> Result<Result<Withdrawal, Refusal>, Error> {
        let (price, bank) = match self.terms(order, merchant) {
            Ok(terms) => terms,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut withdrawal = self.withdrawal(order, &price, bank);
        withdrawal.free_minor = self.free(order, price.sell);
        let merchant_ref = withdrawal.merchant_ref();
        if let Some(refusal) = self.not_enough(order.merchant, price.sell)? {
            return Ok(Err(refusal));
        }
        match self.within_limits(merchant, &price) {
            Ok(worth) => withdrawal.worth_usd_minor = worth,
            Err(refusal) => return Ok(Err(refusal)),
        }
        let (bank, fee, net) = (withdrawal.bank.clone(), price.fee, price.net);
        let movement = if withdrawal.is_exchanged() {
            let bought = withdrawal.bought();
            Movement::WithdrawalExchanged { bank, merchant: merchant_ref, fee, net, bought }
        } else {
            Movement::WithdrawalSameCurrency { bank, merchant: merchant_ref, fee, net }
        };
        self.journal.post(&movement, withdrawal.id.uuid())?;
        if let Some(quote) = withdrawal.quote {
            self.quotes
                .take(quote, order.merchant.uuid(), withdrawal.id.uuid(), self.now)
                .map_err(|refusal| Error::Unexpected(format!("a quote that was open is {refusal:?}")))?;
        }
        let of = (order.merchant, price.sell.currency());
        self.fees.count(of, withdrawal.quote, withdrawal.free_minor, self.usage, self.now);
        Ok(Ok(withdrawal))
    }

    /// R24, R32: the balance less what of it is frozen must cover the gross. The balance's row is locked; the book's
    /// floor at zero stands behind it.
    fn not_enough(&self, merchant: MerchantId, needed: Money) -> Result<Option<Refusal>, Error> {
        let currency = needed.currency();
        let balance = ledger::MerchantRef { shard: merchant.shard(), id: merchant.uuid() }.balance(currency);
        let free = self.journal.balance(&balance)? - self.frozen.frozen(merchant, currency);
        if free >= needed.minor() {
            return Ok(None);
        }
        let available = Money::new(free.max(0), currency)
            .map_err(|_| Error::Unexpected("a balance below zero".into()))?;
        Ok(Some(Refusal::InsufficientFunds { needed, available }))
    }

    /// R30: within every limit, and then counted on them. What it is worth in US cents, if any limit concerns it.
    fn within_limits(&mut self, merchant: &Merchant, price: &Price) -> Result<Option<i64>, Refusal> {
        let currencies = (price.sell.currency(), price.buy.currency());
        let worth = self.market.usd_equivalent(price.sell);
        self.policy.limits.check(merchant, currencies, worth, self.usage, self.now)?;
        let counters = self.policy.limits.counters(merchant.id, currencies, self.now);
        let worth = worth.map(|worth| worth.minor()).filter(|_| !counters.is_empty());
        self.usage.add(&counters, worth.unwrap_or(0));
        Ok(worth)
    }

    /// R20, R21, R16–R19: whether this merchant may withdraw to this payee, and at which price.
    fn terms(&self, order: &Order, merchant: &Merchant) -> Result<(Price, Arc<str>), Refusal> {
        may_withdraw(merchant)?;
        let payee = usable(self.payees, order.payee, order.merchant)?;
        let price = match &order.pricing {
            Pricing::Quote(id) => self
                .quotes
                .check(*id, order.merchant.uuid(), self.now)
                .map(|quote| quote.price.clone())
                .map_err(quote_refusal)?,
            Pricing::Market { sell, buy } => self.market_price(merchant, *sell, *buy)?,
        };
        if payee.currency != price.buy.currency() {
            let message =
                format!("the payee receives {}, not {}", payee.currency.code(), price.buy.currency().code());
            return Err(Refusal::Invalid { field: "payee_id", message });
        }
        let bank = self.policy.routes.get(&price.buy.currency()).ok_or(Refusal::UnsupportedCorridor)?;
        Ok((price, bank.clone()))
    }

    /// What of the gross is free of the fee, minor units: as its quote showed, or what is left now.
    fn free(&self, order: &Order, sell: Money) -> i64 {
        match &order.pricing {
            Pricing::Quote(quote) => self.fees.kept(*quote),
            Pricing::Market { buy, .. } => {
                let corridor = (sell.currency(), *buy);
                self.fees.schedule(order.merchant, corridor, self.usage, self.now).free_used(sell)
            }
        }
    }

    /// R18: at the rate of this moment, which is not locked: no premium.
    fn market_price(&self, merchant: &Merchant, sell: Money, buy: Currency) -> Result<Price, Refusal> {
        if !self.policy.supports(sell.currency(), buy) {
            return Err(Refusal::UnsupportedCorridor);
        }
        let corridor = (sell.currency(), buy);
        let fees = self.fees.schedule(merchant.id, corridor, self.usage, self.now);
        exchange::price(
            FixedSide::Sell(sell),
            corridor,
            self.market,
            Terms { fees, markup: self.policy.markups.of(&merchant.tier, None) },
            self.now,
            &self.policy.rates,
        )
        .map_err(pricing_refusal)
    }

    fn withdrawal(&self, order: &Order, price: &Price, bank: Arc<str>) -> Withdrawal {
        Withdrawal {
            id: order.id,
            merchant: order.merchant,
            payee: order.payee,
            quote: match &order.pricing {
                Pricing::Quote(id) => Some(*id),
                Pricing::Market { .. } => None,
            },
            client_reference: order.client_reference.clone(),
            state: WithdrawalState::Processing,
            bank,
            sell: price.sell,
            fee: price.fee,
            net: price.net,
            rate: price.rate,
            rate_as_of: price.rate_as_of,
            buy: price.buy,
            spread: price.spread,
            premium: price.premium,
            exact: price.exact,
            to_send: price.buy,
            attempts: 1,
            failure: None,
            worth_usd_minor: None,
            free_minor: 0,
            estimated_arrival: estimated_arrival(&self.policy.calendars, price.buy.currency(), self.now),
            created_at: self.now,
            updated_at: self.now,
        }
    }

    /// R28, R29: sends a withdrawal again under a new reference, to `payee` or to the one it had. The caller
    /// has made sure that no attempt is unknown. Answers the withdrawal with its attempts counted up.
    ///
    /// # Errors
    /// The caller's answer.
    pub fn send_again(
        &self,
        withdrawals: &mut Withdrawals,
        id: WithdrawalId,
        payee: Option<PayeeId>,
    ) -> Result<Withdrawal, Refusal> {
        let (payee, state) = withdrawals.sendable(id, payee, self.payees)?;
        let row = withdrawals.get_mut(id).ok_or(Refusal::NotFound)?;
        row.state = state;
        row.payee = payee;
        row.attempts += 1;
        row.failure = None;
        row.estimated_arrival = estimated_arrival(&self.policy.calendars, row.buy.currency(), self.now);
        row.updated_at = self.now;
        Ok(row.clone())
    }
}

/// The payee that a merchant's money may go to.
fn usable(payees: &HashMap<PayeeId, Payee>, id: PayeeId, merchant: MerchantId) -> Result<&Payee, Refusal> {
    let payee = payees
        .get(&id)
        .filter(|payee| payee.merchant == merchant && !payee.is_deleted())
        .ok_or(Refusal::PayeeNotFound)?;
    match payee.state {
        PayeeState::Verified => Ok(payee),
        PayeeState::Pending => Err(Refusal::PayeeNotVerified),
        PayeeState::Rejected => Err(Refusal::PayeeHolderMismatch),
    }
}

impl Withdrawals {
    /// R28, R29: to which of the `payees` a withdrawal would be sent again, the named one or the one it had, and what becomes of it.
    ///
    /// # Errors
    /// The caller's answer: [`Desk::send_again`] would give it, too.
    pub fn sendable(
        &self,
        id: WithdrawalId,
        named: Option<PayeeId>,
        payees: &HashMap<PayeeId, Payee>,
    ) -> Result<(PayeeId, WithdrawalState), Refusal> {
        let withdrawal = self.get(id).ok_or(Refusal::NotFound)?;
        let (payee_id, currency) = (named.unwrap_or(withdrawal.payee), withdrawal.buy.currency());
        let payee = usable(payees, payee_id, withdrawal.merchant)?;
        if payee.currency != currency {
            let message = format!("the payee receives {}, not {}", payee.currency.code(), currency.code());
            return Err(Refusal::Invalid { field: "payee_id", message });
        }
        Ok((payee_id, transition(withdrawal, WithdrawalEvent::SentAgain)?))
    }

    /// R28: what a refund of this withdrawal would move, or why there is none. Gross with the fee unless
    /// configured otherwise; after a return only what came back. `was_paid`: the bank had carried out an attempt at it, and
    /// returned it.
    ///
    /// # Errors
    /// The caller's answer.
    pub fn refund_movement(
        &self,
        id: WithdrawalId,
        was_paid: bool,
        policy: &Policy,
    ) -> Result<Movement, Refusal> {
        let row = self.get(id).ok_or(Refusal::NotFound)?;
        if row.is_exchanged() {
            let why = "the currency is already exchanged: it can only be sent again, to another payee";
            return Err(Refusal::IllegalTransition(why.into()));
        }
        transition(row, WithdrawalEvent::Refunded)?;
        // A fee was earned once the bank had paid, also when what came back was sent again and failed.
        let keeps_fee = was_paid || !policy.refund_fee;
        let fee = if keeps_fee { Money::zero(row.fee.currency()) } else { row.fee };
        Ok(Movement::Refund { bank: row.bank.clone(), merchant: row.merchant_ref(), net: row.to_send, fee })
    }

    /// Marks a withdrawal refunded, after its movement was posted.
    ///
    /// # Errors
    /// The caller's answer.
    pub fn refunded(&mut self, id: WithdrawalId, now: OffsetDateTime) -> Result<(), Refusal> {
        self.advance(id, WithdrawalEvent::Refunded, now)?;
        Ok(())
    }

    /// R45: what a refusal of this withdrawal would move: all of it, as it was posted; or why there is none. That
    /// nothing of it was ever sent is the caller's to know, by its payout.
    ///
    /// # Errors
    /// The caller's answer.
    pub fn refuse_movement(&self, id: WithdrawalId) -> Result<Movement, Refusal> {
        let row = self.get(id).ok_or(Refusal::NotFound)?;
        transition(row, WithdrawalEvent::Refused)?;
        if row.attempts != 1 {
            let why = "it was sent before: only a new withdrawal can be refused";
            return Err(Refusal::IllegalTransition(why.into()));
        }
        let (bank, merchant) = (row.bank.clone(), row.merchant_ref());
        Ok(Movement::WithdrawalRefused { bank, merchant, fee: row.fee, net: row.net, bought: row.bought() })
    }

    /// Marks a withdrawal refused, with the reason that the merchant is told, after its movement was posted.
    ///
    /// # Errors
    /// The caller's answer.
    pub fn refused(&mut self, id: WithdrawalId, reason: &str, now: OffsetDateTime) -> Result<(), Refusal> {
        let row = self.advance(id, WithdrawalEvent::Refused, now)?;
        row.failure = Some(Failure { code: "REFUSED".to_owned(), reason: reason.to_owned() });
        Ok(())
    }

    /// A payout of it was carried out. Answers false where the withdrawal's status leaves no room for it: the
    /// payout is then disputed, not the withdrawal changed.
    pub fn payout_paid(&mut self, id: WithdrawalId, now: OffsetDateTime) -> bool {
        self.advance(id, WithdrawalEvent::PayoutPaid, now).is_ok()
    }

    /// R29: people found out that a payout of it, taken for failed, was carried out, and all of what there is to send
    /// went with it. False where the status leaves no room for it: then the merchant has the money twice.
    pub fn found_paid(&mut self, id: WithdrawalId, now: OffsetDateTime) -> bool {
        match self.advance(id, WithdrawalEvent::FoundPaid, now) {
            Ok(row) => {
                row.failure = None;
                true
            }
            Err(_) => false,
        }
    }

    /// A payout of it was definitely refused.
    pub fn payout_failed(&mut self, id: WithdrawalId, failure: Failure, now: OffsetDateTime) -> bool {
        let exchanged = self.get(id).is_some_and(Withdrawal::is_exchanged);
        let event = if exchanged {
            WithdrawalEvent::ExchangedPayoutFailed
        } else {
            WithdrawalEvent::SameCurrencyPayoutFailed
        };
        match self.advance(id, event, now) {
            Ok(row) => {
                row.failure = Some(failure);
                true
            }
            Err(_) => false,
        }
    }

    /// A paid payout came back with `amount`, perhaps short: only that can be sent again or refunded.
    pub fn payout_returned(
        &mut self,
        id: WithdrawalId,
        amount: Money,
        failure: Failure,
        now: OffsetDateTime,
    ) -> bool {
        match self.advance(id, WithdrawalEvent::PayoutReturned, now) {
            Ok(row) => {
                row.to_send = amount;
                row.failure = Some(failure);
                true
            }
            Err(_) => false,
        }
    }

    fn advance(
        &mut self,
        id: WithdrawalId,
        event: WithdrawalEvent,
        now: OffsetDateTime,
    ) -> Result<&mut Withdrawal, Refusal> {
        let state = transition(self.get(id).ok_or(Refusal::NotFound)?, event)?;
        let row = self.get_mut(id).ok_or(Refusal::NotFound)?;
        row.state = state;
        row.updated_at = now;
        Ok(row)
    }
}

fn transition(row: &Withdrawal, event: WithdrawalEvent) -> Result<WithdrawalState, Refusal> {
    row.state.next(event).ok_or_else(|| {
        Refusal::IllegalTransition(format!("not possible while the withdrawal is {}", row.state.as_str()))
    })
}

/// R20 with R32's table.
fn may_withdraw(merchant: &Merchant) -> Result<(), Refusal> {
    match merchants::withdrawal_refusal(merchant.state) {
        None => Ok(()),
        Some(WithdrawalRefusal::Frozen) => Err(Refusal::MerchantFrozen),
        Some(WithdrawalRefusal::Restricted) => Err(Refusal::MerchantRestricted),
        Some(WithdrawalRefusal::Closed) => Err(Refusal::MerchantClosed),
        Some(WithdrawalRefusal::NotActive) => Err(Refusal::MerchantNotActive),
    }
}

fn quote_refusal(refusal: QuoteRefusal) -> Refusal {
    match refusal {
        QuoteRefusal::NotFound => Refusal::QuoteNotFound,
        QuoteRefusal::Expired => Refusal::QuoteExpired,
        QuoteRefusal::Used => Refusal::QuoteUsed,
    }
}

fn pricing_refusal(error: PricingError) -> Refusal {
    match error {
        PricingError::UnsupportedCorridor => Refusal::UnsupportedCorridor,
        PricingError::RateUnavailable => Refusal::RateUnavailable,
        PricingError::AmountTooSmall | PricingError::Money(_) => {
            Refusal::Invalid { field: "sell_amount", message: error.to_string() }
        }
    }
}

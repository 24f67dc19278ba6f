//! What the books must say after a list of events, worked out one event after the other with nothing but sums. It
//! shares no code with the gateway except the type of an amount.

use std::collections::{BTreeMap, BTreeSet};

use money::{Currency, Money};

/// One thing that happens. Banks' events carry their id: the same id again is a redelivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `funds.received`
    Received {
        /// The bank's event id.
        event: String,
        /// The bank's reference of the payment.
        reference: String,
        /// Into which account number.
        account: String,
        /// How much.
        amount: Money,
        /// It comes from the store's platform, and orders cover it.
        good: bool,
    },
    /// `funds.returned`
    Returned {
        /// The bank's event id.
        event: String,
        /// The bank's reference of the reversal.
        reference: String,
        /// The bank's reference of the payment.
        original: String,
        /// How much.
        amount: Money,
    },
    /// The merchant with this number took so much out of its balance.
    Withdrawn {
        /// Whose.
        merchant: usize,
        /// How much.
        amount: Money,
    },
}

/// A merchant by number, and a currency.
type Purse = (usize, Currency);

#[derive(Debug, Clone)]
struct Payment {
    amount: Money,
    /// Whose account it is, if it is anyone's.
    owner: Option<usize>,
    credited: bool,
    taken_back: i64,
}

/// The books, in minor units.
#[derive(Debug, Clone, Default)]
pub struct Model {
    owners: BTreeMap<String, Purse>,
    events: BTreeSet<String>,
    /// By reference, then account.
    payments: BTreeMap<String, BTreeMap<String, Payment>>,
    /// By the payment's reference, then the reversal's.
    returns: BTreeMap<String, BTreeMap<String, Money>>,
    waiting: Vec<(String, Money)>,
    held: usize,
    available: BTreeMap<Purse, i64>,
    owed: BTreeMap<Purse, i64>,
    in_review: BTreeMap<Purse, i64>,
    suspense: BTreeMap<Currency, i64>,
}

impl Model {
    /// Empty books; these account numbers belong to these merchants.
    pub fn new(owners: impl IntoIterator<Item = (String, Purse)>) -> Model {
        Model { owners: owners.into_iter().collect(), ..Model::default() }
    }

    /// Everything in the order given.
    pub fn play<'e>(&mut self, events: impl IntoIterator<Item = &'e Event>) {
        for event in events {
            self.happens(event);
        }
    }

    /// What the merchant can take out.
    pub fn available(&self, purse: Purse) -> i64 {
        self.available.get(&purse).copied().unwrap_or_default()
    }

    /// What the merchant owes.
    pub fn owed(&self, purse: Purse) -> i64 {
        self.owed.get(&purse).copied().unwrap_or_default()
    }

    /// What lies in review of the merchant's.
    pub fn in_review(&self, purse: Purse) -> i64 {
        self.in_review.get(&purse).copied().unwrap_or_default()
    }

    /// What lies in review, whoever's it is.
    pub fn suspense(&self, currency: Currency) -> i64 {
        self.suspense.get(&currency).copied().unwrap_or_default()
    }

    /// How many reversals wait for their payment.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many reversals can't be applied.
    pub fn held(&self) -> usize {
        self.held
    }

    fn happens(&mut self, event: &Event) {
        match event {
            Event::Received { event, reference, account, amount, good } => {
                if self.events.insert(event.clone()) {
                    self.received(reference, account, *amount, *good);
                }
            }
            Event::Returned { event, reference, original, amount } => {
                if self.events.insert(event.clone()) {
                    self.returned(reference, original, *amount);
                }
            }
            Event::Withdrawn { merchant, amount } => {
                *self.available.entry((*merchant, amount.currency())).or_default() -= amount.minor();
            }
        }
    }

    fn received(&mut self, reference: &str, account: &str, amount: Money, good: bool) {
        let under = self.payments.entry(reference.to_owned()).or_default();
        if under.contains_key(account) {
            return;
        }
        let owner = self.owners.get(account).copied();
        let credited = good && owner.is_some_and(|(_, currency)| currency == amount.currency());
        let owner = owner.map(|(merchant, _)| merchant);
        under.insert(account.to_owned(), Payment { amount, owner, credited, taken_back: 0 });
        match owner {
            Some(merchant) if credited => self.credit((merchant, amount.currency()), amount.minor()),
            owner => self.review(owner, amount.currency(), amount.minor()),
        }
        let (now, still) = std::mem::take(&mut self.waiting).into_iter().partition(|(of, _)| of == reference);
        self.waiting = still;
        let now: Vec<(String, Money)> = now;
        for (of, amount) in now {
            self.take_back(&of, amount);
        }
    }

    fn returned(&mut self, reference: &str, original: &str, amount: Money) {
        let under = self.returns.entry(original.to_owned()).or_default();
        if under.insert(reference.to_owned(), amount).is_none() {
            self.take_back(original, amount);
        }
    }

    fn take_back(&mut self, original: &str, amount: Money) {
        let Some(under) = self.payments.get_mut(original) else {
            self.waiting.push((original.to_owned(), amount));
            return;
        };
        let mut one = under.values_mut();
        let (Some(payment), None) = (one.next(), one.next()) else {
            self.held += 1;
            return;
        };
        let left = payment.amount.minor() - payment.taken_back;
        if amount.currency() != payment.amount.currency() || amount.minor() > left {
            self.held += 1;
            return;
        }
        payment.taken_back += amount.minor();
        let (owner, credited) = (payment.owner, payment.credited);
        match owner {
            Some(merchant) if credited => self.debit((merchant, amount.currency()), amount.minor()),
            owner => self.review(owner, amount.currency(), -amount.minor()),
        }
    }

    /// What is owed is paid first.
    fn credit(&mut self, purse: Purse, minor: i64) {
        let owed = self.owed.entry(purse).or_default();
        let repaid = minor.min(*owed);
        *owed -= repaid;
        *self.available.entry(purse).or_default() += minor - repaid;
    }

    /// What isn't there is owed.
    fn debit(&mut self, purse: Purse, minor: i64) {
        let available = self.available.entry(purse).or_default();
        let covered = minor.min(*available);
        *available -= covered;
        *self.owed.entry(purse).or_default() += minor - covered;
    }

    fn review(&mut self, owner: Option<usize>, currency: Currency, minor: i64) {
        *self.suspense.entry(currency).or_default() += minor;
        if let Some(merchant) = owner {
            *self.in_review.entry((merchant, currency)).or_default() += minor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURSE: Purse = (0, Currency::USD);

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD).unwrap()
    }

    fn model() -> Model {
        Model::new([("ours".to_owned(), PURSE)])
    }

    fn received(event: &str, reference: &str, account: &str, minor: i64, good: bool) -> Event {
        let (event, reference, account) = (event.to_owned(), reference.to_owned(), account.to_owned());
        Event::Received { event, reference, account, amount: usd(minor), good }
    }

    fn returned(event: &str, reference: &str, original: &str, minor: i64) -> Event {
        let (event, reference, original) = (event.to_owned(), reference.to_owned(), original.to_owned());
        Event::Returned { event, reference, original, amount: usd(minor) }
    }

    /// Available, owed, in review, suspense, waiting, held.
    fn told(model: &Model) -> (i64, i64, i64, i64, usize, usize) {
        (
            model.available(PURSE),
            model.owed(PURSE),
            model.in_review(PURSE),
            model.suspense(Currency::USD),
            model.waiting(),
            model.held(),
        )
    }

    #[test]
    fn worked_out_by_hand() {
        let mut model = model();
        let steps = [
            (received("1", "A", "ours", 100, true), (100, 0, 0, 0, 0, 0)),
            (received("1", "A", "ours", 100, true), (100, 0, 0, 0, 0, 0)),
            (received("2", "A", "ours", 100, true), (100, 0, 0, 0, 0, 0)),
            (received("3", "B", "ours", 20, false), (100, 0, 20, 20, 0, 0)),
            (received("4", "C", "nobody's", 5, true), (100, 0, 20, 25, 0, 0)),
            (returned("5", "R", "A", 30), (70, 0, 20, 25, 0, 0)),
            (returned("6", "R", "A", 30), (70, 0, 20, 25, 0, 0)),
            (returned("7", "S", "A", 71), (70, 0, 20, 25, 0, 1)),
            (Event::Withdrawn { merchant: 0, amount: usd(60) }, (10, 0, 20, 25, 0, 1)),
            (returned("8", "T", "A", 70), (0, 60, 20, 25, 0, 1)),
            (returned("9", "U", "D", 8), (0, 60, 20, 25, 1, 1)),
            (received("10", "E", "ours", 50, true), (0, 10, 20, 25, 1, 1)),
            (received("11", "D", "ours", 50, true), (32, 0, 20, 25, 0, 1)),
            (returned("12", "V", "B", 20), (32, 0, 0, 5, 0, 1)),
            (returned("13", "W", "C", 1), (32, 0, 0, 4, 0, 1)),
        ];
        for (event, expected) in steps {
            model.play([&event]);
            assert_eq!(told(&model), expected, "after {event:?}");
        }
    }

    #[test]
    fn the_order_does_not_matter_where_it_must_not() {
        let mut events = vec![
            received("1", "A", "ours", 100, true),
            received("2", "B", "ours", 40, false),
            returned("3", "R", "A", 60),
            returned("4", "S", "A", 40),
            returned("5", "T", "B", 15),
            returned("6", "U", "nothing", 1),
        ];
        let mut expected = model();
        expected.play(&events);
        for turn in 0..events.len() {
            events.rotate_left(1);
            for other in 0..events.len() {
                events.swap(turn, other);
                let mut model = model();
                model.play(events.iter().chain(&events));
                assert_eq!(told(&model), told(&expected), "{events:?}");
            }
        }
        assert_eq!(told(&expected), (0, 0, 25, 25, 1, 0));
    }
}

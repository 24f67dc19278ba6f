//! The question before anything is changed. Its focus begins on Cancel, and it wants something typed that nobody types by
//! a slip. Each subject's command has its key from the moment that the question is asked until its outcome is known.

use std::collections::BTreeMap;

use super::input::Line;
use crate::action::{Action, Extra, Takes};
use crate::item::{Item, Shape};
use crate::moves::{self, Moves};
use crate::remote::Asked;
use crate::source::Rows;
use crate::text::T;

/// So many of a merchant's payees are asked for, to choose from.
pub const PAYEES: usize = 200;

/// The question, its answers, and what came of it.
#[derive(Debug, Clone)]
pub struct Confirm {
    pub action: Action,
    pub subjects: Vec<Subject>,
    /// What was marked too and is left out, with the reason.
    pub skipped: Vec<(Item, String)>,
    pub extras: Vec<(Extra, Line)>,
    /// The payees to choose from, where one is wanted.
    pub payees: Asked<Rows>,
    pub reason: Line,
    /// What is typed, and what is wanted.
    pub check: Line,
    pub wanted: Wanted,
    pub focus: Focus,
    pub phase: Phase,
    /// No further subject is sent.
    pub stopping: bool,
    /// The first outcome that is shown, where they are more than there is room for.
    pub top: usize,
}

/// What must be typed, and how that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub text: String,
    pub label: T,
}

/// One thing that is acted upon.
#[derive(Debug, Clone)]
pub struct Subject {
    pub item: Item,
    /// The withdrawal that says what is moved, where one is needed for that.
    pub behind: Asked<Item>,
    pub key: String,
    /// The command under way or last sent.
    pub ticket: u64,
    pub state: State,
    /// Once nobody knew whether it was done, only its outcome ends that: not a later attempt that did not get through.
    pub in_doubt: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not sent.
    Waiting,
    /// It was tried, and surely not carried out.
    Unsent(String),
    Sending,
    Done(String),
    /// For a second person; the approval's id.
    Asked(String),
    Refused(String),
    /// It may be done. The same key finds out.
    Unsure(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Cancel,
    Extra(usize),
    Reason,
    Check,
    Do,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Editing,
    Sending,
    /// Everything that was sent has an answer, or none came.
    Settled,
}

impl State {
    /// Whether it is still to be sent, or sent again.
    pub fn is_open(&self) -> bool {
        matches!(self, State::Waiting | State::Unsent(_) | State::Unsure(_))
    }

    /// Whether nobody knows if it was done.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, State::Unsure(_) | State::Sending)
    }
}

impl Confirm {
    pub fn new(
        action: Action,
        targets: Vec<Item>,
        skipped: Vec<(Item, String)>,
        keys: Vec<String>,
    ) -> Confirm {
        let extras = targets.first().map(|item| action.extras(item)).unwrap_or_default();
        let subjects: Vec<Subject> =
            targets.into_iter().zip(keys).map(|(item, key)| Subject::new(item, key)).collect();
        let wanted = wanted(action, &subjects);
        Confirm {
            action,
            subjects,
            skipped,
            extras: extras.into_iter().map(|extra| (extra, Line::default())).collect(),
            payees: Asked::nothing(),
            reason: Line::default(),
            check: Line::default(),
            wanted,
            focus: Focus::Cancel,
            phase: Phase::Editing,
            stopping: false,
            top: 0,
        }
    }

    /// What is moved of a subject.
    pub fn moves(&self, subject: &Subject) -> Moves {
        moves::of(self.action, &subject.item, subject.behind.data())
    }

    /// Whether of any subject nobody knows yet what would be moved: then nothing is.
    pub fn lacks_figures(&self) -> bool {
        self.subjects.iter().any(|one| self.moves(one) == Moves::Unknown)
    }

    /// The next subject whose withdrawal was not asked for yet.
    pub fn unasked(&mut self) -> Option<&mut Subject> {
        let action = self.action;
        self.subjects.iter_mut().find(|one| {
            let known =
                one.behind.data().is_some() || one.behind.is_pending() || one.behind.trouble.is_some();
            !known && moves::behind(action, &one.item).is_some()
        })
    }

    /// What could not be asked for is asked for once more.
    pub fn ask_anew(&mut self) {
        for subject in self.subjects.iter_mut().filter(|one| one.behind.trouble.is_some()) {
            subject.behind = Asked::nothing();
        }
    }

    /// The subject whose withdrawal this answer brings.
    pub fn asked(&mut self, generation: u64) -> Option<&mut Subject> {
        self.subjects.iter_mut().find(|one| one.behind.awaits(generation))
    }

    /// More is known of what is moved, so something else is to be typed.
    pub fn learned(&mut self) {
        self.wanted = wanted(self.action, &self.subjects);
    }

    /// Whether everything is there that is needed to do it.
    pub fn is_complete(&self) -> bool {
        self.missing().is_none()
    }

    /// The first field that still wants something.
    pub fn missing(&self) -> Option<Focus> {
        let lacking =
            self.extras.iter().position(|(extra, line)| extra.needed && line.text().trim().is_empty());
        if let Some(index) = lacking {
            return Some(Focus::Extra(index));
        }
        if self.reason.text().trim().is_empty() {
            return Some(Focus::Reason);
        }
        let is_typed = self.check.text().trim() == self.wanted.text && !self.lacks_figures();
        (!is_typed).then_some(Focus::Check)
    }

    /// Where the focus can be, in Tab's order.
    pub fn places(&self) -> Vec<Focus> {
        match self.phase {
            Phase::Editing => {
                let extras = (0..self.extras.len()).map(Focus::Extra);
                let done = self.is_complete().then_some(Focus::Do);
                extras.chain([Focus::Reason, Focus::Check]).chain(done).chain([Focus::Cancel]).collect()
            }
            Phase::Sending => vec![Focus::Cancel],
            Phase::Settled if self.remaining() > 0 || self.can_change() => vec![Focus::Cancel, Focus::Do],
            Phase::Settled => vec![Focus::Cancel],
        }
    }

    /// The line that is typed into.
    pub fn line(&mut self) -> Option<&mut Line> {
        if self.phase != Phase::Editing {
            return None;
        }
        match self.focus {
            Focus::Extra(index) => self.extras.get_mut(index).map(|(_, line)| line),
            Focus::Reason => Some(&mut self.reason),
            Focus::Check => Some(&mut self.check),
            Focus::Cancel | Focus::Do => None,
        }
    }

    /// Whether the focus is where a payee is chosen.
    pub fn chooses(&self) -> bool {
        let at = match self.focus {
            Focus::Extra(at) => self.extras.get(at),
            _ => None,
        };
        at.is_some_and(|(extra, _)| extra.takes == Takes::Payee) && self.phase == Phase::Editing
    }

    /// Whom money in the subject's currency can be sent to.
    pub fn choices(&self) -> Vec<&Item> {
        let currency = self.subjects.first().map(|one| one.item.text("currency")).unwrap_or_default();
        let fits = |payee: &&Item| payee.status() == "verified" && payee.text("currency") == currency;
        self.payees.data().into_iter().flat_map(|rows| &rows.items).filter(fits).collect()
    }

    /// Whether the merchant has payees besides those to choose from.
    pub fn has_more_payees(&self) -> bool {
        self.payees.data().is_some_and(|rows| rows.next.is_some())
    }

    /// The next of them, or the one before.
    pub fn choose(&mut self, forward: bool) {
        let ids: Vec<String> = self.choices().iter().map(|payee| payee.id().to_owned()).collect();
        let Some(line) = self.line().filter(|_| !ids.is_empty()) else { return };
        let typed = line.text();
        let next = match ids.iter().position(|id| *id == typed.trim()) {
            Some(at) if forward => (at + 1) % ids.len(),
            Some(at) => (at + ids.len() - 1) % ids.len(),
            None if forward => 0,
            None => ids.len() - 1,
        };
        *line = Line::of(&ids[next]);
    }

    /// How many subjects have no outcome.
    pub fn remaining(&self) -> usize {
        self.subjects.iter().filter(|one| one.state.is_open()).count()
    }

    /// How many are in a state.
    pub fn count(&self, is: fn(&State) -> bool) -> usize {
        self.subjects.iter().filter(|one| is(&one.state)).count()
    }

    /// Whether of any of them nobody knows if it was done.
    pub fn is_in_doubt(&self) -> bool {
        self.subjects.iter().any(|one| one.state.is_in_doubt())
    }

    /// Nothing is under way any more; what came of it is shown from its beginning.
    pub fn settle(&mut self) {
        self.phase = Phase::Settled;
        self.focus = Focus::Cancel;
        self.top = 0;
    }

    /// A refusal of the only subject can be answered by other words, under another key.
    pub fn can_change(&self) -> bool {
        matches!(self.subjects.as_slice(), [only] if matches!(only.state, State::Refused(_)))
    }

    /// The next subject to send.
    pub fn next(&mut self) -> Option<&mut Subject> {
        self.subjects.iter_mut().find(|one| one.state.is_open())
    }

    /// How many were answered.
    pub fn settled(&self) -> usize {
        self.subjects.len() - self.remaining() - self.sending()
    }

    pub fn sending(&self) -> usize {
        self.subjects.iter().filter(|one| one.state == State::Sending).count()
    }

    /// The sums of what is moved, by currency. In minor digits as written: no float comes near.
    pub fn sums(&self) -> Vec<String> {
        let mut sums: BTreeMap<String, Option<money::Money>> = BTreeMap::new();
        for subject in &self.subjects {
            let (amount, code) = match self.moves(subject) {
                Moves::Nothing => continue,
                Moves::Sum(sum) => (sum.amount, sum.currency),
                Moves::Unknown => (String::new(), subject.item.text("currency").to_owned()),
            };
            let Ok(currency) = money::Currency::parse(&code) else {
                sums.insert(code, None);
                continue;
            };
            let amount = money::Money::parse(&amount, currency).ok();
            let sum = sums.entry(code).or_insert_with(|| Some(money::Money::zero(currency)));
            *sum = sum.zip(amount).and_then(|(sum, amount)| sum.checked_add(amount).ok());
        }
        let text = |(code, sum): (String, Option<money::Money>)| {
            sum.map_or_else(|| format!("? {code}"), |sum| format!("{sum} {code}"))
        };
        sums.into_iter().map(text).collect()
    }
}

impl Subject {
    fn new(item: Item, key: String) -> Subject {
        let behind = Asked::nothing();
        Subject { item, behind, key, ticket: 0, state: State::Waiting, in_doubt: false }
    }
}

/// What must be typed: the amount that is moved where there is one, a rate's bid, or the end of the id; of several, how many
/// they are. A request for money that the thing itself says nothing of names its subject.
fn wanted(action: Action, subjects: &[Subject]) -> Wanted {
    let ask = |text: &str, label| Wanted { text: text.to_owned(), label };
    let [only] = subjects else { return ask(&subjects.len().to_string(), T::TypeCount) };
    let item = &only.item;
    let bid = match item.shape {
        Shape::Rate => item.raw["held"]["bid"].as_str(),
        Shape::Published => item.raw["bid"].as_str(),
        _ => None,
    };
    match (moves::of(action, item, only.behind.data()), bid) {
        _ if action == Action::BookCover => ask(&item.key(), T::TypeToConfirm),
        (_, Some(bid)) => ask(bid, T::TypeToConfirm),
        (Moves::Sum(sum), None) => ask(&sum.amount, T::TypeToConfirm),
        (Moves::Unknown, None) => ask("", T::NoFigureYet),
        (Moves::Nothing, None) => {
            let id: Vec<char> = item.id().chars().collect();
            let end: String = id[id.len().saturating_sub(4)..].iter().collect();
            ask(&end, T::TypeIdEnd)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Shape;

    fn payout(id: &str, amount: &str, currency: &str) -> Item {
        Item::read(Shape::Payout, json!({"id": id, "amount": amount, "currency": currency}))
    }

    #[test]
    fn what_must_be_typed_is_about_the_subject() {
        let merchant = Item::read(Shape::Merchant, json!({"id": "mer_0123abcd"}));
        let (one, other) = (payout("po_1", "99.70", "CNY"), payout("po_2", "1.00", "USD"));
        let rate =
            json!({"base": "USD", "quote": "CNY", "bid": "7.1", "held": {"id": "rate_1", "bid": "9.1"}});
        let published = json!({"id": "rate_1", "status": "held", "bid": "9.2"});
        for (action, targets, expected) in [
            (Action::HoldPayout, vec![one.clone()], "99.70"),
            (Action::FreezeMerchant, vec![merchant], "abcd"),
            (Action::HoldPayout, vec![one, other], "2"),
            (Action::AcceptRate, vec![Item::read(Shape::Rate, rate)], "9.1"),
            (Action::RejectRate, vec![Item::read(Shape::Published, published)], "9.2"),
        ] {
            let keys = vec![String::new(); targets.len()];
            assert_eq!(Confirm::new(action, targets, Vec::new(), keys).wanted.text, expected);
        }
    }

    #[test]
    fn r29_nothing_is_confirmed_while_nobody_knows_what_is_moved() {
        let raw = json!({"id": "po_1", "status": "returned", "amount": "9.00", "currency": "CNY", "withdrawal_id": "wd_1"});
        let targets = vec![Item::read(Shape::Payout, raw)];
        let mut confirm = Confirm::new(Action::RetryPayout, targets, Vec::new(), vec![String::new()]);
        confirm.reason = Line::of("why");
        assert_eq!((confirm.is_complete(), confirm.sums()), (false, vec!["? CNY".to_owned()]));
        let raw = json!({"id": "wd_1", "payouts": [{"id": "po_1", "status": "returned", "amount": "9.00",
            "currency": "CNY", "returned_amount": "8.00"}]});
        let subject = confirm.unasked().expect("its withdrawal is wanted");
        subject.behind.answered(Item::read(Shape::Withdrawal, raw), std::time::Duration::ZERO);
        confirm.learned();
        assert_eq!((confirm.wanted.text.as_str(), confirm.is_complete()), ("8.00", false));
        confirm.check = Line::of("8.00");
        assert_eq!((confirm.is_complete(), confirm.sums()), (true, vec!["8.00 CNY".to_owned()]));
    }

    #[test]
    fn sums_are_exact_and_by_currency() {
        let targets = vec![
            payout("po_1", "0.10", "CNY"),
            payout("po_2", "0.20", "CNY"),
            payout("po_3", "7", "JPY"),
            payout("po_4", "oops", "USD"),
            payout("po_5", "1.00", "QQQ"),
            Item::read(Shape::Merchant, json!({"id": "mer_0123abcd"})),
        ];
        let keys = vec![String::new(); 6];
        let confirm = Confirm::new(Action::HoldPayout, targets, Vec::new(), keys);
        assert_eq!(confirm.sums(), ["0.30 CNY", "7 JPY", "? QQQ", "? USD"]);
    }
}

//! A statement as the gateway hands it in, and what makes it and its lines the same as others.

use std::collections::HashMap;
use std::sync::Arc;

use money::{Currency, Money};
use pg::{Shard, Shards};
use ring::digest::{Context, SHA256};
use time::Date;
use uuid::Uuid;

use crate::entry::Direction;
use crate::line::kind;

/// `stm_…`; lies in the shard of [`shard_of`].
pub type StatementId = pg::Id<kind::Statement>;

/// The shard in which the statements of this bank's account lie.
pub fn shard_of(shards: Shards, bank: &str, account: &[u8; 32]) -> Shard {
    shards.of(&[bank.as_bytes(), account])
}

/// What an account's statement tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Covers {
    /// The institution's own account: payouts, and payments into receiving accounts that have no statements.
    OwnAccount,
    /// One receiving account: payments into it and what was taken back of them.
    ReceivingAccount,
}

impl Covers {
    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Covers::OwnAccount => "own_account",
            Covers::ReceivingAccount => "receiving_account",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Covers> {
        [Covers::OwnAccount, Covers::ReceivingAccount].into_iter().find(|covers| covers.as_str() == name)
    }
}

/// One statement of one account.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The id it gets if it is new; made for the shard of [`shard_of`].
    pub id: StatementId,
    /// The bank that sent it, as configured.
    pub bank: Arc<str>,
    /// The blind index of the account's number.
    pub account: [u8; 32],
    /// Whose account that is.
    pub covers: Covers,
    /// The bank's own number of the statement.
    pub number: String,
    /// The account's currency.
    pub currency: Currency,
    /// Its first and last booking day, if it says so.
    pub period: Option<(Date, Date)>,
    /// The booked balance before its first line: minor units, below zero when overdrawn.
    pub opening_minor: Option<i64>,
    /// The booked balance after its last line.
    pub closing_minor: Option<i64>,
    /// The bank event that brought it.
    pub event: Uuid,
    /// Its booked lines, in the bank's order.
    pub lines: Vec<StatementLine>,
}

/// One booked line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Its place, from 0.
    pub position: i32,
    /// The day on which the bank booked it.
    pub booked_on: Option<Date>,
    /// The day from which it counts.
    pub value_date: Option<Date>,
    /// How much, more than zero.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// The bank calls it the reversal of an earlier line.
    pub reversal: bool,
    /// Every reference that it carries, without those that say that there is none.
    pub references: Vec<String>,
}

/// Most references of a line that are kept, and their longest.
const MOST_REFERENCES: usize = 500;
const LONGEST_REFERENCE: usize = 140;

impl StatementLine {
    /// The references that can be looked up: each once, in their order.
    pub(crate) fn usable_references(&self) -> Vec<&str> {
        let mut usable: Vec<&str> = Vec::new();
        for reference in self.references.iter().map(|reference| reference.trim()) {
            let fits = (1..=LONGEST_REFERENCE).contains(&reference.len());
            let clean = !reference.chars().any(char::is_control);
            if fits && clean && !usable.contains(&reference) && usable.len() < MOST_REFERENCES {
                usable.push(reference);
            }
        }
        usable
    }
}

impl Statement {
    /// What the lines say less what the balances say, in minor units; none where that can't be known.
    pub(crate) fn difference(&self) -> Option<i128> {
        let (opening, closing) = (self.opening_minor?, self.closing_minor?);
        let mut sum = i128::from(opening);
        for line in &self.lines {
            if line.amount.currency() != self.currency {
                return None;
            }
            let amount = i128::from(line.amount.minor());
            sum += if line.direction == Direction::Credit { amount } else { -amount };
        }
        Some(sum - i128::from(closing))
    }

    /// Over the statement's name and everything it says: equal for the same statement only.
    pub(crate) fn digest(&self) -> Vec<u8> {
        let mut context = self.named("sluice statement 1");
        for minor in [self.opening_minor, self.closing_minor] {
            put(&mut context, &minor.map(i64::to_be_bytes).unwrap_or_default());
            context.update(&[u8::from(minor.is_some())]);
        }
        for line in &self.lines {
            line.put(&mut context);
        }
        context.finish().as_ref().to_vec()
    }

    /// For each line, over the statement's name, the line and its place among equal ones. The position doesn't
    /// count: a statement that comes again with more lines adds only these.
    pub(crate) fn line_digests(&self) -> Vec<Vec<u8>> {
        let mut seen: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut digests = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let mut context = self.named("sluice statement line 1");
            line.put(&mut context);
            let content = context.clone().finish().as_ref().to_vec();
            let equals = seen.entry(content).or_default();
            context.update(&equals.to_be_bytes());
            *equals += 1;
            digests.push(context.finish().as_ref().to_vec());
        }
        digests
    }

    /// What names it: bank, account, number and period, since some banks number from one again.
    fn named(&self, what: &str) -> Context {
        let mut context = Context::new(&SHA256);
        put(&mut context, what.as_bytes());
        put(&mut context, self.bank.as_bytes());
        put(&mut context, &self.account);
        put(&mut context, self.number.as_bytes());
        put(&mut context, self.currency.code().as_bytes());
        put_date(&mut context, self.period.map(|period| period.0));
        put_date(&mut context, self.period.map(|period| period.1));
        context
    }
}

impl StatementLine {
    fn put(&self, context: &mut Context) {
        put_date(context, self.booked_on);
        put_date(context, self.value_date);
        put(context, &self.amount.minor().to_be_bytes());
        put(context, self.amount.currency().code().as_bytes());
        put(context, self.direction.as_str().as_bytes());
        context.update(&[u8::from(self.reversal)]);
        let references = self.usable_references();
        context.update(&(references.len() as u64).to_be_bytes());
        references.iter().for_each(|reference| put(context, reference.as_bytes()));
    }
}

fn put(context: &mut Context, bytes: &[u8]) {
    context.update(&(bytes.len() as u64).to_be_bytes());
    context.update(bytes);
}

fn put_date(context: &mut Context, date: Option<Date>) {
    put(context, &date.map(|date| date.to_julian_day().to_be_bytes()).unwrap_or_default());
    context.update(&[u8::from(date.is_some())]);
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn line(minor: i64, direction: Direction) -> StatementLine {
        StatementLine {
            position: 0,
            booked_on: Some(date!(2026 - 11 - 20)),
            value_date: None,
            amount: Money::new(minor, Currency::USD).unwrap(),
            direction,
            reversal: false,
            references: vec!["HB-1".into()],
        }
    }

    fn statement(lines: Vec<StatementLine>) -> Statement {
        Statement {
            id: StatementId::new(Shard::new(3).unwrap()),
            bank: "hb".into(),
            account: [7; 32],
            covers: Covers::OwnAccount,
            number: "2026-325".into(),
            currency: Currency::USD,
            period: Some((date!(2026 - 11 - 20), date!(2026 - 11 - 20))),
            opening_minor: Some(-100),
            closing_minor: Some(150),
            event: Uuid::nil(),
            lines,
        }
    }

    #[test]
    fn r44_opening_and_lines_give_closing_or_the_difference_is_told() {
        use Direction::{Credit, Debit};
        let day = statement(vec![line(300, Credit), line(50, Debit)]);
        let mut foreign = day.clone();
        foreign.lines[0].amount = Money::new(300, Currency::EUR).unwrap();
        for (statement, expected) in [
            (day.clone(), Some(0)),
            (statement(vec![line(300, Credit)]), Some(50)),
            (statement(vec![]), Some(-250)),
            (Statement { opening_minor: None, ..day.clone() }, None),
            (Statement { closing_minor: None, ..day.clone() }, None),
            (foreign, None),
            (
                Statement { opening_minor: Some(i64::MAX), closing_minor: Some(i64::MIN), ..day },
                Some((1 << 64) + 249),
            ),
        ] {
            assert_eq!(statement.difference(), expected);
        }
    }

    #[test]
    fn r44_any_other_content_is_another_statement_and_another_line() {
        let base = statement(vec![line(300, Direction::Credit)]);
        let changed = |change: fn(&mut Statement)| {
            let mut other = base.clone();
            change(&mut other);
            other
        };
        let same = changed(|s| {
            (s.id, s.event) = (StatementId::new(Shard::new(3).unwrap()), Uuid::max());
            s.lines[0].references.push(" HB-1 ".into());
        });
        assert_eq!((base.digest(), base.line_digests()), (same.digest(), same.line_digests()));
        for other in [
            changed(|s| s.bank = "other".into()),
            changed(|s| s.account = [8; 32]),
            changed(|s| s.number = "2026-326".into()),
            changed(|s| s.period = None),
            changed(|s| s.currency = Currency::EUR),
            changed(|s| s.lines[0].booked_on = None),
            changed(|s| s.lines[0].value_date = s.lines[0].booked_on.take()),
            changed(|s| s.lines[0].amount = Money::new(301, Currency::USD).unwrap()),
            changed(|s| s.lines[0].direction = Direction::Debit),
            changed(|s| s.lines[0].reversal = true),
            changed(|s| s.lines[0].references = vec!["HB-".into(), "1".into()]),
        ] {
            assert_ne!(base.digest(), other.digest(), "{other:?}");
            assert_ne!(base.line_digests(), other.line_digests(), "{other:?}");
        }
        let corrected = changed(|s| s.closing_minor = None);
        assert_ne!(base.digest(), corrected.digest());
        assert_eq!(base.line_digests(), corrected.line_digests());
    }

    #[test]
    fn r44_equal_lines_of_one_statement_are_counted_apart_wherever_they_stand() {
        let twice = statement(vec![line(1, Direction::Credit), line(1, Direction::Credit)]);
        let digests = twice.line_digests();
        assert_ne!(digests[0], digests[1]);
        let between = statement(vec![
            line(9, Direction::Debit),
            line(1, Direction::Credit),
            line(1, Direction::Credit),
        ]);
        assert_eq!(between.line_digests()[1..], digests);
    }

    #[test]
    fn r44_only_usable_references_are_kept() {
        let long = "x".repeat(141);
        let mut line = line(1, Direction::Credit);
        line.references = ["", " ", " A ", "A", "B\nC", &long, "D"].map(str::to_owned).to_vec();
        assert_eq!(line.usable_references(), ["A", "D"]);
    }
}

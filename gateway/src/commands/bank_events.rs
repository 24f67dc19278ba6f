//! What banks say: money that arrived, results of payouts, rates.

use bytes::Bytes;
use deposits::{PaymentState, Received};
use payouts::{PayoutId, Report};
use serde::Serialize;
use vault::EventId;

use super::alarms::Alarm;
use super::batch::Outcome;
use super::stage::Stage;
use super::void::Void;
use super::{BankEvent, Content, Line, Prices, Reply};

/// One line of the answer to a bank.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub reference: String,
    pub outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    event_id: String,
    outcomes: &'a [Told],
}

impl Stage<'_> {
    pub(super) fn bank_event(&mut self, index: usize, event: &BankEvent) -> Result<Outcome, Void> {
        let reply = self.heard(index, &event.bank, event.delivery.id, &event.content)?;
        Ok(Outcome { reply, stored: true })
    }

    /// Applies what a bank says, now or in a replay; the answer to it.
    pub(super) fn heard(
        &mut self,
        index: usize,
        bank: &str,
        event: EventId,
        content: &Content,
    ) -> Result<Reply, Void> {
        let told = match content {
            Content::Refused { reply, .. } => return Ok(reply.clone()),
            Content::Lines(lines) => self.lines(index, bank, lines)?,
            Content::Statements(statements) => {
                let stored = self.statements.get(index).map(Vec::as_slice).unwrap_or_default();
                let outcome = |new: bool| if new { "applied" } else { "duplicate" };
                statements
                    .iter()
                    .zip(stored)
                    .map(|(s, stored)| told(&s.number, outcome(stored.new), None))
                    .collect()
            }
            Content::Rates(prices) => self.prices(bank, event, prices)?,
        };
        let answer = Answer { event_id: event.to_string(), outcomes: &told };
        let body = Bytes::from(serde_json::to_vec(&answer)?);
        Ok(Reply { status: 200, body, replayed: false })
    }

    /// R16: in the order in which the bank published them. A pair that isn't its own is passed over alone, like one that is
    /// crossed.
    fn prices(&mut self, bank: &str, event: EventId, prices: &Prices) -> Result<Vec<Told>, Void> {
        let policy = &self.facts.policy.rates;
        let verdicts = self.rates.publish(bank, Some(event.uuid()), &prices.rates, policy, self.now)?;
        let mut all: Vec<Told> =
            prices.rates.iter().zip(verdicts).map(|(rate, verdict)| told_of_rate(rate, verdict)).collect();
        // Their places ascend, so each finds all that stood before it.
        for (place, pair) in &prices.unknown {
            all.insert((*place).min(all.len()), told(pair, "ignored", Some("unknown_pair")));
        }
        Ok(all)
    }

    /// In the order in which the bank reports them.
    fn lines(&mut self, index: usize, bank: &str, lines: &[Line]) -> Result<Vec<Told>, Void> {
        let mut returns = self.returns.get_mut(index).map(std::mem::take).unwrap_or_default().into_iter();
        let mut received = self.received.get_mut(index).map(std::mem::take).unwrap_or_default().into_iter();
        let mut all = Vec::with_capacity(lines.len());
        for line in lines {
            all.push(match line {
                Line::Receipt(receipt) => {
                    let received = received
                        .next()
                        .ok_or_else(|| Void::unexpected(format!("{} was not decided", receipt.id)))?;
                    self.receipt(&receipt.reference, received)?
                }
                Line::Returned(report) => {
                    let claim = returns
                        .next()
                        .ok_or_else(|| Void::unexpected(format!("{} was not claimed", report.id)))?;
                    self.returned_money(report, claim)?
                }
                Line::Payout { reference, payout, report } => {
                    self.callback(bank, reference, *payout, report)?
                }
                Line::Kept { reference, reason } => told(reference, "ignored", Some(reason)),
            });
        }
        Ok(all)
    }

    /// R4–R6: posts what was decided when the batch was loaded.
    fn receipt(&mut self, reference: &str, received: Received) -> Result<Told, Void> {
        match received {
            Received::Duplicate(first) => {
                let payment_id = Some(first.to_string());
                Ok(Told { payment_id, ..told(reference, "duplicate", None) })
            }
            Received::Payment { payment, movements } => {
                for movement in &movements {
                    self.post_credit(movement, payment.id.uuid())?;
                }
                if let Some(merchant) = payment.merchant {
                    self.facts.remember_home(payment.account_index, merchant.shard());
                }
                let reason = payment.reason.map(deposits::Reason::as_str);
                let payment_id = Some(payment.id.to_string());
                let told = Told { payment_id, ..told(reference, outcome_of(payment.status), reason) };
                let id = payment.id;
                self.new_payments.push(*payment);
                self.apply_reversals_of(id)?;
                Ok(told)
            }
        }
    }

    /// R1: a payout of another bank is an unknown reference.
    fn callback(
        &mut self,
        bank: &str,
        reference: &str,
        payout: Option<PayoutId>,
        report: &Report,
    ) -> Result<Told, Void> {
        let own = payout.filter(|id| self.owners.get(id).is_some_and(|owner| &*owner.bank == bank));
        let (outcome, reason) = match own {
            None => {
                self.alarms.push(Alarm::Stranger { bank: bank.into() });
                ("ignored", Some("unknown_reference".to_owned()))
            }
            Some(payout) => self.report(payout, report)?,
        };
        Ok(Told { reference: reference.to_owned(), outcome, payment_id: None, reason })
    }
}

pub(super) fn told(reference: &str, outcome: &'static str, reason: Option<&str>) -> Told {
    let (reference, reason) = (reference.to_owned(), reason.map(str::to_owned));
    Told { reference, outcome, payment_id: None, reason }
}

fn outcome_of(status: PaymentState) -> &'static str {
    match status {
        PaymentState::Credited => "credited",
        PaymentState::InReview | PaymentState::Returning | PaymentState::Returned => "in_review",
    }
}

fn told_of_rate(rate: &exchange::PublishedRate, verdict: exchange::Verdict) -> Told {
    let (outcome, reason) = match verdict {
        exchange::Verdict::Current => ("applied", None),
        exchange::Verdict::Held => ("ignored", Some("held_for_review")),
        exchange::Verdict::Outdated => ("ignored", Some("outdated")),
        exchange::Verdict::InTheFuture => ("ignored", Some("in_the_future")),
        exchange::Verdict::Crossed => ("ignored", Some("crossed")),
    };
    let reference = format!("{}{}", rate.base.code(), rate.quote.code());
    Told { reference, outcome, payment_id: None, reason: reason.map(str::to_owned) }
}

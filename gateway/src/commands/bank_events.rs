//! What banks say: money that arrived, results of payouts, rates.

use bytes::Bytes;
use deposits::{PaymentState, Received};
use payouts::{PayoutId, Report};
use serde::Serialize;

use super::batch::Outcome;
use super::stage::Stage;
use super::void::Void;
use super::{BankEvent, Content, Reply};

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
        let told = match &event.content {
            Content::Refused { reply, .. } => return Ok(Outcome { reply: reply.clone(), stored: true }),
            Content::Receipts(receipts) => {
                let references: Vec<&str> = receipts.iter().map(|r| r.reference.as_str()).collect();
                self.receipts(index, &references)?
            }
            Content::Payout { reference, payout, report } => {
                vec![self.callback(&event.bank, reference, *payout, report)?]
            }
            Content::Rates(rates) => {
                let verdicts = self.rates.get(index).map(Vec::as_slice).unwrap_or_default();
                rates.iter().zip(verdicts).map(|(rate, verdict)| told_of_rate(rate, *verdict)).collect()
            }
            Content::Ignored => vec![Told {
                reference: event.delivery.event_id.clone(),
                outcome: "ignored",
                payment_id: None,
                reason: Some("unknown_type".to_owned()),
            }],
        };
        let answer = Answer { event_id: event.delivery.id.to_string(), outcomes: &told };
        let body = Bytes::from(serde_json::to_vec(&answer)?);
        Ok(Outcome { reply: Reply { status: 200, body, replayed: false }, stored: true })
    }

    /// R4–R6: posts what was decided when the batch was loaded.
    fn receipts(&mut self, index: usize, references: &[&str]) -> Result<Vec<Told>, Void> {
        let received = self.received.get_mut(index).map(std::mem::take).unwrap_or_default();
        let mut told = Vec::with_capacity(received.len());
        for (received, reference) in received.into_iter().zip(references) {
            let reference = (*reference).to_owned();
            match received {
                Received::Duplicate(first) => told.push(Told {
                    reference,
                    outcome: "duplicate",
                    payment_id: Some(first.to_string()),
                    reason: None,
                }),
                Received::Payment { payment, movement } => {
                    self.journal.post(&movement, payment.id.uuid())?;
                    if let Some(merchant) = payment.merchant {
                        self.facts.remember_home(payment.account_index, merchant.shard());
                    }
                    told.push(Told {
                        reference,
                        outcome: outcome_of(payment.status),
                        payment_id: Some(payment.id.to_string()),
                        reason: payment.reason.map(|reason| reason.as_str().to_owned()),
                    });
                    self.new_payments.push(*payment);
                }
            }
        }
        Ok(told)
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
            None => ("ignored", Some("unknown_reference".to_owned())),
            Some(payout) => self.report(payout, report)?,
        };
        Ok(Told { reference: reference.to_owned(), outcome, payment_id: None, reason })
    }
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
        exchange::Verdict::Outdated => ("ignored", Some("outdated")),
        exchange::Verdict::InTheFuture => ("ignored", Some("in_the_future")),
        exchange::Verdict::Crossed => ("ignored", Some("crossed")),
    };
    let reference = format!("{}{}", rate.base.code(), rate.quote.code());
    Told { reference, outcome, payment_id: None, reason: reason.map(str::to_owned) }
}

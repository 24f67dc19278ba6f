//! What a bank's bytes say, as the content of a command.

use std::sync::Arc;

use bank::{Event, FieldError as BankFieldError, FundsReceived, FundsReturned, ParseError};
use bytes::Bytes;
use deposits::{EntryName, PaymentDetails, PaymentId, Receipt, ReversalId, ReversalReport};
use payouts::Report;
use privacy::Sensitive;
use vault::Verdict;

use super::{internal, rates, statements};
use crate::app::App;
use crate::commands::{Content, Line, Reply};
use crate::problem::{self, FieldError, Problem, Refusal};

/// A verified message, as it came or as it was kept.
#[derive(Debug)]
pub struct Message<'a> {
    /// The bank that signed it.
    pub bank: &'a Arc<str>,
    /// The bank's id of it.
    pub event_id: &'a str,
    /// What it says.
    pub body: &'a [u8],
    /// ISO 20022 and no JSON.
    pub is_xml: bool,
    /// For the problem's body, should it not be understood.
    pub request_id: &'a str,
}

/// What the bytes say. What can't be understood is an answer too: it is kept, and told why (R5).
///
/// # Errors
/// `internal`, should personal data not be sealable.
pub fn understand(app: &App, message: &Message<'_>) -> Result<Content, Refusal> {
    if message.is_xml { xml(app, message) } else { json(app, message) }
}

/// ISO 20022: camt.054 says what happened on an account, camt.053 is reconciled with the book.
fn xml(app: &App, message: &Message<'_>) -> Result<Content, Refusal> {
    Ok(match bank::camt::parse(message.body) {
        Ok(bank::camt::Message::Notification(notification)) => {
            let lines = bank::camt::lines(&notification);
            Content::Lines(
                lines.into_iter().map(|line| camt_line(app, message.bank, line)).collect::<Result<_, _>>()?,
            )
        }
        Ok(bank::camt::Message::Statement(statement)) => {
            Content::Statements(statements::of(app, message.bank, &statement))
        }
        Err(error) => refusal(error, message.request_id),
    })
}

fn camt_line(app: &App, bank: &Arc<str>, line: bank::camt::Line) -> Result<Line, Refusal> {
    use bank::camt::{Line as Told, PayoutOutcome};
    Ok(match line {
        Told::Received(line) => {
            let position = i32::try_from(line.position).unwrap_or(i32::MAX);
            let receipt = receipt(app, bank, line.funds)?;
            let shards = app.engine.facts().layout.shards;
            let entry = line.entry.map(|of| EntryName::new(shards, bank, of.reference, of.whole));
            Line::Receipt(Receipt { position, sum_mismatch: line.sum_mismatch, entry, ..receipt })
        }
        Told::Returned(returned) => Line::Returned(report(app, bank, returned)),
        Told::Payout { outcome, report } => {
            let finding = match outcome {
                PayoutOutcome::Paid => Report::paid(&report),
                PayoutOutcome::Returned => Report::returned(&report),
            };
            payout_line(report.reference, finding)
        }
        Told::Kept { reference, reason } => Line::Kept { reference, reason: reason.as_str() },
    })
}

fn refusal(error: ParseError, request_id: &str) -> Content {
    let (problem, why) = match error {
        ParseError::Malformed(why) => (Problem::MalformedJson, why),
        ParseError::MalformedXml(why) => (Problem::MalformedXml, why),
        ParseError::Invalid(errors) => return invalid(&errors, request_id),
    };
    refused(Verdict::Malformed, problem, problem::body(problem, &why, request_id, &[]))
}

fn json(app: &App, message: &Message<'_>) -> Result<Content, Refusal> {
    let &Message { bank, event_id, body, request_id, .. } = message;
    Ok(match bank::event::parse(body) {
        Ok(Event::FundsReceived(funds)) => Content::Lines(vec![Line::Receipt(receipt(app, bank, funds)?)]),
        Ok(Event::FundsReturned(returned)) => {
            Content::Lines(vec![Line::Returned(report(app, bank, returned))])
        }
        Ok(Event::PayoutPaid(event)) => callback(event.reference.clone(), Report::paid(&event)),
        Ok(Event::PayoutFailed(event)) => callback(event.reference.clone(), Report::failed(&event)),
        Ok(Event::PayoutReturned(event)) => callback(event.reference.clone(), Report::returned(&event)),
        Ok(Event::RatesPublished(published)) => rates(app, bank, &published, request_id),
        Ok(Event::Ignored { .. }) => {
            Content::Lines(vec![Line::Kept { reference: event_id.to_owned(), reason: "unknown_type" }])
        }
        Err(error) => refusal(error, request_id),
    })
}

fn callback(reference: String, report: Report) -> Content {
    Content::Lines(vec![payout_line(reference, report)])
}

fn payout_line(reference: String, report: Report) -> Line {
    let payout = reference.parse().ok();
    Line::Payout { reference, payout, report }
}

fn invalid(errors: &[BankFieldError], request_id: &str) -> Content {
    let errors: Vec<FieldError> =
        errors.iter().map(|error| FieldError::new(error.field.clone(), error.message.clone())).collect();
    let field = errors.first().map(|error| error.field.as_str()).filter(|field| !field.is_empty());
    let detail = format!("{} can't be understood", field.unwrap_or("the event"));
    let body = problem::body(Problem::InvalidRequest, &detail, request_id, &errors);
    refused(Verdict::Invalid, Problem::InvalidRequest, body)
}

fn refused(verdict: Verdict, problem: Problem, body: Bytes) -> Content {
    Content::Refused { verdict, reply: Reply { status: problem.status(), body, replayed: false } }
}

fn receipt(app: &App, bank: &Arc<str>, funds: FundsReceived) -> Result<Receipt, Refusal> {
    let facts = app.engine.facts();
    let id = PaymentId::new(deposits::shard_of(facts.layout.shards, bank, &funds.reference));
    let account_index = merchants::account_index(&facts.keyring, &funds.account_number);
    let details = PaymentDetails {
        account_number: funds.account_number,
        remitter_name: funds.remitter_name.clone(),
        remitter_account: funds.remitter_account,
        remittance_information: funds.remittance_information,
        end_to_end_id: funds.end_to_end_id,
    };
    let details_sealed = details.seal(&facts.keyring, id).map_err(|error| internal(&error))?;
    Ok(Receipt {
        id,
        bank: bank.clone(),
        account_index,
        reference: funds.reference,
        position: 0,
        amount: funds.amount,
        sum_mismatch: false,
        entry: None,
        remitter_name: funds.remitter_name.map(Sensitive::new),
        details_sealed: details_sealed.into(),
        uetr: funds.uetr.and_then(|uetr| uuid::Uuid::try_parse(&uetr).ok()),
        value_date: funds.value_date,
        event: uuid::Uuid::nil(),
    })
}

/// R8. Its id lies in the shard of the payment that it names.
fn report(app: &App, bank: &Arc<str>, returned: FundsReturned) -> ReversalReport {
    let facts = app.engine.facts();
    let number = returned.account_number.as_deref();
    ReversalReport {
        id: ReversalId::new(deposits::shard_of(facts.layout.shards, bank, &returned.original_reference)),
        bank: bank.clone(),
        account_index: number.map(|number| merchants::account_index(&facts.keyring, number)),
        reference: returned.reference,
        original_reference: returned.original_reference,
        position: i32::try_from(returned.position).unwrap_or(i32::MAX),
        amount: returned.amount,
        reason: returned.reason,
        event: uuid::Uuid::nil(),
    }
}

/// R1: only pairs that are configured for this bank count.
fn rates(app: &App, bank: &str, published: &bank::RatesPublished, request_id: &str) -> Content {
    let config = app.config.bank(bank);
    let configured = |base, quote| config.is_some_and(|config| config.may_publish(base, quote));
    rates::of(published, configured).map_or_else(|errors| invalid(&errors, request_id), Content::Rates)
}

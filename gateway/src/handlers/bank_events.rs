//! The one door for everything a bank says: verify, understand, hand to a lane.

use std::sync::Arc;

use bank::{Event, FieldError as BankFieldError, FundsReceived, ParseError, Refusal as SignatureRefusal};
use bytes::Bytes;
use deposits::{PaymentDetails, PaymentId, Receipt};
use exchange::PublishedRate;
use money::Rate;
use payouts::Report;
use privacy::Sensitive;
use time::OffsetDateTime;
use vault::{Delivery, Verdict};

use super::{Answer, lane};
use crate::app::App;
use crate::commands::{BankEvent, Command, Content, Line, Reply};
use crate::metrics;
use crate::problem::{self, FieldError, Problem, Refusal};
use crate::request::Request;

/// `POST /v1/banks/{bank}/events`.
///
/// # Errors
/// R1's refusals, before anything touches the database; the lane's.
pub async fn receive(app: &App, request: Request) -> Answer {
    let bank: Arc<str> = Arc::from(request.parameter());
    let verifier = app.verifiers.get(&*bank).ok_or_else(|| Refusal::not_found("bank"))?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let verified = verifier.verify(&request.headers, &request.body, now).map_err(|refusal| {
        metrics::signature_failed(&bank, reason_of(&refusal));
        unverified(&refusal)
    })?;
    let content = understand(app, &bank, &verified.event_id, &request)?;
    let facts = app.engine.facts();
    let delivery = Delivery::new(
        &facts.keyring,
        facts.layout.shards,
        &bank,
        &verified.event_id,
        &verified.key_id,
        &kept_headers(&request),
        &request.body,
    )
    .map_err(|error| internal(&error))?;
    let content = name_event(content, &delivery);
    let event = BankEvent { bank, delivery, content, request_id: request.id.to_string() };
    lane::carry_out(app, Command::BankEvent(Box::new(event))).await
}

fn internal(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(%error, "a bank event could not be prepared");
    Refusal::new(Problem::Internal, "an unexpected error; nothing was done, and it was logged")
}

fn reason_of(refusal: &SignatureRefusal) -> &'static str {
    match refusal {
        SignatureRefusal::MissingHeader(_) => "missing_header",
        SignatureRefusal::MalformedHeader(_) => "malformed_header",
        SignatureRefusal::BadSignature => "bad_signature",
        SignatureRefusal::TimestampOutOfTolerance => "timestamp",
    }
}

fn unverified(refusal: &SignatureRefusal) -> Refusal {
    let problem = match refusal {
        SignatureRefusal::TimestampOutOfTolerance => Problem::TimestampOutOfTolerance,
        SignatureRefusal::MissingHeader(_)
        | SignatureRefusal::MalformedHeader(_)
        | SignatureRefusal::BadSignature => Problem::BadSignature,
    };
    Refusal::new(problem, refusal.to_string())
}

/// The headers that say how the event was signed, for the vault.
fn kept_headers(request: &Request) -> String {
    let kept = |name: &str| name.starts_with("webhook-") || matches!(name, "content-type" | "user-agent");
    let line = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        kept(name.as_str()).then(|| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
    };
    request.headers.iter().filter_map(line).collect()
}

/// What the bytes say. What can't be understood is an answer too: it is kept, and told why (R5).
fn understand(app: &App, bank: &Arc<str>, event_id: &str, request: &Request) -> Result<Content, Refusal> {
    Ok(match bank::event::parse(&request.body) {
        Ok(Event::FundsReceived(funds)) => Content::Lines(vec![Line::Receipt(receipt(app, bank, funds)?)]),
        Ok(Event::PayoutPaid(event)) => callback(event.reference.clone(), Report::paid(&event)),
        Ok(Event::PayoutFailed(event)) => callback(event.reference.clone(), Report::failed(&event)),
        Ok(Event::PayoutReturned(event)) => callback(event.reference.clone(), Report::returned(&event)),
        Ok(Event::RatesPublished(published)) => rates(app, bank, &published, &request.id),
        Ok(Event::Ignored { .. }) => {
            Content::Lines(vec![Line::Kept { reference: event_id.to_owned(), reason: "unknown_type" }])
        }
        Err(ParseError::Malformed(why)) => {
            let body = problem::body(Problem::MalformedJson, &why, &request.id, &[]);
            refused(Verdict::Malformed, Problem::MalformedJson, body)
        }
        Err(ParseError::Invalid(errors)) => invalid(&errors, &request.id),
    })
}

fn callback(reference: String, report: Report) -> Content {
    let payout = reference.parse().ok();
    Content::Lines(vec![Line::Payout { reference, payout, report }])
}

fn invalid(errors: &[BankFieldError], request_id: &str) -> Content {
    let errors: Vec<FieldError> =
        errors.iter().map(|error| FieldError::new(error.field.clone(), error.message.clone())).collect();
    let detail = format!("{} can't be understood", errors.first().map_or("the event", |e| e.field.as_str()));
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
        remitter_name: funds.remitter_name.map(Sensitive::new),
        details_sealed: details_sealed.into(),
        uetr: funds.uetr.and_then(|uetr| uuid::Uuid::try_parse(&uetr).ok()),
        value_date: funds.value_date,
        event: uuid::Uuid::nil(),
    })
}

/// A receipt carries the id of the event that reported it.
fn name_event(mut content: Content, delivery: &Delivery) -> Content {
    if let Content::Lines(lines) = &mut content {
        for line in lines {
            match line {
                Line::Receipt(receipt) => receipt.event = delivery.id.uuid(),
                Line::Payout { .. } | Line::Kept { .. } => {}
            }
        }
    }
    content
}

/// R1: only pairs that are configured for this bank count; an event that names another one is refused whole.
fn rates(app: &App, bank: &str, published: &bank::RatesPublished, request_id: &str) -> Content {
    let mut errors = Vec::new();
    let mut rates = Vec::with_capacity(published.rates.len());
    for (index, rate) in published.rates.iter().enumerate() {
        let configured =
            app.config.bank(bank).is_some_and(|config| config.may_publish(rate.base, rate.quote));
        if !configured {
            let message =
                format!("{}{} is not configured for this bank", rate.base.code(), rate.quote.code());
            errors.push(BankFieldError { field: format!("data.rates[{index}]"), message });
            continue;
        }
        // The bid is rounded down and the ask up: never in the institution's disfavour by a ninth digit.
        match (Rate::try_from(rate.bid), Rate::ceil(rate.ask)) {
            (Ok(bid), Ok(ask)) => rates.push(PublishedRate {
                base: rate.base,
                quote: rate.quote,
                bid,
                ask,
                as_of: published.as_of,
            }),
            _ => errors.push(BankFieldError {
                field: format!("data.rates[{index}]"),
                message: "is out of range".into(),
            }),
        }
    }
    if errors.is_empty() { Content::Rates(rates) } else { invalid(&errors, request_id) }
}

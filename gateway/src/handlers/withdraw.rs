//! `POST /v1/withdrawals` and `POST /v1/withdrawals/{id}/payee`: checked, keyed, handed to a lane.

use merchants::PayeeId;
use money::{Currency, Money};
use serde::Deserialize;
use withdrawals::{Order, Pricing, WithdrawalId};

use super::{Answer, lane};
use crate::app::App;
use crate::body;
use crate::commands::{ChangePayee, Command, Withdraw};
use crate::problem::{FieldError, Refusal};
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawBody {
    payee_id: String,
    quote_id: Option<String>,
    sell_currency: Option<String>,
    sell_amount: Option<String>,
    buy_currency: Option<String>,
    client_reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayeeBody {
    payee_id: String,
}

/// `POST /v1/withdrawals`.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn withdraw(app: &App, request: Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let keyed = request.keyed(merchant.shard(), &merchant.to_string())?;
    let body: WithdrawBody = body::parse(&request.body)?;
    let payee = id_field::<PayeeId>(&body.payee_id, "payee")?;
    let mut errors = Vec::new();
    let pricing = pricing(&body, &mut errors)?;
    let reference = client_reference(body.client_reference, &mut errors);
    let Some(pricing) = pricing.filter(|_| errors.is_empty()) else { return Err(Refusal::fields(errors)) };
    let order = Order {
        id: WithdrawalId::new(merchant.shard()),
        merchant,
        payee,
        pricing,
        client_reference: reference,
    };
    let command = Withdraw { request: keyed, order, request_id: request.id.to_string() };
    lane::carry_out(app, Command::Withdraw(Box::new(command))).await
}

/// `POST /v1/withdrawals/{id}/payee`.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn change_payee(app: &App, request: Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let keyed = request.keyed(merchant.shard(), &merchant.to_string())?;
    let withdrawal: WithdrawalId = request.id_of("withdrawal")?;
    let body: PayeeBody = body::parse(&request.body)?;
    let payee = id_field::<PayeeId>(&body.payee_id, "payee")?;
    let command =
        ChangePayee { request: keyed, merchant, withdrawal, payee, request_id: request.id.to_string() };
    lane::carry_out(app, Command::ChangePayee(Box::new(command))).await
}

/// An id in a body: what is no id of this kind names nothing that the caller has.
fn id_field<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::not_found(what))
}

fn pricing(body: &WithdrawBody, errors: &mut Vec<FieldError>) -> Result<Option<Pricing>, Refusal> {
    let market = [&body.sell_currency, &body.sell_amount, &body.buy_currency];
    if let Some(quote) = &body.quote_id {
        if market.iter().any(|field| field.is_some()) {
            errors.push(FieldError::new("quote_id", "a quote says all of it: leave the amounts out"));
            return Ok(None);
        }
        return Ok(Some(Pricing::Quote(id_field(quote, "quote")?)));
    }
    let mut required = |name: &'static str, field: &Option<String>| {
        if field.is_none() {
            errors.push(FieldError::new(name, "is needed where there is no quote_id"));
        }
        field.clone()
    };
    let sell_currency = required("sell_currency", &body.sell_currency);
    let sell_amount = required("sell_amount", &body.sell_amount);
    let buy_currency = required("buy_currency", &body.buy_currency);
    let (Some(sell_currency), Some(sell_amount), Some(buy_currency)) =
        (sell_currency, sell_amount, buy_currency)
    else {
        return Ok(None);
    };
    let sell_currency = currency("sell_currency", &sell_currency, errors);
    let buy = currency("buy_currency", &buy_currency, errors);
    let sell = sell_currency.and_then(|currency| amount("sell_amount", &sell_amount, currency, errors));
    Ok(sell.zip(buy).map(|(sell, buy)| Pricing::Market { sell, buy }))
}

/// Reads a currency code; a wrong one is noted.
pub fn currency(field: &'static str, text: &str, errors: &mut Vec<FieldError>) -> Option<Currency> {
    Currency::parse(text).map_err(|error| errors.push(FieldError::new(field, error.to_string()))).ok()
}

/// Reads an amount; a wrong one is noted.
pub fn amount(
    field: &'static str,
    text: &str,
    currency: Currency,
    errors: &mut Vec<FieldError>,
) -> Option<Money> {
    Money::parse(text, currency).map_err(|error| errors.push(FieldError::new(field, error.to_string()))).ok()
}

fn client_reference(reference: Option<String>, errors: &mut Vec<FieldError>) -> Option<String> {
    let reference = reference?;
    let length = reference.chars().count();
    if length == 0 || length > 64 || reference.chars().any(char::is_control) {
        errors.push(FieldError::new("client_reference", "must have 1 to 64 characters, none of control"));
    }
    Some(reference)
}

//! What a merchant has.

use std::collections::BTreeSet;

use hyper::StatusCode;
use ledger::MerchantRef;
use money::{Currency, Money};
use serde_json::{Value, json};

use super::{Answer, reply};
use crate::app::App;
use crate::request::Request;

pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let conn = app.pool.get().await?;
    // In transit is read before available: a withdrawal between the two shows too much in transit for a moment,
    // never money that is gone as available.
    let in_transit = ::withdrawals::in_transit(&conn, merchant).await?;
    let in_review = deposits::in_review_sums(&conn, merchant).await?;
    let own: BTreeSet<Currency> = merchants::currencies_of(&conn, merchant).await?.into_iter().collect();
    let dealt_in = app.policy.pairs.iter().flat_map(|pair| [pair.0, pair.1]);
    let held = in_transit.iter().chain(&in_review).map(Money::currency);
    let asked: BTreeSet<Currency> =
        own.iter().copied().chain(dealt_in).chain(app.policy.routes.keys().copied()).chain(held).collect();
    let asked: Vec<Currency> = asked.into_iter().collect();
    let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let available = ledger::merchant_balances(&conn, book, &asked).await?;
    let receivable = ledger::receivables(&conn, book, &asked).await?;
    let data: Vec<Value> = available
        .iter()
        .map(|available| row(*available, &in_transit, &in_review, &receivable))
        .filter(|row| row.matters || own.contains(&row.currency))
        .map(|row| row.json)
        .collect();
    reply::json(StatusCode::OK, &json!({ "data": data }))
}

struct Row {
    currency: Currency,
    /// Some amount is not zero.
    matters: bool,
    json: Value,
}

fn row(available: Money, in_transit: &[Money], in_review: &[Money], receivable: &[Money]) -> Row {
    let currency = available.currency();
    let of = |amounts: &[Money]| {
        amounts.iter().find(|amount| amount.currency() == currency).copied().unwrap_or(Money::zero(currency))
    };
    let (in_transit, in_review, receivable) = (of(in_transit), of(in_review), of(receivable));
    let none = Money::zero(currency).to_string();
    Row {
        currency,
        matters: [available, in_transit, in_review, receivable].iter().any(|amount| amount.minor() > 0),
        json: json!({
            "currency": currency.code(),
            "available": available.to_string(),
            "in_transit": in_transit.to_string(),
            "in_review": in_review.to_string(),
            "frozen": none,
            "receivable": receivable.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_gets_its_own_sums() {
        let money = |minor, currency| Money::new(minor, currency).expect("an amount");
        let row = row(
            money(123_450, Currency::USD),
            &[money(5, Currency::JPY), money(100, Currency::USD)],
            &[money(7, Currency::JPY)],
            &[money(250, Currency::USD)],
        );
        assert_eq!(
            row.json,
            json!({"currency": "USD", "available": "1234.50", "in_transit": "1.00", "in_review": "0.00",
                "frozen": "0.00", "receivable": "2.50"})
        );
        assert!(row.matters);
    }
}

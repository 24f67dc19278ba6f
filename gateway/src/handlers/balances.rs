//! What a merchant has.

use std::collections::BTreeSet;

use hyper::StatusCode;
use ledger::MerchantRef;
use merchants::{AmountFreeze, MerchantId};
use money::{Currency, Money};
use pg::Connection;
use serde_json::{Value, json};

use super::{Answer, reply};
use crate::app::App;
use crate::problem::Refusal;
use crate::request::Request;

pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let conn = app.pool.get().await?;
    let data = of_merchant(app, &conn, merchant).await?;
    reply::json(StatusCode::OK, &json!({ "data": data }))
}

/// A merchant's balances: of the currencies of its accounts, and of those in which it has anything.
///
/// # Errors
/// The database's.
pub(super) async fn of_merchant(
    app: &App,
    conn: &Connection,
    merchant: MerchantId,
) -> Result<Vec<Value>, Refusal> {
    // In transit is read before available: a withdrawal between the two shows too much in transit for a moment,
    // never money that is gone as available. What goes side by side is still read in this order.
    let (in_transit, in_review, own, frozen) = tokio::join!(
        biased;
        ::withdrawals::in_transit(conn, merchant),
        deposits::in_review_sums(conn, merchant),
        merchants::currencies_of(conn, merchant),
        merchants::amount_freezes(conn, merchant),
    );
    let (in_transit, in_review, frozen) = (in_transit?, in_review?, frozen?);
    let own: BTreeSet<Currency> = own?.into_iter().collect();
    let dealt_in = app.policy.pairs.iter().flat_map(|pair| [pair.0, pair.1]);
    let held = in_transit.iter().chain(&in_review).map(Money::currency);
    let asked: BTreeSet<Currency> =
        own.iter().copied().chain(dealt_in).chain(app.policy.routes.keys().copied()).chain(held).collect();
    let asked: Vec<Currency> = asked.into_iter().collect();
    let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let (balances, receivable) = tokio::join!(
        biased;
        ledger::merchant_balances(conn, book, &asked),
        ledger::receivables(conn, book, &asked),
    );
    let (balances, receivable) = (balances?, receivable?);
    Ok(balances
        .iter()
        .map(|balance| row(*balance, stopped(*balance, &frozen), &in_transit, &in_review, &receivable))
        .filter(|row| row.matters || own.contains(&row.currency))
        .map(|row| row.json)
        .collect())
}

struct Row {
    currency: Currency,
    /// Some amount is not zero.
    matters: bool,
    json: Value,
}

/// R32: how much of a balance is frozen, which is never more than there is.
fn stopped(balance: Money, frozen: &[AmountFreeze]) -> Money {
    let currency = balance.currency();
    let ordered = frozen.iter().map(|freeze| freeze.amount).filter(|amount| amount.currency() == currency);
    let sum = ordered.fold(0_i64, |sum, amount| sum.saturating_add(amount.minor()));
    Money::new(sum.min(balance.minor()), currency).unwrap_or(balance)
}

fn row(
    balance: Money,
    frozen: Money,
    in_transit: &[Money],
    in_review: &[Money],
    receivable: &[Money],
) -> Row {
    let currency = balance.currency();
    let available = balance.checked_sub(frozen).unwrap_or(Money::zero(currency));
    let of = |amounts: &[Money]| {
        amounts.iter().find(|amount| amount.currency() == currency).copied().unwrap_or(Money::zero(currency))
    };
    let (in_transit, in_review, receivable) = (of(in_transit), of(in_review), of(receivable));
    Row {
        currency,
        matters: [balance, in_transit, in_review, receivable].iter().any(|amount| amount.minor() > 0),
        json: json!({
            "currency": currency.code(),
            "available": available.to_string(),
            "in_transit": in_transit.to_string(),
            "in_review": in_review.to_string(),
            "frozen": frozen.to_string(),
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
            money(124_450, Currency::USD),
            money(1_000, Currency::USD),
            &[money(5, Currency::JPY), money(100, Currency::USD)],
            &[money(7, Currency::JPY)],
            &[money(250, Currency::USD)],
        );
        assert_eq!(
            row.json,
            json!({"currency": "USD", "available": "1234.50", "in_transit": "1.00", "in_review": "0.00",
                "frozen": "10.00", "receivable": "2.50"})
        );
        assert!(row.matters);
    }

    #[test]
    fn r32_never_more_is_frozen_than_there_is() {
        let usd = |minor| Money::new(minor, Currency::USD).expect("an amount");
        assert_eq!(stopped(usd(500), &[]), usd(0));
        let merchant = merchants::MerchantId::new(pg::Shard::new(1).expect("a shard"));
        let freeze = |amount| AmountFreeze {
            id: merchants::FreezeId::new(merchant.shard()),
            merchant,
            amount,
            reason: "court".into(),
            legal_reference: None,
            until: None,
            created_at: time::OffsetDateTime::UNIX_EPOCH,
            lifted_at: None,
        };
        let yen = Money::new(9, Currency::JPY).expect("an amount");
        assert_eq!(stopped(usd(500), &[freeze(usd(200)), freeze(yen)]), usd(200));
        assert_eq!(stopped(usd(500), &[freeze(usd(200)), freeze(usd(400))]), usd(500));
    }
}

//! What a merchant has.

use std::collections::{BTreeMap, BTreeSet};

use hyper::StatusCode;
use ledger::{Holding, MerchantRef};
use merchants::{AmountFreeze, MerchantId};
use money::{Currency, Money};
use pg::Connection;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Answer, reply};
use crate::app::App;
use crate::problem::Refusal;
use crate::request::Request;

pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let conn = app.pool.get().await?;
    let data = of_merchant(&conn, merchant).await?;
    reply::json(StatusCode::OK, &json!({ "data": data }))
}

/// A merchant's balances: of the currencies of its accounts, and of those in which it has, owes or waits for anything.
///
/// # Errors
/// The database's.
pub(super) async fn of_merchant(conn: &Connection, merchant: MerchantId) -> Result<Vec<Value>, Refusal> {
    let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    // In transit is read before available: a withdrawal between the two shows too much in transit for a moment,
    // never money that is gone as available. What goes side by side is still read in this order.
    let (in_transit, in_review, own, frozen, held) = tokio::join!(
        biased;
        ::withdrawals::in_transit(conn, merchant),
        deposits::in_review_sums(conn, merchant),
        merchants::currencies_of(conn, merchant),
        merchants::amount_freezes(conn, merchant),
        ledger::holdings(conn, book),
    );
    let (in_transit, in_review, frozen, held) = (in_transit?, in_review?, frozen?, held?);
    let own: BTreeSet<Currency> = own?.into_iter().collect();
    let beside = in_transit.iter().map(Money::currency).chain(in_review.keys().copied());
    let currencies: BTreeSet<Currency> = own.iter().chain(held.keys()).copied().chain(beside).collect();
    let row_of = |currency: Currency| {
        let zero = Money::zero(currency);
        let nothing = Holding { balance: zero, receivable: zero };
        row(held.get(&currency).copied().unwrap_or(nothing), &frozen, &in_transit, &in_review)
    };
    Ok(currencies
        .into_iter()
        .map(row_of)
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
    held: Holding,
    frozen: &[AmountFreeze],
    in_transit: &[Money],
    in_review: &BTreeMap<Currency, Decimal>,
) -> Row {
    let Holding { balance, receivable } = held;
    let currency = balance.currency();
    let frozen = stopped(balance, frozen);
    let available = balance.checked_sub(frozen).unwrap_or(Money::zero(currency));
    let in_transit = in_transit.iter().find(|amount| amount.currency() == currency).copied();
    let in_transit = in_transit.unwrap_or(Money::zero(currency));
    let in_review = in_review.get(&currency).copied().unwrap_or_default();
    Row {
        currency,
        matters: [balance, in_transit, receivable].iter().any(|amount| amount.minor() > 0)
            || in_review > Decimal::ZERO,
        json: json!({
            "currency": currency.code(),
            "available": available.to_string(),
            "in_transit": in_transit.to_string(),
            "in_review": money::signed(in_review, currency),
            "frozen": frozen.to_string(),
            "receivable": receivable.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freeze(amount: Money) -> AmountFreeze {
        let merchant = MerchantId::new(pg::Shard::new(1).expect("a shard"));
        AmountFreeze {
            id: merchants::FreezeId::new(merchant.shard()),
            merchant,
            amount,
            reason: "court".into(),
            legal_reference: None,
            until: None,
            created_at: time::OffsetDateTime::UNIX_EPOCH,
            lifted_at: None,
        }
    }

    #[test]
    fn each_currency_gets_its_own_sums() {
        let money = |minor, currency| Money::new(minor, currency).expect("an amount");
        let held = Holding { balance: money(124_450, Currency::USD), receivable: money(250, Currency::USD) };
        let row = row(
            held,
            &[freeze(money(1_000, Currency::USD)), freeze(money(3, Currency::JPY))],
            &[money(5, Currency::JPY), money(100, Currency::USD)],
            &BTreeMap::from([(Currency::JPY, Decimal::from(7))]),
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
        let yen = Money::new(9, Currency::JPY).expect("an amount");
        assert_eq!(stopped(usd(500), &[freeze(usd(200)), freeze(yen)]), usd(200));
        assert_eq!(stopped(usd(500), &[freeze(usd(200)), freeze(usd(400))]), usd(500));
    }
}

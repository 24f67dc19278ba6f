//! What an action moves of a thing, which is not always what its row calls its amount: a payout may have come back short
//! (R29), a bank may have taken back a part of a payment (R8), a refund is gross (R28). Asked, typed, summed and approved is
//! this figure.

use money::{Currency, Money};
use serde_json::Value;

use crate::action::Action::{self, *};
use crate::item::{Item, Shape};

/// What an action moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moves {
    /// It is not about an amount.
    Nothing,
    Sum(Sum),
    /// What it is depends on the withdrawal behind the thing, which is not known (yet) or can't be read.
    Unknown,
}

/// An amount, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub amount: String,
    pub currency: String,
    /// What it is made of, where a fee goes back with it: what was to be sent, and the fee.
    pub parts: Option<(String, String)>,
}

/// What the action moves of the item; `withdrawal` is that of [`behind`], where it is known.
pub fn of(action: Action, item: &Item, withdrawal: Option<&Item>) -> Moves {
    let withdrawal = if item.shape == Shape::Withdrawal { Some(item) } else { withdrawal };
    let withdrawal = withdrawal.map(|withdrawal| &withdrawal.raw);
    match action {
        // Matched again it may be credited.
        CreditPayment | ReturnPayment | RematchPayment => left(&item.raw),
        RetryPayout | RetryOtherPayee => known(withdrawal.and_then(to_send).map(whole)),
        RefundWithdrawal => known(withdrawal.and_then(refund)),
        // R45: it ends, so all that was taken goes back.
        RefuseWithdrawal => match withdrawal {
            Some(withdrawal) => written(withdrawal, "sell_amount", "sell_currency"),
            None => Moves::Unknown,
        },
        Approve | Reject => approved(action, item, withdrawal),
        _ => written(&item.raw, "amount", "currency"),
    }
}

/// The withdrawal without which nobody knows what the action moves.
pub fn behind(action: Action, item: &Item) -> Option<&str> {
    let id = match (action, item.shape) {
        (RetryPayout | RetryOtherPayee | RefundWithdrawal | RefuseWithdrawal, Shape::Payout) => {
            item.withdrawal_id()
        }
        (Approve, Shape::Approval) if item.text("action") == "withdrawal.refund" => item.text("subject"),
        _ => "",
    };
    Some(id).filter(|id| !id.is_empty())
}

/// What a second person lets through, by what the first one was shown.
fn approved(action: Action, item: &Item, withdrawal: Option<&Value>) -> Moves {
    let shown: Value = serde_json::from_str(item.text("shown")).unwrap_or(Value::Null);
    match item.text("action") {
        "payment.credit" | "payment.return" => left(&shown),
        "payout.retry" => written(&shown["withdrawal"], "to_send", "currency"),
        "withdrawal.refund" if action == Approve => known(withdrawal.and_then(refund)),
        "merchant.charge" => written(&shown, "charge", "currency"),
        "cover_deal.book" => written(&shown, "sell_amount", "sell_currency"),
        _ => written(&shown, "amount", "currency"),
    }
}

fn known(sum: Option<Sum>) -> Moves {
    sum.map_or(Moves::Unknown, Moves::Sum)
}

fn whole(amount: Money) -> Sum {
    Sum { amount: amount.to_string(), currency: amount.currency().code().to_owned(), parts: None }
}

fn written(row: &Value, amount: &str, currency: &str) -> Moves {
    let text = |member: &str| row[member].as_str().unwrap_or_default().to_owned();
    match text(amount) {
        none if none.is_empty() => Moves::Nothing,
        amount => Moves::Sum(Sum { amount, currency: text(currency), parts: None }),
    }
}

fn money(row: &Value, member: &str, currency: &str) -> Option<Money> {
    let currency = Currency::parse(row[currency].as_str()?).ok()?;
    Money::parse(row[member].as_str()?, currency).ok()
}

/// `0.00`, or nothing at all.
fn is_none(amount: &Value) -> bool {
    amount.is_null()
        || amount.as_str().is_some_and(|amount| amount.chars().all(|digit| matches!(digit, '0' | '.')))
}

/// Of a payment what the bank has not taken back.
fn left(payment: &Value) -> Moves {
    if is_none(&payment["reversed_amount"]) {
        return written(payment, "amount", "currency");
    }
    let amount = money(payment, "amount", "currency");
    let taken = money(payment, "reversed_amount", "currency");
    known(amount.zip(taken).and_then(|(amount, taken)| amount.checked_sub(taken).ok()).map(whole))
}

/// What would be sent again: as much as the last attempt, or what came back where that is less. It never grows.
fn to_send(withdrawal: &Value) -> Option<Money> {
    let attempts = withdrawal["payouts"].as_array()?;
    let mut least = money(attempts.last()?, "amount", "currency")?;
    for attempt in attempts.iter().filter(|attempt| attempt["status"] == "returned") {
        let came = money(attempt, "returned_amount", "currency")?;
        if came.minor() < least.minor() {
            least = came;
        }
    }
    Some(least)
}

/// What was to be sent, and the fee with it unless it was earned: the bank had paid once. Where the gateway's settings keep
/// the fee in any case (`fees.refund_fee`), it stays; the question says so.
fn refund(withdrawal: &Value) -> Option<Sum> {
    let net = to_send(withdrawal)?;
    let was_paid = withdrawal["payouts"].as_array()?.iter().any(|attempt| attempt["status"] == "returned");
    if was_paid || is_none(&withdrawal["fee"]) {
        return Some(whole(net));
    }
    let fee = money(withdrawal, "fee", "sell_currency")?;
    if fee.currency() != net.currency() {
        return Some(whole(net));
    }
    let parts = Some((net.to_string(), fee.to_string()));
    Some(Sum { parts, ..whole(net.checked_add(fee).ok()?) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sum(amount: &str, currency: &str) -> Moves {
        Moves::Sum(Sum { amount: amount.into(), currency: currency.into(), parts: None })
    }

    fn attempt(status: &str, amount: &str, came: Option<&str>, currency: &str) -> Value {
        json!({"id": "po_1", "status": status, "amount": amount, "currency": currency, "returned_amount": came})
    }

    fn withdrawal(currency: &str, sold: (&str, &str, &str), payouts: &[Value]) -> Item {
        let (sell, fee, sell_currency) = sold;
        let raw = json!({"id": "wd_1", "amount": "1", "currency": currency, "sell_amount": sell, "fee": fee,
            "sell_currency": sell_currency, "payouts": payouts});
        Item::read(Shape::Withdrawal, raw)
    }

    #[test]
    fn r8_of_a_payment_what_the_bank_left_is_credited_or_returned() {
        for (amount, taken, expected) in [
            ("25000.55", json!("20000.00"), sum("5000.55", "EUR")),
            ("25000.55", json!("0.00"), sum("25000.55", "EUR")),
            ("25000.55", json!(null), sum("25000.55", "EUR")),
            ("12.30", json!("2.30"), sum("10.00", "EUR")),
            ("12.30", json!("oops"), Moves::Unknown),
            ("12.30", json!("12.31"), Moves::Unknown),
        ] {
            let raw = json!({"id": "pay_1", "amount": amount, "currency": "EUR", "reversed_amount": taken});
            let payment = Item::read(Shape::Payment, raw.clone());
            for action in [CreditPayment, ReturnPayment] {
                assert_eq!(of(action, &payment, None), expected, "{amount} {taken}");
            }
            assert_eq!(of(NotePayment, &payment, None), sum(amount, "EUR"));
            let approval = json!({"id": "apr_1", "action": "payment.credit", "shown": raw.to_string()});
            assert_eq!(of(Approve, &Item::read(Shape::Approval, approval), None), expected);
        }
    }

    #[test]
    fn r29_what_came_back_is_sent_again() {
        let cny = |status: &str, amount: &str, came| attempt(status, amount, came, "CNY");
        for (payouts, expected) in [
            (vec![cny("failed", "8847.75", None)], sum("8847.75", "CNY")),
            (vec![cny("returned", "8847.75", Some("8842.75"))], sum("8842.75", "CNY")),
            (
                vec![cny("returned", "8847.75", Some("8842.75")), cny("failed", "8842.75", None)],
                sum("8842.75", "CNY"),
            ),
            (
                vec![
                    cny("returned", "8847.75", Some("8842.75")),
                    cny("returned", "8842.75", Some("8800.00")),
                ],
                sum("8800.00", "CNY"),
            ),
            (vec![cny("failed", "9.00", None), cny("failed", "9.00", None)], sum("9.00", "CNY")),
            (vec![cny("returned", "8847.75", None)], Moves::Unknown),
            (vec![], Moves::Unknown),
        ] {
            let behind = withdrawal("CNY", ("1300.00", "1.00", "USD"), &payouts);
            let raw = json!({"id": "po_1", "amount": "8847.75", "currency": "CNY", "withdrawal_id": "wd_1"});
            let payout = Item::read(Shape::Payout, raw);
            for action in [RetryPayout, RetryOtherPayee] {
                assert_eq!(of(action, &payout, Some(&behind)), expected, "{payouts:?}");
                assert_eq!(of(action, &behind, None), expected, "{payouts:?}");
                assert_eq!(of(action, &payout, None), Moves::Unknown, "its withdrawal is asked for first");
                assert_eq!(
                    (super::behind(action, &payout), super::behind(action, &behind)),
                    (Some("wd_1"), None)
                );
            }
            assert_eq!(of(QueryPayout, &payout, None), sum("8847.75", "CNY"));
        }
    }

    #[test]
    fn r28_a_refund_is_gross_unless_the_fee_was_earned() {
        let jpy = |status: &str, amount: &str, came| attempt(status, amount, came, "JPY");
        let gross = Moves::Sum(Sum {
            amount: "125000".into(),
            currency: "JPY".into(),
            parts: Some(("124625".into(), "375".into())),
        });
        for (fee, payouts, expected) in [
            ("375", vec![jpy("failed", "124625", None)], gross),
            ("0", vec![jpy("failed", "124625", None)], sum("124625", "JPY")),
            ("375", vec![jpy("returned", "124625", Some("124000"))], sum("124000", "JPY")),
            (
                "375",
                vec![jpy("returned", "124625", Some("124000")), jpy("failed", "124000", None)],
                sum("124000", "JPY"),
            ),
        ] {
            let behind = withdrawal("JPY", ("125000", fee, "JPY"), &payouts);
            assert_eq!(of(RefundWithdrawal, &behind, None), expected);
            let shown = json!({"id": "wd_1", "to_send": "124625", "currency": "JPY"}).to_string();
            let raw =
                json!({"id": "apr_1", "action": "withdrawal.refund", "subject": "wd_1", "shown": shown});
            let approval = Item::read(Shape::Approval, raw);
            assert_eq!(super::behind(Approve, &approval), Some("wd_1"));
            assert_eq!(of(Approve, &approval, Some(&behind)), expected);
            assert_eq!(of(Approve, &approval, None), Moves::Unknown);
            assert_eq!(of(Reject, &approval, None), Moves::Nothing, "nothing moves");
        }
    }

    #[test]
    fn r45_a_refusal_gives_back_all_that_was_taken() {
        let behind =
            withdrawal("CNY", ("100.00", "0.30", "USD"), &[attempt("queued", "707.87", None, "CNY")]);
        assert_eq!(of(RefuseWithdrawal, &behind, None), sum("100.00", "USD"));
    }

    #[test]
    fn approvals_are_about_what_was_shown() {
        for (action, shown, expected) in [
            (
                "payout.retry",
                json!({"amount": "8847.75", "currency": "CNY", "withdrawal": {"to_send": "8842.75", "currency": "CNY"}}),
                sum("8842.75", "CNY"),
            ),
            ("payout.resolve", json!({"amount": "8847.75", "currency": "CNY"}), sum("8847.75", "CNY")),
            ("merchant.charge", json!({"charge": "12.00", "currency": "USD"}), sum("12.00", "USD")),
            ("cover_deal.book", json!({"sell_amount": "97.00", "sell_currency": "USD"}), sum("97.00", "USD")),
            ("merchant.unfreeze", json!({"status": "frozen"}), Moves::Nothing),
        ] {
            let raw = json!({"id": "apr_1", "action": action, "shown": shown.to_string()});
            assert_eq!(of(Approve, &Item::read(Shape::Approval, raw), None), expected, "{action}");
        }
    }
}

//! How withdrawals and payouts look to a merchant, in answers that are stored and in those that are read.

use merchants::{Payee, Scheme, Warning};
use payouts::Payout;
use privacy::Keyring;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use withdrawals::Withdrawal;

/// A payee with its personal data masked (R35).
#[derive(Debug, Clone)]
pub struct PayeeView(Value);

impl PayeeView {
    /// Opens, masks and renders a payee.
    ///
    /// # Errors
    /// When the sealed data can't be opened.
    pub fn new(keyring: &Keyring, payee: &Payee) -> Result<PayeeView, merchants::Error> {
        let holder = payee.holder_name(keyring)?;
        let number = payee.account_number(keyring)?;
        let warn = |warning: &Warning| json!({"field": warning.field(), "message": warning.message()});
        let warnings: Vec<Value> = payee.warnings.iter().map(warn).collect();
        Ok(PayeeView(json!({
            "id": payee.id.to_string(),
            "status": payee.state.as_str(),
            "holder_name": privacy::mask_name(holder.reveal()),
            "country": payee.country,
            "currency": payee.currency.code(),
            "account_number": privacy::mask_account_number(number.reveal()),
            "bank_code": payee.bank_code,
            "bank_name": payee.bank_name,
            "scheme": payee.scheme.map(Scheme::as_str),
            "warnings": warnings,
            "rejection": payee.rejection,
            "next_check_at": payee.next_check_at.map(rfc3339),
            "created_at": rfc3339(payee.created_at),
        })))
    }

    /// As JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }
}

/// A time as the contract writes it: RFC 3339 in UTC.
pub fn rfc3339(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// A withdrawal with its payouts, as the contract shows it. `payouts` are all of its attempts, in order.
pub fn withdrawal_json(row: &Withdrawal, payee: &PayeeView, payouts: &[Value]) -> Value {
    json!({
        "id": row.id.to_string(),
        "status": row.state.as_str(),
        "sell_currency": row.sell.currency().code(),
        "sell_amount": row.sell.to_string(),
        "fee": row.fee.to_string(),
        "net_amount": row.net.to_string(),
        "rate": row.rate.map_or_else(|| "1".to_owned(), |rate| rate.to_string()),
        "rate_as_of": row.rate_as_of.map(rfc3339),
        "spread": row.spread.to_string(),
        "lock_premium": row.premium.to_string(),
        "buy_currency": row.buy.currency().code(),
        "buy_amount": row.buy.to_string(),
        "quote_id": row.quote.map(|id| id.to_string()),
        "payee": payee.json(),
        "estimated_arrival": rfc3339(row.estimated_arrival),
        "client_reference": row.client_reference,
        "failure": row.failure.as_ref().map(|f| json!({"code": f.code, "reason": f.reason})),
        "payouts": payouts,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    })
}

/// One attempt, as the contract shows it to a merchant.
pub fn payout_json(payout: &Payout) -> Value {
    json!({
        "id": payout.id.to_string(),
        "status": payout.state.as_str(),
        "attempt": payout.attempt,
        "bank": &*payout.bank,
        "bank_reference": payout.bank_reference,
        "amount": payout.amount.to_string(),
        "currency": payout.amount.currency().code(),
        "amount_received": payout.amount_received.map(|amount| amount.to_string()),
        "returned_amount": payout.returned.map(|amount| amount.to_string()),
        "reason": payout.reason,
    })
}

/// An attempt that this very batch makes.
pub(super) fn new_payout_json(payout: &payouts::NewPayout) -> Value {
    json!({
        "id": payout.id.to_string(),
        "status": if payout.held_by.is_some() { "held" } else { "queued" },
        "attempt": payout.attempt,
        "bank": &*payout.bank,
        "bank_reference": Value::Null,
        "amount": payout.amount.to_string(),
        "currency": payout.amount.currency().code(),
        "amount_received": Value::Null,
        "returned_amount": Value::Null,
        "reason": Value::Null,
    })
}

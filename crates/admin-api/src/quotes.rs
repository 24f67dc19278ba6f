//! Quotes, whoever's they are.

use serde::{Deserialize, Serialize};

/// A locked price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteRow {
    pub id: String,
    /// `open`, `used` or `expired`.
    pub status: String,
    pub merchant_id: String,
    /// What is to arrive, like `buy_amount`.
    pub amount: String,
    /// Its currency, like `buy_currency`.
    pub currency: String,
    /// `sell` or `buy`: which amount the merchant named.
    pub fixed_side: String,
    pub sell_currency: String,
    pub sell_amount: String,
    /// Sold currency.
    pub fee: String,
    /// Sold currency.
    pub net_amount: String,
    pub rate: String,
    pub rate_as_of: Option<String>,
    /// Bought currency, already taken off `buy_amount`.
    pub spread: String,
    /// Bought currency, already taken off `buy_amount`.
    pub lock_premium: String,
    pub buy_currency: String,
    pub buy_amount: String,
    /// What used it up.
    pub withdrawal_id: Option<String>,
    pub expires_at: String,
    pub created_at: String,
}

#![doc = include_str!("../README.md")]

mod allowance;
mod arrival;
mod charge;
mod decide;
mod declaration;
mod error;
mod fee_versions;
mod gate;
mod in_transit;
mod limits;
mod queue;
mod state;
mod store;
mod tariff;
mod usage;
mod waiting;

use std::sync::Arc;

use exchange::QuoteId;
use ledger::{Bought, MerchantRef};
use merchants::{MerchantId, PayeeId};
use money::{Money, Rate};
use rust_decimal::Decimal;
use time::OffsetDateTime;

pub use allowance::{Fees, fee_for_quote, reserve};
pub use charge::{Charge, ChargeId, ChargeMark};
pub use decide::{Desk, Order, Policy, Pricing};
pub use declaration::{Declaration, DeclarationId, DeclarationPolicy, Declared, declarations, declare};
pub use error::{Error, Refusal};
pub use fee_versions::{FeesOf, fees, insert_fees};
pub use gate::senders;
pub use in_transit::{any_open, in_transit, verify};
pub use limits::{Limit, Limits, Scope};
pub use queue::{BadCursor, Cursor, Sort, Wanted, queue, under_reference};
pub use state::{WithdrawalEvent, WithdrawalState};
pub use store::{
    ReferenceClaim, Withdrawals, claim_references, find, get, list, lock, merchants_of, release_references,
    write,
};
pub use tariff::{FeeId, FeeScope, FeeVersion, Tariff};
pub use usage::{Counter, Usage};
pub use waiting::{WAITING, Waiting, waiting};

/// The withdrawals' tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "withdrawals",
    migrations: &[
        pg::Migration {
            version: 1,
            name: "withdrawals",
            sql: include_str!("../migrations/0001_withdrawals.sql"),
        },
        pg::Migration { version: 2, name: "limits", sql: include_str!("../migrations/0002_limits.sql") },
        pg::Migration { version: 3, name: "fees", sql: include_str!("../migrations/0003_fees.sql") },
        pg::Migration {
            version: 4,
            name: "declarations",
            sql: include_str!("../migrations/0004_declarations.sql"),
        },
        pg::Migration { version: 5, name: "markup", sql: include_str!("../migrations/0005_markup.sql") },
        pg::Migration {
            version: 6,
            name: "operators_lists",
            sql: include_str!("../migrations/0006_operators_lists.sql"),
        },
        pg::Migration { version: 7, name: "lookups", sql: include_str!("../migrations/0007_lookups.sql") },
        pg::Migration {
            version: 8,
            name: "in_transit",
            sql: include_str!("../migrations/0008_in_transit.sql"),
        },
        pg::Migration {
            version: 9,
            name: "amended_declarations",
            sql: include_str!("../migrations/0009_amended_declarations.sql"),
        },
    ],
};

/// Marks ids of withdrawals.
#[derive(Debug)]
pub enum WithdrawalKind {}

impl pg::Kind for WithdrawalKind {
    const PREFIX: &'static str = "wd";
}

/// `wd_…`; lies in its merchant's shard.
pub type WithdrawalId = pg::Id<WithdrawalKind>;

/// Why the last payout of a withdrawal did not arrive, for the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The bank's code, e.g. ISO 20022 `AC01`.
    pub code: String,
    /// In words.
    pub reason: String,
}

/// A merchant's instruction: this much of my balance, to that payee. Irrevocable once submitted (R25).
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Its id.
    pub id: WithdrawalId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// To whom it goes; another one after R28.
    pub payee: PayeeId,
    /// The quote that was used up for it.
    pub quote: Option<QuoteId>,
    /// The merchant's own reference, unique per merchant.
    pub client_reference: Option<String>,
    /// Where it stands.
    pub state: WithdrawalState,
    /// The bank through which it goes.
    pub bank: Arc<str>,
    /// What left the balance, sold currency.
    pub sell: Money,
    /// The fee taken out of it, sold currency.
    pub fee: Money,
    /// `sell` less `fee`, sold currency.
    pub net: Money,
    /// Bought units for one sold; none where the currency is the same.
    pub rate: Option<Rate>,
    /// The time at which the rate held.
    pub rate_as_of: Option<OffsetDateTime>,
    /// What was instructed to arrive, bought currency.
    pub buy: Money,
    /// The institution's spread, already taken off `buy`, bought currency.
    pub spread: Money,
    /// What locking the rate cost, already taken off `buy`, bought currency.
    pub premium: Money,
    /// The exact product before spread and premium, major units of the bought currency.
    pub exact: Decimal,
    /// What a payout sent now would carry, bought currency: less than `buy` after a short return (R29).
    pub to_send: Money,
    /// How many payouts were made for it.
    pub attempts: i32,
    /// Why the last one failed or came back.
    pub failure: Option<Failure>,
    /// What it counts against limits (R30), US cents; none where no limit was configured.
    pub worth_usd_minor: Option<i64>,
    /// What of `sell` was free of the fee, minor units.
    pub free_minor: i64,
    /// When it should arrive (R26).
    pub estimated_arrival: OffsetDateTime,
    /// When it was submitted.
    pub created_at: OffsetDateTime,
    /// When its status changed last.
    pub updated_at: OffsetDateTime,
}

impl Withdrawal {
    /// Whether money was exchanged for it: then it can't be refunded (R28).
    pub fn is_exchanged(&self) -> bool {
        self.sell.currency() != self.buy.currency()
    }

    /// What is bought for it, as the ledger posts it.
    pub fn bought(&self) -> Bought {
        Bought { payee: self.buy, spread: self.spread, premium: self.premium }
    }

    /// Its merchant as the ledger names it.
    pub fn merchant_ref(&self) -> MerchantRef {
        MerchantRef { shard: self.merchant.shard(), id: self.merchant.uuid() }
    }
}

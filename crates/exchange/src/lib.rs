#![doc = include_str!("../README.md")]

mod error;
mod market;
mod price;
mod publish;
mod quotes;
mod state;

pub use error::Error;
pub use market::{CurrentRate, Market, current_rates, rates_of};
pub use price::{FixedSide, Price, PricingError, price};
pub use publish::{PublishedRate, Verdict, accept, publish};
pub use quotes::{Quote, QuoteRefusal, Quotes, get_quote, insert_quote, lock_quotes};
pub use state::{QuoteEvent, QuoteState};

/// The tables of rates and quotes.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "exchange",
    migrations: &[pg::Migration {
        version: 1,
        name: "exchange",
        sql: include_str!("../migrations/0001_exchange.sql"),
    }],
};

/// Marks ids of quotes.
#[derive(Debug)]
pub enum QuoteMark {}
impl pg::Kind for QuoteMark {
    const PREFIX: &'static str = "qt";
}
/// `qt_…`; lies in its merchant's shard.
pub type QuoteId = pg::Id<QuoteMark>;

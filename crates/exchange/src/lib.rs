#![doc = include_str!("../README.md")]

pub mod cover;
mod error;
mod exposure;
mod market;
mod markups;
pub mod positions;
mod price;
mod publish;
mod quotes;
mod state;

pub use error::Error;
pub use exposure::{Exposure, exposure};
pub use market::{CurrentRate, Market, current_rates, rates_of};
pub use markups::{Markups, STANDARD};
pub use price::{FixedSide, Price, PricingError, Terms, price};
pub use publish::{PublishedRate, Verdict, accept, publish};
pub use quotes::{Quote, QuoteRefusal, Quotes, expire_quotes, get_quote, insert_quote, lock_quotes};
pub use state::{QuoteEvent, QuoteState};

/// The tables of rates and quotes.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "exchange",
    migrations: &[
        pg::Migration { version: 1, name: "exchange", sql: include_str!("../migrations/0001_exchange.sql") },
        pg::Migration {
            version: 2,
            name: "markup and positions",
            sql: include_str!("../migrations/0002_markup_and_positions.sql"),
        },
    ],
};

/// Marks ids of quotes.
#[derive(Debug)]
pub enum QuoteMark {}
impl pg::Kind for QuoteMark {
    const PREFIX: &'static str = "qt";
}
/// `qt_…`; lies in its merchant's shard.
pub type QuoteId = pg::Id<QuoteMark>;

#![doc = include_str!("../README.md")]

pub mod cover;
mod error;
mod exposure;
mod judge;
mod kept;
mod listed;
mod market;
mod markups;
mod policy;
pub mod positions;
mod price;
mod quotes;
mod sources;
mod state;
mod survey;

pub use error::Error;
pub use exposure::{Exposure, exposure};
pub use judge::{Known, PublishedRate, Verdict, judge};
pub use kept::{KeptRate, RateId, RateMark};
pub use listed::{QuoteFilter, list_quotes};
pub use market::{CurrentRate, Market, current_rates, rates_of};
pub use markups::{Markups, STANDARD};
pub use policy::{PairPolicy, RatePolicy};
pub use price::{FixedSide, Price, PricingError, Terms, price};
pub use quotes::{
    Quote, QuoteRefusal, Quotes, expire_quotes, find_quote, get_quote, insert_quote, lock_quotes,
};
pub use sources::{ReviewRefusal, Sources};
pub use state::{QuoteEvent, QuoteState, RateEvent, RateState};
pub use survey::{Source, Standing, Survey, rate_history};

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
        pg::Migration { version: 3, name: "sources", sql: include_str!("../migrations/0003_sources.sql") },
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

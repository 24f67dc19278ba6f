//! Published rates as they are kept.

use money::{Ask, Currency, Rate};
use pg::Row;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::state::RateState;

/// Marks ids of published rates.
#[derive(Debug)]
pub enum RateMark {}
impl pg::Kind for RateMark {
    const PREFIX: &'static str = "rate";
}
/// `rate_…`; what banks publish belongs to no shard.
pub type RateId = pg::Id<RateMark>;

/// A rate that a bank published, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRate {
    /// Its id.
    pub id: RateId,
    /// The base currency.
    pub base: Currency,
    /// The quote currency.
    pub quote: Currency,
    /// Who published it.
    pub bank: String,
    /// What the bank pays for one base.
    pub bid: Rate,
    /// What the bank asks for one base.
    pub ask: Ask,
    /// When it held.
    pub as_of: OffsetDateTime,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// In which event of the vault.
    pub event: Option<Uuid>,
    /// What became of it.
    pub state: RateState,
    /// When that was decided, where it waited.
    pub decided_at: Option<OffsetDateTime>,
}

impl KeptRate {
    /// From columns of these names behind `prefix`.
    pub(crate) fn read(row: &Row, prefix: &str) -> Result<KeptRate, Error> {
        let name = |column: &str| format!("{prefix}{column}");
        let id = RateId::from_uuid(row.get(&*name("id")));
        let broken = |column: &str| Error::Unexpected(format!("the {column} of {id}"));
        let currency = |column: &str| Currency::from_db(row.get(&*name(column))).map_err(|_| broken(column));
        let decimal = |column: &str| row.get::<_, Decimal>(&*name(column));
        Ok(KeptRate {
            id,
            base: currency("base")?,
            quote: currency("quote")?,
            bank: row.get(&*name("bank")),
            bid: Rate::try_from(decimal("bid")).map_err(|_| broken("bid"))?,
            ask: Ask::try_from(decimal("ask")).map_err(|_| broken("ask"))?,
            as_of: row.get(&*name("as_of")),
            received_at: row.get(&*name("received_at")),
            event: row.get(&*name("event")),
            state: RateState::parse(row.get(&*name("state"))).ok_or_else(|| broken("state"))?,
            decided_at: row.get(&*name("decided_at")),
        })
    }
}

//! Quotes as operators list them, whoever's they are. No locks.

use pg::{Connection, Looked, Paged, Row, Shard, Shards, ToSql};
use uuid::Uuid;

use crate::QuoteId;
use crate::error::Error;
use crate::quotes::{Quote, read};
use crate::state::QuoteState;

/// Rows of one shard that one page looks at, where a filter may let few of them through.
const STRETCH: i64 = 1_000;
/// The same where one shard is all there is to look at.
const LONG_STRETCH: i64 = 5_000;

/// Which quotes a list shows; all of them by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct QuoteFilter {
    /// Of this merchant only, which lies in this shard.
    pub merchant: Option<(Shard, Uuid)>,
    /// That are this by now only.
    pub state: Option<QuoteState>,
}

/// At most `limit` quotes, oldest or newest first, after `after`, each as it stands at this moment. A page may hold fewer,
/// even none, and not be the last: no index leads from a merchant to its quotes, so a page looks at so many and no more.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list_quotes(
    conn: &Connection,
    shards: Shards,
    filter: QuoteFilter,
    oldest_first: bool,
    after: Option<QuoteId>,
    limit: usize,
) -> Result<Paged<(Quote, QuoteState)>, Error> {
    let start = if oldest_first { Uuid::nil() } else { Uuid::max() };
    let place = after.map_or(start, |id| id.uuid());
    let fetch = pg::one_more(limit);
    let merchant = filter.merchant.map(|(_, merchant)| merchant);
    let rows = if filter.state == Some(QuoteState::Open) {
        let parameters: [&(dyn ToSql + Sync); 4] = [&oldest_first, &place, &merchant, &fetch];
        conn.query(include_str!("sql/list_open_quotes.sql"), &parameters).await?
    } else {
        let (shards, stretch): (Vec<i16>, i64) = match filter.merchant {
            Some((shard, _)) => (vec![shard.number()], LONG_STRETCH),
            None if filter.state.is_some() => (shards.all().map(Shard::number).collect(), STRETCH),
            None => (shards.all().map(Shard::number).collect(), fetch),
        };
        let state = filter.state.map(QuoteState::as_str);
        let parameters: [&(dyn ToSql + Sync); 7] =
            [&shards, &oldest_first, &place, &merchant, &state, &stretch, &fetch];
        conn.query(include_str!("sql/list_quotes.sql"), &parameters).await?
    };
    let looked = |row: &Row| {
        let quote = read(row)?;
        let state = quote.state(row.get("now"));
        Ok(Looked { row: (quote, state), matches: row.get("matches"), stops: row.get("stops") })
    };
    Ok(Paged::cut(rows.iter().map(looked).collect::<Result<_, Error>>()?, limit))
}

//! Merchants as operators list and find them.

use pg::{Connection, Paged, ToSql};
use privacy::Keyring;
use uuid::Uuid;

use crate::MerchantId;
use crate::error::Error;
use crate::keys::{email_index, name_index};
use crate::registry::{MerchantProfile, profile};
use crate::state::MerchantState;

/// Which merchants a list shows; all of them by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct MerchantFilter<'a> {
    /// With this id, whole name or whole e-mail address only; empty for all of them.
    pub query: &'a str,
    /// In this state only.
    pub state: Option<MerchantState>,
}

/// At most `limit` merchants, oldest or newest first, after `after`.
///
/// # Errors
/// The database's; the keyring's.
pub async fn search(
    conn: &Connection,
    keyring: &Keyring,
    filter: MerchantFilter<'_>,
    oldest_first: bool,
    after: Option<MerchantId>,
    limit: usize,
) -> Result<Paged<MerchantProfile>, Error> {
    let start = if oldest_first { Uuid::nil() } else { Uuid::max() };
    let place = after.map_or(start, |id| id.uuid());
    let fetch = pg::one_more(limit);
    let state = filter.state.map(MerchantState::as_str);
    let sought = filter.query.trim();
    let rows = if sought.is_empty() {
        let parameters: [&(dyn ToSql + Sync); 4] = [&state, &oldest_first, &place, &fetch];
        conn.query(include_str!("sql/list_merchants.sql"), &parameters).await?
    } else {
        let id = sought.parse::<MerchantId>().ok().map(|id| id.uuid());
        let (name, email) = (name_index(keyring, sought), email_index(keyring, sought));
        let parameters: [&(dyn ToSql + Sync); 7] =
            [&id, &name.as_slice(), &email.as_slice(), &state, &oldest_first, &place, &fetch];
        conn.query(include_str!("sql/search_merchants.sql"), &parameters).await?
    };
    let found = rows.iter().map(|row| profile(keyring, row)).collect::<Result<_, _>>()?;
    Ok(Paged::of(found, limit))
}

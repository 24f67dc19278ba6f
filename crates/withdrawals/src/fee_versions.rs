//! Rows of fees: versions are inserted and read, never changed.

use merchants::MerchantId;
use money::{Currency, FeeSchedule};
use pg::{Connection, Row, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::tariff::{FeeId, FeeScope, FeeVersion};

/// Those that are valid at `now`, everyone's and these merchants'.
pub(crate) async fn in_force(
    tx: &Tx<'_>,
    merchants: &[MerchantId],
    now: OffsetDateTime,
) -> Result<Vec<FeeVersion>, Error> {
    let merchants: Vec<Uuid> = merchants.iter().map(|merchant| merchant.uuid()).collect();
    let rows = tx.query(include_str!("sql/fees_in_force.sql"), &[&merchants, &now]).await?;
    rows.iter().map(read).collect()
}

/// Keeps new versions.
///
/// # Errors
/// The database's.
pub async fn insert_fees(tx: &Tx<'_>, versions: &[FeeVersion], now: OffsetDateTime) -> Result<(), Error> {
    for version in versions {
        let (scope, schedule) = (&version.scope, &version.schedule);
        let share = i32::try_from(schedule.parts_per_million)
            .map_err(|_| Error::Unexpected("a fee's share is out of range".into()))?;
        let merchant = scope.merchant.map(|merchant| merchant.uuid());
        let buy = scope.buy.as_ref().map(Currency::code);
        let parameters: [&(dyn pg::ToSql + Sync); 12] = [
            &version.id.uuid(),
            &merchant,
            &scope.sell.code(),
            &buy,
            &schedule.fixed_minor,
            &share,
            &schedule.minimum_minor,
            &schedule.maximum_minor,
            &schedule.free_minor,
            &version.valid_from,
            &version.valid_until,
            &now,
        ];
        tx.execute(include_str!("sql/insert_fee.sql"), &parameters).await?;
    }
    Ok(())
}

/// Which fees are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeesOf {
    /// All versions, also those to come and those that are over.
    All,
    /// Everyone's and this merchant's.
    Merchant(MerchantId),
}

/// Versions with the newest ids first, `limit` at most, after `after` if there is one.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn fees(
    conn: &Connection,
    of: FeesOf,
    after: Option<FeeId>,
    limit: i64,
) -> Result<Vec<FeeVersion>, Error> {
    let merchant = match of {
        FeesOf::All => None,
        FeesOf::Merchant(merchant) => Some(merchant.uuid()),
    };
    let after = after.map(|id| id.uuid());
    let rows = conn.query(include_str!("sql/list_fees.sql"), &[&merchant, &after, &limit]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<FeeVersion, Error> {
    let unexpected = |what: &str| Error::Unexpected(format!("a fee's {what}"));
    let currency = |text: &str| Currency::parse(text).map_err(|_| unexpected("currency"));
    let share: i32 = row.get("parts_per_million");
    let buy: Option<&str> = row.get("buy_currency");
    Ok(FeeVersion {
        id: FeeId::from_uuid(row.get("id")),
        scope: FeeScope {
            merchant: row.get::<_, Option<Uuid>>("merchant").map(MerchantId::from_uuid),
            sell: currency(row.get("sell_currency"))?,
            buy: buy.map(currency).transpose()?,
        },
        schedule: FeeSchedule {
            fixed_minor: row.get("fixed_minor"),
            parts_per_million: u32::try_from(share).map_err(|_| unexpected("share"))?,
            minimum_minor: row.get("minimum_minor"),
            maximum_minor: row.get("maximum_minor"),
            free_minor: row.get("free_minor"),
        },
        valid_from: row.get("valid_from"),
        valid_until: row.get("valid_until"),
    })
}

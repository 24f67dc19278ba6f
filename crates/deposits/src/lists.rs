//! Payments as operators list them: one status at a time, in several orders.

use std::fmt;
use std::str::FromStr;

use merchants::MerchantId;
use money::Currency;
use pg::{BadPlace, Connection, Looked, Paged, Place, Row, ToSql, far_off};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::decide::Reason;
use crate::error::Error;
use crate::payment::Payment;
use crate::state::PaymentState;

/// Payments that one page looks at, where a filter may let few of them through.
const STRETCH: i64 = 5_000;

/// Which payments of a status a list shows; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// In review for this reason only, now or before.
    pub reason: Option<Reason>,
    /// Reported by this bank only.
    pub bank: Option<String>,
    /// In this currency only.
    pub currency: Option<Currency>,
    /// Of this merchant only.
    pub merchant: Option<MerchantId>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentSort {
    /// By time; credited ones, of which no index tells when they were received, by the time at which their ids were made.
    Oldest,
    /// By time; not for credited ones.
    Newest,
    /// By currency, and in each by amount; not for credited ones.
    Smallest,
    /// The same from the other end.
    Largest,
}

impl PaymentSort {
    /// Whether payments of this status can be listed so.
    pub fn serves(self, status: PaymentState) -> bool {
        status != PaymentState::Credited || self == PaymentSort::Oldest
    }
}

/// The last row of a page, in every order: the next page begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentPlace {
    time: Place,
    currency: Currency,
    minor: i64,
}

impl PaymentPlace {
    /// The place of this payment.
    pub fn of(payment: &Payment) -> PaymentPlace {
        let (currency, minor) = (payment.amount.currency(), payment.amount.minor());
        PaymentPlace { time: Place { at: payment.received_at, id: payment.id.uuid() }, currency, minor }
    }
}

impl fmt::Display for PaymentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.currency.code(), self.minor, self.time)
    }
}

impl FromStr for PaymentPlace {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<PaymentPlace, BadPlace> {
        let (currency, rest) = text.split_once('.').ok_or(BadPlace)?;
        let (minor, time) = rest.split_once('.').ok_or(BadPlace)?;
        let currency = Currency::parse(currency).map_err(|_| BadPlace)?;
        Ok(PaymentPlace { time: time.parse()?, currency, minor: minor.parse().map_err(|_| BadPlace)? })
    }
}

/// At most `limit` payments of one status, after `after`. A page may hold fewer, even none, and not be the last: where a
/// filter lets few of them through, one page looks at so many and no more.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list(
    conn: &Connection,
    status: PaymentState,
    filter: &PaymentFilter,
    sort: PaymentSort,
    after: Option<PaymentPlace>,
    limit: usize,
) -> Result<Paged<Payment>, Error> {
    let fetch = pg::one_more(limit);
    let wanted = Wanted { conn, status, filter, fetch };
    let rows = match sort {
        PaymentSort::Oldest if status == PaymentState::Credited => wanted.credited(after).await?,
        PaymentSort::Oldest => wanted.by_time(true, after).await?,
        PaymentSort::Newest => wanted.by_time(false, after).await?,
        PaymentSort::Smallest => wanted.by_amount(true, after).await?,
        PaymentSort::Largest => wanted.by_amount(false, after).await?,
    };
    let looked = |row: &Row| {
        Ok(Looked { row: Payment::from_row(row)?, matches: row.get("matches"), stops: row.get("stops") })
    };
    Ok(Paged::cut(rows.iter().map(looked).collect::<Result<_, Error>>()?, limit))
}

struct Wanted<'a> {
    conn: &'a Connection,
    status: PaymentState,
    filter: &'a PaymentFilter,
    fetch: i64,
}

impl Wanted<'_> {
    async fn credited(&self, after: Option<PaymentPlace>) -> Result<Vec<Row>, Error> {
        let id = after.map_or(Uuid::nil(), |place| place.time.id);
        let (reason, bank, currency, merchant) = self.filter();
        let stretch = STRETCH.max(self.fetch);
        let parameters: [&(dyn ToSql + Sync); 7] =
            [&id, &reason, &bank, &currency, &merchant, &stretch, &self.fetch];
        Ok(self.conn.query(include_str!("sql/list_credited.sql"), &parameters).await?)
    }

    async fn by_time(&self, ascending: bool, after: Option<PaymentPlace>) -> Result<Vec<Row>, Error> {
        let (at, id) = match after {
            Some(place) => (place.time.at, place.time.id),
            None if ascending => (OffsetDateTime::UNIX_EPOCH, Uuid::nil()),
            None => (far_off(), Uuid::max()),
        };
        let (status, stretch) = (self.status.as_str(), self.stretch());
        let (reason, bank, currency, merchant) = self.filter();
        let parameters: [&(dyn ToSql + Sync); 10] =
            [&status, &ascending, &at, &id, &reason, &bank, &currency, &merchant, &stretch, &self.fetch];
        Ok(self.conn.query(include_str!("sql/list_open.sql"), &parameters).await?)
    }

    async fn by_amount(&self, ascending: bool, after: Option<PaymentPlace>) -> Result<Vec<Row>, Error> {
        let (status, stretch) = (self.status.as_str(), self.stretch());
        let (reason, bank, only, merchant) = self.filter();
        // Codes are three capital letters.
        let (first, last) = (only.unwrap_or("AAA"), only.unwrap_or("ZZZ"));
        let (currency, minor, id) = match &after {
            Some(place) => (place.currency.code(), place.minor, place.time.id),
            None if ascending => (first, 0, Uuid::nil()),
            None => (last, i64::MAX, Uuid::max()),
        };
        let parameters: [&(dyn ToSql + Sync); 12] = [
            &status,
            &ascending,
            &currency,
            &minor,
            &id,
            &first,
            &last,
            &reason,
            &bank,
            &merchant,
            &stretch,
            &self.fetch,
        ];
        Ok(self.conn.query(include_str!("sql/list_open_by_amount.sql"), &parameters).await?)
    }

    fn filter(&self) -> (Option<&str>, Option<&str>, Option<&str>, Option<Uuid>) {
        let PaymentFilter { reason, bank, currency, merchant } = self.filter;
        let currency = currency.as_ref().map(Currency::code);
        (reason.map(Reason::as_str), bank.as_deref(), currency, merchant.map(|id| id.uuid()))
    }

    fn stretch(&self) -> i64 {
        match self.filter() {
            (None, None, None, None) => self.fetch,
            _ => STRETCH.max(self.fetch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text_and_nothing_else_is_one() {
        let time: Place = "1763900000123456.019aadd26b7c7d1e8a6f0123456789ab".parse().unwrap();
        let place = PaymentPlace { time, currency: Currency::JPY, minor: 5 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", "JPY", "JPY.5", "JPY.x.1.019aadd26b7c7d1e8a6f0123456789ab", "jpy.5.1.0", "JPY.5.1.x"]
        {
            assert_eq!(text.parse::<PaymentPlace>(), Err(BadPlace), "{text:?}");
        }
    }
}

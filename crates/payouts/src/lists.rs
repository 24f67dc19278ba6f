//! Payouts as operators list them: what needs somebody, by status, bank, merchant and currency, in several orders.

use std::fmt;
use std::str::FromStr;

use money::Currency;
use pg::{Connection, Looked, Paged, Row, ToSql, far_off};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::payout::Payout;
use crate::state::PayoutState;
use crate::{PayoutId, rows};

/// Rows of one stretch of an index that one page looks at, where a filter may let few of them through.
const STRETCH: i64 = 1_000;
/// Of what is paid so many, the newest, can be had by amount: the rest has no index for it.
const PAID_BY_AMOUNT: i64 = 10_000;

/// What operators look at first.
const BY_URGENCY: [PayoutState; 8] = [
    PayoutState::Unknown,
    PayoutState::Disputed,
    PayoutState::Held,
    PayoutState::Queued,
    PayoutState::Sent,
    PayoutState::Failed,
    PayoutState::Returned,
    PayoutState::Paid,
];

/// Which payouts a list shows; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this status only.
    pub state: Option<PayoutState>,
    /// At this bank only.
    pub bank: Option<String>,
    /// Of this merchant only.
    pub merchant: Option<Uuid>,
    /// In this currency only.
    pub currency: Option<Currency>,
    /// Those only that wait for a person, or those only that don't.
    pub needs_operator: Option<bool>,
}

impl Filter {
    /// Whether an index alone does not find what it wants.
    fn picks(&self) -> bool {
        self.bank.is_some() || self.currency.is_some() || self.needs_operator.is_some()
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Unknown first, then disputed, held, queued, sent, and what is over; the oldest first in each.
    Urgency,
    /// By time.
    Oldest,
    /// By time.
    Newest,
    /// By currency, and in each by amount; of what is paid the newest ten thousand alone.
    Smallest,
    /// The same from the other end.
    Largest,
}

/// The last row of a page, in every order: the next page begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    state: PayoutState,
    created_at: OffsetDateTime,
    currency: Currency,
    minor: i64,
    id: PayoutId,
}

impl Cursor {
    /// The place of this payout.
    pub fn after(payout: &Payout) -> Cursor {
        let (currency, minor) = (payout.amount.currency(), payout.amount.minor());
        Cursor { state: payout.state, created_at: payout.created_at, currency, minor, id: payout.id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.created_at.unix_timestamp_nanos() / 1000;
        write!(f, "{}.{micros}.{}.{}.{}", self.state, self.currency.code(), self.minor, self.id)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Cursor, BadCursor> {
        let mut parts = text.splitn(5, '.');
        let mut part = || parts.next().ok_or(BadCursor);
        let state = PayoutState::parse(part()?).ok_or(BadCursor)?;
        // No payout is older than 1970, and before 4714 BC the database has no times.
        let micros: i64 = part()?.parse().ok().filter(|micros| *micros >= 0).ok_or(BadCursor)?;
        let created_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000);
        let created_at = created_at.map_err(|_| BadCursor)?;
        let currency = Currency::parse(part()?).map_err(|_| BadCursor)?;
        let minor = part()?.parse().map_err(|_| BadCursor)?;
        let id = part()?.parse().map_err(|_| BadCursor)?;
        Ok(Cursor { state, created_at, currency, minor, id })
    }
}

/// At most `limit` payouts behind `cursor`. A page may hold fewer, even none, and not be the last: where a filter lets few
/// payouts through, one page looks at so many and no more.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list(
    conn: &Connection,
    filter: &Filter,
    sort: Sort,
    cursor: Option<Cursor>,
    limit: usize,
) -> Result<Paged<Payout>, Error> {
    let states: Vec<PayoutState> =
        BY_URGENCY.into_iter().filter(|state| filter.state.is_none_or(|wanted| wanted == *state)).collect();
    let wanted = Wanted { conn, filter, states: &states, limit };
    match sort {
        Sort::Urgency => by_urgency(&wanted, cursor).await,
        Sort::Oldest => wanted.by_time(true, cursor).await,
        Sort::Newest => wanted.by_time(false, cursor).await,
        Sort::Smallest => wanted.by_amount(true, cursor).await,
        Sort::Largest => wanted.by_amount(false, cursor).await,
    }
}

/// Status by status, each by time.
async fn by_urgency(all: &Wanted<'_>, cursor: Option<Cursor>) -> Result<Paged<Payout>, Error> {
    let from = cursor.map(|cursor| cursor.state);
    let states = all.states.iter().skip_while(|one| from.is_some_and(|from| from != **one));
    let mut rows = Vec::new();
    for state in states {
        let behind = cursor.filter(|cursor| cursor.state == *state);
        let of_one = Wanted { states: std::slice::from_ref(state), limit: all.limit - rows.len(), ..*all };
        let found = of_one.by_time(true, behind).await?;
        rows.extend(found.rows);
        if found.last.is_some() {
            return Ok(Paged { rows, last: found.last });
        }
        // A full page says that there is another without looking whether the next statuses have any.
        if rows.len() == all.limit && all.states.last() != Some(state) {
            let last = rows.last().cloned();
            return Ok(Paged { rows, last });
        }
    }
    Ok(Paged { rows, last: None })
}

#[derive(Clone, Copy)]
struct Wanted<'a> {
    conn: &'a Connection,
    filter: &'a Filter,
    states: &'a [PayoutState],
    limit: usize,
}

impl Wanted<'_> {
    async fn by_time(&self, ascending: bool, cursor: Option<Cursor>) -> Result<Paged<Payout>, Error> {
        let states = self.names();
        let (at, id) = match cursor {
            Some(cursor) => (cursor.created_at, cursor.id.uuid()),
            None if ascending => (OffsetDateTime::UNIX_EPOCH, Uuid::nil()),
            None => (far_off(), Uuid::max()),
        };
        let filter = self.filter;
        let currency = filter.currency.as_ref().map(Currency::code);
        let of_merchant = filter.merchant.is_some() && states.len() < BY_URGENCY.len();
        let stretch = self.stretch(filter.picks() || of_merchant);
        if filter.needs_operator == Some(true) {
            return self.for_operators((true, ascending), (at, "", 0, id)).await;
        }
        let (sql, second, third): (_, &(dyn ToSql + Sync), &(dyn ToSql + Sync)) = match &filter.merchant {
            Some(merchant) => (include_str!("sql/list_of_merchant.sql"), merchant, &filter.bank),
            None => (include_str!("sql/list_by_time.sql"), &filter.bank, &filter.merchant),
        };
        let more = filter.needs_operator;
        let parameters: [&(dyn ToSql + Sync); 10] =
            [&states, &ascending, &at, &id, second, third, &currency, &more, &stretch, &self.fetch()];
        self.paged(&self.conn.query(sql, &parameters).await?)
    }

    async fn by_amount(&self, ascending: bool, cursor: Option<Cursor>) -> Result<Paged<Payout>, Error> {
        let filter = self.filter;
        // Codes are three capital letters.
        let one = filter.currency.as_ref().map(Currency::code);
        let (first, last) = (one.unwrap_or("AAA"), one.unwrap_or("ZZZ"));
        let (currency, minor, id) = match &cursor {
            Some(cursor) => (cursor.currency.code(), cursor.minor, cursor.id.uuid()),
            None if ascending => (first, 0, Uuid::nil()),
            None => (last, i64::MAX, Uuid::max()),
        };
        if filter.needs_operator == Some(true) {
            let place = (OffsetDateTime::UNIX_EPOCH, currency, minor, id);
            return self.for_operators((false, ascending), place).await;
        }
        let picks = filter.picks() || filter.merchant.is_some() || filter.state.is_some();
        let parameters: [&(dyn ToSql + Sync); 13] = [
            &self.names(),
            &ascending,
            &currency,
            &minor,
            &id,
            &first,
            &last,
            &filter.bank,
            &filter.merchant,
            &filter.needs_operator,
            &self.fetch(),
            &self.stretch(picks),
            &PAID_BY_AMOUNT,
        ];
        self.paged(&self.conn.query(include_str!("sql/list_by_amount.sql"), &parameters).await?)
    }

    async fn for_operators(
        &self,
        (by_time, ascending): (bool, bool),
        (at, currency, minor, id): (OffsetDateTime, &str, i64, Uuid),
    ) -> Result<Paged<Payout>, Error> {
        let filter = self.filter;
        let only = filter.currency.as_ref().map(Currency::code);
        let parameters: [&(dyn ToSql + Sync); 11] = [
            &self.names(),
            &by_time,
            &ascending,
            &at,
            &currency,
            &minor,
            &id,
            &filter.bank,
            &filter.merchant,
            &only,
            &self.fetch(),
        ];
        self.paged(&self.conn.query(include_str!("sql/list_for_operators.sql"), &parameters).await?)
    }

    fn names(&self) -> Vec<&'static str> {
        self.states.iter().map(|state| state.as_str()).collect()
    }

    /// One more than the page holds.
    fn fetch(&self) -> i64 {
        pg::one_more(self.limit)
    }

    /// How many rows of each stretch are looked at.
    fn stretch(&self, picks: bool) -> i64 {
        if picks { STRETCH.max(self.fetch()) } else { self.fetch() }
    }

    fn paged(&self, found: &[Row]) -> Result<Paged<Payout>, Error> {
        let looked = |row: &Row| {
            let payout = rows::payout(row)?;
            Ok(Looked { row: payout, matches: row.get("matches"), stops: row.get("stops") })
        };
        let looked_at = found.iter().map(looked).collect::<Result<_, Error>>()?;
        Ok(Paged::cut(looked_at, self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_lies_after_1970() {
        let text = "sent.1763900000123456.CNY.1500.po_019aadd26b7c7d1e8a6f0123456789ab";
        let cursor: Cursor = text.parse().unwrap();
        assert_eq!(cursor.to_string(), text);
        for wrong in
            [text.replace("1763900000123456", "-1"), text.replace("1763900000123456", "-377705116800000000")]
        {
            assert_eq!(wrong.parse::<Cursor>().err(), Some(BadCursor), "{wrong}");
        }
    }
}

//! Operators' lists: which rows, in which order, from where on. Personal data masked (R35).

pub mod approvals;
pub mod audit;
pub mod events;
pub mod merchants;
pub mod payments;
pub mod payouts;
pub mod quotes;

use std::str::FromStr;

use admin_api::Page;
use hyper::StatusCode;
use pg::Paged;

use super::{Answer, reply};
use crate::problem::Refusal;
use crate::request::{self, Query};

/// Between a cursor's order and its place.
const IN_ORDER: char = '~';

/// One page of a list as it was asked for.
#[derive(Debug)]
pub struct Listing {
    /// How many rows.
    pub limit: usize,
    /// One of the list's orders.
    pub sort: &'static str,
    cursor: Option<String>,
}

impl Listing {
    /// `limit`, `sort` and `cursor`, in one of the list's orders; `unasked` is the one that nobody has to ask for.
    ///
    /// # Errors
    /// `invalid-request` naming the field; also for a cursor that was given out for another order.
    pub fn read(query: &Query, sorts: &[&'static str], unasked: &'static str) -> Result<Listing, Refusal> {
        let request::Page { limit, cursor } = query.page()?;
        let sort = match query.get("sort") {
            None => unasked,
            Some(name) => *sorts
                .iter()
                .find(|sort| **sort == name)
                .ok_or_else(|| Refusal::field("sort", format!("must be one of {}", sorts.join(", "))))?,
        };
        let place = |text: &str| {
            let (order, place) = text.split_once(IN_ORDER).ok_or_else(bad_cursor)?;
            let other = || Refusal::field("cursor", format!("was given out for the order {order}"));
            match order == sort {
                true => Ok(place.to_owned()),
                false if sorts.contains(&order) => Err(other()),
                false => Err(bad_cursor()),
            }
        };
        let cursor = cursor.as_deref().map(place).transpose()?;
        Ok(Listing { limit, sort, cursor })
    }

    /// The place behind which the page begins.
    ///
    /// # Errors
    /// `invalid-request` for what is none of this list's.
    pub fn cursor<T: FromStr>(&self) -> Result<Option<T>, Refusal> {
        self.cursor.as_deref().map(|text| text.parse().map_err(|_| bad_cursor())).transpose()
    }

    /// The page.
    ///
    /// # Errors
    /// A row's.
    pub fn answer<R, T: serde::Serialize>(
        &self,
        found: &Paged<R>,
        cursor: impl Fn(&R) -> String,
        row: impl Fn(&R) -> Result<T, Refusal>,
    ) -> Answer {
        let data = found.rows.iter().map(row).collect::<Result<Vec<T>, _>>()?;
        let next_cursor = found.last.as_ref().map(|last| format!("{}{IN_ORDER}{}", self.sort, cursor(last)));
        let has_more = next_cursor.is_some();
        reply::json(StatusCode::OK, &Page { data, next_cursor, has_more })
    }
}

fn bad_cursor() -> Refusal {
    Refusal::field("cursor", "is not a cursor of this list")
}

/// One of a fixed set of names.
///
/// # Errors
/// `invalid-request` naming the field and the set.
pub fn one_of<T>(
    query: &Query,
    field: &str,
    known: &[&str],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(name) = query.get(field) else { return Ok(None) };
    let found = parse(name).filter(|_| known.contains(&name));
    found.map(Some).ok_or_else(|| Refusal::field(field, format!("must be one of {}", known.join(", "))))
}

/// An id.
///
/// # Errors
/// `invalid-request` naming the field.
pub fn id<K: pg::Kind>(query: &Query, field: &str, whose: &str) -> Result<Option<pg::Id<K>>, Refusal> {
    let wrong = || Refusal::field(field, format!("is not {whose} id"));
    query.get(field).map(|text| text.parse().map_err(|_| wrong())).transpose()
}

/// A currency.
///
/// # Errors
/// `invalid-request`.
pub fn currency(query: &Query) -> Result<Option<money::Currency>, Refusal> {
    let wrong = || Refusal::field("currency", "must be a currency code (ISO 4217)");
    query.get("currency").map(|text| money::Currency::parse(text).map_err(|_| wrong())).transpose()
}

/// Yes or no.
///
/// # Errors
/// `invalid-request`.
pub fn switch(query: &Query, field: &str) -> Result<Option<bool>, Refusal> {
    one_of(query, field, &["true", "false"], |text| Some(text == "true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<(&'static str, Option<String>), String> {
        let query = Query::parse(query, &["sort", "limit", "cursor"]).expect("known parameters");
        let listing = Listing::read(&query, &["age", "-amount"], "age").map_err(|refusal| refusal.detail)?;
        let cursor = listing.cursor::<String>().map_err(|refusal| refusal.detail)?;
        Ok((listing.sort, cursor))
    }

    #[test]
    fn a_cursor_carries_its_order_and_is_good_for_no_other() {
        assert_eq!(read(""), Ok(("age", None)));
        assert_eq!(read("sort=-amount"), Ok(("-amount", None)));
        assert_eq!(read("cursor=age~5.x~y"), Ok(("age", Some("5.x~y".to_owned()))));
        assert_eq!(read("sort=-amount&cursor=-amount~5"), Ok(("-amount", Some("5".to_owned()))));
        for (query, field) in [
            ("sort=amount", "sort: must be one of age, -amount"),
            ("sort=--amount", "sort: must"),
            ("sort=-amount&cursor=age~5", "cursor: was given out for the order age"),
            ("cursor=-amount~5", "cursor: was given out for the order -amount"),
            ("cursor=5", "cursor: is not"),
            ("cursor=other~5", "cursor: is not"),
            ("limit=0", "limit: must"),
        ] {
            let refused = read(query).expect_err(query);
            assert!(refused.starts_with(field), "{query}: {refused}");
        }
    }
}

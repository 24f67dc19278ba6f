//! What a copy consists of, in its order, and each part's pages.

use std::str::FromStr;

use merchants::MerchantId;
use pg::{Connection, Paged};
use serde_json::Value;

use super::{money, person, told};
use crate::app::App;
use crate::problem::{self, Refusal};

/// Rows of one page.
pub const LIMIT: usize = 500;

/// A part of a copy. What names people comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Profile,
    Documents,
    Users,
    Payees,
    Stores,
    ReceivingAccounts,
    Orders,
    Balances,
    Fees,
    Quotes,
    Payments,
    Settlements,
    Withdrawals,
    Transactions,
    Webhooks,
    Notices,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 16] = [
        Part::Profile,
        Part::Documents,
        Part::Users,
        Part::Payees,
        Part::Stores,
        Part::ReceivingAccounts,
        Part::Orders,
        Part::Balances,
        Part::Fees,
        Part::Quotes,
        Part::Payments,
        Part::Settlements,
        Part::Withdrawals,
        Part::Transactions,
        Part::Webhooks,
        Part::Notices,
    ];

    /// What its lines call it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Profile => "profile",
            Part::Documents => "documents",
            Part::Users => "users",
            Part::Payees => "payees",
            Part::Stores => "stores",
            Part::ReceivingAccounts => "receiving_accounts",
            Part::Orders => "orders",
            Part::Balances => "balances",
            Part::Fees => "fees",
            Part::Quotes => "quotes",
            Part::Payments => "payments",
            Part::Settlements => "settlements",
            Part::Withdrawals => "withdrawals",
            Part::Transactions => "transactions",
            Part::Webhooks => "webhooks",
            Part::Notices => "notices",
        }
    }

    /// Its page behind `after`, which the page before has named.
    ///
    /// # Errors
    /// `not-found` where there is no such merchant; the database's.
    pub async fn page(
        self,
        app: &App,
        conn: &mut Connection,
        merchant: MerchantId,
        after: Option<&str>,
    ) -> Result<Page, Refusal> {
        match self {
            Part::Profile => person::profile(app, conn, merchant).await,
            Part::Documents => person::documents(app, conn, merchant, after).await,
            Part::Users => person::users(conn, merchant, after).await,
            Part::Payees => person::payees(app, conn, merchant, after).await,
            Part::Stores => person::stores(conn, merchant, after).await,
            Part::ReceivingAccounts => person::receiving_accounts(app, conn, merchant, after).await,
            Part::Orders => money::orders(conn, merchant, after).await,
            Part::Balances => money::balances(conn, merchant).await,
            Part::Fees => money::fees(conn, merchant, after).await,
            Part::Quotes => money::quotes(app, conn, merchant, after).await,
            Part::Payments => money::payments(conn, merchant, after).await,
            Part::Settlements => money::settlements(conn, merchant, after).await,
            Part::Withdrawals => money::withdrawals(app, conn, merchant, after).await,
            Part::Transactions => money::transactions(conn, merchant, after).await,
            Part::Webhooks => told::webhooks(conn, merchant, after).await,
            Part::Notices => told::notices(conn, merchant, after).await,
        }
    }
}

/// Some rows of a part, and where it goes on; none: that was all of it.
#[derive(Debug, Clone)]
pub struct Page {
    pub rows: Vec<Value>,
    pub next: Option<String>,
}

impl Page {
    /// All there is.
    pub fn whole(rows: Vec<Value>) -> Page {
        Page { rows, next: None }
    }

    /// Rows of which [`LIMIT`] were asked for.
    ///
    /// # Errors
    /// A row's.
    pub fn of<R>(
        rows: &[R],
        place: impl Fn(&R) -> String,
        render: impl Fn(&R) -> Result<Value, Refusal>,
    ) -> Result<Page, Refusal> {
        let next = rows.last().filter(|_| rows.len() >= LIMIT).map(place);
        Ok(Page { rows: rows.iter().map(render).collect::<Result<_, _>>()?, next })
    }

    /// What such a list found that looks at so many rows and no more.
    pub fn found<R>(found: &Paged<R>, place: impl Fn(&R) -> String, render: impl Fn(&R) -> Value) -> Page {
        Page { rows: found.rows.iter().map(render).collect(), next: found.last.as_ref().map(place) }
    }
}

/// [`LIMIT`], as statements count.
pub fn limit() -> i64 {
    pg::one_more(LIMIT) - 1
}

/// Reads a place that a page before has named.
///
/// # Errors
/// `internal`: they are all our own.
pub fn place<T: FromStr>(after: Option<&str>) -> Result<Option<T>, Refusal> {
    let wrong = |_| problem::internal(&"a copy goes on at no place");
    after.map(|text| text.parse().map_err(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r38_a_part_goes_on_until_a_page_is_not_full() {
        let page = |count: usize| {
            let rows: Vec<usize> = (0..count).collect();
            Page::of(&rows, ToString::to_string, |row| Ok(Value::from(*row))).expect("a page")
        };
        assert_eq!((page(LIMIT).rows.len(), page(LIMIT).next), (LIMIT, Some((LIMIT - 1).to_string())));
        assert_eq!(page(LIMIT - 1).next, None);
        assert_eq!((page(0).rows.len(), page(0).next), (0, None));
    }

    #[test]
    fn r38_parts_have_names_of_their_own() {
        let mut names = Part::ALL.map(Part::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Part::ALL.len());
        assert!(!names.contains(&"copy") && !names.contains(&"end"));
    }
}

//! Merchants' rows on a real PostgreSQL.
// A test that can't have its database has failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod account_checks;
mod accounts;
mod documents;
mod locks;
mod numbers;
mod orders;
mod payees;
mod sealed;
mod users;
mod world;

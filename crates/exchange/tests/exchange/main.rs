//! Rates and quotes on a real PostgreSQL.
// A test that can't have its database has failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod held;
mod history;
mod lists;
mod positions;
mod quotes;
mod rates;
mod world;

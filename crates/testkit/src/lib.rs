#![doc = include_str!("../README.md")]
// A test that can't have its database has failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod database;
mod proxy;
mod sql;

pub use database::{TestDb, break_connections, database, server};
pub use proxy::{Fault, FaultProxy};
pub use sql::check_sql;

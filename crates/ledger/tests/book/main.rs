//! The book on a real PostgreSQL.
// A test that can't have its database has failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod caused;
mod classes;
mod journal;
mod onward;
mod proof;
mod reversals;
mod statement;
mod sums;
mod verifications;
mod world;

//! Payouts against a real PostgreSQL and a bank that does as told.

// What a test can not do has failed it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod book;
mod named;
mod pause;
mod store;
mod worker;
mod world;

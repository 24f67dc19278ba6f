//! Withdrawals on a real PostgreSQL.
// A test that can't have its database has failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod desk;
mod fees;
mod gate;
mod in_transit;
mod queue;
mod references;
mod rows;
mod world;

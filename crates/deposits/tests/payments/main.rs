//! Payments on a real PostgreSQL, with the book.
#![allow(clippy::unwrap_used)]

mod claims;
mod flow;
mod matching;
mod queue;
mod world;

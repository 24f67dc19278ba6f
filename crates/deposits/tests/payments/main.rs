//! Payments on a real PostgreSQL, with the book.
#![allow(clippy::unwrap_used)]

mod book;
mod claims;
mod evidence;
mod flow;
mod lists;
mod matching;
mod named;
mod notes;
mod queue;
mod reversals;
mod settlements;
mod world;

//! The load itself: what is sent, how fast, and what came back.

pub mod acknowledged;
pub mod closed;
pub mod script;
pub mod tally;
pub mod webhook;

pub use acknowledged::Acknowledged;
pub use tally::Tally;

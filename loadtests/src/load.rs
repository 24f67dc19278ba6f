//! The load itself: what is sent, how fast, and what came back.

pub mod acknowledged;
mod chance;
pub mod closed;
pub mod link;
pub mod merchant;
pub mod open;
pub mod schedule;
pub mod script;
pub mod statement;
pub mod tally;
pub mod webhook;
pub mod windows;

pub use acknowledged::Kept;
pub use tally::{Kind, Tally};
pub use windows::Windows;

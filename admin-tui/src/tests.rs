//! The console without terminal and network: keys and answers in, screens and effects out.

mod acting;
mod amounts;
mod arming;
pub mod bench;
mod bulk;
pub mod data;
mod doubts;
mod garbage;
mod hostile;
mod keys;
mod panic;
mod property;
mod screens;
mod search;
mod timeline;
mod told;

#![doc = include_str!("../README.md")]
// A harness may stop a test in the middle: that is what it is for.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod bank_apart;
mod client;
mod day;
mod gate;
pub mod model;
mod process;
mod programs;
mod slow;
mod stream;
mod world;

pub use bank_apart::{BankApart, bank_url, with_banks_apart};
pub use client::{Answer, Client};
pub use day::today;
pub use gate::Gate;
pub use process::{Second, Sluice, binary, run};
pub use programs::{is_done_without, there};
pub use slow::SlowBank;
pub use stream::{EventStream, StreamEvent};
pub use world::{Merchant, Operator, Receiving, World, funds, plain, unique};

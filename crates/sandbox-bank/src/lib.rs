#![doc = include_str!("../README.md")]

mod account_checks;
mod behaviour;
mod book;
mod callbacks;
mod carry_out;
mod chance;
mod journal;
mod rates;
mod requests;
mod sandbox;
mod server;
mod traffic;
mod webhook_client;

pub use behaviour::Behaviour;
pub use journal::OpenError;
pub use sandbox::{SandboxBank, Settings, StartError, Timing};
pub use traffic::TrafficAccount;
pub use webhook_client::WebhookClient;

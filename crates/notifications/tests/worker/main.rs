//! The worker against real receivers: HTTPS that fails, delays, hangs, closes and recovers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod receiver;
mod webhooks;
mod world;

//! The worker against real receivers: HTTPS and SMTP that fail, delay, hang, close and recover.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod emails;
mod webhooks;
mod world;

//! The alerts and dashboards of the project against a real Prometheus: what promtool says of the files, what the panels
//! show of a busy gateway, and each alert under its fault, before it and after it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod calendars;
mod dashboards;
mod faults;
mod load;
mod rules;
mod server;
mod watch;
mod written;

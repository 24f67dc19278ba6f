#![doc = include_str!("../README.md")]
// A test that can't have its database has failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod database;
mod mail;
mod plan;
mod proxy;
mod receiver;
mod sql;
mod tls_server;
mod until;

pub use database::{TestDb, break_connections, database, server, somebody_waits};
pub use mail::{Mail, MailServer, MailTls};
pub use plan::{Plan, plan};
pub use proxy::{Fault, FaultProxy};
pub use receiver::{Arrived, Receiver};
pub use sql::check_sql;
pub use tls_server::{TlsServer, TlsSide};
pub use until::until;

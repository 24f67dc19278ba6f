#![doc = include_str!("../README.md")]

mod error;
mod grants;
mod home;
mod id;
mod migrate;
mod paging;
mod pool;
mod retry;
mod rows;
pub mod server;
mod shard;
mod statement;
mod tls;
mod tx;

pub use error::{DatabaseError, Error};
pub use grants::ungranted;
pub use id::{BadId, Id, Kind};
pub use migrate::{Migration, MigrationSet, PendingMigration, RUNTIME_ROLE, SMALL_SAMPLES, migrate, pending};
pub use paging::{BadPlace, Looked, Paged, Place, far_off, one_more};
pub use pool::{Connection, Pool, PoolSettings, PoolStatus};
pub use retry::{Retries, pause};
pub use rows::NewRows;
pub use shard::{KeyHash, Shard, Shards};
pub use tls::{Fault, Tls, TlsMode};
pub use tokio_postgres::types;
pub use tokio_postgres::types::{FromSql, ToSql};
pub use tokio_postgres::{Row, SimpleQueryMessage};
pub use tx::Tx;

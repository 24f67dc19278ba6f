#![doc = include_str!("../README.md")]

mod error;
mod outbox;

pub use error::Error;
pub use outbox::{Notice, NoticeKind, enqueue};

/// The tables of notices and their deliveries.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "notifications",
    migrations: &[pg::Migration {
        version: 1,
        name: "notifications",
        sql: include_str!("../migrations/0001_notifications.sql"),
    }],
};

/// Marks ids of notices.
#[derive(Debug)]
pub enum NoticeMark {}
impl pg::Kind for NoticeMark {
    const PREFIX: &'static str = "ntf";
}
/// `ntf_…`: the `webhook-id` and the Message-ID of everything sent about it; lies in its merchant's shard.
pub type NoticeId = pg::Id<NoticeMark>;

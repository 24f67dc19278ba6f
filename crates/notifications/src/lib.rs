#![doc = include_str!("../README.md")]

mod address;
mod dead;
mod decide;
mod deliveries;
mod email;
mod endpoints;
mod error;
mod kept;
mod letter;
mod outbox;
mod state;
mod webhook;
mod worker;

pub use address::{Target, is_public, target};
pub use dead::{DeadLetter, Replay, Summary, dead_letters, replay, summary, summary_of_reachable};
pub use decide::{Answer, Decision, Schedule, decide};
pub use email::{EmailSender, SmtpSettings, SmtpTls, is_sender};
pub use endpoints::{
    Endpoint, EndpointState, MAX_ENDPOINTS, NoTest, create_endpoint, delete_endpoint, enqueue_test,
    list_endpoints,
};
pub use error::Error;
pub use kept::{KeptNotice, endpoints_of, notices_of};
pub use outbox::{Notice, NoticeKind, enqueue};
pub use state::{DeliveryEvent, DeliveryState};
pub use webhook::WebhookSender;
pub use worker::{Channels, Settings, Waker, Worker};

/// The tables of notices and their deliveries.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "notifications",
    migrations: &[
        pg::Migration {
            version: 1,
            name: "notifications",
            sql: include_str!("../migrations/0001_notifications.sql"),
        },
        pg::Migration {
            version: 2,
            name: "routed_at_once",
            sql: include_str!("../migrations/0002_routed_at_once.sql"),
        },
        pg::Migration {
            version: 3,
            name: "last_test",
            sql: include_str!("../migrations/0003_last_test.sql"),
        },
    ],
};

/// Marks ids of notices.
#[derive(Debug)]
pub enum NoticeMark {}
impl pg::Kind for NoticeMark {
    const PREFIX: &'static str = "ntf";
}
/// `ntf_…`: the `webhook-id` and the Message-ID of everything sent about it; lies in its merchant's shard.
pub type NoticeId = pg::Id<NoticeMark>;

/// Marks ids of deliveries.
#[derive(Debug)]
pub enum DeliveryMark {}
impl pg::Kind for DeliveryMark {
    const PREFIX: &'static str = "dlv";
}
/// `dlv_…`: one notice by one channel; lies in the notice's shard.
pub type DeliveryId = pg::Id<DeliveryMark>;

/// Marks ids of webhook endpoints.
#[derive(Debug)]
pub enum EndpointMark {}
impl pg::Kind for EndpointMark {
    const PREFIX: &'static str = "whk";
}
/// `whk_…`; lies in its merchant's shard.
pub type EndpointId = pg::Id<EndpointMark>;

//! `GET /admin/v1/stream`: operators hear what changed, as server-sent events, from whatever gateway it came.
//!
//! One task for all of them looks into the feed of changes while somebody listens, and only then. What it finds goes
//! into each reader's short queue; whoever doesn't empty it loses the connection, and goes on later where it was.

mod cursor;
mod events;
mod hub;
mod join;
mod message;
mod poll;

pub use events::Events;
pub use hub::Hub;
pub use join::join;

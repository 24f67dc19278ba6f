//! What can be asked on the command line, a file each.

pub mod bank;
pub mod compare;
pub mod connections;
pub mod fill;
pub mod growth;
pub mod mixes;
pub mod overload;
pub mod soak;
pub mod sweep;
pub mod webhooks;

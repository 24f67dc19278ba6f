//! What can be asked on the command line, a file each.

pub mod bank;
pub mod compare;
pub mod webhooks;

//! What can be asked on the command line, a file each.

pub mod webhooks;

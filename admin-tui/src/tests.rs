//! The console without terminal and network: keys and answers in, screens and effects out.

mod acting;
mod arming;
mod bench;
mod bulk;
mod data;
mod hostile;
mod keys;
mod property;
mod screens;
mod search;
mod timeline;

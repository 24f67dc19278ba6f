#![doc = include_str!("../README.md")]

mod activity;
mod app;
mod body;
mod calendars;
mod caller;
pub mod cli;
mod commands;
mod config;
mod copies;
mod declarations;
mod dev;
mod engine;
pub mod floor;
mod guesses;
mod handlers;
mod heads;
mod live;
mod logins;
mod metrics;
mod migrate;
mod open_files;
mod positions;
mod problem;
mod problem_pages;
mod readiness;
mod reload;
mod request;
mod room;
mod route;
mod serve;
mod server;
mod shares;
mod stream;
mod verification;

pub use migrate::SETS as MIGRATIONS;

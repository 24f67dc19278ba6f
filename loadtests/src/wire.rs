//! What goes over the network: TLS, and HTTP/1.1 as little as the gateway's answers need.
//!
//! The generator shares the machine with what it measures, so it must cost little: hyper's client would cost several
//! times as much for each request as a writer and a reader of our own over rustls.

pub mod connection;
mod http2;
pub mod response;
pub mod tls;

pub use connection::{Answer, Connection};
pub use http2::Http2;
pub use tls::{Protocol, Reuse, Target};

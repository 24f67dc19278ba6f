#![doc = include_str!("../README.md")]

pub mod camt;
pub mod connector;
pub mod event;
pub mod files;
pub mod hidden;
pub mod https;
pub mod https_json;
mod iso20022;
pub mod json;
mod reason;
pub mod signing;

pub use connector::{
    AccountCheck, Beneficiary, CheckOutcome, Connector, News, PayoutOrder, QueryOutcome, SendOutcome,
};
pub use event::{
    Event, FieldError, FundsReceived, FundsReturned, ParseError, PayoutReport, PublishedRate, RatesPublished,
};
pub use files::Files;
pub use hidden::Hidden;
pub use https_json::HttpsJson;
pub use signing::{Refusal, Scheme, Signer, Verified, Verifier};

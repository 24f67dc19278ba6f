//! ISO 20022 camt.054 and camt.053, every version from .02 to .12: read by local names, unknown elements passed over.
//!
//! [`parse`] reads what stands there; [`lines`] says what it means for payments, returns and payouts.

mod line;
mod message;
mod read;

use crate::event::ParseError;
use crate::event::fields::Faults;
use crate::iso20022::xml;

pub use line::{KeptReason, Line, OfEntry, PayoutOutcome, ReceivedLine, lines};
pub use message::{
    Balance, Detail, Direction, Entry, Message, Notification, Refs, Report, Statement, Status,
};

/// Reads one document.
///
/// # Errors
/// `MalformedXml`: no well-formed document, or one with a DOCTYPE, entities of its own or hostile in size. `Invalid`:
/// another message, or wrong and missing elements: all of them, by path (`Ntfctn[0].Ntry[2].Amt`).
pub fn parse(body: &[u8]) -> Result<Message, ParseError> {
    let root = xml::parse(body).map_err(|error| ParseError::MalformedXml(error.to_string()))?;
    let mut faults = Faults::default();
    match read::message(&root, &mut faults) {
        Some(message) if faults.is_empty() => Ok(message),
        _ => Err(ParseError::Invalid(faults.into_errors())),
    }
}

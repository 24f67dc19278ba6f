//! ISO 20022 documents, and what a camt.054 means: no two lines of one document are the same payment (R4).

#![no_main]

use std::collections::HashSet;

use bank::camt::{Line, Message, lines, parse};
use bank::event::{MAX_REFERENCE, ParseError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    match parse(body) {
        Ok(Message::Notification(notification)) => {
            assert!(!notification.reports.is_empty());
            let read = lines(&notification);
            assert!(read == lines(&notification), "the same document, other lines");
            check(&read);
        }
        Ok(Message::Statement(statement)) => assert!(!statement.reports.is_empty()),
        Err(ParseError::Invalid(errors)) => assert!(!errors.is_empty()),
        Err(ParseError::Malformed(why) | ParseError::MalformedXml(why)) => assert!(!why.is_empty()),
    }
});

fn check(lines: &[Line]) {
    let (mut payments, mut returns) = (HashSet::new(), HashSet::new());
    for line in lines {
        match line {
            Line::Received(line) => {
                let funds = &line.funds;
                assert!(funds.amount.minor() > 0);
                is_key(&funds.reference);
                is_key(&funds.account_number);
                assert!(payments.insert((&funds.account_number, &funds.reference, line.position)));
            }
            Line::Returned(funds) => {
                assert!(funds.amount.minor() > 0);
                is_key(&funds.reference);
                is_key(&funds.original_reference);
                let key = (&funds.account_number, &funds.reference, &funds.original_reference, funds.position);
                assert!(returns.insert(key));
            }
            Line::Payout { report, .. } => {
                assert!(report.amount.minor() > 0);
                is_key(&report.reference);
            }
            Line::Kept { reference, .. } => is_key(reference),
        }
    }
}

/// What the database keeps as a key is short and is something.
fn is_key(text: &str) {
    assert!(text.chars().count() <= MAX_REFERENCE && !text.trim().is_empty());
    assert!(!text.chars().any(char::is_control));
}

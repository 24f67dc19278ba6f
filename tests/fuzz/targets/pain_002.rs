//! A bank's answers in files: short references and reasons, amounts that are some, the same each time.

#![no_main]

use bank::event::{MAX_REFERENCE, ParseError};
use bank::files::pain_002::{Status, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    match parse(body) {
        Ok(Some(report)) => {
            assert!(parse(body) == Ok(Some(report.clone())), "the same document, other answers");
            for answer in report.answers {
                is_short(&answer.reference);
                match answer.status {
                    Status::Paid { amount, bank_reference } => {
                        assert!(amount.is_none_or(|amount| amount.minor() >= 0));
                        bank_reference.iter().for_each(|reference| is_short(reference));
                    }
                    Status::Failed { reason } => is_short(&reason),
                    Status::Pending => {}
                }
            }
        }
        Ok(None) => {}
        Err(ParseError::Invalid(errors)) => assert!(!errors.is_empty()),
        Err(ParseError::Malformed(why) | ParseError::MalformedXml(why)) => assert!(!why.is_empty()),
    }
});

fn is_short(text: &str) {
    assert!(text.chars().count() <= MAX_REFERENCE && !text.is_empty());
    assert!(!text.chars().any(char::is_control));
}

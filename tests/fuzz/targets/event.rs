//! What a bank says: an event, or an error that names fields and quotes nothing.

#![no_main]

use bank::event::{Event, MAX_FREE_TEXT, MAX_RATES, MAX_REFERENCE, ParseError, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    match parse(body) {
        Ok(Event::FundsReceived(funds)) => {
            is_key(&funds.reference);
            is_key(&funds.account_number);
            assert!(funds.amount.minor() > 0);
            let texts =
                [funds.remitter_name, funds.remitter_account, funds.remittance_information, funds.end_to_end_id];
            for text in texts.iter().flatten() {
                assert!(text.chars().count() <= MAX_FREE_TEXT && !text.chars().any(char::is_control));
            }
        }
        Ok(Event::FundsReturned(funds)) => {
            is_key(&funds.reference);
            is_key(&funds.original_reference);
            assert!(funds.amount.minor() > 0 && funds.position == 0);
        }
        Ok(Event::PayoutPaid(report) | Event::PayoutFailed(report) | Event::PayoutReturned(report)) => {
            is_key(&report.reference);
            assert!(report.amount.minor() > 0);
            let received = report.amount_received;
            assert!(received.is_none_or(|amount| amount.currency() == report.amount.currency()));
        }
        Ok(Event::RatesPublished(published)) => {
            assert!((1..=MAX_RATES).contains(&published.rates.len()));
            for rate in &published.rates {
                let prices = [rate.bid, rate.ask];
                assert!(prices.iter().all(|price| price.is_sign_positive() && !price.is_zero()));
                assert!(rate.base != rate.quote);
            }
        }
        Ok(Event::Ignored { kind }) => assert!(kind.chars().count() <= MAX_REFERENCE),
        Err(ParseError::Invalid(errors)) => assert!(!errors.is_empty()),
        Err(ParseError::Malformed(why) | ParseError::MalformedXml(why)) => assert!(!why.is_empty()),
    }
});

/// What keys money must be short, and must be something.
fn is_key(text: &str) {
    assert!(text.chars().count() <= MAX_REFERENCE && !text.trim().is_empty() && text != "NOTPROVIDED");
    assert!(!text.chars().any(char::is_control));
}

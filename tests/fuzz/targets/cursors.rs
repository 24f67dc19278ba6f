//! Texts that callers carry between pages, and ids: one spelling each, or refused.

#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    one_spelling::<deposits::Cursor>(text);
    one_spelling::<deposits::PaymentId>(text);
    one_spelling::<ledger::AccountKey>(text);
    one_spelling::<ledger::StatementCursor>(text);
    one_spelling::<reconciliation::Cursor>(text);
    reads_back::<ledger::Head>(text);
    reads_back::<payouts::Cursor>(text);
});

fn one_spelling<T: FromStr + Display>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert_eq!(read.to_string(), text);
    }
}

fn reads_back<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert!(read.to_string().parse::<T>().is_ok_and(|again| again == read));
    }
}

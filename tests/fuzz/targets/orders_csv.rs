//! A merchant's file of orders: all of it, or every wrong line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use merchants::orders::{MAX_LINES, read_csv};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-23 08:00 UTC);

fuzz_target!(|bytes: &[u8]| {
    match read_csv(bytes, NOW) {
        Ok(lines) => {
            assert!(lines.len() <= MAX_LINES);
            for line in lines {
                assert!(line.order.amount.minor() > 0 && !line.order.id.is_empty());
                assert!(line.order.ordered_at <= NOW + time::Duration::DAY);
                assert_eq!(line.order.ordered_at.nanosecond() % 1_000, 0);
            }
        }
        Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| !error.message.is_empty())),
    }
});

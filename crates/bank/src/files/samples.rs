//! What the tests here share.

use std::path::Path;

use money::{Currency, Money};

use super::settings::{Charges, Settings};
use crate::connector::{Beneficiary, PayoutOrder};
use crate::hidden::Hidden;

pub(super) const REFERENCE: &str = "po_0193b3c1d2e47f00b8a1c2d3e4f50607";

/// Folders `out`, `in` and `sent`, which nobody makes here.
pub(super) fn settings(folder: &Path) -> Settings {
    Settings {
        outbox: folder.join("out"),
        inbox: folder.join("in"),
        sent: folder.join("sent"),
        debtor_name: "Sluice Payments Europe SA".into(),
        debtor_account: "DE89370400440532013000".into(),
        debtor_bic: "COBADEFFXXX".into(),
        charges: Charges::Shar,
        utc_offset_minutes: 480,
    }
}

pub(super) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY).expect("an amount")
}

/// 707.87 CNY to a payee in China.
pub(super) fn order() -> PayoutOrder {
    PayoutOrder {
        reference: REFERENCE.into(),
        amount: cny(70_787),
        beneficiary: Beneficiary {
            name: Hidden::new("深圳市某某贸易有限公司"),
            account_number: Hidden::new("6222021234567890"),
            bank_code: "102100099996".into(),
            country: "CN".into(),
        },
        remittance: None,
    }
}

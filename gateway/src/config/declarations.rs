//! `[declarations]`: what a balance-of-payments declaration says of every conversion alike (R43).

use std::collections::BTreeMap;

use money::Currency;
use serde::Deserialize;
use time::UtcOffset;
use withdrawals::DeclarationPolicy;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declarations {
    pub transaction_code: String,
    pub origins: BTreeMap<String, String>,
}

impl Declarations {
    /// What of it can't be used, each with its field.
    pub(super) fn wrong(&self) -> Vec<(String, &'static str)> {
        let mut wrong = Vec::new();
        let code = &self.transaction_code;
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            wrong.push(("transaction_code".to_owned(), "must be six digits"));
        }
        for (currency, country) in &self.origins {
            if Currency::parse(currency).is_err() {
                wrong.push((format!("origins.{currency}"), "is no currency"));
            }
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
                wrong.push((format!("origins.{currency}"), "must be a country's two letters"));
            }
        }
        wrong
    }

    /// As withdrawals are declared by them; days begin at `offset`.
    pub fn policy(&self, offset: Option<UtcOffset>) -> DeclarationPolicy {
        let known = |(currency, country): (&String, &String)| {
            Some((Currency::parse(currency).ok()?, country.clone()))
        };
        DeclarationPolicy {
            transaction_code: self.transaction_code.clone(),
            origins: self.origins.iter().filter_map(known).collect(),
            offset,
        }
    }
}

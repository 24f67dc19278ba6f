//! From configuration to what the lanes decide by and the worker speaks to.

use std::sync::Arc;

use bank::{Connector, HttpsJson};
use ledger::Layout;
use payouts::{BankLink, BreakerPolicy};
use privacy::Keyring;

use crate::app;
use crate::commands::Facts;
use crate::config::{Bank, BankPayouts, Config};

pub(super) fn facts(config: &Config, layout: Layout, keyring: Arc<Keyring>) -> Result<Facts, String> {
    let (remitters, policy) = (app::remitters(config), app::policy(config)?);
    let limit = config.approvals.limit;
    Ok(Facts::new(layout, keyring, remitters, policy, limit, app::bank_policies(config)?))
}

/// The banks that carry payouts.
pub(super) fn payout_banks(config: &Config) -> Vec<String> {
    config.banks.iter().filter(|bank| bank.payouts.is_some()).map(|bank| bank.id.clone()).collect()
}

pub(super) fn banks(config: &Config) -> Result<Vec<BankLink>, String> {
    let link = |bank: &Bank| bank.payouts.as_ref().map(|payouts| bank_link(bank, payouts));
    config.banks.iter().filter_map(link).collect()
}

fn bank_link(bank: &Bank, payouts: &BankPayouts) -> Result<BankLink, String> {
    let failed = |what: String| format!("bank {}: {what}", bank.id);
    let ca = std::fs::read(&payouts.ca_file)
        .map_err(|error| failed(format!("{}: {error}", payouts.ca_file.display())))?;
    let tls = bank::https::client_tls(&ca).map_err(|error| failed(error.to_string()))?;
    let limits = bank::https::Limits { idle: payouts.max_concurrent, ..bank::https::Limits::default() };
    let client = bank::https::HttpsClient::new(&payouts.base_url, tls, limits)
        .map_err(|error| failed(error.to_string()))?;
    let signer = payouts.signer().map_err(failed)?;
    let connector: Arc<dyn Connector> =
        Arc::new(HttpsJson::new(client, signer, payouts.request_timeout_ms.duration()));
    let policy = payouts.policy(bank.deduplicates_references);
    Ok(BankLink {
        bank: Arc::from(bank.id.as_str()),
        connector,
        breaker: BreakerPolicy { failures: 5, pause: policy.send_backoff },
        policy,
        concurrency: payouts.max_concurrent,
        idle: payouts.poll_ms.duration(),
    })
}

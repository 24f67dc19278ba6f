//! From configuration to what the lanes decide by and the worker speaks to.

use std::sync::Arc;

use bank::{Connector, Files, HttpsJson};
use ledger::Layout;
use payouts::{BankLink, BreakerPolicy};
use privacy::Keyring;

use crate::app;
use crate::commands::Facts;
use crate::config::{Bank, BankPayouts, Config, Connection};

pub(super) fn facts(config: &Config, layout: Layout, keyring: Arc<Keyring>) -> Result<Facts, String> {
    let (remitters, policy) = (app::remitters(config), app::policy(config)?);
    let limit = config.approvals.limit;
    let (banks, emails) = (app::bank_policies(config)?, config.notifications.smtp.is_some());
    Ok(Facts::new(layout, keyring, remitters, policy, limit, banks, emails))
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
    let policy = payouts.policy(bank.deduplicates_references);
    Ok(BankLink {
        bank: Arc::from(bank.id.as_str()),
        connector: connector(bank, payouts).map_err(|what| format!("bank {}: {what}", bank.id))?,
        breaker: BreakerPolicy { failures: 5, pause: policy.send_backoff },
        policy,
        concurrency: payouts.max_concurrent,
        max_per_second: payouts.max_per_second,
        idle: payouts.poll_ms.duration(),
        paused: payouts.paused,
    })
}

/// The one place that chooses a connector.
fn connector(bank: &Bank, payouts: &BankPayouts) -> Result<Arc<dyn Connector>, String> {
    match payouts.connection().map_err(|(field, what)| format!("{field} {what}"))? {
        Connection::HttpsJson { base_url, ca_file } => {
            let ca = std::fs::read(ca_file).map_err(|error| format!("{}: {error}", ca_file.display()))?;
            let tls = bank::https::client_tls(&ca).map_err(|error| error.to_string())?;
            let limits =
                bank::https::Limits { idle: payouts.max_concurrent, ..bank::https::Limits::default() };
            let client =
                bank::https::HttpsClient::new(base_url, tls, limits).map_err(|error| error.to_string())?;
            Ok(Arc::new(HttpsJson::new(client, payouts.signer()?, payouts.request_timeout_ms.duration())))
        }
        Connection::Files(settings) => {
            Ok(Arc::new(Files::new(&bank.id, settings.clone(), payouts.max_concurrent)))
        }
    }
}

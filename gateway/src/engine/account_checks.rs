//! Banks are asked whether a payee's account is its holder's (R21): once while the payee is added, and again by itself
//! until there is an answer. No transaction is open while a bank thinks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bank::{AccountCheck, CheckOutcome, Connector};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use merchants::{Payee, PayeeEvent};
use money::Currency;
use payouts::BankLink;
use pg::Pool;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::Engine;
use crate::commands::beneficiary_of;
use crate::config::Config;

/// How long whoever adds a payee waits for the bank.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a question that comes up by itself may take.
const LONG_PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at what is due.
const ROUND: Duration = Duration::from_millis(500);
/// Questions in one round.
const AT_ONCE: i64 = 16;
/// Questions under way to one bank, whoever asks.
const PLACES: usize = 32;

/// A bank that answers such questions.
#[derive(Clone)]
pub(super) struct Informant {
    bank: Arc<str>,
    connector: Arc<dyn Connector>,
    places: Arc<Semaphore>,
    /// What it carries payouts in: accounts that receive these are its to judge.
    currencies: Arc<[Currency]>,
}

/// The banks that check accounts, from configuration.
pub(super) fn informants(config: &Config, links: &[BankLink]) -> Vec<Informant> {
    let mut routed: BTreeMap<&str, Vec<Currency>> = BTreeMap::new();
    for (code, bank) in &config.payouts.routes {
        routed.entry(bank).or_default().extend(Currency::parse(code).ok());
    }
    let asks = |link: &&BankLink| {
        let named = |bank: &&crate::config::Bank| bank.id == *link.bank;
        let payouts = config.banks.iter().find(named).and_then(|bank| bank.payouts.as_ref());
        payouts.is_some_and(|payouts| payouts.checks_accounts)
    };
    let informant = |link: &BankLink| Informant {
        bank: link.bank.clone(),
        connector: link.connector.clone(),
        places: Arc::new(Semaphore::new(PLACES)),
        currencies: routed.remove(&*link.bank).unwrap_or_default().into(),
    };
    links.iter().filter(asks).map(informant).collect()
}

impl Engine {
    /// Whether a bank will be asked about accounts in this currency.
    pub fn accounts_are_checked(&self, currency: Currency) -> bool {
        self.informant(currency).is_some()
    }

    fn informant(&self, currency: Currency) -> Option<&Informant> {
        self.informants.iter().find(|informant| informant.currencies.contains(&currency))
    }

    /// Asks about a payee that was just added, and writes what the bank says. Where that can't be had or written in time,
    /// the payee stays as it is, and is asked about again by itself.
    pub async fn check_account(&self, payee: Payee) -> Payee {
        let Some(informant) = self.informant(payee.currency) else { return payee };
        match self.settle(informant, &payee, PATIENCE).await {
            Ok(settled) => settled,
            Err(error) => {
                tracing::warn!(payee = %payee.id, error, "an account check could not be finished yet");
                payee
            }
        }
    }

    async fn settle(
        &self,
        informant: &Informant,
        payee: &Payee,
        patience: Duration,
    ) -> Result<Payee, String> {
        let account = beneficiary_of(&self.facts.keyring, payee).map_err(|error| error.to_string())?;
        let check = AccountCheck { reference: payee.id.to_string(), currency: payee.currency, account };
        let (event, reason) = informant.ask(&check, Instant::now() + patience).await;
        if event == PayeeEvent::Unanswered {
            return Ok(payee.clone());
        }
        let settled = async {
            let conn = self.reads.get().await?;
            merchants::settle_payee(&conn, payee, event, reason.as_deref()).await
        };
        settled.await.map_err(|error| error.to_string())
    }
}

impl Informant {
    async fn ask(&self, check: &AccountCheck, deadline: Instant) -> (PayeeEvent, Option<String>) {
        let outcome = match timeout_at(deadline, self.places.acquire()).await {
            Ok(Ok(_place)) => self.connector.check_account(check, deadline).await,
            _ => CheckOutcome::Unavailable { why: "too many questions at once".into() },
        };
        let result = match &outcome {
            CheckOutcome::Matches => "matches",
            CheckOutcome::NoMatch { .. } => "no_match",
            CheckOutcome::Pending => "pending",
            CheckOutcome::NotSupported => "not_supported",
            CheckOutcome::Unavailable { .. } => "unavailable",
        };
        metrics::counter!("sluice_account_checks_total", "bank" => self.bank.to_string(), "result" => result)
            .increment(1);
        match outcome {
            CheckOutcome::Matches => (PayeeEvent::Confirmed, None),
            CheckOutcome::NoMatch { reason } => (PayeeEvent::Refuted, Some(reason)),
            CheckOutcome::NotSupported => (PayeeEvent::NotOffered, None),
            CheckOutcome::Pending => (PayeeEvent::Unanswered, None),
            CheckOutcome::Unavailable { why } => {
                tracing::warn!(
                    bank = &*self.bank,
                    payee = check.reference,
                    why,
                    "an account could not be checked"
                );
                (PayeeEvent::Unanswered, None)
            }
        }
    }
}

/// Asks one bank about what is due; a bank that is slow delays no other.
pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool, informant: Informant) {
    while engine.pause(ROUND).await {
        let due = match reads.get().await {
            Ok(conn) => merchants::claim_account_checks(&conn, &informant.currencies, AT_ONCE).await,
            Err(error) => Err(error.into()),
        };
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "payees to be checked could not be looked at");
                continue;
            }
        };
        let mut questions: FuturesUnordered<_> =
            due.iter().map(|payee| engine.settle(&informant, payee, LONG_PATIENCE)).collect();
        while let Some(settled) = questions.next().await {
            if let Err(error) = settled {
                tracing::warn!(error, "an account check could not be finished yet");
            }
        }
        for payee in due.iter().filter(|payee| payee.next_check_at.is_none()) {
            tracing::warn!(payee = %payee.id, "its bank has been asked about it for the last time");
        }
    }
}

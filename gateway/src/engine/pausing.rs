//! Payouts that people stop by configuration, bank by bank, while everything else runs.

use super::Engine;
use crate::config::Config;

impl Engine {
    /// What the log says at the start; from then on [`Engine::pause_payouts`] does.
    pub(super) fn say_what_is_paused(&self) {
        for bank in self.bank_states().into_iter().filter(|bank| bank.paused) {
            say(&bank.bank, true);
        }
    }

    /// Stops payouts to the banks that this configuration says, and lets the others go on. A bank that is gone from it stays as it
    /// was: what stopped it may have been a reason to take it out.
    pub fn pause_payouts(&self, config: &Config) {
        let Ok(worker) = self.worker.lock() else { return };
        let Some(worker) = worker.as_ref() else { return };
        for bank in &config.banks {
            let Some(payouts) = &bank.payouts else { continue };
            if worker.pause(&bank.id, payouts.paused) {
                say(&bank.id, payouts.paused);
                publish(&bank.id, payouts.paused);
            }
        }
    }
}

fn say(bank: &str, paused: bool) {
    if paused {
        tracing::warn!(
            bank,
            "payouts to this bank are paused: it is sent nothing, and asked about what it has"
        );
    } else {
        tracing::warn!(bank, "payouts to this bank go on");
    }
}

/// For Prometheus, whether nothing is sent to a bank.
pub(super) fn publish(bank: &str, paused: bool) {
    let paused = if paused { 1.0 } else { 0.0 };
    metrics::gauge!("sluice_payouts_paused", "bank" => bank.to_owned()).set(paused);
}

//! SIGHUP: the configuration is read again. All of it that a reload may change counts at once, or nothing of it.

use std::path::Path;

use privacy::Keyring;

use crate::app::App;
use crate::config::Config;
use crate::live::Live;
use crate::metrics;

/// Applies what was read. A file that can't be used changes nothing, and is said in one line.
pub fn reload(app: &App, read: Result<Config, String>) {
    let opened = read.and_then(|config| {
        // A new bank has no worker and no place in what lanes decide by: its door stays shut until a restart.
        let live = Live::open(&config, |bank| app.config.bank(bank).is_some(), Some(&app.live.get()))?;
        Ok((config, live))
    });
    match opened {
        Ok((config, live)) => {
            let differences = app.config.settings.differences(&config.settings);
            app.live.replace(live);
            app.engine.pause_payouts(&config);
            metrics::reloaded(true);
            if !differences.needs_restart.is_empty() {
                let settings = differences.needs_restart.join(", ");
                tracing::warn!(settings, "changed, but only a restart applies these");
            }
            say_of_a_new_key(app, &config.key_file);
            tracing::info!(
                differs_from_start = differences.applied.join(", "),
                "reloaded: keys and client certificates of banks, whether they are sent payouts, operators, the server's \
                 certificate"
            );
        }
        Err(why) => {
            metrics::reloaded(false);
            tracing::error!(why, "not reloaded: everything stays as it was");
        }
    }
}

/// Keys for personal data are read at the start alone: whoever added one should not believe that it seals now. A file that can't
/// be read is not this reload's business.
fn say_of_a_new_key(app: &App, file: &Path) {
    let active = Keyring::load(file).map(|keyring| keyring.active());
    if let Ok(active) = active
        && active != app.keyring.active()
    {
        tracing::warn!(active, "the key file has another active key; only a restart seals with it");
    }
}

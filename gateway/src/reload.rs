//! SIGHUP: the configuration is read again. All of it that a reload may change counts at once, or nothing of it.

use crate::app::App;
use crate::config::Config;
use crate::live::Live;
use crate::metrics;

/// Applies what was read. A file that can't be used changes nothing, and is said in one line.
pub fn reload(app: &App, read: Result<Config, String>) {
    let opened = read.and_then(|config| {
        // A new bank has no worker and no place in what lanes decide by: its door stays shut until a restart.
        let live = Live::open(&config, |bank| app.config.bank(bank).is_some())?;
        Ok((config, live))
    });
    match opened {
        Ok((config, live)) => {
            let differences = app.config.settings.differences(&config.settings);
            app.live.replace(live);
            metrics::reloaded(true);
            if !differences.needs_restart.is_empty() {
                let settings = differences.needs_restart.join(", ");
                tracing::warn!(settings, "changed, but only a restart applies these");
            }
            tracing::info!(
                differs_from_start = differences.applied.join(", "),
                "reloaded: keys and client certificates of banks, operators, the server's certificate"
            );
        }
        Err(why) => {
            metrics::reloaded(false);
            tracing::error!(why, "not reloaded: everything stays as it was");
        }
    }
}

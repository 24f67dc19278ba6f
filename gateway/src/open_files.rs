//! How many files the process may have open: each connection is one, and a shell or a service manager gives 1,024 as a rule, of
//! which strangers alone could take all.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::config::Config;

/// For what isn't counted: the log, calendars, files of banks, mail, the threads' own.
const RESERVE: usize = 256;
/// Of each lane's thread, besides its connection to the database.
const LANE: usize = 4;
/// Connections to the database besides the pool's and the lanes': the proof's, and those that make partitions and forget.
const OTHERS: usize = 4;

/// Takes what the system allows at most, and says it where that is too little.
pub fn provide(config: &Config) {
    let needed = needed(config);
    match raise(needed) {
        Ok(limit) if limit >= needed => {}
        Ok(limit) => tracing::warn!(
            limit,
            needed,
            "too few files may be open: strangers' connections can take them all, and operators, probes and the database wait \
             then; raise the hard limit (LimitNOFILE, ulimit -Hn), or lower server.max_connections"
        ),
        Err(error) => tracing::warn!(%error, needed, "how many files may be open is not known"),
    }
}

/// What it can have open at once, with some to spare.
fn needed(config: &Config) -> u64 {
    let server = &config.server;
    let listeners = server.max_connections + server.admin_max_connections + server.metrics_max_connections;
    let database = config.database.pool_size + config.lanes.count + OTHERS;
    let banks: usize = config
        .banks
        .iter()
        .filter_map(|bank| bank.payouts.as_ref())
        .map(|payouts| payouts.max_concurrent)
        .sum();
    let notices = config.notifications.max_concurrent;
    let all = listeners + database + banks + notices + LANE * config.lanes.count + RESERVE;
    u64::try_from(all).unwrap_or(u64::MAX)
}

/// The limit from now on.
fn raise(needed: u64) -> nix::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // On macOS "no limit" is a hard limit that can't be had.
    for limit in [hard, needed.min(hard)] {
        if limit > soft && setrlimit(Resource::RLIMIT_NOFILE, limit, hard).is_ok() {
            return Ok(limit);
        }
    }
    Ok(soft)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::tests::LEAST;

    #[test]
    fn every_connection_that_is_let_in_has_its_file() {
        let with = |more: &str| {
            let text = LEAST.replace("[server]", &format!("[server]\n{more}"));
            needed(&Config::parse(&text, Path::new("")).expect("a right file"))
        };
        let least = with("max_connections = 1\nadmin_max_connections = 1\nmetrics_max_connections = 1");
        assert!(least > RESERVE as u64 + 16, "{least}: pool, lanes and banks as well");
        let many = with("max_connections = 5001\nadmin_max_connections = 101\nmetrics_max_connections = 11");
        assert_eq!(many - least, 5_000 + 100 + 10);
    }
}

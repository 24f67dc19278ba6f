//! What types can't say about a configuration.

use merchants::Jurisdiction;
use money::Currency;

use super::{Bank, BankPayouts, Config, ConfigError, currencies, persons, repeated};

struct Findings<'a>(&'a mut Vec<ConfigError>);

impl Findings<'_> {
    fn unless(&mut self, right: bool, path: impl Into<String>, message: &str) {
        if !right {
            self.0.push(ConfigError::new(path, message));
        }
    }

    fn result<T>(&mut self, result: Result<T, String>, path: impl Into<String>) {
        if let Err(message) = result {
            self.0.push(ConfigError::new(path, message));
        }
    }
}

pub(super) fn check(config: &Config, errors: &mut Vec<ConfigError>) {
    let mut found = Findings(errors);
    found.unless(
        (1..=32).contains(&config.environment.len()) && !config.environment.chars().any(char::is_control),
        "environment",
        "must have 1 to 32 bytes, none of them control characters",
    );
    server(config, &mut found);
    book(config, &mut found);
    exchange(config, &mut found);
    for (at, bank) in config.banks.iter().enumerate() {
        self::bank(bank, &format!("banks[{at}]"), &mut found);
    }
    for id in repeated(config.banks.iter().map(|bank| bank.id.as_str())) {
        found.unless(false, "banks", &format!("`{id}` is there twice"));
    }
    for (field, message) in config.notifications.wrong() {
        found.unless(false, format!("notifications.{field}"), message);
    }
    for (field, message) in config.declarations.wrong() {
        found.unless(false, format!("declarations.{field}"), message);
    }
    for (field, message) in config.privacy.wrong() {
        found.unless(false, format!("privacy.{field}"), message);
    }
    for (field, message) in config.vault.wrong() {
        found.unless(false, format!("vault.{field}"), message);
    }
    for (field, message) in config.verification.wrong() {
        found.unless(false, format!("verification.{field}"), message);
    }
    for (field, message) in config.stream.wrong() {
        found.unless(false, format!("stream.{field}"), message);
    }
    found.unless(config.limits.offset().is_some(), "limits.utc_offset_minutes", "is no offset");
    for (at, limit) in config.limits.rules.iter().enumerate() {
        if let Some(message) = limit.wrong() {
            found.unless(false, format!("limits.rules[{at}]"), message);
        }
    }
    for name in repeated(config.limits.rules.iter().map(|limit| limit.name.as_str())) {
        found.unless(false, "limits.rules", &format!("`{name}` is there twice"));
    }
    routes(config, &mut found);
    entities(config, &mut found);
    found.0.extend(super::apart::check(config));
    operators(config, &mut found);
    for (platform, names) in &config.platforms {
        found.unless(
            names.iter().all(|name| name.chars().any(char::is_alphanumeric)),
            format!("platforms.{platform}"),
            "a name must have a letter or digit",
        );
    }
}

/// Why an address of the metrics listener is refused (R36: TLS everywhere outside the machine).
pub(super) const LOOPBACK: &str = "must be on loopback: it is plain http";

fn server(config: &Config, found: &mut Findings<'_>) {
    let server = &config.server;
    found.unless(server.metrics_addr.ip().is_loopback(), "server.metrics_addr", LOOPBACK);
    for (value, name) in [
        (server.max_connections, "max_connections"),
        (server.admin_max_connections, "admin_max_connections"),
        (server.metrics_max_connections, "metrics_max_connections"),
        (server.max_requests, "max_requests"),
        (server.admin_max_requests, "admin_max_requests"),
        (server.max_bodies, "max_bodies"),
        (server.max_headers, "max_headers"),
    ] {
        found.unless(value > 0 && value <= 1_000_000, format!("server.{name}"), "must be 1 to 1000000");
    }
    for (value, name) in [
        (server.handshake_timeout_ms, "handshake_timeout_ms"),
        (server.header_read_timeout_ms, "header_read_timeout_ms"),
        (server.body_read_timeout_ms, "body_read_timeout_ms"),
        (server.request_timeout_ms, "request_timeout_ms"),
    ] {
        found.unless(value.0 > 0, format!("server.{name}"), "must be above 0");
    }
    found.unless(server.threads <= 1024, "server.threads", "must be 0 to 1024");
    found.unless(server.idle_timeout_seconds.0 > 0, "server.idle_timeout_seconds", "must be above 0");
    found.unless(server.max_concurrent_streams > 0, "server.max_concurrent_streams", "must be above 0");
    found.unless(
        (8192..=1 << 20).contains(&server.max_header_bytes),
        "server.max_header_bytes",
        "must be 8192 to 1048576",
    );
    found.unless(
        server.request_timeout_ms > config.lanes.deadline_ms,
        "server.request_timeout_ms",
        "must be above lanes.deadline_ms, or callers never learn a lane's answer",
    );
}

fn book(config: &Config, found: &mut Findings<'_>) {
    found.unless(!config.database.url.reveal().is_empty(), "database.url", "must not be empty");
    if let Err(pg::Fault { field, message }) = config.database.tls().is_spoken(config.database.url.reveal()) {
        found.unless(false, format!("database.{field}"), &message);
    }
    found.unless((2..=1000).contains(&config.database.pool_size), "database.pool_size", "must be 2 to 1000");
    found.unless(config.database.statement_ms.0 > 0, "database.statement_ms", "must be above 0");
    found.unless((1..=64).contains(&config.lanes.count), "lanes.count", "must be 1 to 64");
    found.unless(config.lanes.queue > 0, "lanes.queue", "must be above 0");
    found.unless((1..=4096).contains(&config.lanes.batch_max), "lanes.batch_max", "must be 1 to 4096");
    found.unless(config.lanes.deadline_ms.0 > 0, "lanes.deadline_ms", "must be above 0");
    // A batch waits for so long, for a lock or a statement, before it is halved; its parts need the rest.
    found.unless(
        config.lanes.batch_max == 1 || config.database.statement_ms.0 <= config.lanes.deadline_ms.0 / 2,
        "database.statement_ms",
        "must be at most half of lanes.deadline_ms, or one command that takes too long takes its batch along",
    );
    found.unless(config.ledger.shards > 0, "ledger.shards", "must be 1 to 255");
    found.unless(
        config.ledger.chains > 0 && config.ledger.chains <= i16::from(config.ledger.shards),
        "ledger.chains",
        "must be 1 to ledger.shards",
    );
    found.unless(
        config.ledger.heads_interval_seconds.0 > 0,
        "ledger.heads_interval_seconds",
        "must be above 0",
    );
    found.unless(
        (30..=3600).contains(&config.exchange.quote_lock_seconds.0),
        "exchange.quote_lock_seconds",
        "must be 30 to 3600",
    );
    found.unless(
        config.exchange.lock_premiums.iter().all(|premium| premium.parts_per_million < 500_000),
        "exchange.lock_premiums",
        "must be below 500000 millionths",
    );
    for (tier, share) in &config.exchange.spreads {
        let named = (1..=40).contains(&tier.len())
            && tier.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        found.unless(
            named && *share < 500_000,
            "exchange.spreads",
            "a tier's name has 1 to 40 of a–z, 0–9, - and _, its spread is below 500000 millionths",
        );
    }
    found.unless(config.fees.fixed_minor >= 0, "fees.fixed_minor", "must not be negative");
    found.unless(config.fees.minimum_minor >= 0, "fees.minimum_minor", "must not be negative");
    found.unless(
        config.fees.parts_per_million < 1_000_000,
        "fees.parts_per_million",
        "must be below 1000000, or nothing is left of any amount",
    );
}

/// R16: whose rates make prices, and for how long.
fn exchange(config: &Config, found: &mut Findings<'_>) {
    let exchange = &config.exchange;
    let (age, jump) = ("must be above 0", "must be 1 to 1000000");
    let path = |field: &str| format!("exchange.{field}");
    found.unless(exchange.rate_max_age_seconds.0 > 0, path("rate_max_age_seconds"), age);
    let sane = |parts: u32| (1..=1_000_000).contains(&parts);
    let parts = exchange.rate_jump_parts_per_million;
    found.unless(sane(parts), path("rate_jump_parts_per_million"), jump);
    for (at, listed) in exchange.pairs.iter().enumerate() {
        let path = |field: &str| format!("exchange.pairs[{at}].{field}");
        found.unless(listed.max_age_seconds.is_none_or(|age| age.0 > 0), path("max_age_seconds"), age);
        found.unless(listed.jump_parts_per_million.is_none_or(sane), path("jump_parts_per_million"), jump);
        let Some((base, quote)) = currencies(&listed.pair) else {
            found.unless(false, path("pair"), "must be two ISO 4217 codes, like USDCNY");
            continue;
        };
        for id in &listed.sources {
            let publishes = config.bank(id).is_some_and(|bank| bank.may_publish(base, quote));
            let message = format!("`{id}` is no bank that may publish {}", listed.pair);
            found.unless(publishes, path("sources"), &message);
        }
        for id in repeated(listed.sources.iter().map(String::as_str)) {
            found.unless(false, path("sources"), &format!("`{id}` is there twice"));
        }
    }
    for pair in repeated(exchange.pairs.iter().map(|listed| listed.pair.as_str())) {
        found.unless(false, "exchange.pairs", &format!("`{pair}` is there twice"));
    }
}

fn bank(bank: &Bank, path: &str, found: &mut Findings<'_>) {
    found.unless(
        (1..=32).contains(&bank.id.len())
            && bank.id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
        format!("{path}.id"),
        "must be 1 to 32 of a–z, 0–9 and -",
    );
    found.unless(!bank.keys.is_empty(), format!("{path}.keys"), "a bank needs a key");
    found.result(bank.verifier(), format!("{path}.keys"));
    for id in repeated(bank.keys.iter().map(|key| key.id.as_str())) {
        found.unless(false, format!("{path}.keys"), &format!("`{id}` is there twice"));
    }
    for (at, pair) in bank.rate_pairs.iter().enumerate() {
        found.unless(
            currencies(pair).is_some(),
            format!("{path}.rate_pairs[{at}]"),
            "must be two ISO 4217 codes, like USDCNY",
        );
    }
    for (at, range) in bank.number_ranges.iter().enumerate() {
        if let Some(message) = range.wrong() {
            found.unless(false, format!("{path}.number_ranges[{at}]"), message);
        }
    }
    if let Some(certificates) = &bank.client_certificates {
        for (field, message) in certificates.wrong() {
            found.unless(false, format!("{path}.client_certificates.{field}"), message);
        }
    }
    if let Some(payouts) = &bank.payouts {
        self::payouts(payouts, &format!("{path}.payouts"), found);
    }
}

fn payouts(payouts: &BankPayouts, path: &str, found: &mut Findings<'_>) {
    for (field, message) in payouts.wrong_connection() {
        found.unless(false, format!("{path}.{field}"), &message);
    }
    found.unless(payouts.max_per_second <= 10_000, format!("{path}.max_per_second"), "must be at most 10000");
    found.unless(
        (1..=4096).contains(&payouts.max_concurrent),
        format!("{path}.max_concurrent"),
        "must be 1 to 4096",
    );
    found.unless((1..=100).contains(&payouts.max_sends), format!("{path}.max_sends"), "must be 1 to 100");
    found.unless(
        (1..=1000).contains(&payouts.max_queries),
        format!("{path}.max_queries"),
        "must be 1 to 1000",
    );
    found.unless(payouts.poll_ms.0 > 0, format!("{path}.poll_ms"), "must be above 0");
    found.unless(
        payouts.settle_ms.duration() > payouts.lease_ms.duration() + payouts.request_timeout_ms.duration(),
        format!("{path}.settle_ms"),
        "must be above lease_ms + request_timeout_ms, or a request still under way could be sent twice",
    );
    found.result(payouts.policy(false).check().map_err(|error| error.to_string()), path);
}

fn routes(config: &Config, found: &mut Findings<'_>) {
    for (currency, id) in &config.payouts.routes {
        let path = format!("payouts.routes.{currency}");
        found.unless(Currency::parse(currency).is_ok(), &path, "is not an ISO 4217 code");
        let pays = config.bank(id).is_some_and(|bank| bank.payouts.is_some());
        found.unless(pays, &path, "names no bank with [banks.payouts]");
    }
}

/// R14: an account can only be issued where somebody contracts.
fn entities(config: &Config, found: &mut Findings<'_>) {
    for (at, bank) in config.banks.iter().enumerate() {
        for range in &bank.number_ranges {
            let jurisdiction = Currency::parse(&range.currency).ok().and_then(Jurisdiction::of);
            let Some(jurisdiction) = jurisdiction else { continue };
            let path = format!("entities.{}", jurisdiction.as_str());
            let message = format!("is needed: banks[{at}] has account numbers there");
            found.unless(config.entities.of(jurisdiction).is_some(), path, &message);
        }
    }
}

fn operators(config: &Config, found: &mut Findings<'_>) {
    for (at, operator) in config.operators.iter().enumerate() {
        let path = format!("operators[{at}]");
        let name = operator.id.strip_prefix("op_").unwrap_or_default();
        found.unless(
            (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
            format!("{path}.id"),
            "must be op_ and 1 to 32 letters, digits or _",
        );
        let same =
            config.operators.iter().filter(|other| other.token_sha256 == operator.token_sha256).count();
        found.unless(same == 1, format!("{path}.token_sha256"), "is there twice");
    }
    for (at, message) in persons::wrong(&config.operators) {
        found.unless(false, format!("operators[{at}].person"), &message);
    }
    for id in repeated(config.operators.iter().map(|operator| operator.id.as_str())) {
        found.unless(false, "operators", &format!("`{id}` is there twice"));
    }
}

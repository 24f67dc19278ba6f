//! What must not be one and the same for two listeners or two banks.

use std::net::SocketAddr;

use money::Currency;

use super::{Bank, Config, ConfigError, NumberRange};

/// What two listeners or two banks can't both have.
pub(super) fn check(config: &Config) -> Vec<ConfigError> {
    let mut found = addresses(config);
    for (at, bank) in config.banks.iter().enumerate() {
        for (other, earlier) in config.banks[..at].iter().enumerate() {
            found.extend(ranges(at, bank, other, earlier));
        }
    }
    found
}

/// Operators' doors must not open where strangers knock.
fn addresses(config: &Config) -> Vec<ConfigError> {
    let server = &config.server;
    let listeners = [
        ("public_addr", server.public_addr),
        ("admin_addr", server.admin_addr),
        ("metrics_addr", server.metrics_addr),
    ];
    let mut found = Vec::new();
    for (at, (name, address)) in listeners.iter().enumerate() {
        for (other, earlier) in &listeners[..at] {
            if collide(*address, *earlier) {
                let message = format!("is where server.{other} listens already");
                found.push(ConfigError::new(format!("server.{name}"), message));
            }
        }
    }
    found
}

/// Port 0 is any that is free. `0.0.0.0` is every address of IPv4, `::` every one of both.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let covers =
        |all: SocketAddr, other: SocketAddr| all.ip().is_unspecified() && (all.is_ipv6() || other.is_ipv4());
    let same = one.ip() == other.ip() || covers(one, other) || covers(other, one);
    one.port() != 0 && one.port() == other.port() && same
}

/// R14: who pays in knows an account by its number; one number at two banks would be two merchants'.
fn ranges(at: usize, bank: &Bank, other: usize, earlier: &Bank) -> Vec<ConfigError> {
    let mut found = Vec::new();
    for (place, range) in bank.number_ranges.iter().enumerate() {
        for (before, theirs) in earlier.number_ranges.iter().enumerate() {
            if overlap(range, theirs) {
                let path = format!("banks[{at}].number_ranges[{place}]");
                let message = format!("has numbers of banks[{other}].number_ranges[{before}]");
                found.push(ConfigError::new(path, message));
            }
        }
    }
    found
}

/// Of the same length they are ordered as texts are.
fn overlap(one: &NumberRange, other: &NumberRange) -> bool {
    let currency = |range: &NumberRange| Currency::parse(&range.currency).ok();
    currency(one) == currency(other)
        && one.first.len() == other.first.len()
        && one.first <= other.last
        && other.first <= one.last
}

/// R1: whoever has a secret that two banks sign with can speak for both. Said, not refused: of one group of banks it may be so.
pub(super) fn shared_secrets(config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    for (at, bank) in config.banks.iter().enumerate() {
        for earlier in &config.banks[..at] {
            let secrets = |bank: &'_ Bank| {
                bank.keys.iter().map(|key| key.secret.reveal().trim().to_owned()).collect::<Vec<_>>()
            };
            let theirs = secrets(earlier);
            if secrets(bank).iter().any(|secret| theirs.contains(secret)) {
                let [one, other] = [&earlier.id, &bank.id];
                found.push(format!(
                    "banks {one} and {other} sign with one secret: each can speak for the other"
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::tests::LEAST;
    use super::*;

    fn parse(text: &str) -> Result<Config, Vec<String>> {
        Config::parse(text, Path::new("/x"))
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn two_listeners_never_share_an_address() {
        let with = |public: &str, admin: &str, metrics: &str| {
            let all =
                format!("public_addr = {public:?}\nadmin_addr = {admin:?}\nmetrics_addr = {metrics:?}\n");
            parse(&LEAST.replace("[server]\n", &format!("[server]\n{all}"))).err().unwrap_or_default()
        };
        let none: [&str; 0] = [];
        assert_eq!(with("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"), none);
        assert_eq!(with("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"), none, "any that is free");
        assert_eq!(with("10.0.0.1:8443", "10.0.0.2:8443", "127.0.0.1:3"), none);
        let admin = ["server.admin_addr: is where server.public_addr listens already"];
        assert_eq!(with("127.0.0.1:8443", "127.0.0.1:8443", "127.0.0.1:3"), admin);
        assert_eq!(with("0.0.0.0:8443", "127.0.0.1:8443", "127.0.0.1:3"), admin);
        assert_eq!(with("[::]:8443", "127.0.0.1:8443", "127.0.0.1:3"), admin);
        assert_eq!(with("0.0.0.0:8443", "[::1]:8443", "127.0.0.1:3"), none);
        let metrics = ["server.metrics_addr: is where server.admin_addr listens already"];
        assert_eq!(with("127.0.0.1:1", "[::]:9464", "127.0.0.1:9464"), metrics);
    }

    /// LEAST with ranges of its bank, and a second bank with these.
    fn two_banks(ranges: &str, theirs: &str, secret: &str) -> Result<Config, Vec<String>> {
        let alpha = format!("id = \"alpha\"\nnumber_ranges = [{ranges}]\n");
        parse(&format!(
            "{}[[banks]]\nid = \"beta\"\nkeys = [{{ id = \"k\", secret = {secret:?} }}]\nnumber_ranges = [{theirs}]\n\
             [entities]\nnorth_america = \"We\"\neurope = \"We\"\n",
            LEAST.replace("id = \"alpha\"\n", &alpha)
        ))
    }

    const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const ALPHAS: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn r14_no_number_is_allotted_at_two_banks() {
        let range = |currency: &str, first: &str, last: &str| {
            format!("{{ currency = {currency:?}, first = {first:?}, last = {last:?} }}")
        };
        let own = [range("EUR", "1000", "1999"), range("USD", "2000", "2999")].join(", ");
        for (theirs, overlaps) in [
            (range("USD", "3000", "3999"), false),
            (range("USD", "2999", "3999"), true),
            (range("USD", "1000", "2000"), true),
            (range("USD", "2100", "2200"), true),
            (range("EUR", "2100", "2200"), false),
            (range("USD", "02100", "02200"), false),
        ] {
            let found = two_banks(&own, &theirs, OTHER).err().unwrap_or_default();
            let expected = "banks[1].number_ranges[0]: has numbers of banks[0].number_ranges[1]";
            assert_eq!(found, if overlaps { vec![expected] } else { Vec::new() }, "{theirs}");
        }
        let beside = [range("USD", "2000", "2999"), range("USD", "2500", "2600")].join(", ");
        assert!(two_banks(&beside, "", OTHER).is_ok(), "of one bank, numbers that are taken are passed over");
    }

    #[test]
    fn r1_one_secret_of_two_banks_is_told_and_not_shown() {
        let warnings = |secret: &str| two_banks("", "", secret).expect("a right file").warnings();
        assert_eq!(warnings(OTHER), [""; 0]);
        let found = warnings(ALPHAS);
        assert!(
            found.len() == 1 && found[0].contains("alpha and beta") && !found[0].contains("whsec_"),
            "{found:?}"
        );
    }
}

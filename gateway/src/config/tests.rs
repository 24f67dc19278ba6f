use std::path::Path;

use money::Currency;

use super::*;

/// The least that a file must say, with one bank and one operator.
pub const LEAST: &str = r#"
key_file = "keys"
[server]
tls_certificate = "cert.pem"
tls_key = "/etc/key.pem"
[database]
url = "postgresql://x@localhost/x"
[payouts.routes]
CNY = "alpha"
[[banks]]
id = "alpha"
keys = [{ id = "k1", secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }]
rate_pairs = ["USDCNY"]
[banks.payouts]
base_url = "https://bank.example"
ca_file = "ca.pem"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
[[operators]]
id = "op_li"
person = "Li Na"
role = "approver"
token_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
"#;

fn errors_of(text: &str) -> Vec<String> {
    Config::parse(text, Path::new("/x")).expect_err("a wrong file").iter().map(ToString::to_string).collect()
}

#[test]
fn the_least_file_takes_all_else_from_the_defaults() {
    let config = Config::parse(LEAST, Path::new("/srv")).expect("a right file");
    assert_eq!(config.lanes.batch_max, 256);
    assert_eq!(config.key_file, Path::new("/srv/keys"));
    assert_eq!(config.server.tls_key, Path::new("/etc/key.pem"));
    assert_eq!(config.banks[0].tolerance_seconds, Seconds(300));
    assert_eq!(config.banks[0].payouts.as_ref().map(|payouts| payouts.max_sends), Some(5));
    assert!(config.banks[0].may_publish(Currency::USD, Currency::CNY));
    assert!(!config.banks[0].may_publish(Currency::CNY, Currency::USD));
}

#[test]
fn every_default_stands_in_the_file_and_secrets_are_not_printed() {
    let config = Config::parse(LEAST, Path::new("")).expect("a right file");
    let printed = format!("{config:?}");
    assert!(!printed.contains("whsec_") && !printed.contains("postgresql://"), "{printed}");
}

#[test]
fn r16_a_pair_has_what_is_listed_and_else_what_holds_for_all() {
    let usd_cny = (Currency::USD, Currency::CNY);
    let policy = |text: &str| {
        let config = Config::parse(&format!("{LEAST}{text}"), Path::new("")).expect("a right file");
        config.exchange.policy().expect("a policy")
    };
    let usual = policy("");
    assert_eq!(usual, exchange::RatePolicy::of_age(time::Duration::minutes(15)));
    let own = policy(
        "[exchange]\ncross_through = \"USD\"\nrate_max_age_seconds = 60\n[[exchange.pairs]]\npair = \"USDCNY\"\n\
         sources = [\"alpha\"]\njump_parts_per_million = 5000\n",
    );
    assert_eq!(own.cross_through, Some(Currency::USD));
    let pair = own.of(usd_cny.0, usd_cny.1);
    assert_eq!(
        (pair.sources.as_slice(), pair.max_age.whole_seconds()),
        (["alpha".to_owned()].as_slice(), 60)
    );
    assert_eq!((pair.jump_parts_per_million, own.usual.jump_parts_per_million), (5_000, 100_000));
    assert_eq!(own.of(usd_cny.1, usd_cny.0), &own.usual, "the other way round it is another pair");
}

#[test]
fn r16_rates_that_could_never_be_used_are_named() {
    let listed = |fields: &str| format!("{LEAST}[[exchange.pairs]]\n{fields}\n");
    for (text, path) in [
        (
            format!("{LEAST}[exchange]\nrate_jump_parts_per_million = 0\n"),
            "exchange.rate_jump_parts_per_million:",
        ),
        (format!("{LEAST}[exchange]\nrate_max_age_seconds = 0\n"), "exchange.rate_max_age_seconds:"),
        (format!("{LEAST}[exchange]\ncross_through = \"DOLLARS\"\n"), "exchange.cross_through:"),
        (listed("pair = \"USDUSD\""), "exchange.pairs[0].pair:"),
        (listed("pair = \"USDCNY\"\nmax_age_seconds = 0"), "exchange.pairs[0].max_age_seconds:"),
        (
            listed("pair = \"USDCNY\"\njump_parts_per_million = 1000001"),
            "exchange.pairs[0].jump_parts_per_million:",
        ),
        (listed("pair = \"USDCNY\"\nsources = [\"beta\"]"), "exchange.pairs[0].sources:"),
        (listed("pair = \"EURCNY\"\nsources = [\"alpha\"]"), "exchange.pairs[0].sources:"),
        (listed("pair = \"USDCNY\"\nsources = [\"alpha\", \"alpha\"]"), "exchange.pairs[0].sources:"),
        (listed("pair = \"USDCNY\"\n[[exchange.pairs]]\npair = \"USDCNY\""), "exchange.pairs:"),
    ] {
        let errors = errors_of(&text);
        assert!(errors.len() == 1 && errors[0].starts_with(path), "{path} in {errors:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let errors = errors_of("");
    for name in ["key_file", "server", "database"] {
        assert!(errors.iter().any(|error| error.starts_with(name)), "{name} in {errors:?}");
    }
}

#[test]
fn all_errors_come_at_once_with_their_paths() {
    let text = LEAST
        .replace(
            "[payouts.routes]",
            "[lanes]\ncount = 0\n[fees]\nfixed_minor = -1\n[payouts.routes]\nXXY = \"nobody\"",
        )
        .replace("ca_file = \"ca.pem\"", "ca_file = \"ca.pem\"\nsettle_ms = 40000\nmax_sends = 0")
        .replace("op_li", "li")
        .replace("\"USDCNY\"", "\"USDUSD\"");
    let errors = errors_of(&text);
    for path in [
        "lanes.count:",
        "fees.fixed_minor:",
        "payouts.routes.XXY:",
        "banks[0].payouts.settle_ms:",
        "banks[0].payouts.max_sends:",
        "banks[0].rate_pairs[0]:",
        "operators[0].id:",
    ] {
        assert!(errors.iter().any(|error| error.starts_with(path)), "{path} in {errors:?}");
    }
}

#[test]
fn a_server_has_room_for_one_at_least_of_everything() {
    for name in [
        "max_connections",
        "admin_max_connections",
        "metrics_max_connections",
        "max_requests",
        "admin_max_requests",
        "max_bodies",
        "max_headers",
    ] {
        for wrong in ["0", "1000001"] {
            let errors = errors_of(&LEAST.replace("[server]", &format!("[server]\n{name} = {wrong}")));
            let path = format!("server.{name}:");
            assert!(errors.len() == 1 && errors[0].starts_with(&path), "{name} = {wrong}: {errors:?}");
        }
    }
}

#[test]
fn unknown_names_are_refused_wherever_they_stand() {
    let text = LEAST
        .replace("[database]", "[database]\npol_size = 3")
        .replace("id = \"alpha\"", "id = \"alpha\"\nmoney = 1")
        .replace("key_file = ", "colour = 1\nkey_file = ");
    let errors = errors_of(&text);
    assert!(
        errors.iter().any(|error| error.starts_with("database") && error.contains("pol_size")),
        "{errors:?}"
    );
    assert!(
        errors.iter().any(|error| error.starts_with("banks[0]") && error.contains("money")),
        "{errors:?}"
    );
    assert!(errors.iter().any(|error| error.starts_with("colour")), "{errors:?}");
}

#[test]
fn a_wrong_secret_is_not_quoted() {
    let errors = errors_of(&LEAST.replace("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "hunter2"));
    assert!(errors.iter().all(|error| !error.contains("hunter2")), "{errors:?}");
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn the_environment_moves_listeners() {
    let mut config = Config::parse(LEAST, Path::new("")).expect("a right file");
    let taken =
        config.override_addresses(|name| (name == "SLUICE_ADMIN_ADDR").then(|| "127.0.0.1:1".to_owned()));
    assert_eq!(taken, Ok(()));
    assert_eq!(config.server.admin_addr.port(), 1);
    assert!(config.override_addresses(|_| Some("here".to_owned())).is_err());
}

#[test]
fn r36_plain_http_stays_on_loopback() {
    let addr = |text: &str| LEAST.replace("[server]", &format!("[server]\nmetrics_addr = \"{text}\""));
    for right in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"] {
        assert!(Config::parse(&addr(right), Path::new("")).is_ok(), "{right}");
    }
    for wrong in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1"] {
        let errors = errors_of(&addr(wrong));
        assert!(errors.len() == 1 && errors[0].starts_with("server.metrics_addr:"), "{wrong}: {errors:?}");
        let mut config = Config::parse(LEAST, Path::new("")).expect("a right file");
        let moved =
            config.override_addresses(|name| (name == "SLUICE_METRICS_ADDR").then(|| wrong.to_owned()));
        assert!(moved.is_err(), "{wrong}");
    }
}

#[test]
fn r36_the_database_is_reached_by_tls_or_is_this_machine() {
    let database = |url: &str, more: &str| {
        LEAST.replace("url = \"postgresql://x@localhost/x\"", &format!("url = {url:?}\n{more}"))
    };
    let remote = "postgresql://x:hunter2@db.example/x";
    for (url, more, tls) in [
        ("postgresql://x@/x?host=%2Frun%2Fpostgresql", "", false),
        (remote, "", true),
        (remote, "ca_file = \"db.pem\"\nclient_certificate = \"/c.pem\"\nclient_key = \"c.key\"", true),
        ("postgresql://x@db.example/x?sslmode=disable", "tls = \"off\"", false),
    ] {
        let config = Config::parse(&database(url, more), Path::new("/srv")).expect(url);
        assert_eq!(config.database.tls().is_spoken(url), Ok(tls), "{url}");
        let settings = config.database.pool_settings(2);
        assert_eq!(settings.tls, config.database.tls(), "every pool is opened with it");
        if more.starts_with("ca_file") {
            let files = [&settings.tls.ca_file, &settings.tls.client_certificate, &settings.tls.client_key];
            assert_eq!(
                files.map(|file| file.as_deref()),
                ["/srv/db.pem", "/c.pem", "/srv/c.key"].map(|file| Some(Path::new(file)))
            );
        }
    }
    for (url, more, path) in [
        ("postgresql://x:hunter2@db.example/x?sslmode=disable", "", "database.url:"),
        ("postgresql://x:hunter2@db.example/x?sslmode=verify-full", "", "database.url:"),
        ("postgresql://x:hunter2@db.example/x?sslmode=require", "tls = \"off\"", "database.tls:"),
        (remote, "tls = \"off\"\nca_file = \"db.pem\"", "database.ca_file:"),
        (remote, "tls = \"maybe\"", "database.tls:"),
        (remote, "client_key = \"c.key\"", "database.client_certificate:"),
    ] {
        let errors = errors_of(&database(url, more));
        assert!(errors.len() == 1 && errors[0].starts_with(path), "{url} {more}: {errors:?}");
        assert!(!errors[0].contains("hunter2"), "{errors:?}");
    }
}

#[test]
fn a_batch_that_waited_has_time_left_to_be_halved() {
    let with = |statement: u32, lanes: &str| {
        let url = "url = \"postgresql://x@localhost/x\"";
        let least = LEAST.replace(url, &format!("{url}\nstatement_ms = {statement}"));
        format!("{least}\n[lanes]\n{lanes}")
    };
    for (statement, right) in
        [(5_000, ""), (1_000, "deadline_ms = 2000"), (20_000, "batch_max = 1\ndeadline_ms = 2000")]
    {
        Config::parse(&with(statement, right), Path::new("")).expect(right);
    }
    for (statement, wrong) in [(5_001, ""), (5_000, "deadline_ms = 9999")] {
        let errors = errors_of(&with(statement, wrong));
        assert!(errors.len() == 1 && errors[0].starts_with("database.statement_ms:"), "{wrong}: {errors:?}");
    }
}

#[test]
fn the_key_file_can_be_written_as_the_defaults_say() {
    use std::os::unix::fs::PermissionsExt as _;
    let lines = DEFAULTS.lines().filter_map(|line| line.strip_prefix("#   "));
    let keys =
        ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="];
    let text = lines.collect::<Vec<_>>().join("\n").replacen('…', keys[0], 1).replacen('…', keys[1], 1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sluice.keys");
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("allowed");
    privacy::Keyring::load(&path).expect("a key file");
}

#[test]
fn a_mail_server_is_reached_by_tls_or_is_this_machine() {
    let smtp =
        |more: &str| format!("{LEAST}\n[notifications.smtp]\nport = 25\nfrom = \"a@b.example\"\n{more}");
    for right in [
        "host = \"mail.example\"\ntls = \"starttls\"\nuser = \"u\"\npassword = \"hunter2\"",
        "host = \"mail.example\"\ntls = \"implicit\"",
        "host = \"localhost\"\ntls = \"none\"",
        "host = \"::1\"\ntls = \"none\"",
    ] {
        let config = Config::parse(&smtp(right), Path::new("")).expect(right);
        assert!(!format!("{config:?}").contains("hunter2"));
    }
    for (wrong, path) in [
        ("host = \"mail.example\"\ntls = \"none\"", "notifications.smtp.tls:"),
        ("host = \"mail.example\"\ntls = \"starttls\"\nuser = \"u\"", "notifications.smtp.user:"),
        ("host = \"\"\ntls = \"starttls\"", "notifications.smtp.host:"),
        ("host = \"mail.example\"\ntls = \"starttls\"\npassword = \"hunter2\"", "notifications.smtp.user:"),
        ("host = \"x\"\ntls = \"maybe\"", "notifications.smtp.tls:"),
    ] {
        let errors = errors_of(&smtp(wrong));
        assert!(errors.len() == 1 && errors[0].starts_with(path), "{wrong}: {errors:?}");
    }
    let errors = errors_of(&format!("{LEAST}\n[notifications]\nlease_seconds = 20\npoll_ms = 0"));
    let paths: Vec<_> = errors.iter().map(|error| error.split(':').next().unwrap_or_default()).collect();
    assert_eq!(paths, ["notifications.lease_seconds", "notifications.poll_ms"]);
}

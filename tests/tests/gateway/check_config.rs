//! `sluice check-config`: every fault of a configuration and of the files that it names, in one run.

use tests::run;

#[tokio::test]
async fn every_fault_is_listed_with_its_path_and_the_exit_code_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("empty.pem", "");
    write(
        "sluice.toml",
        r#"
key_file = "nowhere.keys"
[server]
tls_certificate = "empty.pem"
tls_key = "nowhere.key"
[database]
url = "postgresql://user:hunter2@x"
[lanes]
count = 0
[[banks]]
id = "alpha"
keys = [{ id = "k1", secret = "hunter2" }]
[banks.client_certificates]
ca_file = "empty.pem"
[banks.payouts]
base_url = "http://bank.example"
ca_file = "nowhere.pem"
secret = "hunter2"
"#,
    );
    let output = run(&["check-config"], folder.path()).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for path in [
        "key_file: ",
        "server.tls_certificate: ",
        "server.tls_key: ",
        "lanes.count: ",
        "banks[0].keys: ",
        "banks[0].client_certificates.ca_file: ",
        "banks[0].payouts.base_url: ",
        "banks[0].payouts.ca_file: ",
        "banks[0].payouts.secret: ",
    ] {
        assert_eq!(said.matches(&format!("\n  {path}")).count(), 1, "{path} in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_configuration_that_serves_is_right() {
    let (sluice, _world) = tests::Sluice::start().await;
    let output = run(&["check-config", "--config", "sluice.toml"], sluice.dir()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

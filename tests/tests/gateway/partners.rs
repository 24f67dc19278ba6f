//! The pages for bank partners: their examples run as they are printed, and do what the pages say.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tests::{Second, Sluice, World, there};
use tokio::process::Command;

/// Where the examples are run, and what we have told the partner.
struct Partner {
    folder: TempDir,
    page: String,
    secret: String,
}

impl Partner {
    fn new(page: &str, secret: &str) -> Partner {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/partners").join(format!("{page}.md"));
        let page = std::fs::read_to_string(file).expect("the page");
        Partner { folder: tempfile::tempdir().expect("a folder"), page, secret: secret.to_owned() }
    }

    /// The code block that begins with this line.
    fn example(&self, begin: &str) -> &str {
        let (_, rest) =
            self.page.split_once(&format!("\n```{begin}\n")).unwrap_or_else(|| panic!("no {begin}"));
        rest.split("\n```\n").next().expect("an end")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a program prints that reads this text, with the settings that the page names.
    async fn run(&self, program: &[&str], text: &str, world: &World) -> String {
        let script = self.file("script");
        std::fs::write(&script, text).expect("written");
        let output = Command::new(program[0])
            .args(&program[1..])
            .arg(&script)
            .current_dir(self.folder.path())
            .env("SLUICE_URL", world.public_url())
            .env("SLUICE_CA", world.ca())
            .env("SLUICE_BANK", world.bank())
            .env("SLUICE_SECRET", &self.secret)
            .env("SLUICE_ACCOUNT", world.merchant(0).account("USD"))
            .env("no_proxy", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .await
            .expect("it runs");
        let (said, wrong) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}\n{said}\n{wrong}");
        said.replace("\": ", "\":").replace(", \"", ",\"")
    }

    /// The shell's examples with something else between signing and sending.
    async fn shell(&self, between: &str, world: &World) -> String {
        let [make, check, send] = ["sh make", "sh self-check", "sh send"].map(|name| self.example(name));
        let text = format!("{make}\n{between}\n{check}\necho\n{send}\n");
        self.run(&["sh", "-eu"], &text, world).await
    }

    /// A gateway whose only bank signs as the page's configuration says.
    async fn gateway(&self, sluice: &Sluice, world: &World, key: &str) -> Second {
        let block = self.example("toml configuration").replace('…', key.trim_end());
        let own = block.strip_prefix("[[banks]]\nid = \"hanseatic\"\n").expect("a bank");
        let (head, tables) = own.split_once("\n\n").unwrap_or((own, ""));
        let text = sluice.configuration();
        let (before, bank) = text.split_once("scheme = \"standard-webhooks\"\n").expect("the bank");
        let (_, after) = bank.split_once('\n').expect("its keys");
        let after = after.replacen("[banks.payouts]", &format!("{tables}\n\n[banks.payouts]"), 1);
        sluice.second_with(world, &format!("{before}{head}\n{after}")).await
    }
}

async fn available(world: &World) -> String {
    world.balance(world.merchant(0), "USD", "available").await
}

/// The page's examples, as they are and with a body that was changed after signing. `world` is the gateway that is
/// configured for them.
async fn examples_work(partner: &Partner, world: &World) {
    assert_eq!(available(world).await, "0.00");
    let mut balance = "0.00";
    if there(&["curl", "openssl"]) {
        let said = partner.shell("", world).await;
        let (checked, sent) = said.split_once('\n').expect("two answers");
        assert!(
            checked.contains("\"verified\":true") && checked.contains("\"outcome\":\"credited\""),
            "{said}"
        );
        assert!(!sent.contains("dry_run") && sent.contains("\"outcome\":\"credited\""), "{said}");
        balance = "25.00";
        assert_eq!(available(world).await, balance, "checked is not sent, sent is booked once");

        let flip = "sed s/25.00/95.00/ event.json > flipped.json && mv flipped.json event.json";
        let said = partner.shell(flip, world).await;
        let (checked, sent) = said.split_once('\n').expect("two answers");
        assert!(checked.contains("\"failed_step\":\"bad_signature\""), "{said}");
        assert!(sent.contains("\"status\":401") && sent.contains("\"code\":\"bad-signature\""), "{said}");
        assert_eq!(available(world).await, balance);
    }
    if there(&["python3", "openssl"]) {
        let script = partner.example("python send");
        let said = partner.run(&["python3"], script, world).await;
        let (checked, sent) = said.split_once('\n').expect("two answers");
        assert!(checked.starts_with("200 ") && checked.contains("\"verified\":true"), "{said}");
        assert!(sent.starts_with("200 ") && sent.contains("\"outcome\":\"credited\""), "{said}");
        balance = if balance == "0.00" { "25.00" } else { "50.00" };
        assert_eq!(available(world).await, balance);

        let sent_bytes = "send(headers, body";
        assert_eq!(script.matches(sent_bytes).count(), 3, "its definition, the check, the real thing");
        let (functions, calls) = script.split_once("\nprint(").expect("the calls");
        let flipped = calls.replace(sent_bytes, "send(headers, body.replace(b'25.00', b'95.00')");
        let said = partner.run(&["python3"], &format!("{functions}\nprint({flipped}"), world).await;
        let (checked, sent) = said.split_once('\n').expect("two answers");
        assert!(checked.contains("\"failed_step\":\"bad_signature\""), "{said}");
        assert!(sent.starts_with("401 ") && sent.contains("\"code\":\"bad-signature\""), "{said}");
        assert_eq!(available(world).await, balance);
    }
}

#[tokio::test]
async fn r1_the_page_of_standard_webhooks() {
    let (sluice, world) = Sluice::start().await;
    let partner = Partner::new("standard-webhooks", world.secret());
    let gateway = partner.gateway(&sluice, &world, world.secret()).await;
    examples_work(&partner, &gateway.world).await;
    sluice.verify().await;
}

#[tokio::test]
async fn r1_the_page_of_hmac() {
    let (sluice, world) = Sluice::start().await;
    let secret = "f0b1e2d3c4b5a6978897a6b5c4d3e2f1";
    let partner = Partner::new("hmac", secret);
    let gateway = partner.gateway(&sluice, &world, secret).await;
    examples_work(&partner, &gateway.world).await;
    sluice.verify().await;
}

#[tokio::test]
async fn r1_the_page_of_rsa() {
    if !there(&["openssl"]) {
        return;
    }
    let (sluice, world) = Sluice::start().await;
    let partner = Partner::new("rsa-sha256", "");
    partner.run(&["sh", "-eu"], partner.example("sh key"), &world).await;
    let public = std::fs::read_to_string(partner.file("hanseatic.pub")).expect("the public key");
    let gateway = partner.gateway(&sluice, &world, &public).await;
    examples_work(&partner, &gateway.world).await;
    sluice.verify().await;
}

#[tokio::test]
async fn r1_the_page_of_client_certificates() {
    if !there(&["openssl", "curl"]) {
        return;
    }
    let (sluice, world) = Sluice::start().await;
    let partner = Partner::new("mtls", world.secret());
    let make = partner.example("sh key");
    partner.run(&["sh", "-eu"], make, &world).await;
    let authority = "hanseatic-clients.pem";
    std::fs::copy(partner.file(authority), sluice.dir().join(authority)).expect("handed over");
    let gateway = partner.gateway(&sluice, &world, world.secret()).await;
    // Merchants need no certificate: this reads balances without one.
    examples_work(&partner, &gateway.world).await;
    let before = available(&world).await;

    // Without the certificate, with another machine's, and with one that has expired.
    let [sign, check, send] = ["sh make", "sh self-check", "sh send"].map(|name| partner.example(name));
    let without = |example: &str| example.replace(" --cert client.pem --key client.key", "");
    let text = format!("{sign}\n{}\necho\n{}\n", without(check), without(send));
    let said = partner.run(&["sh", "-eu"], &text, &gateway.world).await;
    assert!(said.contains("\"failed_step\":\"no_client_certificate\""), "{said}");
    assert!(said.contains("\"code\":\"forbidden\"") && said.contains("\"status\":403"), "{said}");

    let reissue = make.split_once("openssl req -new -key client.key").expect("a request").1;
    let reissue = format!("openssl req -new -key client.key{reissue}");
    let other = reissue.replace("events.hanseatic.example", "www.hanseatic.example");
    partner.run(&["sh", "-eu"], &other, &world).await;
    let said = partner.shell("", &gateway.world).await;
    assert!(said.contains("\"failed_step\":\"client_certificate_name\""), "{said}");
    assert!(said.contains("\"code\":\"forbidden\""), "{said}");

    let text = format!("{sign}\n{send} || echo \"curl ended with $?\"\n");
    partner.run(&["sh", "-eu"], &reissue.replace("-days 397", "-days -1"), &world).await;
    let said = partner.run(&["sh", "-eu"], &text, &gateway.world).await;
    assert!(said.contains("curl ended with") && !said.contains("outcome"), "expired: {said}");
    // Another authority of the same name is another one.
    partner.run(&["sh", "-eu"], make, &world).await;
    let said = partner.run(&["sh", "-eu"], &text, &gateway.world).await;
    assert!(said.contains("curl ended with") && !said.contains("outcome"), "nobody's: {said}");
    assert_eq!(available(&world).await, before);
    sluice.verify().await;
}

#[tokio::test]
async fn the_gateway_serves_the_pages() {
    let (_sluice, world) = Sluice::start().await;
    for name in ["start", "events", "standard-webhooks", "hmac", "rsa-sha256", "mtls", "mtls.md"] {
        let page = world.public().get("", &format!("/partners/{name}")).await;
        assert!(page.status == 200 && page.text.starts_with("# "), "{name}: {}", page.text);
    }
    assert_eq!(world.public().get("", "/partners/else").await.refusal(), (404, "not-found"));
}

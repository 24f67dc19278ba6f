//! SIGHUP: keys, operators and certificates change under way, wholly or not at all.

use tests::{Sluice, World, funds, unique};

const NEW: &str = "whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldyE=";

/// A payment of 10.00 USD signed with this secret, and whether it counted.
async fn pay(world: &World, secret: &str) -> (u16, String) {
    let body = funds(&unique("REF"), world.merchant(0).account("USD"), "10.00", "USD", "AMAZON PAYMENTS INC");
    let answer = world.event_with(secret, &unique("evt"), &body).await;
    (
        answer.status,
        if answer.status == 200 { answer.outcome().0.to_owned() } else { answer.code().to_owned() },
    )
}

fn credited() -> (u16, String) {
    (200, "credited".to_owned())
}

fn refused() -> (u16, String) {
    (401, "bad-signature".to_owned())
}

#[tokio::test]
async fn r1_a_banks_key_is_changed_without_a_restart() {
    let (sluice, world) = Sluice::start().await;
    let (text, old) = (sluice.configuration(), world.secret().to_owned());
    let second = sluice.second(&world, "").await;
    let gateway = &second.world;
    assert_eq!(pay(gateway, &old).await, credited());
    assert_eq!(pay(gateway, NEW).await, refused());

    // Both, while the bank changes over; then the new one alone.
    let keys = format!("keys = [{{ id = \"demo\", secret = {old:?} }}]");
    assert!(text.contains(&keys), "{text}");
    let both = text.replace(&keys, &keys.replace("]", &format!(", {{ id = \"new\", secret = {NEW:?} }}]")));
    let said = second.reload(&both).await;
    assert!(said.contains("banks[sandbox].keys") && !said.contains("whsec_"), "{said}");
    assert_eq!(pay(gateway, &old).await, credited());
    assert_eq!(pay(gateway, NEW).await, credited());
    let only_new = text.replace(&keys, &keys.replace(&old, NEW));
    second.reload(&only_new).await;
    assert_eq!(pay(gateway, &old).await, refused());
    assert_eq!(pay(gateway, NEW).await, credited());

    // The other gateway was told nothing.
    assert_eq!(pay(&world, &old).await, credited());
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "50.00");
    sluice.verify().await;
}

#[tokio::test]
async fn a_file_that_can_not_be_used_changes_nothing() {
    let (sluice, world) = Sluice::start().await;
    let (text, old) = (sluice.configuration(), world.secret().to_owned());
    let second = sluice.second(&world, "").await;
    let gateway = &second.world;
    let renewed = text.replace(&old, NEW);
    let table = [
        ("not TOML", format!("{renewed}\n= {NEW}"), "not TOML"),
        ("a wrong value", format!("{renewed}\n[lanes]\ncount = 0\n"), "lanes.count"),
        ("no such certificate", renewed.replace("server.pem", "nowhere.pem"), "nowhere.pem"),
        ("a key that is none", renewed.replace("server.key", "ca.pem"), "ca.pem"),
        ("a wrong secret", text.replace(&old, "whsec_hunter2"), "banks[0].keys"),
    ];
    for (round, (case, bad, why)) in table.iter().enumerate() {
        let said = second.reload(bad).await;
        assert_eq!(said.lines().count(), 1, "{case}: {said}");
        assert!(said.contains("\"level\":\"ERROR\"") && said.contains(why), "{case}: {said}");
        assert!(!said.contains("whsec_") && !said.contains("hunter2"), "{case}: {said}");
        assert_eq!(pay(gateway, &old).await, credited(), "{case}");
        assert_eq!(pay(gateway, NEW).await, refused(), "{case}");
        let metrics = gateway.probe("/metrics").await;
        let counted = format!("sluice_config_reloads_total{{result=\"refused\"}} {}", round + 1);
        assert!(metrics.contains(&counted), "{case}: {metrics}");
        assert!(metrics.contains("sluice_config_last_reload_successful 0"), "{case}");
    }
    let said = second.reload(&text).await;
    assert!(said.contains("\"level\":\"INFO\""), "{said}");
    let metrics = gateway.probe("/metrics").await;
    assert!(metrics.contains("sluice_config_reloads_total{result=\"applied\"} 1"), "{metrics}");
    assert!(metrics.contains("sluice_config_last_reload_successful 1"), "{metrics}");
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "50.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r36_operators_come_and_go_and_what_needs_a_restart_is_said() {
    let (sluice, world) = Sluice::start().await;
    let text = sluice.configuration();
    let second = sluice.second(&world, "").await;
    let overview = async |token: &str| second.world.admin().get(token, "/admin/v1/overview").await.status;
    let (viewer, operator) = (&world.operator("viewer", 0).token, &world.operator("operator", 0).token);
    assert_eq!((overview(viewer).await, overview(operator).await, overview("test").await), (200, 200, 401));

    // The viewer leaves, one with the token "test" comes, and somebody thinks that a rate may be older now.
    let (kept, left) = text.split_once("\n[[operators]]\nid = \"op_viewer\"").expect("the viewer");
    let left = left.split_once("\n[[operators]]").expect("others").1;
    let came = "[[operators]]\nid = \"op_new\"\nperson = \"Nora\"\nrole = \"viewer\"\n\
                token_sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n";
    let changed = format!("{kept}\n[[operators]]{left}\n{came}\n[exchange]\nrate_max_age_seconds = 60\n");
    let said = second.reload(&changed).await;
    assert!(said.contains("operators[op_new], operators[op_viewer]"), "{said}");
    let warned = said.lines().find(|line| line.contains("\"level\":\"WARN\"")).expect("a warning");
    assert!(warned.contains("exchange.rate_max_age_seconds") && warned.contains("restart"), "{said}");
    assert_eq!((overview(viewer).await, overview(operator).await, overview("test").await), (401, 200, 200));
}

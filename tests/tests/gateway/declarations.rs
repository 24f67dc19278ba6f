//! R43: what was exchanged is declared, and a day's file is equal to the ledger or not written.

use std::path::Path;
use std::process::Output;

use serde_json::json;
use tests::{Sluice, run, today};

async fn export(sluice: &Sluice, date: &str, out: &Path, more: &[&str]) -> Output {
    let config = sluice.dir().join("sluice.toml");
    let (config, out) = (config.display().to_string(), out.display().to_string());
    let mut arguments = vec!["export", "bop", "--config", &config, "--date", date, "--out", &out];
    arguments.extend(more);
    run(&arguments, sluice.dir()).await
}

/// The columns that a reader can reckon by hand.
fn told(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let columns = [
        "event",
        "direction",
        "origin_country",
        "payee_country",
        "transaction_code",
        "sold_currency",
        "sold_amount",
        "bought_currency",
        "bought_amount",
    ];
    lines.map(|row| columns.map(|column| row[at(column)]).join(" ")).collect()
}

#[tokio::test]
async fn r43_a_day_s_declarations_are_what_was_exchanged() {
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "[payouts]\nhold_above_usd = \"50.00\"\n").await;
    // China's, all year round.
    let today = today(8).await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let small = world.withdraw(merchant, merchant.payee("CNY"), "40.00", "USD", "CNY").await;
    assert_eq!(small.status, 201, "{small:?}");
    let same = world.withdraw(merchant, merchant.payee("USD"), "70.00", "USD", "USD").await;
    assert_eq!(same.status, 201, "{same:?}");
    let wrong = second.world.withdraw(merchant, merchant.payee("CNY"), "60.00", "USD", "CNY").await;
    let refuse = format!("/admin/v1/withdrawals/{}/refuse", wrong.text_of("id"));
    let refused = world.act(world.operator("operator", 0), &refuse, &json!({"reason": "stolen"})).await;
    assert_eq!(refused.status, 200, "{refused:?}");

    let (day, file) = (today.to_string(), sluice.dir().join("bop.csv"));
    let early = export(&sluice, &day, &file, &[]).await;
    let why = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(!early.status.success() && why.contains("is not over"), "{why}");
    assert!(!file.exists());
    let done = export(&sluice, &day, &file, &["--so-far"]).await;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    // 40.00 less 0.12 at 7.1 is 283.148; 60.00 less 0.18 is 59.82, at 7.1 it is 424.722.
    assert_eq!(
        told(&file),
        [
            "conversion settlement US CN 122030 USD 39.88 CNY 283.14",
            "conversion settlement US CN 122030 USD 59.82 CNY 424.72",
            "undone settlement US CN 122030 USD 59.82 CNY 424.72",
        ]
    );
    assert!(said.contains("USD: sold 39.88, bought 0.00"), "{said}");
    assert!(said.contains("CNY: sold 0.00, bought 283.14"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    export(&sluice, &day, &file, &["--so-far"]).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the same again");
    // Yesterday may have ended a minute ago, and is not exported yet then.
    let earlier = (today - time::Duration::days(2)).to_string();
    let empty = sluice.dir().join("empty.csv");
    assert!(export(&sluice, &earlier, &empty, &[]).await.status.success());
    assert_eq!(told(&empty), Vec::<String>::new());

    let (client, connection) =
        tokio_postgres::connect(world.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let added = "INSERT INTO declarations SELECT shard, gen_random_uuid(), gen_random_uuid(), merchant, event, day,
        sell_currency, 1, 0, rate, buy_currency, buy_minor, bank, origin_country, payee_country, transaction_code,
        booked_at FROM declarations LIMIT 1";
    client.execute(added, &[]).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let wrong = export(&sluice, &day, &file, &["--so-far"]).await;
    let why = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        !wrong.status.success() && why.contains("USD sold: declared 39.89, in the ledger 39.88"),
        "{why}"
    );
    assert!(!file.exists(), "no file that is not the ledger's");
    sluice.verify().await;
}

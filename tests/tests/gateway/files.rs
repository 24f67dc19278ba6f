//! Payouts through a bank that is spoken to by files: pain.001 out, pain.002 in.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tests::{Answer, Merchant, Second, Sluice, World};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

/// A second gateway's configuration: the demo's, with a bank by files that carries CNY and USD.
fn configuration(sluice: &Sluice) -> String {
    let mut text = sluice.configuration();
    for currency in ["CNY", "USD"] {
        let route = format!("{currency} = \"sandbox\"");
        assert!(text.contains(&route), "{text}");
        text = text.replace(&route, &format!("{currency} = \"h2h\""));
    }
    text.push_str(
        r#"
[[banks]]
id = "h2h"
keys = [{ id = "k", secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }]
deduplicates_references = true
[banks.payouts]
request_timeout_ms = 800
lease_ms = 2000
settle_ms = 3000
poll_ms = 100
max_per_second = 50
send_backoff_ms = 200
send_backoff_max_ms = 2000
query_backoff_ms = 200
query_backoff_max_ms = 2000
pending_query_ms = 1000
pending_query_max_ms = 2000
[banks.payouts.files]
outbox = "h2h/out"
inbox = "h2h/in"
sent = "h2h/sent"
debtor_name = "Sluice Payments Europe SA"
debtor_account = "DE89370400440532013000"
debtor_bic = "COBADEFFXXX"
"#,
    );
    text
}

/// The other side of the folders: takes every file at once, and answers when it is told to.
struct Bank {
    folder: PathBuf,
    /// What it took, by name: how often, and the last text.
    taken: Arc<Mutex<HashMap<String, (usize, String)>>>,
}

impl Bank {
    fn open(sluice: &Sluice) -> Bank {
        let folder = sluice.dir().join("h2h");
        for name in ["out", "in", "sent"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let bank = Bank { folder, taken: Arc::default() };
        let (outbox, taken) = (bank.folder.join("out"), bank.taken.clone());
        tokio::spawn(async move {
            while let Ok(entries) = std::fs::read_dir(&outbox) {
                for path in entries.flatten().map(|entry| entry.path()) {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    let text = std::fs::read_to_string(&path).unwrap();
                    std::fs::remove_file(&path).unwrap();
                    let mut taken = taken.lock().unwrap();
                    let file = taken.entry(name).or_default();
                    *file = (file.0 + 1, text);
                }
                sleep(Duration::from_millis(5)).await;
            }
        });
        bank
    }

    /// Waits until it has the payout's file.
    async fn order(&self, reference: &str) -> String {
        let begun = Instant::now();
        loop {
            let file = self.taken.lock().unwrap().get(&format!("{reference}.xml")).cloned();
            if let Some((_, text)) = file {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "no file for {reference}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// How often it was given each file.
    fn counts(&self) -> Vec<usize> {
        self.taken.lock().unwrap().values().map(|(count, _)| *count).collect()
    }

    /// Answers as banks do: under another name first.
    fn says(&self, name: &str, reference: &str, minute: u32, status: &str, more: &str) {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
             <GrpHdr><MsgId>{name}</MsgId><CreDtTm>2026-11-26T10:{minute:02}:00+01:00</CreDtTm></GrpHdr>\
             <OrgnlGrpInfAndSts><OrgnlMsgId>{reference}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>\
             </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{reference}</OrgnlPmtInfId><TxInfAndSts>\
             <OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>{more}</TxInfAndSts>\
             </OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
        );
        let inbox = self.folder.join("in");
        std::fs::write(inbox.join(format!("{name}.part")), text).unwrap();
        std::fs::rename(inbox.join(format!("{name}.part")), inbox.join(format!("{name}.xml"))).unwrap();
    }
}

const AC01: &str = "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>";

/// What stands in an element that is there once.
fn inside<'t>(text: &'t str, element: &str) -> &'t str {
    let (start, end) = (format!("<{element}>"), format!("</{}>", element.split(' ').next().unwrap()));
    let found: Vec<&str> = text.split(&start).skip(1).collect();
    assert_eq!(found.len(), 1, "{element} in {text}");
    found[0].split(&end).next().unwrap()
}

async fn withdraw(world: &World, merchant: &Merchant, buy: &str) -> (Answer, String) {
    let payee = world.new_payee(merchant, buy, "62220000777700").await;
    let order = world.withdraw(merchant, &payee, "100.00", "USD", buy).await;
    assert_eq!((order.status, order.text_of("status")), (201, "processing"), "{order:?}");
    let reference = order.json["payouts"][0]["id"].as_str().unwrap().to_owned();
    (order, reference)
}

async fn start() -> (Sluice, World, Second, Bank) {
    let (sluice, world) = Sluice::start().await;
    let bank = Bank::open(&sluice);
    let second = sluice.second_with(&world, &configuration(&sluice)).await;
    world.pay_in(world.merchant(0), "1000.00", "USD").await;
    (sluice, world, second, bank)
}

/// The figure of a counter of this bank.
async fn counter(world: &World, name: &str) -> f64 {
    let text = world.probe("/metrics").await;
    let line = text.lines().find(|line| line.starts_with(name) && line.contains("bank=\"h2h\""));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}

async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// By hand: 100.00 less 0.30 is 99.70, at 7.1000 that is 707.87.
#[tokio::test]
async fn r27_r29_a_payout_by_files_is_paid_and_stays_paid() {
    let (sluice, world, second, bank) = start().await;
    let (merchant, gateway) = (world.merchant(0), &second.world);
    let (order, reference) = withdraw(gateway, merchant, "CNY").await;
    let file = bank.order(&reference).await;
    for element in ["MsgId", "PmtInfId", "InstrId", "EndToEndId"] {
        assert_eq!(inside(&file, element), reference);
    }
    assert_eq!(inside(&file, "InstdAmt Ccy=\"CNY\""), "707.87");
    assert!(inside(&file, "Cdtr").contains(&format!("<Nm>{}</Nm>", merchant.name)), "{file}");
    assert!(inside(&file, "CdtrAcct").contains("<Id>62220000777700</Id>"), "{file}");
    assert!(inside(&file, "CdtrAgt").contains("<Cd>CNAPS</Cd>"), "{file}");

    bank.says("1-pending", &reference, 1, "PDNG", "");
    sleep(Duration::from_millis(2500)).await;
    let pending = gateway.withdrawal(merchant, order.text_of("id")).await;
    assert_eq!(pending.text_of("status"), "processing");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "100.00");
    bank.says("2-settled", &reference, 2, "ACSC", "<AcctSvcrRef>HB-9</AcctSvcrRef>");
    let paid = gateway.wait_for(merchant, order.text_of("id"), "paid").await;
    assert_eq!(paid.json["payouts"][0]["bank_reference"], "HB-9", "{paid:?}");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");

    // Too late: heard, counted, and nothing else.
    assert_eq!(counter(gateway, "sluice_payout_contradictions_total").await, 0.0);
    bank.says("3-refused", &reference, 3, "RJCT", AC01);
    wait_until("a contradiction", async || {
        counter(gateway, "sluice_payout_contradictions_total").await == 1.0
    })
    .await;
    assert_eq!(gateway.withdrawal(merchant, order.text_of("id")).await.text_of("status"), "paid");
    assert_eq!(world.balance(merchant, "USD", "available").await, "900.00");
    assert_eq!(bank.counts(), [1], "one file");
    assert_eq!(world.journal().await, Vec::<String>::new(), "nothing went to the other bank");
    let overview = gateway.look("/admin/v1/overview").await;
    let banks = overview.json["banks"].as_array().unwrap();
    assert!(banks.iter().any(|bank| bank["bank"] == "h2h" && bank["max_per_second"] == 50), "{banks:?}");
    let metrics = gateway.probe("/metrics").await;
    let read =
        metrics.lines().find(|line| line.contains("sluice_bank_inbox_files{") && line.contains("\"read\""));
    assert!(read.is_some_and(|line| line.contains("\"h2h\"") && line.ends_with(" 3")), "{read:?}");
    sluice.verify().await;
}

#[tokio::test]
async fn r28_r29_a_refusal_by_file_asks_for_another_payee_and_paid_after_it_is_disputed() {
    let (sluice, world, second, bank) = start().await;
    let (merchant, gateway) = (world.merchant(0), &second.world);
    let (exchanged, first) = withdraw(gateway, merchant, "CNY").await;
    let (same, other) = withdraw(gateway, merchant, "USD").await;
    for reference in [&first, &other] {
        bank.order(reference).await;
    }
    bank.says("half", &first, 1, "RJCT<", "");
    bank.says("refused-1", &first, 1, "RJCT", AC01);
    bank.says("refused-2", &other, 1, "RJCT", AC01);
    let failed = gateway.wait_for(merchant, exchanged.text_of("id"), "payee_action_required").await;
    assert_eq!(failed.json["failure"]["code"], "AC01");
    gateway.wait_for(merchant, same.text_of("id"), "failed").await;
    assert_eq!(world.balance(merchant, "USD", "available").await, "800.00");

    let body = json!({"payee_id": merchant.payee("CNY")});
    let path = format!("/v1/withdrawals/{}/payee", exchanged.text_of("id"));
    let again = gateway.order(merchant, &path, "other-payee", &body).await;
    assert_eq!((again.status, again.text_of("status")), (200, "processing"), "{again:?}");
    let second_try =
        again.json["payouts"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    bank.order(&second_try).await;
    bank.says("settled", &second_try, 2, "ACCC", "");
    gateway.wait_for(merchant, exchanged.text_of("id"), "paid").await;

    bank.says("settled-after-all", &other, 3, "ACSC", "");
    gateway.wait_for_row("/admin/v1/payouts?status=disputed", |row| row["id"] == other.as_str()).await;
    let refund = format!("/admin/v1/withdrawals/{}/refund", same.text_of("id"));
    let refused = gateway.act(world.operator("operator", 0), &refund, &json!({"reason": "asked for"})).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "nothing is paid twice");
    assert_eq!(bank.counts(), [1, 1, 1]);
    sluice.verify().await;
}

#[tokio::test]
async fn i4_i8_kill_9_between_everything_leaves_one_file_for_each_payout() {
    let (sluice, world, mut second, bank) = start().await;
    let merchant = world.merchant(0);
    let mut orders = Vec::new();
    for round in 0..6u64 {
        let payee = merchant.payee("CNY");
        for _ in 0..3 {
            let order = second.world.withdraw(merchant, payee, "10.00", "USD", "CNY").await;
            assert_eq!(order.status, 201, "{order:?}");
            orders.push(order);
        }
        sleep(Duration::from_millis(round * 4)).await;
        drop(second);
        second = sluice.second_with(&world, &configuration(&sluice)).await;
    }
    let reference = |order: &Answer| order.json["payouts"][0]["id"].as_str().unwrap().to_owned();
    for (at, order) in orders.iter().enumerate() {
        bank.order(&reference(order)).await;
        bank.says(&format!("{at}"), &reference(order), 1, "ACSC", "");
    }
    for order in &orders {
        second.world.wait_for(merchant, order.text_of("id"), "paid").await;
    }
    assert_eq!(bank.counts(), vec![1; orders.len()], "each file once");
    assert_eq!(world.balance(merchant, "USD", "available").await, "820.00");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");
    sluice.verify().await;
}

/// By hand: 100.00 less 0.30 is 99.70, in dollars.
#[tokio::test]
async fn r29_what_people_found_out_outlives_a_restart_that_reads_the_folder_anew() {
    let (sluice, world, second, bank) = start().await;
    let merchant = world.merchant(0);
    let (order, reference) = withdraw(&second.world, merchant, "USD").await;
    bank.order(&reference).await;
    bank.says("1-refused", &reference, 1, "RJCT", AC01);
    second.world.wait_for(merchant, order.text_of("id"), "failed").await;
    bank.says("2-settled", &reference, 2, "ACSC", "<AcctSvcrRef>HB-9</AcctSvcrRef>");
    let disputed = "/admin/v1/payouts?status=disputed";
    second.world.wait_for_row(disputed, |row| row["id"] == reference.as_str()).await;
    let body = json!({"outcome": "not_paid", "reason": "not on the statement, the desk confirms"});
    let resolved = second.world.by_two(&format!("/admin/v1/payouts/{reference}/resolve"), &body).await;
    assert_eq!(
        (resolved.status, &resolved.json["result"]["status"]),
        (200, &json!("failed")),
        "{resolved:?}"
    );

    // A new process reads both files, and tells both: nobody is alarmed again, and the refund goes on.
    drop(second);
    let second = sluice.second_with(&world, &configuration(&sluice)).await;
    let detail = format!("/admin/v1/payouts/{reference}");
    let heard = async || second.world.look(&detail).await.json.to_string().matches("have judged").count();
    wait_until("both answers, heard again", async || heard().await >= 2).await;
    assert_eq!(second.world.look(&detail).await.text_of("status"), "failed");
    assert_eq!(counter(&second.world, "sluice_payout_disputes_total").await, 0.0);
    let refund = format!("/admin/v1/withdrawals/{}/refund", order.text_of("id"));
    let operator = world.operator("operator", 0);
    let refunded = second.world.act(operator, &refund, &json!({"reason": "asked for"})).await;
    assert_eq!(refunded.status, 200, "{refunded:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "1000.00");
    sluice.verify().await;
}

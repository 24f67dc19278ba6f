//! Banks that are away, slow or silent, that lie, and whose files can't be read.

use std::cell::RefCell;

use serde_json::json;
use tests::{Answer, BankApart, Gate, Merchant, SlowBank, Sluice, unique};

use super::{Scene, until};
use crate::watch::Expected;

const OUTBOX: &str = "files/out";
const INBOX: &str = "files/in";

/// A gateway whose dollars go through a slow bank, whose pounds go through one that can be away, and whose euros go by
/// files. Each is a bank of its own name, so that no other gateway's worker carries any of it. The sandbox bank makes
/// prices of euros in dollars, too, and large withdrawals are held.
pub fn configuration(sluice: &Sluice, slow: &SlowBank, away: &Gate) -> String {
    for folder in [OUTBOX, INBOX, "files/sent"] {
        std::fs::create_dir_all(sluice.dir().join(folder)).expect("a folder");
    }
    let mut text = sluice.configuration();
    let payouts = text.split("[banks.payouts]").nth(1).expect("the demo's payouts").to_owned();
    let line =
        |name: &str| payouts.lines().find(|line| line.starts_with(name)).expect("a setting").to_owned();
    for (from, to) in [
        ("\nUSD = \"sandbox\"", "\nUSD = \"slow\""),
        ("\nGBP = \"sandbox\"", "\nGBP = \"away\""),
        ("\nEUR = \"sandbox\"", "\nEUR = \"files\""),
        ("\"GBPCNY\"]", "\"GBPCNY\", \"EURUSD\"]"),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replacen(from, to, 1);
    }
    let bank = |id: &str, waits: &str, way: &str| {
        format!(
            "\n[[banks]]\nid = \"{id}\"\ndeduplicates_references = true\n\
             keys = [{{ id = \"k\", secret = \"{}\" }}]\n\
             [banks.payouts]\npoll_ms = 100\n{waits}\n{way}\n",
            BankApart::SECRET
        )
    };
    let https = |url: &str| format!("base_url = \"{url}\"\n{}\n{}", line("ca_file"), line("secret"));
    let quick = "request_timeout_ms = 800\nlease_ms = 2000\nsettle_ms = 3000\nsend_backoff_ms = 100\n\
                 send_backoff_max_ms = 500\npending_query_ms = 200\npending_query_max_ms = 1000";
    let patient = "request_timeout_ms = 10000\nlease_ms = 25000\nsettle_ms = 40000\npending_query_ms = 200\n\
                   pending_query_max_ms = 1000";
    let files = format!(
        "[banks.payouts.files]\noutbox = {OUTBOX:?}\ninbox = {INBOX:?}\nsent = \"files/sent\"\n\
         debtor_name = \"Sluice Payments Europe SA\"\ndebtor_account = \"DE89370400440532013000\"\n\
         debtor_bic = \"COBADEFFXXX\""
    );
    text + &bank("slow", patient, &https(&slow.url))
        + &bank("away", quick, &https(&away.url))
        + &bank("files", quick, &files)
        + "\n[payouts]\nhold_above_usd = \"5000.00\"\n"
}

pub async fn prove(scene: &Scene) {
    let merchant = scene.world.merchant(0);
    for (amount, currency) in [("50000.00", "USD"), ("1000.00", "EUR"), ("1000.00", "GBP")] {
        let paid = scene.world.pay_in(merchant, amount, currency).await;
        assert_eq!(paid.outcome().0, "credited", "{paid:?}");
    }
    tokio::join!(
        never_seen(scene, merchant),
        disputed(scene, merchant),
        contradicted(scene, merchant),
        nobodys_payout(scene),
        held(scene, merchant),
        waiting(scene, merchant),
        away(scene, merchant),
        slow(scene, merchant),
        by_files(scene, merchant),
    );
}

/// A withdrawal through the gateway beside, to an account with these last digits: itself, and its payout's id.
async fn order(
    scene: &Scene,
    merchant: &Merchant,
    amount: &str,
    sell: &str,
    buy: &str,
    digits: &str,
) -> (Answer, String) {
    let world = &scene.beside.world;
    let payee = world.new_payee(merchant, buy, &format!("62220000{digits}")).await;
    let order = world.withdraw(merchant, &payee, amount, sell, buy).await;
    assert_eq!(order.status, 201, "{order:?}");
    let payout = order.json["payouts"][0]["id"].as_str().expect("an id").to_owned();
    (order, payout)
}

/// What two persons found out.
async fn resolve(scene: &Scene, payout: &str, outcome: &str) {
    let body =
        json!({"outcome": outcome, "bank_reference": unique("HB"), "reason": "the bank's desk, by phone"});
    scene.by_two(&format!("/admin/v1/payouts/{payout}/resolve"), &body, async || {}).await;
}

const SANDBOX: &[(&str, &str)] = &[("bank", "sandbox")];

/// The bank never gets it, however often it is sent.
async fn never_seen(scene: &Scene, merchant: &Merchant) {
    let unknown = Expected { name: "SluicePayoutUnknown", labels: SANDBOX, says: "sandbox is 16m " };
    let operator =
        Expected { name: "SluicePayoutNeedsOperator", labels: SANDBOX, says: "need an operator: 1." };
    scene.watch.silent(unknown).await;
    let (_, payout) = order(scene, merchant, "100.00", "USD", "CNY", "0005").await;
    let list = "/admin/v1/payouts?status=unknown";
    scene.world.wait_for_row(list, |row| row["id"] == payout.as_str()).await;
    scene.ages("payouts", "created_at", &payout, "16 minutes").await;
    scene.watch.fires(unknown).await;
    let called = |row: &serde_json::Value| row["id"] == payout.as_str() && row["needs_operator"] == true;
    scene.world.wait_for_row(list, called).await;
    // What is disputed needs one, too: one after the other.
    scene.watch.fires(operator).await;
    resolve(scene, &payout, "not_paid").await;
    scene.watch.ends(unknown).await;
    scene.watch.ends(operator).await;
}

async fn disputed(scene: &Scene, merchant: &Merchant) {
    let expected =
        Expected { name: "SluicePayoutDisputed", labels: SANDBOX, says: "Disputed payouts of sandbox: 1." };
    scene.watch.silent(expected).await;
    let (_, payout) = order(scene, merchant, "100.00", "USD", "CNY", "77770015").await;
    scene.watch.fires(expected).await;
    resolve(scene, &payout, "paid").await;
    scene.watch.ends(expected).await;
    given_back(scene, merchant).await;
    repeated_unnamed(scene, merchant).await;
}

/// It was refunded before the bank said that it had paid it; then the bank gives it back.
async fn given_back(scene: &Scene, merchant: &Merchant) {
    let expected = Expected {
        name: "SluicePayoutChargeGivenBack",
        labels: SANDBOX,
        says: "such returns of sandbox in an hour. What came is the merchant's again, if it has not left.",
    };
    let say = async |kind: &str, payout: &str, amount: &str| {
        let data =
            json!({"reference": payout, "bank_reference": unique("HB"), "amount": amount, "currency": "USD"});
        let event = json!({"type": kind, "data": data}).to_string();
        let told = scene.world.event(&unique("evt"), event.as_bytes()).await;
        assert_eq!(told.outcome().0, "applied", "{kind}: {told:?}");
    };
    let fault = async || {
        // Dollars go to the sandbox bank by the demo's own gateway.
        let payee = scene.world.new_payee(merchant, "USD", "622200000001").await;
        let order = scene.world.withdraw(merchant, &payee, "100.00", "USD", "USD").await;
        assert_eq!(order.status, 201, "{order:?}");
        let (withdrawal, payout) =
            (order.text_of("id"), order.json["payouts"][0]["id"].as_str().expect("an id"));
        scene.world.wait_for(merchant, withdrawal, "failed").await;
        scene.act(&format!("/admin/v1/withdrawals/{withdrawal}/refund")).await;
        say("payout.paid", payout, "99.70").await;
        resolve(scene, payout, "paid").await;
        say("payout.returned", payout, "99.70").await;
    };
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}

/// It fails, is said to be paid, and people find that it was not. Then the bank says the same again.
async fn repeated_unnamed(scene: &Scene, merchant: &Merchant) {
    let expected = Expected {
        name: "SluicePayoutRepeatedUnnamed",
        labels: SANDBOX,
        says: "such reports of sandbox in an hour, without a reference: said twice, or paid after all.",
    };
    let fault = async || {
        let payee = scene.world.new_payee(merchant, "USD", "622200000001").await;
        let order = scene.world.withdraw(merchant, &payee, "100.00", "USD", "USD").await;
        assert_eq!(order.status, 201, "{order:?}");
        let payout = order.json["payouts"][0]["id"].as_str().expect("an id");
        scene.world.wait_for(merchant, order.text_of("id"), "failed").await;
        let data = json!({"reference": payout, "amount": "99.70", "currency": "USD"});
        let paid = json!({"type": "payout.paid", "data": data}).to_string();
        let told = scene.world.event(&unique("evt"), paid.as_bytes()).await;
        assert_eq!(told.outcome(), ("applied", "disputed"), "{told:?}");
        resolve(scene, payout, "not_paid").await;
        let again = scene.world.event(&unique("evt"), paid.as_bytes()).await;
        assert_eq!(again.outcome().0, "duplicate", "{again:?}");
    };
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}

async fn contradicted(scene: &Scene, merchant: &Merchant) {
    let expected = Expected {
        name: "SluicePayoutContradiction",
        labels: SANDBOX,
        says: "of sandbox in an hour name another amount, currency or result.",
    };
    let fault = async || {
        let (order, _) = order(scene, merchant, "100.00", "USD", "CNY", "77770011").await;
        scene.world.wait_for(merchant, order.text_of("id"), "paid").await;
    };
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}

async fn nobodys_payout(scene: &Scene) {
    let expected = Expected {
        name: "SluicePayoutUnknownReference",
        labels: SANDBOX,
        says: "such reports of sandbox in an hour.",
    };
    let fault = async || {
        let paid = json!({"type": "payout.paid", "data": {"reference": format!("po_{}", uuid::Uuid::now_v7().simple()),
            "bank_reference": "HB-1", "amount": "1.00", "currency": "USD"}});
        let told = scene.world.event(&unique("evt"), paid.to_string().as_bytes()).await;
        assert_eq!(told.outcome(), ("ignored", "unknown_reference"), "{told:?}");
    };
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}

async fn held(scene: &Scene, merchant: &Merchant) {
    let expected = Expected { name: "SluicePayoutsHeld", labels: SANDBOX, says: "sandbox is 1d 1h " };
    scene.watch.silent(expected).await;
    let (order, payout) = order(scene, merchant, "6000.00", "USD", "CNY", "7777").await;
    assert_eq!(order.json["payouts"][0]["status"], "held", "{order:?}");
    scene.ages("payouts", "created_at", &payout, "25 hours").await;
    scene.watch.fires(expected).await;
    scene.act(&format!("/admin/v1/payouts/{payout}/release")).await;
    scene.watch.ends(expected).await;
    scene.world.wait_for(merchant, order.text_of("id"), "paid").await;
}

/// The account is wrong, and for a day nobody names another one.
async fn waiting(scene: &Scene, merchant: &Merchant) {
    let status = "payee_action_required";
    let expected = Expected {
        name: "SluiceWithdrawalsWaiting",
        labels: &[("status", status)],
        says: "payee_action_required has been so for 1d 1h ",
    };
    scene.watch.silent(expected).await;
    let (order, _) = order(scene, merchant, "100.00", "USD", "CNY", "0001").await;
    let (id, world) = (order.text_of("id"), &scene.world);
    world.wait_for(merchant, id, status).await;
    scene.ages("withdrawals", "updated_at", id, "25 hours").await;
    scene.watch.fires(expected).await;
    let other = json!({"payee_id": world.new_payee(merchant, "CNY", "622200009999").await});
    let again = world.order(merchant, &format!("/v1/withdrawals/{id}/payee"), &unique("key"), &other).await;
    assert_eq!(again.status, 200, "{again:?}");
    scene.watch.ends(expected).await;
    world.wait_for(merchant, id, "paid").await;
}

/// The bank is gone: it is left alone, and what is for it queues until it is back.
async fn away(scene: &Scene, merchant: &Merchant) {
    let bank = &[("bank", "away")];
    let breaker =
        Expected { name: "SluiceBankBreakerOpen", labels: bank, says: "has not got through to away" };
    let queued =
        Expected { name: "SluicePayoutsQueued", labels: bank, says: "queued payout of away is 11m " };
    scene.watch.silent(breaker).await;
    scene.watch.silent(queued).await;
    scene.away.shut();
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(order(scene, merchant, "10.00", "GBP", "GBP", "7777").await);
    }
    scene.ages("payouts", "created_at", &orders[0].1, "11 minutes").await;
    scene.watch.fires(breaker).await;
    scene.watch.fires(queued).await;
    scene.away.open();
    scene.watch.ends(breaker).await;
    scene.watch.ends(queued).await;
    for (order, _) in orders {
        scene.world.wait_for(merchant, order.text_of("id"), "paid").await;
    }
}

/// Orders are accepted after 6 seconds.
async fn slow(scene: &Scene, merchant: &Merchant) {
    let expected =
        Expected { name: "SluiceBankSlow", labels: &[("bank", "slow")], says: "takes slow more than 9.75s" };
    let orders = RefCell::new(Vec::new());
    // The first is seen as a beginning, the next ones as an increase.
    let fault = async || {
        let ordered = order(scene, merchant, "10.00", "USD", "USD", "7777").await;
        orders.borrow_mut().push(ordered);
    };
    scene.watch.proves_repeated(expected, fault, async || scene.slow.heal()).await;
    for (order, _) in orders.into_inner() {
        scene.world.wait_for(merchant, order.text_of("id"), "paid").await;
    }
}

/// The bank took the file, and says nothing; then something that nobody can read; then that it is settled.
async fn by_files(scene: &Scene, merchant: &Merchant) {
    let bank = &[("bank", "files")];
    let silent =
        Expected { name: "SluicePayoutWithoutResult", labels: bank, says: "that files has is 4d 1h " };
    let unreadable =
        Expected { name: "SluiceBankFileUnreadable", labels: bank, says: "Unreadable files of files: 1." };
    scene.watch.silent(silent).await;
    scene.watch.silent(unreadable).await;
    let (order, payout) = order(scene, merchant, "10.00", "EUR", "EUR", "7777").await;
    let file = scene.sluice.dir().join(OUTBOX).join(format!("{payout}.xml"));
    until("the bank's file", async || file.exists()).await;
    std::fs::remove_file(&file).expect("taken");
    scene.ages("payouts", "created_at", &payout, "97 hours").await;
    let inbox = scene.sluice.dir().join(INBOX);
    std::fs::write(inbox.join("broken.xml"), "<Document><half").expect("written");
    scene.watch.fires(silent).await;
    scene.watch.fires(unreadable).await;
    std::fs::remove_file(inbox.join("broken.xml")).expect("taken away");
    std::fs::write(inbox.join("settled.part"), settled(&payout)).expect("written");
    std::fs::rename(inbox.join("settled.part"), inbox.join("settled.xml")).expect("named");
    scene.watch.ends(silent).await;
    scene.watch.ends(unreadable).await;
    scene.world.wait_for(merchant, order.text_of("id"), "paid").await;
}

/// A pain.002 that says so.
fn settled(reference: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-11-26T10:00:00+01:00</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{reference}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>\
         </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{reference}</OrgnlPmtInfId><TxInfAndSts>\
         <OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>\
         </OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

//! ISO 20022 at the banks' door: one document's transactions post together, and nothing else gets through.

use tests::{Sluice, funds, unique};

fn document(account: &str, message: &str, entries: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>{message}</MsgId></GrpHdr><Ntfctn><Id>{message}</Id>\
         <Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
    .into_bytes()
}

fn entry(reference: &str, amount: &str, direction: &str, details: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"USD\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )
}

fn amazon(reference: &str, amount: &str) -> String {
    format!(
        "<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs><Amt Ccy=\"USD\">{amount}</Amt><RltdPties><Dbtr>\
         <Pty><Nm>AMAZON PAYMENTS INC</Nm></Pty></Dbtr></RltdPties></TxDtls>"
    )
}

#[tokio::test]
async fn r4_r6_r8_a_document_posts_whole_and_its_files_name_does_not_matter() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (first, second, wrong) = (unique("T"), unique("T"), unique("E"));
    let entries = [
        entry(
            &unique("E"),
            "35.00",
            "CRDT",
            &format!("{}{}", amazon(&first, "10.00"), amazon(&second, "25.00")),
        ),
        entry(
            &wrong,
            "9.00",
            "CRDT",
            &format!("{}{}", amazon(&unique("T"), "4.00"), amazon(&unique("T"), "4.99")),
        ),
        entry(&unique("E"), "3.00", "DBIT", ""),
    ]
    .concat();
    let body = document(merchant.account("USD"), &unique("M"), &entries);
    let answer = world.xml_event(&unique("evt"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let outcomes: Vec<(&str, &str)> = answer.json["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["outcome"].as_str().unwrap(), row["reason"].as_str().unwrap_or_default()))
        .collect();
    let expected = [
        ("credited", ""),
        ("credited", ""),
        ("in_review", "entry_sum_mismatch"),
        ("ignored", "for_reconciliation"),
    ];
    assert_eq!(outcomes, expected, "{}", answer.text);
    assert_eq!(world.balance(merchant, "USD", "available").await, "35.00");
    assert_eq!(world.balance(merchant, "USD", "in_review").await, "9.00");

    // The same file under another event, and the same payment as JSON: duplicates.
    let again = world.xml_event(&unique("evt"), &body).await;
    let outcomes = again.json["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.iter().filter(|row| row["outcome"] == "duplicate").count(), 3, "{}", again.text);
    let json = funds(&first, merchant.account("USD"), "10.00", "USD", "AMAZON PAYMENTS INC");
    assert_eq!(world.event(&unique("evt"), &json).await.outcome().0, "duplicate");

    // The bank takes one of them back.
    let back = format!(
        "<TxDtls><Refs><TxId>{first}</TxId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>"
    );
    let body = document(merchant.account("USD"), &unique("M"), &entry(&unique("R"), "10.00", "DBIT", &back));
    let answer = world.xml_event(&unique("evt"), &body).await;
    assert_eq!(answer.outcome(), ("applied", ""), "{}", answer.text);
    assert_eq!(world.balance(merchant, "USD", "available").await, "25.00");
    sluice.verify().await;
}

/// Outcome and reason of each line.
fn told(answer: &tests::Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let outcomes = answer.json["outcomes"].as_array().unwrap();
    outcomes
        .iter()
        .map(|row| (row["outcome"].as_str().unwrap(), row["reason"].as_str().unwrap_or_default()))
        .collect()
}

/// 60.00 and 30.00 of 100.00, booked whole; then the bank sends it anew with 60.00 and 40.00: it is the same money. And 50.00
/// that came in inside a debit.
#[tokio::test]
async fn r4_r5_r6_what_contradicts_its_entry_is_reviewed_and_never_credited_by_itself() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let say = async |reference: &str, amount: &str, direction: &str, details: &str| {
        let entries = entry(reference, amount, direction, details);
        world.xml_event(&unique("evt"), &document(merchant.account("USD"), &unique("M"), &entries)).await
    };
    let (whole, first, second) = (unique("E"), unique("T"), unique("T"));
    let wrong = format!("{}{}", amazon(&first, "60.00"), amazon(&second, "30.00"));
    let mended = format!("{}{}", amazon(&first, "60.00"), amazon(&second, "40.00"));
    assert_eq!(told(&say(&whole, "100.00", "CRDT", &wrong).await), [("in_review", "entry_sum_mismatch")]);
    let again = say(&whole, "100.00", "CRDT", &mended).await;
    assert_eq!(told(&again), [("in_review", "reference_conflict"); 2]);
    let more = say(&whole, "100.00", "CRDT", &mended).await;
    assert_eq!(told(&more), [("duplicate", ""); 2]);
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");

    let details = ["DBIT", "CRDT"].into_iter().zip(["150.00", "50.00"]).map(|(direction, amount)| {
        let own = format!("<CdtDbtInd>{direction}</CdtDbtInd><RltdPties>");
        amazon(&unique("T"), amount).replace("<RltdPties>", &own)
    });
    let debit = say(&unique("E"), "100.00", "DBIT", &details.collect::<String>()).await;
    assert_eq!(told(&debit), [("ignored", "for_reconciliation"), ("in_review", "entry_sum_mismatch")]);
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    assert_eq!(world.balance(merchant, "USD", "in_review").await, "250.00");
    sluice.verify().await;
}

/// An entry that was credited is reversed under its own reference, with and without details.
#[tokio::test]
async fn r8_a_reversed_entry_takes_back_what_it_credited() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let bare = amazon("X", "10.00").replace("<Refs><AcctSvcrRef>X</AcctSvcrRef></Refs>", "");
    let remitters = "<TxDtls><Refs><EndToEndId>INVOICE</EndToEndId></Refs></TxDtls>";
    for back in ["", remitters] {
        let reference = unique("RV");
        let say = async |direction: &str, details: &str, mark: &str| {
            let entries = entry(&reference, "10.00", direction, details);
            let entries = entries.replace("<AcctSvcrRef>", &format!("{mark}<AcctSvcrRef>"));
            let body = document(merchant.account("USD"), &unique("M"), &entries);
            world.xml_event(&unique("evt"), &body).await
        };
        assert_eq!(told(&say("CRDT", &bare, "").await), [("credited", "")]);
        assert_eq!(world.balance(merchant, "USD", "available").await, "10.00");
        let reversed = say("DBIT", back, "<RvslInd>true</RvslInd>").await;
        assert_eq!(told(&reversed), [("applied", "")], "{back}: {}", reversed.text);
        assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    }
    sluice.verify().await;
}

#[tokio::test]
async fn what_is_no_document_is_refused_with_its_path_and_kept() {
    let (sluice, world) = Sluice::start().await;
    let account = world.merchant(0).account("USD").to_owned();
    let bomb = b"<!DOCTYPE a [<!ENTITY x \"y\">]><Document>&x;</Document>".to_vec();
    let other = b"<Document><CstmrPmtStsRpt/></Document>".to_vec();
    let wrong = document(&account, "M", &entry("E", "1.001", "CRDT", ""));
    let table = [
        (bomb, (400, "malformed-xml"), "malformed"),
        (other, (422, "invalid-request"), "invalid"),
        (wrong, (422, "invalid-request"), "invalid"),
    ];
    for (body, refusal, verdict) in table {
        let event = unique("evt");
        let answer = world.xml_event(&event, &body).await;
        assert_eq!(answer.refusal(), refusal, "{}", answer.text);
        if refusal.1 == "invalid-request" {
            assert!(!answer.json["errors"][0]["field"].as_str().unwrap().is_empty(), "{}", answer.text);
        }
        let kept = world.look(&format!("/admin/v1/events?verdict={verdict}&limit=200")).await;
        assert!(kept.text.contains(&event), "it is kept as {verdict}");
    }
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "0.00");
    sluice.verify().await;
}

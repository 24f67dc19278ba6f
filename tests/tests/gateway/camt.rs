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

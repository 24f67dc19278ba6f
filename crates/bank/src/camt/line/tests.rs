use super::*;
use crate::camt::{Message, parse};

/// One notification for account 8335001234 with these entries.
fn read(entries: &str) -> Vec<Line> {
    let text = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>\
         <Acct><Id><Othr><Id>8335001234</Id></Othr></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    );
    let Ok(Message::Notification(notification)) = parse(text.as_bytes()) else { panic!("no notification") };
    lines(&notification)
}

fn entry(amount: &str, direction: &str, rest: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"USD\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>{rest}</Ntry>"
    )
}

fn refs_of(lines: &[Line]) -> Vec<(String, u32, i64, bool)> {
    lines
        .iter()
        .map(|line| match line {
            Line::Received(line) => {
                let funds = &line.funds;
                (funds.reference.clone(), line.position, funds.amount.minor(), line.sum_mismatch)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn r4_credits_that_share_a_reference_are_told_apart_by_their_place() {
    let tx = |amount| format!("<TxDtls><Amt Ccy=\"USD\">{amount}</Amt></TxDtls>");
    let details = format!(
        "<AcctSvcrRef>E1</AcctSvcrRef><NtryDtls>{}{}</NtryDtls><NtryDtls>{}</NtryDtls>",
        tx("1.00"),
        tx("1.00"),
        tx("2.00")
    );
    let told = refs_of(&read(&entry("4.00", "CRDT", &details)));
    let expected =
        [("E1", 0, 100), ("E1", 1, 100), ("E1", 2, 200)].map(|(r, p, m)| (r.to_owned(), p, m, false));
    assert_eq!(told, expected);
}

#[test]
fn r6_details_that_do_not_sum_up_make_one_line_of_the_entry() {
    let details = "<AcctSvcrRef>E1</AcctSvcrRef><NtryDtls><TxDtls><Refs><AcctSvcrRef>T1</AcctSvcrRef></Refs>\
                   <Amt Ccy=\"USD\">1.00</Amt></TxDtls><TxDtls><Amt Ccy=\"USD\">2.00</Amt></TxDtls></NtryDtls>";
    assert_eq!(refs_of(&read(&entry("3.01", "CRDT", details))), [("E1".to_owned(), 0, 301, true)]);
    let one =
        "<NtryDtls><TxDtls><Amt Ccy=\"USD\">1.00</Amt></TxDtls></NtryDtls><AcctSvcrRef>E2</AcctSvcrRef>";
    assert_eq!(refs_of(&read(&entry("2.00", "CRDT", one))), [("E2".to_owned(), 0, 200, true)]);
}

#[test]
fn r4_without_a_banks_reference_the_same_file_is_the_same_and_another_day_is_not() {
    let details = |day: &str| {
        format!(
            "<BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>INVOICE</EndToEndId></Refs></TxDtls></NtryDtls>"
        )
    };
    let of = |day| refs_of(&read(&entry("1.00", "CRDT", &details(day))));
    assert_eq!(of("2026-11-23"), of("2026-11-23"));
    assert_ne!(of("2026-11-23")[0].0, of("2026-11-24")[0].0);
    assert!(of("2026-11-23")[0].0.len() <= 64);
}

#[test]
fn r8_a_debit_that_returns_names_the_payment_and_a_reversed_credit_too() {
    let details = "<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><Refs><TxId>HB-1</TxId></Refs>\
                   <RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls>";
    let lines = read(&entry("5.00", "DBIT", details));
    let [Line::Returned(returned)] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((returned.reference.as_str(), returned.original_reference.as_str()), ("R1", "HB-1"));
    assert_eq!((returned.amount.minor(), returned.reason.as_deref()), (500, Some("AC04")));
    let reversed = "<RvslInd>true</RvslInd><AcctSvcrRef>R2</AcctSvcrRef><NtryDtls><TxDtls><Refs>\
                    <AcctSvcrRef>HB-2</AcctSvcrRef></Refs></TxDtls></NtryDtls>";
    let lines = read(&entry("5.00", "DBIT", reversed));
    assert!(matches!(lines.as_slice(), [Line::Returned(r)] if r.original_reference == "HB-2"), "{lines:?}");
}

#[test]
fn payouts_are_known_by_their_reference_and_the_rest_is_kept() {
    let of = |reference: &str, back: bool| {
        let back = if back { "<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>" } else { "" };
        format!(
            "<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{back}</TxDtls></NtryDtls>"
        )
    };
    let paid = read(&entry("5.00", "DBIT", &of("po_1", false)));
    assert!(
        matches!(paid.as_slice(), [Line::Payout { outcome: PayoutOutcome::Paid, report }] if report.reference == "po_1"),
        "{paid:?}"
    );
    let back = read(&entry("5.00", "CRDT", &of("po_1", true)));
    assert!(matches!(back.as_slice(), [Line::Payout { outcome: PayoutOutcome::Returned, .. }]), "{back:?}");
    let kept = read(&entry("5.00", "DBIT", &of("FEE", false)));
    let reason = KeptReason::ForReconciliation;
    assert!(matches!(kept.as_slice(), [Line::Kept { reason: r, .. }] if *r == reason), "{kept:?}");
    let reversed = read(&entry("5.00", "CRDT", "<RvslInd>true</RvslInd><AcctSvcrRef>X</AcctSvcrRef>"));
    assert!(matches!(reversed.as_slice(), [Line::Kept { .. }]), "never a credit: {reversed:?}");
}

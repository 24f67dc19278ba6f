use super::*;
use crate::camt::{Message, parse};

/// One notification for account 8335001234 with these entries.
fn read(entries: &str) -> Vec<Line> {
    read_of("N1", entries)
}

/// The same in the report of this id.
fn read_of(report: &str, entries: &str) -> Vec<Line> {
    let Ok(Message::Notification(notification)) = parse(document(report, entries).as_bytes()) else {
        panic!("no notification")
    };
    lines(&notification)
}

fn document(report: &str, entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>{report}</Id>\
         <Acct><Id><Othr><Id>8335001234</Id></Othr></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
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

const UETR: &str = "7a562c67-ca16-48ba-b074-65581be6f001";

/// Money must not vanish as a duplicate because two documents say the same of two payments.
#[test]
fn r4_what_names_no_payment_is_known_again_in_the_same_report_only() {
    const DAY: &str = "<BookgDt><Dt>2026-11-23</Dt></BookgDt>";
    const VALUE_DAY: &str = "<ValDt><Dt>2026-11-23</Dt></ValDt>";
    let uetr = format!("<UETR>{UETR}</UETR>");
    // The entry's own elements, its transaction's references, whether an entry like it in another report is the same
    let table = [
        ("<NtryRef>1</NtryRef>", DAY, "<EndToEndId>NOTPROVIDED</EndToEndId>", false),
        ("<NtryRef>1</NtryRef>", "", "", false),
        ("", DAY, "", false),
        ("", "", "<EndToEndId>INVOICE</EndToEndId>", false),
        ("", "", "<TxId>T-1</TxId>", false),
        ("<NtryRef>1</NtryRef>", "", "<InstrId>I-1</InstrId>", false),
        ("", DAY, "<EndToEndId>INVOICE</EndToEndId>", true),
        ("<NtryRef>1</NtryRef>", DAY, "<TxId>T-1</TxId>", true),
        ("", VALUE_DAY, "<ClrSysRef>C-1</ClrSysRef>", true),
        ("", "", uetr.as_str(), true),
        ("<AcctSvcrRef>E-1</AcctSvcrRef>", "", "", true),
        ("", "", "<AcctSvcrRef>A-1</AcctSvcrRef>", true),
    ];
    for (own, day, refs, same) in table {
        let rest = format!("{own}{day}<NtryDtls><TxDtls><Refs>{refs}</Refs></TxDtls></NtryDtls>");
        let of = |report| refs_of(&read_of(report, &entry("1.00", "CRDT", &rest)));
        assert_eq!(of("N1"), of("N1"), "delivered again: {rest}");
        assert_eq!(of("N1") == of("N2"), same, "in another report: {rest}");
    }
}

/// An entry's number tells it from the others of its report.
#[test]
fn r4_entries_are_told_apart_by_their_number_or_their_place() {
    let numbered = |number| entry("1.00", "CRDT", &format!("<NtryRef>{number}</NtryRef>"));
    let told = refs_of(&read(&[numbered(1), numbered(2), numbered(2)].concat()));
    assert_ne!(told[0].0, told[1].0);
    assert_eq!((&told[1].0, told[1].1, told[2].1), (&told[2].0, 0, 1));
}

/// Candidates for an amount which aren't needed are no reason to refuse the document and all money in it.
#[test]
fn r5_an_amount_that_only_stands_in_is_passed_over_where_it_can_not_be_read() {
    const BAD: [&str; 5] = [
        "<Amt Ccy=\"XAU\">1.00</Amt>",
        "<Amt Ccy=\"USD\">0.123456</Amt>",
        "<Amt Ccy=\"USD\">1.001</Amt>",
        "<Amt>1.00</Amt>",
        "<Amt Ccy=\"USD\">1.00</Amt><Amt Ccy=\"USD\">2.00</Amt>",
    ];
    let of = |own: &str, inside: &str| {
        let tx = format!("<TxDtls>{own}<AmtDtls>{inside}</AmtDtls></TxDtls>");
        let other = "<TxDtls><Amt Ccy=\"USD\">4.00</Amt></TxDtls>";
        entry("7.00", "CRDT", &format!("<AcctSvcrRef>E1</AcctSvcrRef><NtryDtls>{tx}{other}</NtryDtls>"))
    };
    let [own, wrong] = [3, 1].map(|units| format!("<Amt Ccy=\"USD\">{units}.00</Amt>"));
    let line = |position, minor, mismatch| ("E1".to_owned(), position, minor, mismatch);
    let (both, whole) = ([line(0, 300, false), line(1, 400, false)], [line(0, 700, true)]);
    for bad in BAD {
        for name in ["TxAmt", "CntrValAmt", "InstdAmt"] {
            let inside = format!("<{name}>{bad}</{name}>");
            assert_eq!(refs_of(&read(&of(&own, &inside))), both, "{inside}");
            assert_eq!(refs_of(&read(&of("", &inside))), whole, "without its own: {inside}");
        }
        let inside = format!("<TxAmt>{bad}</TxAmt><CntrValAmt>{own}</CntrValAmt>");
        assert_eq!(refs_of(&read(&of("", &inside))), both, "the next that can be read: {inside}");
        let refused = parse(document("N1", &of(bad, &format!("<TxAmt>{wrong}</TxAmt>"))).as_bytes());
        let Err(crate::ParseError::Invalid(errors)) = refused else { panic!("{bad}: {refused:?}") };
        let field = &errors[0].field;
        assert!(field.starts_with("Ntfctn[0].Ntry[0].NtryDtls[0].TxDtls[0].Amt"), "{bad}: {field}");
    }
}

/// What a return names is what the payment was kept under: the bank's reference if it gives any, else the UETR.
#[test]
fn r8_a_return_finds_its_payment_by_the_uetr_beside_other_names() {
    let uetr = format!("<UETR>{UETR}</UETR>");
    let others = "<InstrId>I-1</InstrId><EndToEndId>INVOICE</EndToEndId><ClrSysRef>C-1</ClrSysRef>";
    let transaction = "<TxId>T-1</TxId>";
    let bank = "<AcctSvcrRef>A-1</AcctSvcrRef>";
    // The entry's reference, the transaction's, and which payment is meant
    let table = [
        ("", uetr.clone(), UETR),
        ("", format!("{others}{uetr}"), UETR),
        ("R-1", format!("{others}{uetr}"), UETR),
        ("", format!("{others}{uetr}{transaction}"), UETR),
        ("R-1", format!("{others}{uetr}{transaction}"), "T-1"),
        ("R-1", format!("{others}{uetr}{transaction}{bank}"), "A-1"),
        // The entry has no reference of its own, so A-1 is the return's, not the payment's.
        ("", format!("{others}{uetr}{transaction}{bank}"), "T-1"),
        ("", format!("{others}{uetr}{bank}"), UETR),
        ("", format!("{others}{bank}"), "I-1"),
        ("", bank.to_owned(), "A-1"),
        ("A-1", format!("{others}{uetr}{bank}"), UETR),
        ("", format!("{others}{transaction}<UETR>NONE</UETR>"), "T-1"),
        ("R-1", others.to_owned(), "I-1"),
    ];
    for (own, refs, meant) in table {
        let own = if own.is_empty() { String::new() } else { format!("<AcctSvcrRef>{own}</AcctSvcrRef>") };
        let rest = format!("{own}<NtryDtls><TxDtls><Refs>{refs}</Refs><RtrInf/></TxDtls></NtryDtls>");
        let lines = read(&entry("5.00", "DBIT", &rest));
        let [Line::Returned(returned)] = lines.as_slice() else { panic!("{rest}: {lines:?}") };
        assert_eq!(returned.original_reference, meant, "{rest}");
    }
    let names = format!("{others}{transaction}{uetr}");
    let rest = format!("<NtryDtls><TxDtls><Refs>{names}</Refs></TxDtls></NtryDtls>");
    assert_eq!(refs_of(&read(&entry("5.00", "CRDT", &rest)))[0].0, UETR, "what the payment was kept under");
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

/// An entry that is reversed is booked again under the reference under which it was booked.
#[test]
fn r8_a_reversed_entry_is_its_own_original_unless_a_bank_or_network_names_another() {
    let uetr = format!("<UETR>{UETR}</UETR>");
    let words = "<InstrId>I-1</InstrId><EndToEndId>INVOICE</EndToEndId><ClrSysRef>C-1</ClrSysRef>";
    // The entry's reference, its transaction's, and which payment is meant
    let table = [
        ("RV-1", String::new(), Some("RV-1")),
        ("RV-1", words.to_owned(), Some("RV-1")),
        ("RV-1", "<AcctSvcrRef>RV-1</AcctSvcrRef>".to_owned(), Some("RV-1")),
        ("RV-1", format!("<AcctSvcrRef>A-1</AcctSvcrRef>{words}"), Some("A-1")),
        ("RV-1", format!("<AcctSvcrRef>RV-1</AcctSvcrRef><TxId>T-1</TxId>{words}"), Some("T-1")),
        ("RV-1", format!("{uetr}{words}"), Some(UETR)),
        ("", format!("<AcctSvcrRef>A-1</AcctSvcrRef><TxId>T-1</TxId>{words}"), Some("A-1")),
        ("", words.to_owned(), Some("I-1")),
        ("", String::new(), None),
    ];
    for (own, refs, meant) in table {
        let own = if own.is_empty() { String::new() } else { format!("<AcctSvcrRef>{own}</AcctSvcrRef>") };
        let details = format!("<NtryDtls><TxDtls><Refs>{refs}</Refs></TxDtls></NtryDtls>");
        let details = if refs.is_empty() { String::new() } else { details };
        let lines = read(&entry("5.00", "DBIT", &format!("<RvslInd>true</RvslInd>{own}{details}")));
        let named = match lines.as_slice() {
            [Line::Returned(returned)] => Some(returned.original_reference.as_str()),
            [Line::Kept { reason: KeptReason::ForReconciliation, .. }] => None,
            other => panic!("{own}{refs}: {other:?}"),
        };
        assert_eq!(named, meant, "{own}{refs}");
    }
}

/// It is booked under the reference that the JSON event of the same return carries.
#[test]
fn r4_r8_a_return_without_an_entrys_reference_goes_by_its_transactions() {
    let of = |back: &str| {
        format!(
            "{back}<NtryDtls><TxDtls><Refs><AcctSvcrRef>RET-9</AcctSvcrRef><TxId>RR-1</TxId></Refs><RtrInf/>\
             </TxDtls></NtryDtls>"
        )
    };
    let lines = read(&entry("5.00", "DBIT", &of("")));
    let [Line::Returned(returned)] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((returned.reference.as_str(), returned.original_reference.as_str()), ("RET-9", "RR-1"));
    let lines = read(&entry("5.00", "DBIT", &of("<AcctSvcrRef>E-9</AcctSvcrRef>")));
    let [Line::Returned(returned)] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((returned.reference.as_str(), returned.original_reference.as_str()), ("E-9", "RET-9"));
}

/// What is taken back in parts under one reference is told apart by its place, as payments are.
#[test]
fn r4_r8_parts_of_a_reversal_are_told_apart_by_their_place() {
    let tx = "<TxDtls><Amt Ccy=\"USD\">2.00</Amt></TxDtls>";
    let rest = format!("<RvslInd>true</RvslInd><AcctSvcrRef>RV-1</AcctSvcrRef><NtryDtls>{tx}{tx}</NtryDtls>");
    let lines = read(&entry("4.00", "DBIT", &rest));
    let told: Vec<_> = lines
        .iter()
        .map(|line| match line {
            Line::Returned(back) => (&*back.reference, &*back.original_reference, back.position),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [("RV-1", "RV-1", 0), ("RV-1", "RV-1", 1)]);
}

/// 150.00 out and 50.00 in: the money that came in is booked (R5), and a person looks at it.
#[test]
fn r5_r6_a_credit_inside_a_debit_entry_is_never_credited_by_itself() {
    let tx = |amount: &str, direction: &str, reference: &str| {
        format!(
            "<TxDtls><Refs>{reference}</Refs><Amt Ccy=\"USD\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd></TxDtls>"
        )
    };
    let of = |amount: &str, direction: &str, details: &str| {
        let rest = format!("<AcctSvcrRef>D-1</AcctSvcrRef><NtryDtls>{details}</NtryDtls>");
        read(&entry(amount, direction, &rest))
    };
    let credit = tx("50.00", "CRDT", "<AcctSvcrRef>C-1</AcctSvcrRef>");
    let debit = tx("150.00", "DBIT", "<AcctSvcrRef>F-1</AcctSvcrRef>");
    let lines = of("100.00", "DBIT", &format!("{debit}{credit}"));
    let [Line::Kept { reason: KeptReason::ForReconciliation, .. }, Line::Received(line)] = lines.as_slice()
    else {
        panic!("{lines:?}")
    };
    assert_eq!((&*line.funds.reference, line.funds.amount.minor(), line.sum_mismatch), ("C-1", 5_000, true));
    let payout = tx("50.00", "CRDT", "<EndToEndId>po_1</EndToEndId>").replace("</Refs>", "</Refs><RtrInf/>");
    let lines = of("100.00", "DBIT", &format!("{debit}{payout}"));
    let [_, Line::Payout { outcome: PayoutOutcome::Returned, .. }] = lines.as_slice() else {
        panic!("a payout that comes back is no payment: {lines:?}")
    };
    let debit = tx("10.00", "DBIT", "<AcctSvcrRef>F-1</AcctSvcrRef>");
    let lines = of("40.00", "CRDT", &format!("{credit}{debit}"));
    let [Line::Received(line), Line::Kept { .. }] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(!line.sum_mismatch, "a debit inside a credit entry takes nothing from it");
}

/// The entry's reference goes with what is not known by it: as the whole of it, it may have been booked before.
#[test]
fn r4_a_transaction_tells_which_entry_it_is_of() {
    let tx = |amount: &str, reference: &str| {
        format!("<TxDtls><Refs>{reference}</Refs><Amt Ccy=\"USD\">{amount}</Amt></TxDtls>")
    };
    let bank = |name: &str| format!("<AcctSvcrRef>{name}</AcctSvcrRef>");
    let (a, b) = (tx("60.00", &bank("MM-1a")), tx("40.00", &bank("MM-1b")));
    let (plain, wrong) = (tx("60.00", ""), tx("30.00", &bank("MM-1b")));
    let (of, at) = (Some(("MM-1", true)), Some(("MM-1", false)));
    // The entry's reference, its transactions, and the entry that each line names, and whether with its amount
    let table = [
        (bank("MM-1"), format!("{a}{b}"), vec![of, of]),
        (bank("MM-1"), format!("{plain}{b}"), vec![None, of]),
        (bank("MM-1"), format!("{plain}{}", tx("40.00", "")), vec![None, at]),
        (bank("MM-1"), format!("{a}{wrong}"), vec![None]),
        (bank("MM-1"), tx("100.00", ""), vec![None]),
        (bank("MM-1"), tx("100.00", &bank("MM-1")), vec![None]),
        (bank("MM-1"), tx("100.00", &bank("MM-1a")), vec![of]),
        (bank("MM-1"), String::new(), vec![None]),
        (String::new(), format!("{a}{b}"), vec![None, None]),
    ];
    for (own, details, expected) in table {
        let lines = read(&entry("100.00", "CRDT", &format!("{own}<NtryDtls>{details}</NtryDtls>")));
        let named: Vec<Option<(&str, bool)>> = lines
            .iter()
            .map(|line| match line {
                Line::Received(line) => line.entry.as_ref().map(|of| (&*of.reference, of.whole.is_some())),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(named, expected, "{own}{details}");
    }
}

#[test]
fn r37_a_banks_words_about_a_return_are_not_handed_on() {
    for (reason, expected) in [
        ("<Rsn><Cd>AC04</Cd></Rsn>", Some("AC04")),
        ("<Rsn><Prtry>account_closed</Prtry></Rsn>", Some("account_closed")),
        ("<Rsn><Prtry>ACCT 62220202000017788 OF ZHANG SAN CLOSED</Prtry></Rsn>", Some("NARR")),
        ("<Rsn><Prtry>62220202000017788</Prtry></Rsn>", Some("NARR")),
        ("<Rsn><Prtry>账户已关闭</Prtry></Rsn>", Some("NARR")),
        ("<Rsn><Cd>ZHANG SAN</Cd></Rsn>", Some("NARR")),
        ("<Rsn><Cd/></Rsn>", None),
        ("<AddtlInf>ZHANG SAN</AddtlInf>", None),
        ("", None),
    ] {
        let of = |name: &str| {
            format!(
                "<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs>\
                 <RtrInf>{reason}</RtrInf></TxDtls></NtryDtls>"
            )
        };
        let lines = read(&(entry("5.00", "DBIT", &of("HB-1")) + &entry("5.00", "CRDT", &of("po_1"))));
        let told = lines.iter().map(|line| match line {
            Line::Returned(funds) => funds.reason.as_deref(),
            Line::Payout { report, .. } => report.reason.as_deref(),
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<_>>(), [expected; 2], "{reason}");
    }
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

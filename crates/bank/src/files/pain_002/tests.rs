use proptest::prelude::*;
use time::macros::datetime;

use super::super::samples::{REFERENCE, cny};
use super::*;

fn read(body: &str) -> StatusReport {
    parse(body.as_bytes()).unwrap().expect("a pain.002")
}

/// A report with this group, and what follows it.
fn report(group: &str, rest: &str) -> String {
    format!(
        "<Document><CstmrPmtStsRpt><GrpHdr><MsgId>B</MsgId><CreDtTm>2026-11-26T10:00:00Z</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts>{group}</OrgnlGrpInfAndSts>{rest}</CstmrPmtStsRpt></Document>"
    )
}

/// What is said, in short.
fn said(body: &str) -> Vec<String> {
    let word = |answer: Answer| match answer.status {
        Status::Paid { amount, bank_reference } => {
            let amount = amount.map(|amount| format!("{amount} {}", amount.currency().code()));
            let words = [Some(answer.reference), Some("paid".into()), amount, bank_reference];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        Status::Failed { reason } => format!("{} failed {reason}", answer.reference),
        Status::Pending => format!("{} pending", answer.reference),
    };
    read(body).answers.into_iter().map(word).collect()
}

#[test]
fn two_versions_as_banks_write_them() {
    let rejected = read(include_str!("rejected-03.xml"));
    assert_eq!(rejected.created_at, Some(datetime!(2026-11-26 10:00 UTC)));
    let status = Status::Failed { reason: "AC01".into() };
    assert_eq!(rejected.answers, [Answer { reference: REFERENCE.into(), status }]);

    let settled = read(include_str!("settled-10.xml"));
    assert_eq!(settled.created_at, Some(datetime!(2026-11-26 10:00:00.5 UTC)));
    let status = Status::Paid { amount: Some(cny(70_787)), bank_reference: Some("HB-REF-9".into()) };
    assert_eq!(settled.answers, [Answer { reference: REFERENCE.into(), status }]);
}

#[test]
fn r27_every_status_means_one_of_three_things() {
    for (code, word) in [
        ("ACSC", "paid"),
        ("ACCC", "paid"),
        ("RJCT", "failed MS03"),
        ("ACTC", "pending"),
        ("ACCP", "pending"),
        ("ACSP", "pending"),
        ("ACWC", "pending"),
        ("ACWP", "pending"),
        ("PDNG", "pending"),
        ("RCVD", "pending"),
        ("PATC", "pending"),
        ("acsc", "pending"),
        ("NEWS", "pending"),
    ] {
        let rest = format!(
            "<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>r1</OrgnlEndToEndId><TxSts>{code}</TxSts>\
             </TxInfAndSts></OrgnlPmtInfAndSts>"
        );
        assert_eq!(said(&report("<OrgnlMsgId>m</OrgnlMsgId>", &rest)), [format!("r1 {word}")], "{code}");
    }
}

#[test]
fn a_status_counts_for_what_is_below_it_and_a_rejection_for_all_of_it() {
    let group = |status: &str| format!("<OrgnlMsgId>m1</OrgnlMsgId>{status}");
    let refused = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>";
    let payment = |inside: &str| format!("<OrgnlPmtInfAndSts>{inside}</OrgnlPmtInfAndSts>");
    let one = |inside: &str| format!("<TxInfAndSts>{inside}</TxInfAndSts>");
    let e2e = "<OrgnlEndToEndId>r1</OrgnlEndToEndId>";
    let table: [(String, String, &[&str]); 15] = [
        (group(refused), String::new(), &["m1 failed FF01"]),
        (group("<GrpSts>ACCP</GrpSts>"), String::new(), &["m1 pending"]),
        (group("<GrpSts>ACSC</GrpSts>"), String::new(), &["m1 paid"]),
        (group(""), String::new(), &[]),
        (
            group(""),
            payment("<OrgnlPmtInfId>p1</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>"),
            &["p1 failed MS03"],
        ),
        (
            group(refused),
            payment(&(one(e2e) + &one("<OrgnlInstrId>r2</OrgnlInstrId>"))),
            &["r1 failed FF01", "r2 failed FF01"],
        ),
        (
            group(""),
            payment(&format!(
                "<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Prtry>X 9</Prtry></Rsn></StsRsnInf>{}",
                one(e2e)
            )),
            &["r1 failed NARR"],
        ),
        (
            group("<GrpSts>ACSC</GrpSts>"),
            payment(&one(&format!("{e2e}<TxSts>PDNG</TxSts>"))),
            &["r1 pending"],
        ),
        (group("<GrpSts>PART</GrpSts>"), payment(&one(&format!("{e2e}<TxSts>ACSC</TxSts>"))), &["r1 paid"]),
        // Both words: whoever reads them sees the contradiction.
        (group(refused), payment(&one(&format!("{e2e}<TxSts>ACSC</TxSts>"))), &["r1 paid", "r1 failed FF01"]),
        (group(refused), payment(&one(&format!("{e2e}<TxSts>ACCP</TxSts>"))), &["r1 failed FF01"]),
        // The transaction's own reason is the better one.
        (
            group(refused),
            payment(&one(&format!(
                "{e2e}<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"
            ))),
            &["r1 failed AC04"],
        ),
        (
            group(""),
            payment(&one(
                "<OrgnlInstrId>i1</OrgnlInstrId><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId><TxSts>ACSC</TxSts>",
            )),
            &["i1 paid"],
        ),
        (
            group(""),
            payment(&format!("<OrgnlPmtInfId>p1</OrgnlPmtInfId>{}", one("<TxSts>ACSC</TxSts>"))),
            &["p1 paid"],
        ),
        // pain.002.001.02 has no payment level.
        (group(""), one(&format!("{e2e}<TxSts>ACSC</TxSts>")), &["r1 paid"]),
    ];
    for (group, rest, expected) in table {
        let body = report(&group, &rest);
        assert_eq!(said(&body), expected, "{body}");
    }
}

#[test]
fn an_amount_that_can_not_be_read_spoils_its_transaction_alone() {
    let amount = |text: &str| {
        format!(
            "<TxInfAndSts><OrgnlEndToEndId>r1</OrgnlEndToEndId><TxSts>ACSC</TxSts><AcctSvcrRef>B7</AcctSvcrRef>\
             <OrgnlTxRef><Amt>{text}</Amt></OrgnlTxRef></TxInfAndSts>\
             <TxInfAndSts><OrgnlEndToEndId>r2</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
        )
    };
    for (text, expected) in [
        ("<InstdAmt Ccy=\"JPY\">1200</InstdAmt>", Some("r1 paid 1200 JPY B7")),
        ("<InstdAmt Ccy=\"JPY\">1200.00</InstdAmt>", Some("r1 paid 1200 JPY B7")),
        ("<EqvtAmt><Amt Ccy=\"EUR\">5</Amt></EqvtAmt>", Some("r1 paid B7")),
        ("<InstdAmt Ccy=\"JPY\">1.5</InstdAmt>", None),
        ("<InstdAmt Ccy=\"XXY\">1</InstdAmt>", None),
        ("<InstdAmt>1</InstdAmt>", None),
        ("<InstdAmt Ccy=\"JPY\">1</InstdAmt><InstdAmt Ccy=\"JPY\">2</InstdAmt>", None),
        ("<InstdAmt Ccy=\"JPY\">-1</InstdAmt>", None),
    ] {
        let rest = format!("<OrgnlPmtInfAndSts>{}</OrgnlPmtInfAndSts>", amount(text));
        let body = report("<OrgnlMsgId>m</OrgnlMsgId>", &rest);
        let all: Vec<String> = expected.into_iter().chain(["r2 paid"]).map(str::to_owned).collect();
        assert_eq!(said(&body), all, "{text}");
        assert_eq!(read(&body).unreadable, usize::from(expected.is_none()), "{text}");
    }
}

#[test]
fn other_messages_are_passed_over_and_what_answers_nothing_is_refused() {
    for other in ["<Document><BkToCstmrDbtCdtNtfctn/></Document>", "<Report/>", "<Document/>"] {
        assert_eq!(parse(other.as_bytes()), Ok(None), "{other}");
    }
    let empty = parse(b"<Document><CstmrPmtStsRpt><GrpHdr/></CstmrPmtStsRpt></Document>");
    assert!(matches!(empty, Err(ParseError::Invalid(_))), "{empty:?}");
    let odd = read(&report("", "").replace("2026-11-26T10:00:00Z", "yesterday"));
    assert_eq!((odd.created_at, odd.answers), (None, vec![]));
}

#[test]
fn hostile_and_half_documents_are_malformed() {
    let whole = include_str!("settled-10.xml");
    let laughs =
        "<!DOCTYPE Document [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><Document>&b;</Document>";
    let huge = format!("<Document>{}</Document>", " ".repeat(MAX_BYTES));
    let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin = whole.replace("UTF-8", "ISO-8859-1");
    let deep = "<a>".repeat(100_000);
    let bodies: [&[u8]; 9] = [
        b"",
        b"\0\0\0",
        laughs.as_bytes(),
        huge.as_bytes(),
        &utf16,
        latin.as_bytes(),
        deep.as_bytes(),
        b"<Document>&unknown;</Document>",
        b"%PDF-1.7",
    ];
    for body in bodies {
        assert!(matches!(parse(body), Err(ParseError::MalformedXml(_))));
    }
    // Whatever the bank has written so far, it is no document before its last byte.
    let trimmed = whole.trim_end();
    for end in (0..trimmed.len()).filter(|end| trimmed.is_char_boundary(*end)) {
        assert!(parse(&trimmed.as_bytes()[..end]).is_err(), "{end} bytes");
    }
}

#[test]
fn r37_errors_quote_nothing() {
    let secret = report("", "").replace("<MsgId>B", "<MsgId>&secretname;");
    let error = parse(secret.as_bytes()).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn r37_a_banks_words_about_a_rejection_are_not_handed_on() {
    let own = |words: &str| format!("<Rsn><Prtry>{words}</Prtry></Rsn>");
    for (reason, expected) in [
        (own("ACCT 62220202000017788 OF ZHANG SAN CLOSED"), "NARR"),
        (own("62220202000017788"), "NARR"),
        (own("账户已关闭"), "NARR"),
        (own("<![CDATA[ZHANG SAN]]>"), "NARR"),
        (own("account_closed"), "account_closed"),
        (own(" \n "), "MS03"),
        ("<Rsn><Cd>AC04</Cd></Rsn>".into(), "AC04"),
        ("<Rsn><Cd>ZHANG SAN</Cd></Rsn>".into(), "NARR"),
        ("<AddtlInf>ZHANG SAN</AddtlInf>".into(), "MS03"),
        (String::new(), "MS03"),
    ] {
        let told = |level: &str, name: &str| {
            format!("<{name}>r1</{name}><{level}>RJCT</{level}><StsRsnInf>{reason}</StsRsnInf>")
        };
        let payment = |inside: &str| format!("<OrgnlPmtInfAndSts>{inside}</OrgnlPmtInfAndSts>");
        let transaction = format!("<TxInfAndSts>{}</TxInfAndSts>", told("TxSts", "OrgnlEndToEndId"));
        for body in [
            report(&told("GrpSts", "OrgnlMsgId"), ""),
            report("", &payment(&told("PmtInfSts", "OrgnlPmtInfId"))),
            report("", &payment(&transaction)),
        ] {
            assert_eq!(said(&body), [format!("r1 failed {expected}")], "{body}");
        }
    }
}

proptest! {
    /// A bank's document with parts of it changed, moved or lost: an answer that is short, or an error.
    #[test]
    fn whatever_comes_is_read_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..40usize, "[<>/&;A-Z0-9\"=. -]{0,12}"), 1..6),
    ) {
        let mut text = include_str!("settled-10.xml").to_owned();
        for (at, length, new) in edits {
            let start = at.index(text.len());
            let end = (start + length).min(text.len());
            text.replace_range(start..end, &new);
        }
        if let Ok(Some(report)) = parse(text.as_bytes()) {
            for answer in report.answers {
                prop_assert!(!answer.reference.is_empty() && answer.reference.chars().count() <= MAX_REFERENCE);
                if let Status::Failed { reason } = answer.status {
                    prop_assert_eq!(crate::reason::code(&reason), Some(reason));
                }
            }
        }
    }
}

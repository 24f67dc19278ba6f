//! camt.054 files of many origins and versions, each with its outcome worked out by hand beside it (`*.expected`), and a
//! camt.053.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use bank::ParseError;
use bank::camt::{Direction, Line, Message, PayoutOutcome, Report, Status, lines, parse};

fn told(line: &Line, expected: &str) -> String {
    match line {
        Line::Received(line) => {
            let funds = &line.funds;
            // `#`: a reference that is made by us; its text is nobody's business.
            let made = funds.reference.starts_with("camt-") && expected.contains(" # ");
            let reference = if made { "#" } else { &funds.reference };
            let mismatch = if line.sum_mismatch { " mismatch" } else { "" };
            let name = funds.remitter_name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
            let currency = funds.amount.currency();
            format!(
                "received {reference} {} {} {}{mismatch}{name}",
                line.position,
                funds.amount,
                currency.code()
            )
        }
        Line::Returned(back) => format!(
            "returned {} {} {} {} {}",
            back.reference,
            back.original_reference,
            back.amount,
            back.amount.currency().code(),
            back.reason.as_deref().unwrap_or("-"),
        ),
        Line::Payout { outcome, report } => {
            let outcome = match outcome {
                PayoutOutcome::Paid => "paid",
                PayoutOutcome::Returned => "returned",
            };
            format!(
                "payout {outcome} {} {} {}",
                report.reference,
                report.amount,
                report.amount.currency().code()
            )
        }
        Line::Kept { reason, .. } => format!("kept {}", reason.as_str()),
    }
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

#[test]
fn r4_r6_r8_every_file_comes_to_what_was_worked_out_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/camt");
    let files = files(&folder, "xml");
    assert!(files.len() >= 25, "{} files", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let read = parse(&std::fs::read(&file).unwrap());
        let Ok(Message::Notification(notification)) = read else { panic!("{name}: {read:?}") };
        let text = std::fs::read_to_string(file.with_extension("expected")).unwrap();
        let expected: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let read = lines(&notification);
        assert_eq!(read.len(), expected.len(), "{name}: {read:?}");
        for (line, expected) in read.iter().zip(expected) {
            assert_eq!(told(line, expected), expected, "{name}");
        }
        // The same bytes again, under whatever name, are the same lines.
        assert_eq!(lines(&notification), read, "{name}");
    }
}

#[test]
fn every_wrong_element_is_named_by_its_path() {
    let text = "<Document><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>1</Id><Acct><Id><IBAN>X</IBAN></Id></Acct>\
        <Ntry><Amt Ccy=\"USD\">100.001</Amt><CdtDbtInd>CREDIT</CdtDbtInd><Sts>BOOK</Sts></Ntry>\
        <Ntry><Amt>1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>";
    let Err(ParseError::Invalid(errors)) = parse(text.as_bytes()) else { panic!("it was read") };
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    let expected = [
        "Ntfctn[0].Ntry[0].Amt",
        "Ntfctn[0].Ntry[0].CdtDbtInd",
        "Ntfctn[0].Ntry[1].Amt.@Ccy",
        "Ntfctn[0].Ntry[1].Sts",
    ];
    assert_eq!(fields, expected);
    for other in ["<Document><CstmrPmtStsRpt/></Document>", "<Root/>", "<Document/>"] {
        assert!(matches!(parse(other.as_bytes()), Err(ParseError::Invalid(_))), "{other}");
    }
    for broken in ["<Document>", "", "{}", "<!DOCTYPE a><Document/>"] {
        assert!(matches!(parse(broken.as_bytes()), Err(ParseError::MalformedXml(_))), "{broken}");
    }
}

/// Two days of one account: its statements are read in their order, each with its balances and entries.
#[test]
fn r44_a_statement_is_read_with_its_balances() {
    let text = include_str!("statements/two-days-v02.xml");
    let Ok(Message::Statement(statement)) = parse(text.as_bytes()) else { panic!("no statement") };
    let told: Vec<String> = statement.reports.iter().flat_map(told_of_report).collect();
    let expected = [
        "S-1 NL91ABNA0417164300 EUR 2026-11-19 2026-11-19",
        "balance OPBD 18.15 credit 2026-11-19",
        "balance CLBD 27.00 credit 2026-11-19",
        "entry 8.85 credit booked E-1",
        "S-2 NL91ABNA0417164300 EUR 2026-11-20 2026-11-20",
        "balance OPBD 27.00 credit 2026-11-20",
        "balance CLBD 3.00 debit 2026-11-20",
        "entry 30.00 debit booked E-2",
        "entry 5.00 credit not booked E-3",
    ];
    assert_eq!(told, expected);
    let without = text.replace("Stmt>", "Other>").replace("BkToCstmrOther>", "BkToCstmrStmt>");
    assert!(matches!(parse(without.as_bytes()), Err(ParseError::Invalid(_))), "it holds no statement");
}

fn told_of_report(report: &Report) -> Vec<String> {
    let day = |day: Option<_>| day.map_or_else(|| "-".to_owned(), |day: time::Date| day.to_string());
    let way = |direction| if direction == Direction::Credit { "credit" } else { "debit" };
    let currency = report.currency.map_or("-", |currency| currency.code());
    let mut told = vec![format!(
        "{} {} {currency} {} {}",
        report.id,
        report.account_number,
        day(report.from),
        day(report.to)
    )];
    told.extend(report.balances.iter().map(|balance| {
        let direction = way(balance.direction);
        format!("balance {} {} {direction} {}", balance.kind, balance.amount, day(balance.date))
    }));
    told.extend(report.entries.iter().map(|entry| {
        let status = if entry.status == Status::Booked { "booked" } else { "not booked" };
        let reference = entry.reference.as_deref().unwrap_or("-");
        format!("entry {} {} {status} {reference}", entry.amount, way(entry.direction))
    }));
    told
}

//! camt.054 files of many origins and versions, each with its outcome worked out by hand beside it (`*.expected`), and
//! public samples, where they lie beside the project.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use bank::ParseError;
use bank::camt::{Line, Message, PayoutOutcome, lines, parse};

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
    assert!(files.len() >= 20, "{} files", files.len());
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

/// Beside the project or above it, or where SLUICE_SAMPLES says.
fn samples() -> Option<PathBuf> {
    let said = std::env::var_os("SLUICE_SAMPLES").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let beside = above.map(|folder| folder.join("shared").join("samples"));
    said.into_iter().chain(beside).map(|folder| folder.join("camt")).find(|folder| folder.is_dir())
}

#[test]
fn public_samples_are_read_where_they_are() {
    let Some(folder) = samples() else {
        eprintln!("skipped: no public samples beside the project");
        return;
    };
    for file in files(&folder, "xml") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let read = parse(&std::fs::read(&file).unwrap());
        match (name.as_str(), read) {
            ("camt053.v2.wrong.xml", read) => assert!(read.is_err(), "broken on purpose"),
            (_, Ok(Message::Statement(statement))) => {
                assert!(name.starts_with("camt053") && !statement.reports.is_empty(), "{name}");
            }
            (_, Ok(Message::Notification(notification))) => {
                let lines = lines(&notification);
                let credits = lines.iter().filter(|line| matches!(line, Line::Received(_))).count();
                println!("{name}: {} lines, {credits} credits", lines.len());
                assert!(name.starts_with("camt054") && !lines.is_empty(), "{name}");
                // A debit among the samples must never be a credit.
                assert!(name != "camt054.v8-with-UETR.xml" || credits == 0, "{name}: {lines:?}");
            }
            (_, Err(error)) => panic!("{name}: {error:?}"),
        }
    }
}

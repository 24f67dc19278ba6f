//! camt.054 documents: many transactions under one event, as banks upload them at the end of a day.

use std::io::Write as _;

use crate::Fault;

/// Transactions in one document.
pub const TRANSACTIONS: usize = 1000;

/// Writes a document with [`TRANSACTIONS`] credits of 1.00 US dollar into `account`, each with a reference of its own that
/// begins with `id`.
///
/// # Errors
/// None.
pub fn write(id: &str, account: &str, day: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>{day}T00:00:00Z</CreDtTm></GrpHdr>\
         <Ntfctn><Id>{id}</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>\
         <Ntry><Amt Ccy=\"USD\">{TRANSACTIONS}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{id}</AcctSvcrRef><NtryDtls>"
    )?;
    for number in 0..TRANSACTIONS {
        write!(
            out,
            "<TxDtls><Refs><AcctSvcrRef>{id}-{number}</AcctSvcrRef><EndToEndId>E{id}-{number}</EndToEndId></Refs>\
             <Amt Ccy=\"USD\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <RltdPties><Dbtr><Pty><Nm>AMAZON PAYMENTS INC</Nm></Pty></Dbtr></RltdPties>\
             <RmtInf><Ustrd>Settlement</Ustrd></RmtInf></TxDtls>"
        )?;
    }
    out.extend_from_slice(b"</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_understood_as_a_thousand_payments() {
        let mut document = Vec::new();
        write("ld0-0-7", "8390000001", "2026-11-26", &mut document).unwrap();
        let Ok(bank::camt::Message::Notification(read)) = bank::camt::parse(&document) else {
            panic!("no camt")
        };
        let lines = bank::camt::lines(&read);
        assert_eq!(lines.len(), TRANSACTIONS);
        let references: std::collections::BTreeSet<&str> = lines
            .iter()
            .map(|line| match line {
                bank::camt::Line::Received(line) => {
                    assert!(!line.sum_mismatch);
                    assert_eq!(line.funds.amount.to_string(), "1.00");
                    line.funds.reference.as_str()
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(references.len(), TRANSACTIONS, "each has its own");
    }
}

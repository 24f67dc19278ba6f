//! ISO 20022 with every text masked, except in elements that are known to hold no personal data. Comments,
//! instructions and attributes other than the currency are left out.

use privacy::mask_account_number;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{HIDDEN, is_name, is_plain};

/// Elements, by local name, whose text is a code, an amount, a bank's reference, a number or a time. `Id` is none
/// of them: it is an account's as often as a message's.
const SHOWN: &[&str] = &[
    "AcctSvcrRef",
    "Amt",
    "BIC",
    "BICFI",
    "BkTxCd",
    "BtchBookg",
    "Ccy",
    "Cd",
    "CdtDbtInd",
    "CreDt",
    "CreDtTm",
    "Dt",
    "DtTm",
    "ElctrncSeqNb",
    "Fmly",
    "FrDtTm",
    "LglSeqNb",
    "MsgId",
    "NbOfNtries",
    "NbOfTxs",
    "NtryRef",
    "PgNb",
    "Rate",
    "RvslInd",
    "SrcCcy",
    "Sts",
    "SubFmlyCd",
    "Sum",
    "TgtCcy",
    "ToDtTm",
    "TtlNetNtryAmt",
    "UETR",
    "XchgRate",
    "LastPgInd",
    "Tp",
    "CtrctId",
];

/// Elements inside each other at most this deep.
const MAX_DEPTH: usize = 64;

/// None: not an XML document, or one with a DOCTYPE.
pub(super) fn masked(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut view = View::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => view.open(&tag)?,
            Event::Empty(tag) => {
                view.open(&tag)?;
                view.close();
            }
            Event::End(_) => view.close(),
            Event::Text(part) => view.text.push_str(std::str::from_utf8(&part).ok()?),
            // References and sections need no reading: what has some is masked whole.
            Event::CData(_) | Event::GeneralRef(_) => view.text.push('\u{fffd}'),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return None,
            Event::Eof => return view.finish(),
        }
    }
}

#[derive(Default)]
struct View {
    shown: String,
    /// Names of the elements that are open, the innermost last.
    open: Vec<String>,
    /// What was read since the last tag.
    text: String,
    /// The last tag was a start.
    fresh: bool,
}

impl View {
    fn open(&mut self, tag: &BytesStart<'_>) -> Option<()> {
        self.flush();
        let name = std::str::from_utf8(tag.local_name().into_inner()).ok()?;
        let name = if is_name(name) { name } else { "hidden" };
        if self.open.len() == MAX_DEPTH || (self.open.is_empty() && !self.shown.is_empty()) {
            return None;
        }
        self.line();
        self.shown.push('<');
        self.shown.push_str(name);
        if let Some(currency) = currency(tag) {
            self.shown.push_str(&format!(" Ccy=\"{currency}\""));
        }
        self.shown.push('>');
        self.open.push(name.to_owned());
        self.fresh = true;
        Some(())
    }

    fn close(&mut self) {
        self.flush();
        let Some(name) = self.open.pop() else { return };
        if !self.fresh {
            self.line();
        }
        self.shown.push_str(&format!("</{name}>"));
        self.fresh = false;
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if !text.is_empty() {
            self.shown.push_str(&mask(self.open.last().map_or("", String::as_str), text));
        }
    }

    /// A new line, indented.
    fn line(&mut self) {
        if !self.shown.is_empty() {
            self.shown.push('\n');
            self.shown.push_str(&"  ".repeat(self.open.len()));
        }
    }

    fn finish(self) -> Option<String> {
        let whole = self.open.is_empty() && !self.shown.is_empty() && self.text.trim().is_empty();
        whole.then_some(self.shown)
    }
}

fn mask(element: &str, text: &str) -> String {
    match element {
        "IBAN" => mask_account_number(text),
        _ if SHOWN.contains(&element) && is_plain(text) => text.to_owned(),
        _ => HIDDEN.to_owned(),
    }
}

fn currency(tag: &BytesStart<'_>) -> Option<String> {
    let found = tag.try_get_attribute("Ccy").ok()??;
    let text = std::str::from_utf8(&found.value).ok()?;
    (text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r35_amounts_and_references_are_shown_names_and_accounts_are_not() {
        let document = r#"<?xml version="1.0"?>
<!-- for Zhang San -->
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><Ntfctn><Id>8335001234</Id>
<Acct><Id><IBAN>DE89370400440532013000</IBAN><Othr><Id>8335001234</Id></Othr></Id></Acct>
<Ntry><Amt Ccy="USD" note="Zhang San">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><AcctSvcrRef>HB-1</AcctSvcrRef>
<NtryDtls><Dbtr><Pty><Nm>Zhang &amp; San</Nm><PstlAdr><AdrLine>Main 1</AdrLine></PstlAdr></Pty></Dbtr>
<RmtInf><Ustrd><![CDATA[for Zhang San]]></Ustrd></RmtInf><Cd>call Zhang San</Cd></NtryDtls></Ntry>
</Ntfctn></Document>"#;
        let shown = masked(document.as_bytes()).unwrap();
        for hidden in ["Zhang", "8335001234", "DE89", "Main", "xmlns"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        for line in [
            "<IBAN>****3000</IBAN>",
            "<Amt Ccy=\"USD\">12.50</Amt>",
            "<CdtDbtInd>CRDT</CdtDbtInd>",
            "<AcctSvcrRef>HB-1</AcctSvcrRef>",
            "<Nm>****</Nm>",
            "<Ustrd>****</Ustrd>",
            "<Cd>****</Cd>",
        ] {
            assert!(shown.lines().any(|found| found.trim() == line), "{line} in {shown}");
        }
    }

    #[test]
    fn only_one_whole_document_is_shown() {
        for text in ["", "  ", "<a><b></a>", "<a/><b/>", "<a/>Zhang", "<a"] {
            assert_eq!(masked(text.as_bytes()), None, "{text}");
        }
        assert_eq!(masked(b"<a><b/><c>x</c></a>").unwrap(), "<a>\n  <b></b>\n  <c>****</c>\n</a>");
    }
}

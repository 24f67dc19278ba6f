use money::{Currency, Money};
use proptest::prelude::*;
use time::macros::datetime;

use super::super::samples::{REFERENCE, cny, order, settings};
use super::super::settings::Charges;
use super::*;
use crate::connector::Beneficiary;
use crate::iso20022::node::Node;
use crate::iso20022::xml::{self, Element};

/// 22:30 of the 26th in UTC is the 27th in China.
const NOW: OffsetDateTime = datetime!(2026-11-26 22:30:05.9 UTC);

fn written(order: &PayoutOrder) -> String {
    write(order, &settings(std::path::Path::new("/h2h")), NOW).unwrap().expose().to_owned()
}

/// Written by hand.
#[test]
fn a_cny_payout_by_cnaps() {
    assert_eq!(written(&order()), include_str!("cnaps.xml"));
}

/// Written by hand.
#[test]
fn a_euro_payout_by_iban_with_all_charges_ours() {
    let mut order = order();
    order.amount = Money::new(1_234_500, Currency::EUR).unwrap();
    order.remittance = Some("INV 7 & \"8\" <9>".into());
    order.beneficiary = Beneficiary {
        name: Hidden::new("Müller & Söhne <GmbH>"),
        account_number: Hidden::new("GB82 WEST 1234 5698 7654 32"),
        bank_code: String::new(),
        country: "GB".into(),
    };
    let settings = Settings {
        charges: Charges::Debt,
        debtor_account: "0011223344".into(),
        utc_offset_minutes: 0,
        ..settings(std::path::Path::new("/h2h"))
    };
    assert_eq!(write(&order, &settings, NOW).unwrap().expose(), include_str!("iban.xml"));
}

#[test]
fn amounts_have_their_currencys_digits() {
    for (code, minor, text) in [("JPY", 1200, "1200"), ("KWD", 1234, "1.234"), ("USD", 5, "0.05")] {
        let mut order = order();
        order.amount = Money::new(minor, Currency::parse(code).unwrap()).unwrap();
        let document = written(&order);
        assert!(document.contains(&format!("<InstdAmt Ccy=\"{code}\">{text}</InstdAmt>")), "{document}");
        assert_eq!(document.matches(&format!("<CtrlSum>{text}</CtrlSum>")).count(), 2);
    }
}

#[test]
fn what_no_file_can_hold_is_refused_with_the_banks_code() {
    let with = |change: fn(&mut Beneficiary)| {
        let mut order = order();
        change(&mut order.beneficiary);
        write(&order, &settings(std::path::Path::new("/h2h")), NOW).map(|_| ()).map_err(|wrong| wrong.code)
    };
    assert_eq!(with(|_| ()), Ok(()));
    assert_eq!(with(|to| to.name = Hidden::new("A\nB")), Err("CH16"));
    assert_eq!(with(|to| to.name = Hidden::new("名".repeat(141))), Err("CH16"));
    assert_eq!(with(|to| to.account_number = Hidden::new("")), Err("AC01"));
    assert_eq!(with(|to| to.account_number = Hidden::new("1".repeat(35))), Err("AC01"));
    assert_eq!(with(|to| to.bank_code = String::new()), Err("RC01"));
}

/// pain.001.001.09 as far as we write it: what may stand in each element, in order, and how often (at least, at most).
/// `|` before a name makes it another choice instead of the ones before.
const SCHEMA: [(&str, &str); 24] = [
    ("Document", "CstmrCdtTrfInitn 1 1"),
    ("CstmrCdtTrfInitn", "GrpHdr 1 1, PmtInf 1 9, SplmtryData 0 9"),
    ("GrpHdr", "MsgId 1 1, CreDtTm 1 1, Authstn 0 2, NbOfTxs 1 1, CtrlSum 0 1, InitgPty 1 1, FwdgAgt 0 1"),
    (
        "PmtInf",
        "PmtInfId 1 1, PmtMtd 1 1, BtchBookg 0 1, NbOfTxs 0 1, CtrlSum 0 1, PmtTpInf 0 1, ReqdExctnDt 1 1, \
         PoolgAdjstmntDt 0 1, Dbtr 1 1, DbtrAcct 1 1, DbtrAgt 1 1, DbtrAgtAcct 0 1, InstrForDbtrAgt 0 1, \
         UltmtDbtr 0 1, ChrgBr 0 1, ChrgsAcct 0 1, ChrgsAcctAgt 0 1, CdtTrfTxInf 1 9",
    ),
    (
        "CdtTrfTxInf",
        "PmtId 1 1, PmtTpInf 0 1, Amt 1 1, XchgRateInf 0 1, ChrgBr 0 1, ChqInstr 0 1, UltmtDbtr 0 1, \
         IntrmyAgt1 0 1, IntrmyAgt1Acct 0 1, IntrmyAgt2 0 1, IntrmyAgt2Acct 0 1, IntrmyAgt3 0 1, \
         IntrmyAgt3Acct 0 1, CdtrAgt 0 1, CdtrAgtAcct 0 1, Cdtr 0 1, CdtrAcct 0 1, UltmtCdtr 0 1, \
         InstrForCdtrAgt 0 9, InstrForDbtrAgt 0 1, Purp 0 1, RgltryRptg 0 9, Tax 0 1, RltdRmtInf 0 9, RmtInf 0 1, \
         SplmtryData 0 9",
    ),
    ("PmtId", "InstrId 0 1, EndToEndId 1 1, UETR 0 1"),
    ("Amt", "InstdAmt 1 1"),
    ("ReqdExctnDt", "Dt 1 1"),
    ("InitgPty", "Nm 0 1, PstlAdr 0 1, Id 0 1, CtryOfRes 0 1, CtctDtls 0 1"),
    ("Dbtr", "Nm 0 1, PstlAdr 0 1, Id 0 1, CtryOfRes 0 1, CtctDtls 0 1"),
    ("Cdtr", "Nm 0 1, PstlAdr 0 1, Id 0 1, CtryOfRes 0 1, CtctDtls 0 1"),
    ("PstlAdr", "TwnNm 0 1, CtrySubDvsn 0 1, Ctry 0 1, AdrLine 0 7"),
    ("DbtrAcct", "Id 1 1, Tp 0 1, Ccy 0 1, Nm 0 1, Prxy 0 1"),
    ("CdtrAcct", "Id 1 1, Tp 0 1, Ccy 0 1, Nm 0 1, Prxy 0 1"),
    ("DbtrAcct/Id", "IBAN 1 1 | Othr 1 1"),
    ("CdtrAcct/Id", "IBAN 1 1 | Othr 1 1"),
    ("Id/Othr", "Id 1 1, SchmeNm 0 1, Issr 0 1"),
    ("FinInstnId/Othr", "Id 1 1, SchmeNm 0 1, Issr 0 1"),
    ("DbtrAgt", "FinInstnId 1 1, BrnchId 0 1"),
    ("CdtrAgt", "FinInstnId 1 1, BrnchId 0 1"),
    ("FinInstnId", "BICFI 0 1, ClrSysMmbId 0 1, LEI 0 1, Nm 0 1, PstlAdr 0 1, Othr 0 1"),
    ("ClrSysMmbId", "ClrSysId 0 1, MmbId 1 1"),
    ("ClrSysId", "Cd 1 1 | Prtry 1 1"),
    ("RmtInf", "Ustrd 0 9, Strd 0 9"),
];

/// Every element with children must be in the table and hold what it allows, in its order.
fn obeys(parent: &str, element: &Element) -> Result<(), String> {
    if element.children.is_empty() {
        return Ok(());
    }
    let (path, name) = (format!("{parent}/{}", element.name), &element.name);
    let rule = SCHEMA.iter().find(|(of, _)| *of == path).or_else(|| SCHEMA.iter().find(|(of, _)| of == name));
    let (_, rule) = rule.ok_or(format!("{path} is not in the table"))?;
    let names: Vec<&str> = element.children.iter().map(|child| child.name.as_str()).collect();
    if !rule.split(" | ").any(|choice| fits(choice, &names)) {
        return Err(format!("{path} holds {names:?}"));
    }
    element.children.iter().try_for_each(|child| obeys(name, child))
}

fn fits(choice: &str, names: &[&str]) -> bool {
    let mut rest = names;
    for part in choice.split(", ") {
        let part: Vec<&str> = part.split_whitespace().collect();
        let count = rest.iter().take_while(|name| **name == part[0]).count();
        let (least, most): (usize, usize) = (part[1].parse().unwrap(), part[2].parse().unwrap());
        if !(least..=most).contains(&count) {
            return false;
        }
        rest = &rest[count..];
    }
    rest.is_empty()
}

#[test]
fn the_table_tells_right_from_wrong() {
    let wrong = |from: &str, to: &str| {
        let text = written(&order());
        assert!(text.contains(from));
        obeys("", &xml::parse(text.replace(from, to).as_bytes()).unwrap())
    };
    assert_eq!(wrong("<NbOfTxs>", "<NbOfTxs>"), Ok(()));
    assert!(wrong("<PmtMtd>TRF</PmtMtd>", "").is_err());
    assert!(wrong("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd><PmtMtd>TRF</PmtMtd>").is_err());
    assert!(wrong("<MsgId>", "<ChrgBr>SHAR</ChrgBr><MsgId>").is_err());
}

/// Text that a bank's machine can be sent.
fn text(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..=most).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same_and_is_as_the_schema_says(
        name in text(150),
        account in "[A-Za-z0-9:&<>'-]{1,34}",
        remittance in prop::option::of(text(150)),
        code in "[A-Z0-9]{1,35}",
        country in "[A-Z]{2}|",
        minor in 1..i64::MAX / 2,
    ) {
        let mut order = order();
        order.amount = cny(minor % 1_000_000_000_000_000);
        prop_assume!(order.amount.minor() > 0);
        order.remittance = remittance.clone();
        order.beneficiary = Beneficiary {
            name: Hidden::new(name.clone()),
            account_number: Hidden::new(account.clone()),
            bank_code: code.clone(),
            country,
        };
        let plain = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
        let right = !name.trim().is_empty() && name.trim().chars().count() <= 140 && name.trim().chars().all(plain);
        let document = match write(&order, &settings(std::path::Path::new("/h2h")), NOW) {
            Ok(document) => document,
            Err(wrong) => {
                prop_assert!(!right, "{wrong}");
                return Ok(());
            }
        };
        prop_assert!(right);
        let root = xml::parse(document.expose().as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(obeys("", &root), Ok(()));
        let document = Node::new(&root, String::new());
        let payment = document.find(&["CstmrCdtTrfInitn", "PmtInf"]).unwrap();
        let transaction = payment.find(&["CdtTrfTxInf"]).unwrap();
        prop_assert_eq!(transaction.text_at(&["Cdtr", "Nm"]), Some(name.trim()));
        let number = transaction.find(&["CdtrAcct"]).unwrap().account().map(str::to_ascii_uppercase);
        prop_assert_eq!(number, Some(account.to_ascii_uppercase()));
        prop_assert_eq!(transaction.text_at(&["PmtId", "EndToEndId"]), Some(REFERENCE));
        prop_assert_eq!(payment.text_at(&["PmtInfId"]), Some(REFERENCE));
        let amount = transaction.find(&["Amt", "InstdAmt"]).unwrap();
        prop_assert_eq!(amount.text(), order.amount.to_string());
        let expected = remittance.and_then(|words| party::words(&words));
        prop_assert_eq!(transaction.text_at(&["RmtInf", "Ustrd"]).map(str::to_owned), expected);
    }
}

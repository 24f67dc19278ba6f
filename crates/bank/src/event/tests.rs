use money::{Currency, Money};
use proptest::prelude::*;
use time::macros::{date, datetime};

use super::*;

fn fields(body: &str) -> Vec<String> {
    match parse(body.as_bytes()) {
        Err(ParseError::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{body}: {other:?}"),
    }
}

fn funds(data: &str) -> String {
    format!(r#"{{"type":"funds.received","data":{{{data}}}}}"#)
}

fn received(data: &str) -> FundsReceived {
    match parse(funds(data).as_bytes()) {
        Ok(Event::FundsReceived(received)) => received,
        other => panic!("{data}: {other:?}"),
    }
}

const LEAST: &str = r#""reference":"R1","account_number":"8335001234","amount":"2500.00","currency":"USD""#;

#[test]
fn reads_funds_received_as_the_contract_shows_it() {
    let body = r#"{"type":"funds.received","new":1,"data":{"reference":"HB-20261123-000017","account_number":"8335001234",
        "amount":"2500.00","currency":"USD","value_date":"2026-11-23","more":[{}],
        "remitter":{"name":"AMAZON PAYMENTS INC","account_number":"998","country":"US"},
        "remittance_information":"line one\nline two","end_to_end_id":"E2E-1","uetr":"eb6305c9-1f7f-49de-aed0-16487c27b42d"}}"#;
    assert_eq!(
        parse(body.as_bytes()),
        Ok(Event::FundsReceived(FundsReceived {
            reference: "HB-20261123-000017".into(),
            account_number: "8335001234".into(),
            amount: Money::parse("2500.00", Currency::USD).unwrap(),
            value_date: Some(date!(2026 - 11 - 23)),
            remitter_name: Some("AMAZON PAYMENTS INC".into()),
            remitter_account: Some("998".into()),
            remittance_information: Some("line one line two".into()),
            end_to_end_id: Some("E2E-1".into()),
            uetr: Some("eb6305c9-1f7f-49de-aed0-16487c27b42d".into()),
        }))
    );
}

#[test]
fn optional_fields_may_be_absent_null_or_empty() {
    for rest in
        ["", r#","value_date":null,"remitter":null"#, r#","remitter":{},"end_to_end_id":"","uetr":"""#]
    {
        let read = received(&format!("{LEAST}{rest}"));
        assert_eq!((read.value_date, read.remitter_name, read.end_to_end_id), (None, None, None), "{rest}");
    }
}

#[test]
fn r5_days_and_times_that_no_calendar_of_ours_has_are_wrong_fields() {
    let day = |text: &str| funds(&format!(r#"{LEAST},"value_date":"{text}""#));
    for wrong in [
        "-9999-01-01",
        "-2026-11-23",
        "+2026-11-23",
        "0000-01-01",
        "2026-11-2",
        "2026-11-23 ",
        "2026-11-31",
        "20261123",
        "2026-W48-1",
    ] {
        assert_eq!(fields(&day(wrong)), ["data.value_date"], "{wrong}");
    }
    assert_eq!(
        received(&format!(r#"{LEAST},"value_date":"0001-01-01""#)).value_date,
        Some(date!(0001 - 01 - 01))
    );
    for wrong in ["0000-12-31T23:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"] {
        let rates = r#"[{"base":"USD","quote":"CNY","bid":"7.1","ask":"7.2"}]"#;
        let body = format!(r#"{{"type":"rates.published","data":{{"rates":{rates},"as_of":"{wrong}"}}}}"#);
        assert_eq!(fields(&body), ["data.as_of"], "{wrong}");
    }
}

#[test]
fn what_banks_write_for_nothing_is_nothing() {
    for uetr in
        ["NOTPROVIDED", "EB6305C9-1F7F-49DE-AED0-16487C27B42D", "eb6305c9-1f7f-19de-aed0-16487c27b42d", "x"]
    {
        let read = received(&format!(r#"{LEAST},"uetr":"{uetr}","end_to_end_id":"NOTPROVIDED""#));
        assert_eq!((read.uetr, read.end_to_end_id), (None, None), "{uetr}");
    }
    for none in ["NOTPROVIDED", "NotProvided", "NOTPROVIDED ", "NONREF", "nonref", " NotAvailable"] {
        let nowhere =
            format!(r#""reference":"{none}","account_number":"1","amount":"1.00","currency":"USD""#);
        assert_eq!(fields(&funds(&nowhere)), ["data.reference"], "{none:?}");
    }
}

#[test]
fn r4_a_reference_is_the_same_however_it_is_padded() {
    let padded = r#""reference":"  PAD 1 ","account_number":" 42 ","amount":"1.00","currency":"USD""#;
    let read = received(padded);
    assert_eq!((&*read.reference, &*read.account_number), ("PAD 1", "42"));
    let returned = r#"{"type":"funds.returned","data":{"reference":"R ","original_reference":" PAD 1","amount":"1.00","currency":"USD"}}"#;
    let Ok(Event::FundsReturned(read)) = parse(returned.as_bytes()) else { panic!("no return") };
    assert_eq!((&*read.reference, &*read.original_reference), ("R", "PAD 1"));
    let longest = "x".repeat(MAX_REFERENCE);
    let body = |reference: &str| {
        funds(&format!(r#""reference":"{reference}","account_number":"1","amount":"1.00","currency":"USD""#))
    };
    assert!(parse(body(&format!(" {longest} ")).as_bytes()).is_ok(), "blanks are not counted");
    assert_eq!(fields(&body(&format!("{longest}x"))), ["data.reference"]);
    assert_eq!(fields(&body("  ")), ["data.reference"]);
}

#[test]
fn r6_a_control_character_in_a_name_is_seen() {
    let read = received(&format!(r#"{LEAST},"remitter":{{"name":"AMAZON\u0000PAYMENTS\r\nINC"}}"#));
    assert_eq!(read.remitter_name.as_deref(), Some("AMAZON\u{fffd}PAYMENTS  INC"));
}

#[test]
fn every_wrong_field_is_named() {
    assert_eq!(fields(&funds("")), ["data.reference", "data.account_number", "data.currency", "data.amount"]);
    let all = r#""reference":7,"account_number":"","amount":1.5,"currency":"usd","value_date":"2026-02-30","remitter":"x",
        "remittance_information":{},"end_to_end_id":[],"uetr":4"#;
    assert_eq!(
        fields(&funds(all)),
        [
            "data.reference",
            "data.account_number",
            "data.currency",
            "data.amount",
            "data.value_date",
            "data.remitter",
            "data.remittance_information",
            "data.end_to_end_id",
            "data.uetr"
        ]
    );
    assert_eq!(fields(&funds(&format!(r#"{LEAST},"remitter":{{"name":1}}"#))), ["data.remitter.name"]);
}

#[test]
fn envelopes_without_sense_are_invalid_not_malformed() {
    for (body, field) in [
        ("[]", ""),
        ("\"x\"", ""),
        ("{}", "type"),
        (r#"{"type":null}"#, "type"),
        (r#"{"type":""}"#, "type"),
        (r#"{"type":1}"#, "type"),
        (r#"{"type":"funds.received"}"#, "data"),
        (r#"{"type":"payout.paid","data":[]}"#, "data"),
    ] {
        assert_eq!(fields(body), [field], "{body}");
    }
}

#[test]
fn bytes_that_do_not_parse_are_malformed() {
    let twice = format!(r#"{{"type":"funds.received","data":{{{LEAST},"amount":"1.00"}}}}"#);
    for body in [&b"{"[..], b"", b"\xff", b"{}}", br#"{"type":"a","type":"b"}"#, twice.as_bytes()] {
        assert!(matches!(parse(body), Err(ParseError::Malformed(_))), "{body:?}");
    }
}

#[test]
fn amounts_are_strings_that_money_accepts() {
    for (amount, currency) in [
        ("0.00", "USD"),
        ("-1.00", "USD"),
        ("+1.00", "USD"),
        ("1e3", "USD"),
        (" 1.00", "USD"),
        ("1,000.00", "USD"),
        ("1.001", "USD"),
        ("100.5", "JPY"),
        ("99999999999999999999", "USD"),
        ("", "USD"),
    ] {
        let data =
            format!(r#""reference":"R","account_number":"1","amount":"{amount}","currency":"{currency}""#);
        assert_eq!(fields(&funds(&data)), ["data.amount"], "{amount} {currency}");
    }
    let yen = received(r#""reference":"R","account_number":"1","amount":"1200.00","currency":"JPY""#);
    assert_eq!(yen.amount.minor(), 1200);
}

#[test]
fn references_are_bounded_and_taken_but_for_blanks_around_them() {
    let with = |reference: &str| {
        funds(&format!(r#""reference":"{reference}","account_number":"1","amount":"1.00","currency":"USD""#))
    };
    for good in ["x".repeat(64), "汇".repeat(64), "in side".into(), " padded ".into()] {
        match parse(with(&good).as_bytes()) {
            Ok(Event::FundsReceived(read)) => assert_eq!(read.reference, good.trim()),
            other => panic!("{good}: {other:?}"),
        }
    }
    for bad in ["x".repeat(65), "a\\u0000b".into(), "a\\nb".into(), "   ".into(), String::new()] {
        assert_eq!(fields(&with(&bad)), ["data.reference"], "{bad}");
    }
}

#[test]
fn reads_payout_reports() {
    let data = r#"{"reference":"po_1","bank_reference":"SB1","amount":"700.00","currency":"CNY",
        "amount_received":"695.00","reason":"AC01"}"#;
    let report = PayoutReport {
        reference: "po_1".into(),
        bank_reference: Some("SB1".into()),
        amount: Money::parse("700.00", Currency::CNY).unwrap(),
        amount_received: Some(Money::parse("695.00", Currency::CNY).unwrap()),
        reason: Some("AC01".into()),
    };
    for (kind, expected) in [
        ("payout.paid", Event::PayoutPaid(report.clone())),
        ("payout.failed", Event::PayoutFailed(report.clone())),
        ("payout.returned", Event::PayoutReturned(report.clone())),
    ] {
        let body = format!(r#"{{"type":"{kind}","data":{data}}}"#);
        assert_eq!(parse(body.as_bytes()), Ok(expected));
    }
    assert_eq!(
        fields(r#"{"type":"payout.paid","data":{"amount":"1.00","currency":"CNY","amount_received":"x"}}"#),
        ["data.reference", "data.amount_received"]
    );
}

#[test]
fn reads_rates_exactly() {
    let body = r#"{"type":"rates.published","data":{"rates":[{"base":"USD","quote":"CNY","bid":"7.1034","ask":"7.1336"},
        {"base":"JPY","quote":"CNY","bid":"0.0470001234567","ask":"0.0472"}],"as_of":"2026-11-23T16:00:00+08:00"}}"#;
    let Ok(Event::RatesPublished(published)) = parse(body.as_bytes()) else { panic!("no rates") };
    assert_eq!(published.as_of, datetime!(2026-11-23 08:00:00 UTC));
    assert!(published.as_of.offset().is_utc());
    assert_eq!(published.rates[0].bid.to_string(), "7.1034");
    assert_eq!(published.rates[1].bid.to_string(), "0.0470001234567");
}

/// `exchange` passes over that pair alone; refusing the message would take the others away, too.
#[test]
fn r16_crossed_rates_are_read_with_the_others_beside_them() {
    let body = r#"{"type":"rates.published","data":{"rates":[{"base":"USD","quote":"CNY","bid":"7.2","ask":"7.1"},
        {"base":"EUR","quote":"CNY","bid":"8.1","ask":"8.2"}],"as_of":"2026-11-23T08:00:00Z"}}"#;
    let Ok(Event::RatesPublished(published)) = parse(body.as_bytes()) else { panic!("no rates") };
    let read: Vec<_> = published.rates.iter().map(|rate| (rate.base, rate.bid > rate.ask)).collect();
    assert_eq!(read, [(Currency::USD, true), (Currency::EUR, false)]);
}

#[test]
fn wrong_rates_are_named_by_position() {
    let with = |rates: &str| {
        format!(r#"{{"type":"rates.published","data":{{"rates":{rates},"as_of":"2026-11-23T08:00:00Z"}}}}"#)
    };
    let row = |bid: &str, ask: &str| format!(r#"{{"base":"USD","quote":"CNY","bid":"{bid}","ask":"{ask}"}}"#);
    assert_eq!(fields(&with("[]")), ["data.rates"]);
    assert_eq!(fields(&with("{}")), ["data.rates"]);
    assert_eq!(fields(&with("[1]")), ["data.rates[0]"]);
    assert_eq!(fields(&with(&format!("[{0},{0}]", row("7", "7")))), ["data.rates[1]"]);
    for bad in
        ["0", "0.000", "-1", "+1", "1e2", ".5", "5.", "1.2.3", "NaN", " 1", "1_0", "1234567890.1234567890"]
    {
        assert_eq!(fields(&with(&format!("[{}]", row(bad, "8")))), ["data.rates[0].bid"], "{bad}");
    }
    assert_eq!(
        fields(
            r#"{"type":"rates.published","data":{"rates":[{"base":"USD","quote":"USD","bid":7,"ask":"8"}],"as_of":"yesterday"}}"#
        ),
        ["data.as_of", "data.rates[0].bid"]
    );
}

#[test]
fn r8_a_return_names_the_payment_that_is_taken_back() {
    let body = r#"{"type":"funds.returned","data":{"reference":"RT-1","original_reference":"HB-1","amount":"25.00",
        "currency":"USD","reason":"AC04"}}"#;
    let Ok(Event::FundsReturned(read)) = parse(body.as_bytes()) else { panic!("no return") };
    assert_eq!((read.reference.as_str(), read.original_reference.as_str()), ("RT-1", "HB-1"));
    assert_eq!((read.amount.minor(), read.reason.as_deref()), (2_500, Some("AC04")));
    assert_eq!((read.account_number, read.position), (None, 0));
    assert_eq!(
        fields(r#"{"type":"funds.returned","data":{"reference":"RT-1","amount":"-1","currency":"USD"}}"#),
        ["data.original_reference", "data.amount"]
    );
}

#[test]
fn r5_r37_a_banks_words_are_neither_refused_nor_handed_on() {
    let long = format!(r#""{}""#, "ZHANG SAN ".repeat(500));
    for (reason, expected) in [
        (r#""AC04""#, Some("AC04")),
        (r#""account_closed""#, Some("account_closed")),
        (r#""ACCT 62220202000017788 OF ZHANG SAN CLOSED""#, Some("NARR")),
        (r#""62220202000017788""#, Some("NARR")),
        (r#""\u5f20\u4e09""#, Some("NARR")),
        (r#""AC04\nZHANG""#, Some("NARR")),
        (long.as_str(), Some("NARR")),
        (r#""""#, None),
        (r#""  ""#, None),
        ("null", None),
    ] {
        for kind in ["payout.failed", "payout.returned", "payout.paid", "funds.returned"] {
            let body = format!(
                r#"{{"type":"{kind}","data":{{"reference":"R-1","original_reference":"R-2","amount":"1.00",
                "currency":"USD","reason":{reason}}}}}"#
            );
            let told = match parse(body.as_bytes()) {
                Ok(Event::FundsReturned(back)) => back.reason,
                Ok(Event::PayoutFailed(event) | Event::PayoutReturned(event) | Event::PayoutPaid(event)) => {
                    event.reason
                }
                other => panic!("{body}: {other:?}"),
            };
            assert_eq!(told.as_deref(), expected, "{body}");
        }
    }
    let number =
        r#"{"type":"payout.failed","data":{"reference":"R","amount":"1.00","currency":"USD","reason":4}}"#;
    assert_eq!(fields(number), ["data.reason"], "no text at all is still a wrong field");
}

#[test]
fn unknown_types_are_ignored_whatever_they_hold() {
    for (body, kind) in [
        (r#"{"type":"account.opened","data":7}"#, "account.opened"),
        (r#"{"type":"a\u0007b"}"#, "a\u{fffd}b"),
    ] {
        assert_eq!(parse(body.as_bytes()), Ok(Event::Ignored { kind: kind.into() }));
    }
}

#[test]
fn r37_debug_shows_no_account_number_and_no_name() {
    let read = received(&format!(r#"{LEAST},"remitter":{{"name":"ZHANG SAN","account_number":"62220"}}"#));
    let shown = format!("{read:?}");
    assert!(!shown.contains("8335001234") && !shown.contains("ZHANG") && !shown.contains("62220"), "{shown}");
}

proptest! {
    #[test]
    fn any_field_values_give_an_answer(text in ".{0,80}", amount in "[0-9.+e -]{0,24}", currency in "[A-Z]{0,4}") {
        let body = serde_json::json!({"type":"funds.received","data":{
            "reference":text,"account_number":text,"amount":amount,"currency":currency,"value_date":text,"uetr":text}});
        let _ = parse(body.to_string().as_bytes());
    }
}

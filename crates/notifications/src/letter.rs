//! What an e-mail says: per kind of notice a few words of ours, and of its data only what is named here.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use crate::deliveries::Claimed;

/// Most characters of one value.
const LONGEST: usize = 200;
/// So many digits in a row in free text may be somebody's account number.
const ACCOUNT_DIGITS: usize = 8;

pub(crate) struct Letter {
    pub subject: String,
    pub body: String,
}

/// What a kind of notice is called, in both languages, and what it means for the merchant.
struct Words {
    english: &'static str,
    chinese: &'static str,
    meaning: &'static str,
}

const fn words_of(english: &'static str, chinese: &'static str, meaning: &'static str) -> Words {
    Words { english, chinese, meaning }
}

/// Members of the data, amounts beside their currencies. What isn't named here is not told by mail, nor is an amount of nothing.
const ROWS: [(&str, &[&str]); 15] = [
    ("Amount 金额", &["/amount", "/currency"]),
    ("Taken back 撤回金额", &["/reversed_amount", "/currency"]),
    ("Taken from your balance 从余额扣除", &["/covered", "/currency"]),
    ("Owed 欠款", &["/owed", "/currency"]),
    ("Sold 卖出", &["/sell_amount", "/sell_currency"]),
    ("Bought 买入", &["/buy_amount", "/buy_currency"]),
    ("Came back 退回金额", &["/returned_amount", "/buy_currency"]),
    ("Reference 参考号", &["/reference"]),
    ("Your reference 客户参考号", &["/client_reference"]),
    ("Status 状态", &["/status"]),
    ("Received 到账时间", &["/received_at"]),
    ("Document 证件", &["/kind"]),
    ("Last day 有效期至", &["/expires_on"]),
    ("Key fingerprint 密钥指纹", &["/key_fingerprint"]),
    ("Finding 查询结果", &["/finding"]),
];
/// Words of banks and operators.
const FREE: [(&str, &str); 3] =
    [("Reason 原因", "/reason"), ("Code 代码", "/failure/code"), ("Reason 原因", "/failure/reason")];

pub(crate) fn of(claimed: &Claimed) -> Letter {
    let Words { english, chinese, meaning } = words(&claimed.event_type);
    let at = claimed.created_at.format(&Rfc3339).unwrap_or_default();
    let data = serde_json::from_str(&claimed.data).unwrap_or(Value::Null);
    let mut body = format!("{english}\n{chinese}\n\n{meaning}\n\n{}\n", clean(&claimed.subject));
    let whole = ROWS.iter().filter_map(|(label, members)| Some((label, plain(&data, members)?)));
    let free = FREE.iter().filter_map(|(label, member)| Some((label, masked(&plain(&data, &[member])?))));
    for (label, text) in whole.chain(free) {
        body.push_str(&format!("{label}: {text}\n"));
    }
    body.push_str(&format!(
        "Time 时间: {at}\n\nNotice {}. Please do not answer. 请勿回复。\n",
        claimed.notice
    ));
    Letter { subject: format!("{english} / {chinese}"), body }
}

fn words(event_type: &str) -> Words {
    match event_type {
        "payment.credited" => {
            words_of("A payment was credited", "款项已入账", "The money is in your balance.")
        }
        "payment.in_review" => words_of(
            "A payment is in review",
            "款项审核中",
            "The money arrived and is not in your balance yet. The reason below says what is missing.",
        ),
        "payment.returned" => {
            words_of("A payment was returned", "款项已退回", "The money went back to its remitter.")
        }
        "payment.reversed" => words_of(
            "A bank took a payment back",
            "款项被银行撤回",
            "If the payment was credited, the amount left your balance, and what the balance did not cover is paid off by later credits. If it was in review, the amount had not come into your balance.",
        ),
        "withdrawal.processing" => {
            words_of("A withdrawal is on its way", "提现处理中", "The money has left your balance.")
        }
        "withdrawal.paid" => words_of("A withdrawal was paid", "提现已完成", "The bank has paid it out."),
        "withdrawal.payee_action_required" => words_of(
            "A withdrawal needs another payee",
            "提现需要更换收款账户",
            "The bank could not pay. The currency is exchanged already: name another payee, and it is sent again.",
        ),
        "withdrawal.failed" => words_of(
            "A withdrawal failed",
            "提现失败",
            "The bank could not pay. It can be sent again or refunded.",
        ),
        "withdrawal.refused" => words_of(
            "A withdrawal was refused",
            "提现被拒绝",
            "It was not sent, and the money is back in your balance.",
        ),
        "withdrawal.returned" => {
            words_of("A withdrawal came back", "提现被退回", "It had been paid, and the bank sent it back.")
        }
        "withdrawal.refunded" => {
            words_of("A withdrawal was refunded", "提现已退款", "The money is back in your balance.")
        }
        "merchant.activated" => {
            words_of("Your account is active", "账户已启用", "You can collect and withdraw money.")
        }
        "merchant.document_expiring" => words_of(
            "A document of yours expires soon",
            "证件即将到期",
            "Renew it before its last day: afterwards you can't withdraw money until it is renewed.",
        ),
        "merchant.restricted" => words_of(
            "A document of yours has expired",
            "证件已过期，提现受限",
            "Money is still credited to you. You can withdraw it again once the document is renewed.",
        ),
        "merchant.user_created" => words_of(
            "A new user can act for you",
            "新增用户",
            "Somebody has been given an API key with which your money can be withdrawn. If you did not ask for it, tell us at once.",
        ),
        "merchant.charged" => words_of(
            "You were charged",
            "账户已被收费",
            "The amount left your balance. What the balance did not cover is owed, and paid off by what comes in.",
        ),
        "settlement.arrived" => words_of(
            "An announced settlement has arrived",
            "已预告的结算款已到账",
            "The money is in your balance.",
        ),
        "settlement.closed" => words_of(
            "The investigation of a settlement is over",
            "结算款查询已结束",
            "The finding and the reason below say what came of it.",
        ),
        _ => {
            words_of("There is news about your money", "资金动态", "The interface for merchants tells more.")
        }
    }
}

/// The members, side by side; none if one of them is missing or no text, or if they are an amount of nothing.
fn plain(data: &Value, members: &[&str]) -> Option<String> {
    let texts: Option<Vec<String>> =
        members.iter().map(|member| data.pointer(member)?.as_str().map(clean)).collect();
    let texts = texts.filter(|texts| members.len() == 1 || !is_nothing(&texts[0]))?;
    Some(texts.join(" "))
}

fn is_nothing(amount: &str) -> bool {
    amount.chars().all(|c| matches!(c, '0' | '.'))
}

/// One line without signs that steer terminals or turn text around, and not too long.
fn clean(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    text.chars().map(|c| if odd(c) { ' ' } else { c }).take(LONGEST).collect()
}

/// Of a long row of digits, also with spaces and hyphens between them, only the last four.
fn masked(text: &str) -> String {
    let mut out: Vec<char> = text.chars().collect();
    let mut digits: Vec<usize> = Vec::new();
    for at in 0..=out.len() {
        match out.get(at) {
            Some(c) if c.is_ascii_digit() => digits.push(at),
            Some(' ' | '-') => {}
            _ => {
                if digits.len() >= ACCOUNT_DIGITS {
                    let hidden = digits.len() - 4;
                    digits.iter().take(hidden).for_each(|&digit| out[digit] = '*');
                }
                digits.clear();
            }
        }
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use pg::Shard;
    use serde_json::json;
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::{DeliveryId, NoticeId};

    fn claimed(event_type: &str, subject: &str, data: &Value) -> Claimed {
        let shard = Shard::new(1).unwrap();
        Claimed {
            shard,
            id: DeliveryId::new(shard),
            notice: NoticeId::new(shard),
            merchant: Uuid::nil(),
            destination: Uuid::nil(),
            failed: 0,
            token: Uuid::nil(),
            event_type: event_type.to_owned(),
            subject: subject.to_owned(),
            data: data.to_string(),
            created_at: OffsetDateTime::UNIX_EPOCH,
            endpoint: None,
        }
    }

    #[test]
    fn nothing_in_the_data_makes_a_line_or_header_of_its_own() {
        let data = json!({"amount": "1.00\r\nBcc: a@b.example", "currency": "USD\n.\nQUIT",
            "reason": "x\r\nBcc: a@b.example\u{202e}", "list": ["secret"], "remitter": "secret"});
        let hostile = claimed("payment.credited\r\nBcc: a@b.example", "pay_1\r\nBcc: a@b.example", &data);
        let letter = of(&hostile);
        assert_eq!(letter.subject, "There is news about your money / 资金动态");
        let lines: Vec<&str> = letter.body.lines().collect();
        assert!(!lines.iter().any(|line| line.starts_with("Bcc") || *line == "."), "{}", letter.body);
        assert!(lines.contains(&"pay_1  Bcc: a@b.example"), "{}", letter.body);
        assert!(
            !letter.body.contains("secret") && !letter.body.contains(['\u{202e}', '\r']),
            "{}",
            letter.body
        );
    }

    #[test]
    fn r35_free_text_holds_no_account_number() {
        for (text, expected) in [
            ("account 62220202000017788 is closed", "account *************7788 is closed"),
            ("DE89 3704 0044 0532 0130 00", "DE** **** **** **** **30 00"),
            ("order 1234567 of 2026", "order 1234567 of 2026"),
            ("AC01", "AC01"),
            ("12345678", "****5678"),
        ] {
            assert_eq!(masked(text), expected);
        }
        let failure = json!({"code": "AC04", "reason": "62220202000017788 closed"});
        let data = json!({"sell_amount": "10.00", "sell_currency": "USD", "failure": failure});
        let body = of(&claimed("withdrawal.payee_action_required", "wd_1", &data)).body;
        assert!(body.contains("\nSold 卖出: 10.00 USD\n") && body.contains("\nCode 代码: AC04\n"), "{body}");
        assert!(
            body.contains("*7788 closed") && !body.contains("6222") && !body.contains("Bought"),
            "{body}"
        );
    }

    #[test]
    fn r9_what_was_taken_back_or_came_back_is_told_where_there_is_some() {
        let body = |kind: &str, data: &Value| of(&claimed(kind, "x", data)).body;
        let credited = |back: &str| json!({"amount": "300.00", "reversed_amount": back, "currency": "USD", "reference": "0"});
        let told = body("payment.credited", &credited("100.00"));
        assert!(told.contains("\nAmount 金额: 300.00 USD\nTaken back 撤回金额: 100.00 USD\n"), "{told}");
        let told = body("payment.credited", &credited("0.00"));
        assert!(!told.contains("Taken back") && told.contains("\nReference 参考号: 0\n"), "{told}");
        let withdrawal =
            |back: Value| json!({"buy_amount": "2891.30", "buy_currency": "USD", "returned_amount": back});
        let told = body("withdrawal.returned", &withdrawal(json!("1.00")));
        assert!(told.contains("\nBought 买入: 2891.30 USD\nCame back 退回金额: 1.00 USD\n"), "{told}");
        let told = body("withdrawal.paid", &withdrawal(Value::Null));
        assert!(!told.contains("Came back"), "{told}");
    }

    #[test]
    fn every_kind_has_words_of_its_own() {
        let kinds = [
            "payment.credited",
            "payment.in_review",
            "payment.returned",
            "payment.reversed",
            "withdrawal.processing",
            "withdrawal.paid",
            "withdrawal.payee_action_required",
            "withdrawal.failed",
            "withdrawal.refused",
            "withdrawal.returned",
            "withdrawal.refunded",
            "merchant.activated",
            "merchant.document_expiring",
            "merchant.restricted",
            "merchant.user_created",
            "merchant.charged",
            "settlement.arrived",
            "settlement.closed",
        ];
        let subjects: std::collections::BTreeSet<String> =
            kinds.iter().map(|kind| of(&claimed(kind, "x", &json!({}))).subject).collect();
        assert_eq!(subjects.len(), kinds.len());
        assert!(!subjects.iter().any(|subject| subject.contains("news")), "{subjects:?}");
    }
}

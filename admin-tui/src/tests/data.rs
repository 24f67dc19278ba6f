//! What the gateway answers in these tests. The time is 2026-11-26T03:00:00Z.

use serde_json::{Value, json};

pub const STUCK: &str = "po_019ab0c1d2e37a10b0000000000000a5";
pub const ASKED: &str = "po_019ab0c1d2e37a10b0000000000000b6";
pub const QUEUED: &str = "po_019ab0c1d2e37a10b0000000000000c7";
pub const FAILED: &str = "po_019ab0c1d2e37a10b0000000000000d8";
pub const MERCHANT: &str = "mer_019aa000000070008000000000000a01";
pub const PAYMENT: &str = "pay_019ab0c1d2e37a10b0000000000000e9";
pub const APPROVAL: &str = "apr_019ab0c1d2e37a10b0000000000000f1";
pub const EVENT: &str = "evt_019ab0c1d2e37a10b000000000000101";

pub fn payout(id: &str, status: &str, amount: &str, currency: &str) -> Value {
    let (needs, attempt) = (id == STUCK, 1);
    json!({"id": id, "status": status, "amount": amount, "currency": currency,
        "reason": if status == "failed" { json!("AC01") } else { Value::Null }, "bank": "sandbox",
        "bank_reference": null, "attempt": attempt,
        "withdrawal_id": format!("wd_{}", &id[3..]), "payment_id": null, "merchant_id": MERCHANT,
        "held_by": null, "sends": if status == "queued" { 0 } else { 4 }, "queries": if needs { 9 } else { 1 },
        "needs_operator": needs, "amount_received": null, "returned_amount": null,
        "created_at": "2026-11-26T02:41:00Z", "sent_at": "2026-11-26T02:41:01Z",
        "updated_at": "2026-11-26T02:58:00Z"})
}

pub fn payouts() -> Value {
    page(vec![
        payout(STUCK, "unknown", "707.87", "CNY"),
        payout(ASKED, "unknown", "14200.00", "CNY"),
        payout(QUEUED, "queued", "99.70", "USD"),
        payout(FAILED, "failed", "1000000.00", "CNY"),
    ])
}

pub fn page(rows: Vec<Value>) -> Value {
    json!({"data": rows, "next_cursor": null, "has_more": false})
}

pub fn overview(environment: &str) -> Value {
    json!({"environment": environment, "at": "2026-11-26T03:00:00Z",
        "payouts": [
            {"bank": "sandbox", "status": "unknown", "count": 2, "oldest": "2026-11-26T02:41:00Z"},
            {"bank": "sandbox", "status": "queued", "count": 1, "oldest": "2026-11-26T02:59:50Z"},
            {"bank": "sandbox", "status": "failed", "count": 1, "oldest": "2026-11-26T01:00:00Z"},
            {"bank": "sandbox", "status": "paid", "count": 18_234, "oldest": "2026-11-01T00:00:00Z"}],
        "unknown_payouts": 2, "payouts_for_operators": 1, "oldest_unsent_seconds": 10.2,
        "review": [{"reason": "unknown_account", "count": 2, "amount": "50.00", "currency": "USD",
            "oldest": "2026-11-25T20:00:00Z", "older_than_1_day": 0, "older_than_5_days": 0}],
        "oldest_review_seconds": 25_200.0,
        "suspense": [{"currency": "USD", "amount": "50.00"}],
        "approvals_pending": 1, "event_id_conflicts": 0,
        "lanes": [{"lane": 0, "depth": 0}, {"lane": 1, "depth": 3}],
        "pool": {"size": 4, "available": 3, "waiting": 0, "max": 16},
        "banks": [{"bank": "sandbox", "breaker": "closed", "busy": 1, "max_per_second": 0}], "exposure": [],
        "rates": [{"pair": "USDCNY", "age_seconds": 12.5}, {"pair": "EURCNY", "age_seconds": 12.5}],
        "ledger_heads": ["0:1812:ab", "1:1790:cd", "2:1801:ef", "3:1799:01"]})
}

pub fn merchant(status: &str) -> Value {
    json!({"id": MERCHANT, "status": status, "kind": "enterprise", "name": "深****",
        "email": "fin***@example.com", "reason": if status == "frozen" { json!("court order") } else { Value::Null },
        "legal_reference": null, "frozen_until": null, "created_at": "2026-10-01T00:00:00Z",
        "updated_at": "2026-11-20T00:00:00Z"})
}

pub fn payment() -> Value {
    json!({"id": PAYMENT, "status": "in_review", "amount": "20.00", "currency": "USD",
        "reason": "unknown_account", "bank": "sandbox", "reference": "HB-20261125-000017", "merchant_id": null,
        "account_number": "****0001", "remitter": "A****", "reversed_amount": "0.00", "value_date": "2026-11-25",
        "received_at": "2026-11-25T20:00:00Z", "decided_at": null})
}

pub fn audit(subject: &str) -> Value {
    page(vec![json!({"seq": 7, "at": "2026-11-26T02:50:00Z", "actor": "ops-1", "person": "olga",
        "origin": "127.0.0.1", "action": "payout.query", "subject": subject, "reason": "ask the bank",
        "before": "{}", "after": "{}"})])
}

/// The answer to a question, by its path.
pub fn answer(path: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path.trim_start_matches("/admin/v1/") {
        "overview" => overview("development"),
        "payouts" => {
            let all = payouts()["data"].as_array().cloned().unwrap_or_default();
            let wanted = query.split('&').find_map(|pair| pair.strip_prefix("status="));
            page(all.into_iter().filter(|row| wanted.is_none_or(|status| row["status"] == status)).collect())
        }
        "payments" => page(vec![payment()]),
        "merchants" => page(vec![merchant("active")]),
        "audit" => audit(query.split('&').find_map(|pair| pair.strip_prefix("subject=")).unwrap_or(STUCK)),
        "approvals" => page(vec![json!({"id": APPROVAL, "status": "pending", "action": "payment.credit",
            "subject": PAYMENT, "reason": "contract seen", "shown": "{\"status\":\"in_review\",\"amount\":\"20000.00\",\"currency\":\"USD\"}", "requested_by": "ops-1",
            "requested_person": "olga", "decided_by": null, "decided_reason": null,
            "created_at": "2026-11-26T01:00:00Z", "expires_at": "2026-11-27T01:00:00Z", "decided_at": null})]),
        "events" => {
            page(vec![json!({"id": EVENT, "bank": "sandbox", "event_id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
            "verdict": "accepted", "status": 200, "key_id": "demo", "received_at": "2026-11-26T02:59:00Z",
            "redeliveries": 2})])
        }
        "rates" => page(vec![json!({"base": "USD", "quote": "CNY", "bid": "7.1000", "ask": "7.1300",
            "as_of": "2026-11-26T02:59:48Z", "bank": "sandbox", "id": "rate_1", "status": "held", "prices": true,
            "held": {"id": "rate_019ab0c1d2e37a10b000000000000777", "bid": "9.1000", "ask": "9.1300",
            "as_of": "2026-11-26T02:59:58Z", "received_at": "2026-11-26T02:59:58Z"}})]),
        "accounts" => page(vec![json!({"id": "3.0f", "name": "nostro:sandbox", "kind": "nostro",
            "owner_id": "sandbox", "shard": 3, "currency": "USD", "balance": "1204500.00",
            "debits": "1300000.00", "credits": "95500.00", "created_at": "2026-10-01T00:00:00Z"})]),
        "accounts/3.0f/transfers" => {
            page(vec![json!({"id": "0.12.1", "kind": "payment", "direction": "debit",
            "amount": "2500.00", "currency": "USD", "other_account_id": "3.0e",
            "other_account": format!("merchant:{MERCHANT}"), "cause": PAYMENT,
            "created_at": "2026-11-26T02:00:00Z"})])
        }
        path if path.starts_with("payouts/") => {
            let all = payouts()["data"].as_array().cloned().unwrap_or_default();
            let row = all.into_iter().find(|row| path.ends_with(row["id"].as_str().unwrap_or("-")));
            let mut shown = row.unwrap_or_default();
            shown["evidence"] = json!([
                {"at": "2026-11-26T02:41:01Z", "source": "send", "text": "no answer in time"},
                {"at": "2026-11-26T02:44:00Z", "source": "query", "text": "never seen"}]);
            shown
        }
        path if path.ends_with("/amount-freezes") => page(vec![]),
        path if path.starts_with("merchants/") => merchant("active"),
        path if path.starts_with("payments/") => {
            let mut shown = payment();
            shown["notes"] = json!([{"id": "n", "author": "ops-1", "text": "called the bank",
                "created_at": "2026-11-26T01:00:00Z"}]);
            shown["reversals"] = json!([]);
            shown
        }
        path if path.starts_with("events/") => json!({"id": EVENT, "bank": "sandbox", "event_id": "msg_1",
            "verdict": "accepted", "key_id": "demo",
            "received_at": "2026-11-26T02:59:00Z", "last_received_at": "2026-11-26T02:59:30Z", "redeliveries": 2,
            "replays": 0, "first": {"verdict": "accepted", "status": 200, "answer": {"event_id": EVENT},
            "at": "2026-11-26T02:59:00Z"}, "later": null, "bytes_expired": false, "conflicts": [], "body": {"format": "json", "length": 310,
            "masked": {"type": "funds.received", "data": {"amount": "20.00", "remitter": {"name": "A****"}}}}}),
        _ => page(vec![]),
    }
}

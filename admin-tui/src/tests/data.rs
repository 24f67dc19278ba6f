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
        "payee": {"holder_name": "深****", "account_number": "****0005", "country": "CN", "bank_code": "102100099996"},
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
            {"bank": "sandbox", "status": "queued", "count": 1, "oldest": "2026-11-26T02:59:50Z"}],
        "unknown_payouts": 2, "payouts_for_operators": 1, "oldest_unsent_seconds": 10.2,
        "review": [{"reason": "unknown_account", "count": 2, "amount": "50.00", "currency": "USD",
            "oldest": "2026-11-25T20:00:00Z", "older_than_1_day": 0, "older_than_5_days": 0}],
        "oldest_review_seconds": 25_200.0,
        "suspense": [{"currency": "USD", "amount": "50.00"}],
        "approvals_pending": 1, "approvals_waiting_for_me": 1,
        "activity": {"seconds": (0..60).map(|n: u64| json!({"events": n % 7, "payments": n % 7, "withdrawals": n % 3,
            "payouts_paid": u64::from(n.is_multiple_of(2))})).collect::<Vec<_>>()},
        "verification": {"at": "2026-11-26T02:48:00Z", "result": "holds", "broken": [], "took_ms": 1200, "checked_transfers": 18_234}, "event_id_conflicts": 0,
        "lanes": [{"lane": 0, "depth": 0}, {"lane": 1, "depth": 3}],
        "pool": {"size": 4, "available": 3, "waiting": 0, "max": 16},
        "banks": [{"bank": "sandbox", "breaker": "closed", "busy": 1, "max_per_second": 0,
            "state": "up", "answer_seconds": 0.2}], "exposure": [],
        "rates": [{"pair": "USDCNY", "age_seconds": 12.5}, {"pair": "EURCNY", "age_seconds": 12.5}],
        "ledger_heads": ["0:1812:ab", "1:1790:cd", "2:1801:ef", "3:1799:01"]})
}

pub fn merchant(status: &str) -> Value {
    json!({"id": MERCHANT, "status": status, "kind": "enterprise", "name": "深****",
        "email": "fin***@example.com", "reason": if status == "frozen" { json!("court order") } else { Value::Null },
        "legal_reference": null, "frozen_until": null, "tier": "standard", "fully_verified": false,
        "created_at": "2026-10-01T00:00:00Z",
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

/// The withdrawal behind a payout of [`payouts`].
pub fn withdrawal(payout_id: &str) -> Value {
    let all = payouts()["data"].as_array().cloned().unwrap_or_default();
    let payout = all.into_iter().find(|row| row["id"] == payout_id).unwrap_or_default();
    let status = if payout["status"] == "failed" { "payee_action_required" } else { "processing" };
    json!({"id": payout["withdrawal_id"], "status": status, "merchant_id": MERCHANT, "bank": "sandbox",
        "amount": payout["amount"], "currency": payout["currency"], "reason": payout["reason"],
        "sell_currency": "USD", "sell_amount": "100.00", "fee": "0.30", "net_amount": "99.70", "rate": "7.1000",
        "rate_as_of": "2026-11-26T02:40:48Z", "spread": "0.00", "lock_premium": "0.00", "buy_currency": payout["currency"],
        "buy_amount": payout["amount"], "quote_id": null,
        "payee": {"id": "pye_019ab0c1d2e37a10b000000000000111", "status": "verified", "holder_name": "深****",
            "country": "CN", "currency": payout["currency"], "account_number": "****0005", "bank_code": "102100099996",
            "bank_name": "ICBC"},
        "estimated_arrival": "2026-11-26T02:46:00Z", "client_reference": "inv-17",
        "failure": if payout["status"] == "failed" { json!({"code": "AC01", "reason": "wrong account number"}) } else { Value::Null },
        "payouts": [{"id": payout_id, "status": payout["status"], "attempt": 1, "bank": "sandbox", "bank_reference": null,
            "amount": payout["amount"], "currency": payout["currency"], "amount_received": null, "returned_amount": null,
            "reason": payout["reason"]}],
        "created_at": "2026-11-26T02:41:00Z", "updated_at": "2026-11-26T02:58:00Z"})
}

fn withdrawal_with_timeline(id: &str) -> Value {
    let payout = format!("po_{}", id.strip_prefix("wd_").unwrap_or_default());
    let mut shown = withdrawal(&payout);
    let entry =
        |at: &str, kind: &str, id: &str, text: &str| json!({"at": at, "kind": kind, "id": id, "text": text});
    shown["timeline"] = json!([
        entry("2026-11-26T02:41:00Z", "submitted", id, "100.00 USD for 707.87 CNY"),
        entry("2026-11-26T02:41:00Z", "payout", &payout, "attempt 1: 707.87 CNY through sandbox"),
        entry("2026-11-26T02:41:01Z", "send", &payout, "no answer in time"),
        entry("2026-11-26T02:44:00Z", "query", &payout, "never seen"),
        entry("2026-11-26T02:50:00Z", "audit", &payout, "payout.query by ops-1: ask the bank")
    ]);
    shown
}

fn published(id: &str, status: &str, bid: &str) -> Value {
    json!({"id": id, "status": status, "base": "USD", "quote": "CNY", "bank": "sandbox", "bid": bid, "ask": "9.1300",
        "as_of": "2026-11-26T02:59:58Z", "received_at": "2026-11-26T02:59:58Z", "decided_at": null, "event_id": EVENT})
}

/// The answer to a question, by its path.
pub fn answer(path: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path.trim_start_matches("/admin/v1/") {
        "overview" => overview("development"),
        "payouts" => {
            let all = payouts()["data"].as_array().cloned().unwrap_or_default();
            let wanted = query.split('&').find_map(|pair| pair.strip_prefix("status="));
            let needs = query.contains("needs_operator=true");
            let kept = |row: &Value| {
                wanted.is_none_or(|status| row["status"] == status)
                    && (!needs || row["needs_operator"] == true)
            };
            page(all.into_iter().filter(kept).collect())
        }
        "withdrawals" => page(vec![withdrawal(FAILED), withdrawal(STUCK), withdrawal(QUEUED)]),
        "search" => match query {
            "q=HB-20261125-000017" => json!({"data": [
                {"type": "payment", "id": PAYMENT, "title": "20.00 USD from sandbox, in_review"},
                {"type": "payee", "id": "pye_019ab0c1d2e37a10b000000000000111",
                    "title": format!("CNY account ****0005 of {MERCHANT}, verified")}]}),
            _ => json!({"data": []}),
        },
        "quotes" => page(vec![json!({"id": "qt_019ab0c1d2e37a10b000000000000701", "status": "open",
            "merchant_id": MERCHANT, "amount": "707.87", "currency": "CNY", "fixed_side": "sell", "sell_currency": "USD",
            "sell_amount": "100.00", "fee": "0.30", "net_amount": "99.70", "rate": "7.1000", "rate_as_of": "2026-11-26T02:59:48Z",
            "spread": "0.00", "lock_premium": "0.00", "buy_currency": "CNY", "buy_amount": "707.87", "withdrawal_id": null,
            "expires_at": "2026-11-26T03:05:00Z", "created_at": "2026-11-26T02:55:00Z"})]),
        "positions" => json!({"at": "2026-11-26T03:00:00Z",
            "pairs": [{"sell_currency": "USD", "buy_currency": "CNY", "held": "97.00", "short": "679.70"}],
            "currencies": [{"currency": "USD", "held": "97.00"}],
            "open_quotes": [{"sell_currency": "USD", "buy_currency": "CNY", "quotes": 2, "net_amount": "10.00", "buy_amount": "71.00"}]}),
        "cover-deals" => page(vec![json!({"id": "cov_019ab03c8e7c7d20a5d5b7a1e2f30407", "status": "booked",
            "bank": "sandbox", "bank_reference": "FX-17", "sell_currency": "USD", "sell_amount": "1000.00",
            "buy_currency": "CNY", "buy_amount": "7100.00", "booked_at": "2026-11-26T01:00:00Z"})]),
        "rates/history" => page(vec![
            published("rate_019ab0c1d2e37a10b000000000000777", "held", "9.1000"),
            published("rate_019ab0c1d2e37a10b000000000000776", "accepted", "7.1000"),
        ]),
        "fees" => page(vec![
            json!({"id": "fee_019ab0c1d2e37a10b000000000000301", "merchant_id": null, "sell_currency": "USD",
            "buy_currency": "CNY", "fixed": "0.00", "percent": "0.3", "minimum": "0.00", "maximum": null,
            "free_per_month": "0.00", "valid_from": "2026-10-01T00:00:00Z", "valid_until": null}),
        ]),
        "dead-letters" => {
            page(vec![json!({"id": "dlv_019ab0c1d2e37a10b000000000000401", "notice_id": "ntc_1",
            "merchant_id": MERCHANT, "channel": "webhook", "webhook_id": "whk_1", "type": "withdrawal.failed",
            "subject": format!("wd_{}", &FAILED[3..]), "attempts": 9, "replays": 0, "last_answer": "HTTP 500",
            "created_at": "2026-11-23T03:00:00Z", "died_at": "2026-11-26T02:00:00Z"})])
        }
        "reconciliation/statements" => {
            page(vec![json!({"id": "stm_019ab0c1d2e37a10b000000000000501", "status": "open",
            "bank": "sandbox", "covers": "own_account", "number": "2026-330", "currency": "USD", "from": "2026-11-25",
            "to": "2026-11-25", "opening_balance": "0.00", "closing_balance": "10.00", "difference": "0.00", "lines": 4,
            "new_lines": 4, "open": 1, "matched": 3, "explained": 0, "event_id": EVENT, "received_at": "2026-11-26T01:00:00Z"})])
        }
        "reconciliation" => {
            page(vec![json!({"id": "rcl_019ab0c1d2e37a10b000000000000601", "status": "open",
            "outcome": "unknown", "origin": "bank", "amount": "12.00", "currency": "USD", "direction": "credit",
            "reversal": false, "bank": "sandbox", "statement_id": "stm_019ab0c1d2e37a10b000000000000501",
            "references": ["HB-1"], "booked_on": "2026-11-25", "value_date": null, "matches": [], "book_amount": null,
            "reason": null, "explained_by": null, "received_at": "2026-11-26T01:00:00Z", "age_seconds": 7200.0,
            "settled_at": null})])
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
        "accounts" if query.starts_with("merchant_id=") => {
            page(vec![json!({"id": "5.0a", "name": format!("merchant:{MERCHANT}"),
            "kind": "merchant", "owner_id": MERCHANT, "shard": 5, "currency": "USD", "balance": "900.00",
            "debits": "100.00", "credits": "1000.00", "created_at": "2026-10-01T00:00:00Z"})])
        }
        "accounts/5.0a/transfers" => page(vec![
            json!({"id": "0.12.2", "kind": "withdrawal_net", "direction": "debit",
            "amount": "99.70", "currency": "USD", "other_account_id": "5.0b", "other_account": "exchange",
            "cause": format!("wd_{}", &STUCK[3..]), "created_at": "2026-11-26T02:41:00Z"}),
            json!({"id": "0.9.1", "kind": "payment", "direction": "credit", "amount": "1000.00", "currency": "USD",
            "other_account_id": "5.0c", "other_account": "nostro:sandbox", "cause": "pay_019ab0c1d2e37a10b0000000000000ff",
            "created_at": "2026-11-25T02:41:00Z"}),
        ]),
        "ledger/accounts" => {
            page(vec![json!({"name": "nostro:sandbox", "kind": "nostro", "owner_id": "sandbox",
            "currency": "USD", "balance": "1204500.00", "debits": "1300000.00", "credits": "95500.00", "shards": 16})])
        }
        "accounts" => page(vec![json!({"id": "3.0f", "name": "nostro:sandbox", "kind": "nostro",
            "owner_id": "sandbox", "shard": 3, "currency": "USD", "balance": "1204500.00",
            "debits": "1300000.00", "credits": "95500.00", "created_at": "2026-10-01T00:00:00Z"})]),
        "accounts/3.0f/transfers" => {
            page(vec![json!({"id": "0.12.1", "kind": "payment", "direction": "debit",
            "amount": "2500.00", "currency": "USD", "other_account_id": "3.0e",
            "other_account": format!("merchant:{MERCHANT}"), "cause": PAYMENT,
            "created_at": "2026-11-26T02:00:00Z"})])
        }
        path if path.starts_with("approvals/") => {
            let mut shown = answer("/admin/v1/approvals")["data"][0].clone();
            shown["request"] = json!("{\"merchant_id\":null}");
            shown["decided_person"] = Value::Null;
            shown["may_approve"] = json!(true);
            shown["may_reject"] = json!(true);
            shown["timeline"] = json!([{"at": "2026-11-25T20:00:00Z", "kind": "received", "id": PAYMENT,
                "text": "20000.00 USD, in_review: unknown_account"}]);
            shown
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
        path if path.starts_with("withdrawals/") => {
            withdrawal_with_timeline(path.trim_start_matches("withdrawals/"))
        }
        path if path.ends_with("/amount-freezes") => {
            page(vec![json!({"id": "frz_019ab0c1d2e37a10b000000000000201",
            "status": "frozen", "merchant_id": MERCHANT, "amount": "250.00", "currency": "USD", "reason": "court order",
            "legal_reference": "2026-77", "until": "2026-12-31T00:00:00Z", "created_at": "2026-11-20T00:00:00Z"})])
        }
        path if path.ends_with("/users") => page(vec![
            json!({"id": "usr_019ab0c1d2e37a10b000000000000a01", "merchant_id": MERCHANT, "label": "till", "status": "active",
                "key_fingerprint": "5f2b8c01d4aa", "created_at": "2026-11-20T00:00:00Z"}),
            json!({"id": "usr_019ab0c1d2e37a10b000000000000a02", "merchant_id": MERCHANT, "label": "old till",
                "status": "deleted", "key_fingerprint": "00c1d4aa5f2b", "created_at": "2026-11-19T00:00:00Z"}),
        ]),
        path if path.ends_with("/payees") => {
            let payee = |n: u32, status: &str, currency: &str, account: &str| {
                json!({"id": format!("pye_{n:032x}"), "status": status, "holder_name": "深****", "country": "CN",
                    "currency": currency, "account_number": account, "bank_code": "102100099996", "bank_name": "ICBC",
                    "scheme": null, "warnings": [], "rejection": null, "next_check_at": null,
                    "created_at": "2026-10-02T00:00:00Z"})
            };
            page(vec![
                payee(1, "verified", "CNY", "****0005"),
                payee(2, "verified", "USD", "****0017"),
                payee(3, "pending", "CNY", "****0099"),
                payee(4, "verified", "CNY", "****0028"),
            ])
        }
        path if path.starts_with("merchants/") => {
            let mut shown = merchant("active");
            shown["balances"] = json!([{"currency": "USD", "available": "650.00", "in_transit": "100.00",
                "in_review": "20.00", "frozen": "250.00", "receivable": "0.00"}]);
            shown
        }
        path if path.starts_with("payments/") => {
            let mut shown = payment();
            shown["notes"] = json!([{"id": "n", "author": "ops-1", "text": "called the bank",
                "created_at": "2026-11-26T01:00:00Z"}]);
            shown["reversals"] = json!([]);
            shown["timeline"] = json!([
                {"at": "2026-11-25T20:00:00Z", "kind": "event", "id": EVENT, "text": "sandbox reports it under HB-20261125-000017"},
                {"at": "2026-11-25T20:00:00Z", "kind": "received", "id": PAYMENT, "text": "20.00 USD, in_review: unknown_account"},
                {"at": "2026-11-26T01:00:00Z", "kind": "note", "id": "n", "text": "by ops-1"}]);
            shown
        }
        "reversals" => page(vec![
            json!({"id": "rev_019ab0c1d2e37a10b000000000000601", "status": "held", "reason": "several_payments",
            "bank": "sandbox", "reference": "RET-7", "original_reference": "HB-20261124-000003", "amount": "18.00",
            "currency": "USD", "bank_reason": "AC04", "payment_id": null, "received_at": "2026-11-26T01:30:00Z",
            "applied_at": null}),
        ]),
        path if path.starts_with("events/") => json!({"id": EVENT, "bank": "sandbox", "event_id": "msg_1",
            "verdict": "accepted", "key_id": "demo",
            "received_at": "2026-11-26T02:59:00Z", "last_received_at": "2026-11-26T02:59:30Z", "redeliveries": 2,
            "replays": 0, "first": {"verdict": "accepted", "status": 200, "answer": {"event_id": EVENT, "outcomes": [
            {"reference": "HB-20261125-000017", "outcome": "in_review", "payment_id": PAYMENT, "reason": "unknown_account"}]},
            "at": "2026-11-26T02:59:00Z"}, "later": null, "bytes_expired": false, "conflicts": [], "body": {"format": "json", "length": 310,
            "masked": {"type": "funds.received", "data": {"amount": "20.00", "remitter": {"name": "A****"}}}}}),
        _ => page(vec![]),
    }
}

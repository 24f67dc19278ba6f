//! Server-sent events as bytes (HTML Living Standard, 9.2 Server-sent events).

use admin_api::{CHANGED, Changed, HELLO, More, RESET, StreamStart};
use audit::ApprovalId;
use bytes::Bytes;
use changes::{Changes, Kind};
use deposits::PaymentId;
use exchange::RateId;
use payouts::PayoutId;
use serde::Serialize;
use uuid::Uuid;
use vault::EventId;
use withdrawals::WithdrawalId;

use super::cursor::Cursor;

/// A comment: the line lives, nothing happened.
pub const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// One event. JSON in one line, so that it takes one `data`.
pub fn event<T: Serialize>(name: &str, id: Option<&Cursor>, data: &T) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // Wire types of texts, numbers and lists: writing them can't fail.
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\n{id}data: {data}\n\n"))
}

/// The stream begins, or goes on, here.
pub fn hello(at: &Cursor) -> Bytes {
    event(HELLO, Some(at), &StreamStart { cursor: at.to_string() })
}

/// What was before can't be told any more; it goes on here.
pub fn reset(at: &Cursor) -> Bytes {
    event(RESET, Some(at), &StreamStart { cursor: at.to_string() })
}

/// What changed up to here.
pub fn changed(changes: &Changes, audit: bool, at: &Cursor) -> Bytes {
    event(CHANGED, Some(at), &told(changes, audit))
}

fn told(changes: &Changes, audit: bool) -> Changed {
    Changed {
        payouts: texts(changes, Kind::Payout, PayoutId::from_uuid),
        payments: texts(changes, Kind::Payment, PaymentId::from_uuid),
        withdrawals: texts(changes, Kind::Withdrawal, WithdrawalId::from_uuid),
        bank_events: texts(changes, Kind::BankEvent, EventId::from_uuid),
        approvals: texts(changes, Kind::Approval, ApprovalId::from_uuid),
        rates: texts(changes, Kind::Rate, RateId::from_uuid),
        audit,
        more: More {
            payouts: changes.has_more(Kind::Payout),
            payments: changes.has_more(Kind::Payment),
            withdrawals: changes.has_more(Kind::Withdrawal),
            bank_events: changes.has_more(Kind::BankEvent),
            approvals: changes.has_more(Kind::Approval),
            rates: changes.has_more(Kind::Rate),
        },
    }
}

fn texts<I: ToString>(changes: &Changes, kind: Kind, id: impl Fn(Uuid) -> I) -> Vec<String> {
    changes.ids(kind).iter().map(|uuid| id(*uuid).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_name_its_id_and_one_line_of_json() {
        let text = "3.0b5cd8de6ccf4d32a3b0d4ba38b4f4c5.742:742:";
        let at: Cursor = text.parse().expect("a cursor");
        assert_eq!(hello(&at), format!("event: hello\nid: {text}\ndata: {{\"cursor\":\"{text}\"}}\n\n"));
        let mut changes = Changes::of_a_transaction();
        let id: PayoutId = "po_019abcdef01270008000000000000003".parse().expect("an id");
        changes.add(Kind::Payout, id.uuid());
        changes.extend(Kind::Rate, (0..33).map(Uuid::from_u128));
        let told = String::from_utf8(changed(&changes, true, &at).to_vec()).expect("text");
        let (head, data) = told.split_once("data: ").expect("data");
        assert_eq!(head, format!("event: changed\nid: {text}\n"));
        assert!(data.ends_with("}\n\n") && data.trim_end().lines().count() == 1, "{data}");
        let read: Changed = serde_json::from_str(data).expect("the wire type");
        assert_eq!((read.payouts, read.rates.len(), read.audit), (vec![id.to_string()], 32, true));
        assert_eq!(read.more, More { rates: true, ..More::default() });
        assert!(data.contains("\"payments\":[]") && data.contains("\"more\":{\"rates\":true}"), "{data}");
        let plain = event("overview", None, &"a\nb");
        assert_eq!(plain, "event: overview\ndata: \"a\\nb\"\n\n");
    }
}

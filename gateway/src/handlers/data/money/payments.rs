//! Payments: those that are not credited first, oldest first, then those that were credited, by the statement, since no index
//! leads from a merchant to them. A payment's place among the first doesn't change when it moves on or back, so it is not
//! missing unless it does both while one page is read; one that is credited meanwhile may stand twice.

use std::collections::{BTreeMap, HashMap};

use deposits::{Payment, PaymentFilter, PaymentId, PaymentPlace, PaymentSort, PaymentState, Reversal};
use ledger::MerchantRef;
use merchants::MerchantId;
use money::Money;
use pg::{Connection, Paged};
use serde_json::{Value, json};

use crate::commands::rfc3339;
use crate::handlers::data::parts::{LIMIT, Page, limit, place};
use crate::handlers::transactions::credited;
use crate::problem::Refusal;

/// Every status but *credited*, each read after those from which payments come into it, and *in review* once more at the end,
/// into which they come back: so one that moves while a page is read is still on it.
const OPEN: [PaymentState; 4] =
    [PaymentState::InReview, PaymentState::Returning, PaymentState::Returned, PaymentState::InReview];

/// Between what is listed and a place in its list.
const AT: char = '~';
const THOSE_OPEN: &str = "open";
const THOSE_CREDITED: &str = "credited";

pub async fn payments(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let (listed, after) = match after.and_then(|text| text.split_once(AT)) {
        Some((listed, after)) => (listed, Some(after).filter(|after| !after.is_empty())),
        None => (THOSE_OPEN, None),
    };
    let (rows, next) = if listed == THOSE_OPEN {
        let page = open(conn, merchant, after).await?;
        let goes_on = page.last.as_ref().map(|last| format!("{THOSE_OPEN}{AT}{}", PaymentPlace::of(last)));
        (page.rows, Some(goes_on.unwrap_or_else(|| format!("{THOSE_CREDITED}{AT}"))))
    } else {
        let (rows, next) = by_statement(conn, merchant, after).await?;
        (rows, next.map(|next| format!("{THOSE_CREDITED}{AT}{next}")))
    };
    Ok(Page { rows: with_reversals(conn, &rows).await?, next })
}

async fn open(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<Paged<Payment>, Refusal> {
    let filter = PaymentFilter { merchant: Some(merchant), ..PaymentFilter::default() };
    let after = place::<PaymentPlace>(after)?;
    let mut lists = Vec::new();
    for state in OPEN {
        lists.push(deposits::list(conn, state, &filter, PaymentSort::Oldest, after, LIMIT).await?);
    }
    Ok(merged(lists, |payment| (payment.received_at, payment.id)))
}

/// One page of several lists in the same order, no further than each of them was read; of a row that stands in more than one
/// what was read last.
fn merged<R, K: Ord>(lists: Vec<Paged<R>>, key: impl Fn(&R) -> K) -> Paged<R> {
    let mut rows = BTreeMap::new();
    let mut last: Option<R> = None;
    for list in lists {
        rows.extend(list.rows.into_iter().map(|row| (key(&row), row)));
        let earlier = |end: &R| last.as_ref().is_none_or(|known| key(end) < key(known));
        last = list.last.filter(earlier).or(last);
    }
    if let Some(last) = &last {
        rows.retain(|at, _| *at <= key(last));
    }
    Paged { rows: rows.into_values().collect(), last }
}

async fn by_statement(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<(Vec<Payment>, Option<String>), Refusal> {
    let owner = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let lines = credited(conn, owner, place(after)?, limit()).await?;
    let next = lines.last().filter(|_| lines.len() >= LIMIT).map(|line| line.cursor.to_string());
    let ids: Vec<PaymentId> = lines.iter().map(|line| PaymentId::from_uuid(line.cause)).collect();
    Ok((deposits::payments(conn, &ids).await?, next))
}

async fn with_reversals(conn: &Connection, rows: &[Payment]) -> Result<Vec<Value>, Refusal> {
    let ids: Vec<PaymentId> = rows.iter().map(|row| row.id).collect();
    let mut taken_back: HashMap<PaymentId, Vec<Value>> = HashMap::new();
    for reversal in deposits::reversals_of(conn, &ids).await? {
        if let Some(payment) = reversal.payment {
            taken_back.entry(payment).or_default().push(reversal_json(&reversal));
        }
    }
    Ok(rows.iter().map(|row| render(row, taken_back.remove(&row.id).unwrap_or_default())).collect())
}

/// What the merchant's notices say of it. Who sent it is somebody else's.
fn render(payment: &Payment, reversals: Vec<Value>) -> Value {
    let currency = payment.amount.currency();
    let reversed = Money::new(payment.reversed_minor, currency).unwrap_or(Money::zero(currency));
    json!({
        "id": payment.id.to_string(),
        "status": payment.status.as_str(),
        "amount": payment.amount.to_string(),
        "currency": currency.code(),
        "bank": &*payment.bank,
        "reference": payment.reference,
        "reason": payment.reason.map(deposits::Reason::as_str),
        "receiving_account_id": payment.account.map(|id| id.to_string()),
        "reversed_amount": reversed.to_string(),
        "reversals": reversals,
        "value_date": payment.value_date.map(|date| date.to_string()),
        "received_at": rfc3339(payment.received_at),
        "decided_at": payment.decided_at.map(rfc3339),
    })
}

fn reversal_json(reversal: &Reversal) -> Value {
    json!({
        "amount": reversal.amount.to_string(),
        "reference": reversal.reference,
        "reason": reversal.reason,
        "applied_at": reversal.applied_at.map(rfc3339),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payment by its number, which is its place, and its status.
    type Known = (u32, PaymentState);

    fn page(all: &[Known], state: PaymentState, after: u32, limit: usize) -> Paged<Known> {
        Paged::of(all.iter().copied().filter(|row| row.1 == state && row.0 > after).collect(), limit)
    }

    /// All numbers that a copy has, with pages of two, where `meanwhile` changes something before each list is read.
    fn copied(mut all: Vec<Known>, mut meanwhile: impl FnMut(usize, &mut Vec<Known>)) -> Vec<u32> {
        let (mut seen, mut after, mut reads) = (Vec::new(), 0, 0);
        loop {
            let mut lists = Vec::new();
            for state in OPEN {
                meanwhile(reads, &mut all);
                reads += 1;
                lists.push(page(&all, state, after, 2));
            }
            let page = merged(lists, |row| row.0);
            seen.extend(page.rows.iter().map(|row| row.0));
            match page.last {
                Some(last) => after = last.0,
                None => return seen,
            }
        }
    }

    fn some() -> Vec<Known> {
        let states = [PaymentState::Returned, PaymentState::InReview, PaymentState::Returning];
        (1..=12).zip(states.into_iter().cycle()).collect()
    }

    #[test]
    fn r38_payments_of_every_status_stand_once_and_oldest_first() {
        assert_eq!(copied(some(), |_, _| ()), (1..=12).collect::<Vec<_>>());
        let in_one = |state| (1..=7).map(|number| (number, state)).collect::<Vec<_>>();
        for state in OPEN {
            assert_eq!(copied(in_one(state), |_, _| ()), (1..=7).collect::<Vec<_>>(), "{state}");
        }
        assert_eq!(copied(Vec::new(), |_, _| ()), Vec::<u32>::new());
    }

    #[test]
    fn r38_a_payment_that_moves_on_or_back_while_a_copy_is_made_is_not_missing() {
        let moves = [
            (PaymentState::InReview, PaymentState::Returning),
            (PaymentState::InReview, PaymentState::Returned),
            (PaymentState::Returning, PaymentState::Returned),
            (PaymentState::Returning, PaymentState::InReview),
            (PaymentState::Returned, PaymentState::InReview),
        ];
        for number in 1..=12 {
            for (from, to) in moves {
                for at in 0..24 {
                    let mut all = some();
                    all[number as usize - 1].1 = from;
                    let seen = copied(all, |reads, all| {
                        if reads == at {
                            all[number as usize - 1].1 = to;
                        }
                    });
                    assert_eq!(
                        seen,
                        (1..=12).collect::<Vec<_>>(),
                        "{number} from {from} to {to} before {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn r38_a_row_is_shown_as_it_was_read_last() {
        let whole = |rows: Vec<Known>| Paged { rows, last: None };
        let lists = vec![whole(vec![(1, PaymentState::InReview)]), whole(vec![(1, PaymentState::Returned)])];
        assert_eq!(merged(lists, |row| row.0).rows, [(1, PaymentState::Returned)]);
    }
}

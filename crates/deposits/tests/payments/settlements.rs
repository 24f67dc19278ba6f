//! Announced settlements are found in their merchants' statements, page by page (R10).

use deposits::PaymentId;
use deposits::settlements::{Looked, Settlement, SettlementId, SettlementState, announce, awaited, look};
use ledger::{MerchantRef, with_news};
use money::Money;
use time::{Date, OffsetDateTime};

use crate::world::{INDEX, World, bank, receipt, usd};

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

impl World {
    async fn announces(&self, reference: &str, amount: Money, paid_on: Date) -> SettlementId {
        let mut conn = self.db.pool.get().await.unwrap();
        let new = Settlement {
            id: SettlementId::new(self.merchant.shard()),
            merchant: self.merchant,
            account: self.accounts[&(bank(), INDEX)].id,
            store: None,
            amount,
            reference: reference.to_owned(),
            paid_on,
            due_at: now(),
            state: SettlementState::Announced,
            payment: None,
            asked_at: None,
            finding: None,
            finding_reason: None,
            created_at: now(),
            settled_at: None,
        };
        let tx = conn.begin().await.unwrap();
        announce(&tx, self.layout, &new, now().date()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        new.id
    }

    /// One page of so many lines: what has arrived as what, and whether there is more.
    async fn looks(&self, lines: i64) -> (Vec<(SettlementId, PaymentId)>, bool) {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let Looked { arrived, more } = look(&tx, self.merchant, now().date(), now(), lines).await.unwrap();
        tx.commit().await.unwrap();
        (arrived.iter().map(|row| (row.id, row.payment.unwrap())).collect(), more)
    }

    /// Who is waited for; who of them has anything new.
    async fn waiting(&self) -> (usize, usize) {
        let conn = self.db.pool.get().await.unwrap();
        let waiting = awaited(&conn, None, 10).await.unwrap();
        let book = MerchantRef { shard: self.merchant.shard(), id: self.merchant.uuid() };
        let places: Vec<_> = waiting.iter().map(|one| (book, one.seen)).collect();
        (waiting.len(), with_news(&conn, &places).await.unwrap().len())
    }

    async fn paid(&self, reference: &str, amount: Money) -> PaymentId {
        self.take_in_one(receipt(reference, amount)).await.id
    }
}

#[tokio::test]
async fn r10_a_search_goes_on_where_it_was_and_back_for_what_is_announced_later() {
    let world = World::start().await;
    let today = now().date();
    let mut paid = Vec::new();
    for n in 0..5 {
        paid.push(world.paid(&format!("HB-{n}"), usd(100 + n)).await);
    }
    assert_eq!(world.waiting().await, (0, 0), "nobody has announced anything");
    let late = world.announces("STL-4", usd(104), today).await;
    let never = world.announces("STL-9", usd(999), today).await;
    assert_eq!(world.waiting().await, (1, 1));
    assert_eq!(world.looks(2).await, (vec![], true));
    assert_eq!(world.looks(2).await, (vec![], true), "the next page, not the same again");
    assert_eq!(world.looks(2).await, (vec![(late, paid[4])], false));
    assert_eq!(world.waiting().await, (1, 0), "one is waited for, and nothing is new");
    assert_eq!(world.looks(2).await, (vec![], false));

    // What was looked through before is looked through again for it; what has arrived does not arrive again.
    let same = world.announces("STL-4b", usd(104), today).await;
    let first = world.announces("STL-0", usd(100), today).await;
    assert_eq!(world.looks(2).await, (vec![(first, paid[0])], true));
    world.looks(100).await;
    let again = world.paid("HB-5", usd(104)).await;
    assert_eq!(world.waiting().await, (1, 1));
    assert_eq!(world.looks(100).await, (vec![(same, again)], false));
    // Once the last one is here, nobody is looked for any more.
    let last = world.paid("HB-6", usd(999)).await;
    assert_eq!(world.looks(1).await, (vec![(never, last)], false));
    assert_eq!(world.waiting().await, (0, 0));
}

#[tokio::test]
async fn r10_one_gateway_at_a_time_looks_for_a_merchant_s_settlements() {
    let world = World::start().await;
    let paid = world.paid("HB", usd(100)).await;
    let settlement = world.announces("STL", usd(100), now().date()).await;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let looked = look(&tx, world.merchant, now().date(), now(), 100).await.unwrap();
    assert_eq!(looked.arrived.len(), 1);
    assert_eq!(world.looks(100).await, (vec![], false), "it doesn't wait for the other one");
    tx.rollback().await.unwrap();
    assert_eq!(world.looks(100).await, (vec![(settlement, paid)], false), "what failed is done again");
}

#[tokio::test]
async fn r10_money_arrives_with_its_credit_out_of_review_and_not_once_it_was_taken_back() {
    let world = World::start().await;
    let today = now().date();
    // More than the merchant's orders cover.
    let amount = usd(2_000_000);
    let settlement = world.announces("STL", amount, today).await;
    let reviewed = world.paid("HB-1", amount).await;
    assert_eq!(world.looks(100).await, (vec![], false), "in review it has not arrived");
    assert_eq!(world.waiting().await, (1, 0));
    world.decide(reviewed, |p, w| Ok(vec![p.credit(reviewed, None, &w.matching(now()))?])).await.unwrap();
    assert_eq!(world.looks(100).await, (vec![(settlement, reviewed)], false));

    let settlement = world.announces("STL-2", usd(800), today).await;
    let gone = world.paid("HB-2", usd(800)).await;
    let conn = world.db.owner().get().await.unwrap();
    let taken_back = "UPDATE payments SET reversed_minor = amount_minor WHERE id = $1";
    conn.execute(taken_back, &[&gone.uuid()]).await.unwrap();
    assert_eq!(world.looks(100).await, (vec![], false));
    let paid = world.paid("HB-3", usd(800)).await;
    assert_eq!(world.looks(100).await, (vec![(settlement, paid)], false));
}

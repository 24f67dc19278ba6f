//! R6: how much evidence orders may be, and that nobody's orders take the room of others'.

use merchants::orders::{Order, OrderLine, Place};
use merchants::{NewStore, StoreId, insert_store};
use money::{Currency, Money};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::world::{World, usd};
use crate::commands::{Command, ImportOrders};

/// The largest order there may be, in minor units; a hundred of them are all that one store may have uncovered.
const LARGEST: i64 = 100_000_000_000;

impl World {
    async fn store(&self, name: &str) -> StoreId {
        let id = StoreId::new(self.merchant.shard());
        let (merchant, platform, site) = (self.merchant, "amazon", "US");
        let new = NewStore { id, merchant, platform, site, name, authorised_until: None };
        insert_store(&self.conn().await, &new).await.unwrap();
        id
    }

    /// Brings orders of these amounts, whose ids begin with `name`.
    async fn bring(&self, store: StoreId, name: &str, amounts: &[Money]) -> (u16, Value) {
        self.one(self.file(store, name, amounts)).await
    }

    fn file(&self, store: StoreId, name: &str, amounts: &[Money]) -> Command {
        let line = |(at, amount): (usize, &Money)| {
            let ordered_at = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
            let order = Order { id: format!("{name}-{at}"), amount: *amount, ordered_at };
            OrderLine { place: Place::Item(at), order }
        };
        let lines = amounts.iter().enumerate().map(line).collect();
        let (merchant, import, request_id) = (self.merchant, Uuid::now_v7(), "req".to_owned());
        Command::ImportOrders(Box::new(ImportOrders { merchant, store, import, lines, request_id }))
    }

    async fn orders(&self, store: StoreId) -> usize {
        merchants::orders::list_orders(&self.conn().await, store, "", 1_000).await.unwrap().len()
    }

    /// Has the shard's account on the other side of stores' evidence look as after many years.
    async fn evidence_source_is(&self, currency: &str, debits: i64, credits: i64) {
        let sql =
            "UPDATE accounts SET debits = $2, credits = $3 WHERE kind = 'evidence_source' AND currency = $1";
        let owner = self.db.owner().get().await.unwrap();
        assert_eq!(owner.execute(sql, &[&currency, &debits, &credits]).await.unwrap(), 1);
    }
}

fn refusal(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::JPY).unwrap()
}

#[tokio::test]
async fn r6_what_one_store_brings_uncovered_is_bounded_and_concerns_no_other() {
    let world = World::new().await;
    let (lamps, chairs) = (world.store("Lamps").await, world.store("Chairs").await);
    let all = vec![usd(LARGEST); 100];
    assert_eq!(world.bring(lamps, "A", &all).await, (200, json!({"imported": 100, "unchanged": 0})));
    let refused = world.bring(lamps, "B", &[yen(5), usd(1)]).await;
    assert_eq!(refusal(&refused), (422, "limit-exceeded"), "{refused:?}");
    let detail = refused.1["detail"].as_str().unwrap();
    assert!(detail.contains("may sum up to 100000000000.00 USD"), "{detail}");
    assert_eq!(world.orders(lamps).await, 100, "nothing of the file is there, in no currency");

    assert_eq!(world.bring(lamps, "A", &all).await, (200, json!({"imported": 0, "unchanged": 100})));
    assert_eq!(world.bring(lamps, "B", &[yen(5)]).await.0, 200, "another currency");
    assert_eq!(world.bring(chairs, "B", &[usd(LARGEST)]).await.0, 200, "another store");
    let beyond = world.batch(&[world.file(chairs, "C", &all[1..]), world.file(chairs, "D", &[usd(1)])]).await;
    assert_eq!(
        (beyond[0].0, refusal(&beyond[1])),
        (200, (422, "limit-exceeded")),
        "files of one batch sum up"
    );
    world.verify().await;
}

#[tokio::test]
async fn r6_r8_where_the_shard_can_count_no_more_orders_are_refused_and_returns_have_room() {
    let world = World::new().await;
    let lamps = world.store("Lamps").await;
    assert_eq!(world.bring(lamps, "A", &[usd(1), yen(1)]).await.0, 200);
    // What no payment has used takes half of 64 bits; then what payments used takes the other half, too.
    let half = i64::MAX / 2;
    for (debits, credits) in [(half, 0), (i64::MAX - 5, i64::MAX - 6)] {
        world.evidence_source_is("USD", debits, credits).await;
        let refused = world.bring(lamps, "B", &[yen(7), usd(10)]).await;
        assert_eq!(refusal(&refused), (422, "limit-exceeded"), "{refused:?}");
        assert_eq!(world.orders(lamps).await, 2, "the whole file or nothing");
    }
    assert_eq!(world.bring(lamps, "B", &[yen(7)]).await, (200, json!({"imported": 1, "unchanged": 0})));
    let uncovered = ledger::Account::evidence(lamps.shard(), lamps.uuid(), Currency::JPY).key();
    let row = ledger::account(&world.conn().await, uncovered).await.unwrap().unwrap();
    assert_eq!(row.balance_minor(), 8, "of what was refused nothing is counted");
}

#[tokio::test]
async fn r6_stores_beyond_a_merchants_first_thousand_bring_no_orders() {
    let world = World::new().await;
    let first = world.store("First").await;
    let mut ids: Vec<Uuid> = (0..1_000).map(|_| StoreId::new(world.merchant.shard()).uuid()).collect();
    ids.sort();
    let sql = "INSERT INTO stores (shard, id, merchant, platform, site, name)
               SELECT $1, id, $2, 'amazon', 'US', id::text FROM unnest($3::uuid[]) id";
    let merchant = world.merchant;
    let conn = world.conn().await;
    conn.execute(sql, &[&merchant.shard().number(), &merchant.uuid(), &ids]).await.unwrap();
    drop(conn);
    let last = StoreId::from_uuid(ids[999]);
    assert_eq!(refusal(&world.bring(last, "A", &[usd(1)]).await), (422, "limit-exceeded"));
    assert_eq!(world.bring(first, "A", &[usd(1)]).await.0, 200);
    let nobody = StoreId::new(merchant.shard());
    assert_eq!(refusal(&world.bring(nobody, "A", &[usd(1)]).await), (404, "not-found"));
}

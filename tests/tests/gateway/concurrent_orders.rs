//! Hundreds of orders against one balance and one limit at the same moment: there is an order of them, one after the
//! other, in which a model that only counts gives exactly the answers that were given.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use money::{Currency, Money};
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, today, unique};

/// In US dollars, for withdrawals of dollars alone: 700.00 a day, 50.00 at once.
const LIMITS: &str = "[[limits.rules]]\nname = \"day-usd\"\nscope = \"day\"\nmost_usd = \"700.00\"\nsell = \"USD\"\n\n\
                      [[limits.rules]]\nname = \"once-usd\"\nscope = \"payout\"\nmost_usd = \"50.00\"\nsell = \"USD\"\n";
const MOST_A_DAY: i64 = 70_000;
const MOST_AT_ONCE: i64 = 5_000;
/// What is there of each currency: dollars end at the limit, euros at the balance.
const DOLLARS: i64 = 100_000;
const EUROS: i64 = 50_000;

/// One order and what it was answered.
struct Asked {
    sell: Money,
    answer: Answer,
}

/// The books after some orders, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Books {
    balance: HashMap<Currency, i64>,
    used: i64,
}

impl Books {
    fn new() -> Books {
        Books { balance: HashMap::from([(Currency::USD, DOLLARS), (Currency::EUR, EUROS)]), used: 0 }
    }

    /// What this order is answered now, and what is told with it; nothing where it is accepted, and counted then.
    fn order(&mut self, sell: Money) -> Option<String> {
        let (currency, minor) = (sell.currency(), sell.minor());
        let dollars = currency == Currency::USD;
        let balance = self.balance.get_mut(&currency).expect("a currency");
        let usd = |minor| Money::new(minor, Currency::USD).expect("an amount");
        if minor > *balance {
            let available = Money::new(*balance, currency).expect("an amount");
            return Some(format!("{sell} {} are needed, {available} are available", currency.code()));
        }
        let exceeded = |name: &str, most: i64, used: i64| {
            let left = most - used;
            format!(
                "limit `{name}`: {} USD, {} used, {} left; this is worth {sell} USD",
                usd(most),
                usd(used),
                usd(left)
            )
        };
        if dollars && self.used + minor > MOST_A_DAY {
            return Some(exceeded("day-usd", MOST_A_DAY, self.used));
        }
        if dollars && minor > MOST_AT_ONCE {
            return Some(exceeded("once-usd", MOST_AT_ONCE, 0));
        }
        *balance -= minor;
        if dollars {
            self.used += minor;
        }
        None
    }
}

/// 120 of dollars, some above what goes at once, and 80 of euros; more than there is of both.
fn amounts(seed: u64) -> Vec<Money> {
    let mut rng = Rng::with_seed(seed);
    let mut amounts: Vec<Money> = (0..200)
        .map(|number| {
            let currency = if number < 120 { Currency::USD } else { Currency::EUR };
            Money::new(rng.i64(100..=5_500), currency).expect("an amount")
        })
        .collect();
    rng.shuffle(&mut amounts);
    amounts
}

async fn order(world: &World, merchant: &Merchant, sell: Money) -> Answer {
    world.withdraw(merchant, merchant.payee("CNY"), &sell.to_string(), sell.currency().code(), "CNY").await
}

/// The accepted withdrawals in the order in which they stand in their merchant's chain; each took one fee.
async fn committed(world: &World) -> Vec<String> {
    let sql = "SELECT cause FROM transfers WHERE kind = 'fee' ORDER BY shard, seq, position";
    let rows = world.database().await.query(sql, &[]).await.expect("transfers");
    rows.iter().map(|row| format!("wd_{}", row.get::<_, uuid::Uuid>(0).simple())).collect()
}

/// Plays the accepted ones in the order of the chain; each refusal must be what the model answers at some place in it.
async fn prove(world: &World, asked: &[Asked]) -> Books {
    let by_id: BTreeMap<&str, Money> = asked
        .iter()
        .filter(|asked| asked.answer.status == 201)
        .map(|asked| (asked.answer.text_of("id"), asked.sell))
        .collect();
    let order = committed(world).await;
    assert_eq!(order.len(), by_id.len(), "each accepted withdrawal stands in the chain once");
    let mut moments = vec![Books::new()];
    for id in &order {
        let mut books = moments.last().expect("a moment").clone();
        assert_eq!(books.order(by_id[id.as_str()]), None, "{id} was accepted at its place");
        moments.push(books);
    }
    for refused in asked.iter().filter(|asked| asked.answer.status != 201) {
        let told = refused.answer.text_of("detail").to_owned();
        let fits = moments.iter().any(|books| books.clone().order(refused.sell).as_ref() == Some(&told));
        assert!(fits, "no order of these explains {told:?} for {} {}", refused.sell, refused.sell.currency());
    }
    moments.pop().expect("a moment")
}

async fn no_order_would_have_been_better(gateways: &[&World], merchant: &Merchant) {
    // Limits are counted by days that begin eight hours before UTC's.
    today(8).await;
    let world = gateways[0];
    for (currency, minor) in [("USD", DOLLARS), ("EUR", EUROS)] {
        let amount = Money::new(minor, Currency::parse(currency).expect("a currency")).expect("an amount");
        world.pay_in(merchant, &amount.to_string(), currency).await;
    }
    let orders = amounts(fastrand::u64(..)).into_iter().enumerate();
    let orders = orders.map(|(number, sell)| async move {
        Asked { sell, answer: order(gateways[number % gateways.len()], merchant, sell).await }
    });
    let asked = join_all(orders).await;
    let codes = asked.iter().fold(BTreeMap::new(), |mut codes: BTreeMap<String, usize>, asked| {
        *codes.entry(format!("{} {}", asked.answer.status, asked.answer.code())).or_default() += 1;
        codes
    });
    let kinds: Vec<&str> = codes.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["201 ", "422 insufficient-funds", "422 limit-exceeded"], "{codes:?}");

    let mut end = prove(world, &asked).await;
    for (currency, left) in &end.balance {
        let left = Money::new(*left, *currency).expect("an amount").to_string();
        assert_eq!(world.balance(merchant, currency.code(), "available").await, left);
    }
    // What was refused is refused now too: nobody was turned away for whom there was room.
    for refused in asked.iter().filter(|asked| asked.answer.status != 201) {
        let again = order(world, merchant, refused.sell).await;
        let told = end.order(refused.sell).expect("the model refuses it too");
        assert_eq!((again.status, again.text_of("detail")), (422, told.as_str()));
    }
}

#[tokio::test]
async fn r24_r30_200_mixed_orders_are_answered_as_if_one_came_after_the_other() {
    let (sluice, world) = Sluice::start_with(LIMITS).await;
    no_order_would_have_been_better(&[&world], world.merchant(0)).await;
    sluice.verify().await;
}

#[tokio::test]
async fn r24_r30_the_same_through_two_gateways_with_many_small_batches() {
    let (sluice, world) = Sluice::start_with(LIMITS).await;
    // Its configuration has the limits already.
    let second = sluice.second(&world, "[lanes]\ncount = 4\nbatch_max = 8\n").await;
    no_order_would_have_been_better(&[&world, &second.world], world.merchant(1)).await;
    sluice.verify().await;
}

/// The same key at two gateways at once: whoever comes later waits for the first and gets its answer (R22).
#[tokio::test]
async fn r22_one_key_through_two_gateways_at_once_is_one_withdrawal() {
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "").await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let body: Value = json!({"payee_id": merchant.payee("CNY"), "sell_currency": "USD", "sell_amount": "1.00",
        "buy_currency": "CNY"});
    let mut made = Vec::new();
    for _ in 0..20 {
        let key = unique("key");
        let (bare, quoted) = (key.clone(), format!("\"{key}\""));
        let (one, other) = tokio::join!(
            world.order(merchant, "/v1/withdrawals", &bare, &body),
            second.world.order(merchant, "/v1/withdrawals", &quoted, &body)
        );
        assert_eq!((one.status, &one.text), (201, &other.text), "{one:?} {other:?}");
        assert_eq!([one.replayed, other.replayed].iter().filter(|replayed| **replayed).count(), 1);
        made.push(one.text_of("id").to_owned());
    }
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 20);
    assert_eq!(world.balance(merchant, "USD", "available").await, "80.00");

    for id in &made {
        world.wait_for(merchant, id, "paid").await;
    }

    // Where the first one is stuck, the other gateway waits for it rather than say anything.
    let (mut database, watch) = (world.database().await, world.database().await);
    let block = database.transaction().await.unwrap();
    block.batch_execute("SELECT 1 FROM merchants FOR UPDATE").await.unwrap();
    let key = unique("key");
    let waiting = async |sessions: i64| {
        let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        let wait = async || watch.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) >= sessions;
        testkit::until(&format!("{sessions} that wait for locks"), Duration::from_secs(10), wait).await;
    };
    let later = async {
        waiting(1).await;
        second.world.order(merchant, "/v1/withdrawals", &key, &body).await
    };
    let release = async {
        waiting(2).await;
        let here = world.order(merchant, "/v1/withdrawals", &key, &body).await;
        block.rollback().await.unwrap();
        here
    };
    let (first, later, here) =
        tokio::join!(world.order(merchant, "/v1/withdrawals", &key, &body), later, release);
    assert_eq!(here.refusal(), (409, "idempotency-in-progress"), "at the same gateway");
    assert_eq!((first.status, &first.text), (201, &later.text));
    assert!(!first.replayed && later.replayed);
    sluice.verify().await;
}

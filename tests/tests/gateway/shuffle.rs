//! What banks send in any order, three times over and from many connections at once comes to what a sequential model
//! of the books says. `SLUICE_SHUFFLE_EVENTS` is the number of events of the first seed; the others have a fifth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use money::{Currency, Money};
use serde_json::{Value, json};
use tests::model::{Event, Model};
use tests::{Sluice, World, funds};

const SEEDS: [u64; 3] = [1, 20_261_123, 0x51_0c_ce];
const EVENTS: usize = 10_000;
const CONNECTIONS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(60);
const CURRENCIES: [Currency; 4] = [Currency::USD, Currency::EUR, Currency::GBP, Currency::JPY];

/// Whose balances are withdrawn, merchant and currency.
const EMPTIED: [(usize, Currency); 2] = [(0, Currency::USD), (1, Currency::EUR)];

/// The bytes of one delivery.
struct Delivery {
    event: String,
    body: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_r4_r5_r8_any_order_three_times_over_comes_to_the_sequential_models_books() {
    let (sluice, world) = Sluice::start().await;
    let world = Arc::new(world);
    let events = std::env::var("SLUICE_SHUFFLE_EVENTS").map_or(EVENTS, |text| text.parse().unwrap());
    let mut model = Model::new((0..2).flat_map(|merchant| {
        CURRENCIES.map(|currency| {
            (world.merchant(merchant).account(currency.code()).to_owned(), (merchant, currency))
        })
    }));
    for (place, seed) in SEEDS.into_iter().enumerate() {
        let begun = Instant::now();
        let mut rng = Rng::with_seed(seed);
        let events = if place == 0 { events } else { events / 5 };
        let (all, late) = generate(&world, seed, events, &mut rng);
        let order = thrice(all.len(), &mut rng);
        let (first, second) = order.split_at(order.len() / 2);
        deliver_and_settle(&world, &mut model, &all, first).await;
        // What was withdrawn in between is missing when payments are taken back afterwards.
        withdraw(&world, &mut model).await;
        deliver_and_settle(&world, &mut model, &all, second).await;
        compare(&world, &model, seed).await;
        withdraw(&world, &mut model).await;
        deliver_and_settle(&world, &mut model, &late, &thrice(late.len(), &mut rng)).await;
        compare(&world, &model, seed).await;
        eprintln!("seed {seed}: {} deliveries in {:?}", 3 * (all.len() + late.len()), begun.elapsed());
        assert!(EMPTIED.iter().any(|purse| model.owed(*purse) > 0), "something is owed");
    }
    assert!(model.waiting() > 0 && model.held() > 0, "something waits and something is held");
    sluice.verify().await;
}

/// Payments, about a third of them taken back, whole or in parts, by more than there is, or in another currency; and
/// returns of what nobody ever sees. The second list has returns that come when all else is done.
fn generate(world: &World, seed: u64, events: usize, rng: &mut Rng) -> (Vec<Event>, Vec<Event>) {
    let (mut all, mut late) = (Vec::with_capacity(events + 2), Vec::new());
    while all.len() + late.len() < events {
        let number = all.len() + late.len();
        let reference = format!("S{seed}-{number}");
        let (merchant, currency) = (rng.usize(0..2), CURRENCIES[rng.usize(0..4)]);
        let account = match rng.u8(0..100) {
            0..5 => "9990001".to_owned(),
            _ => world.merchant(merchant).account(currency.code()).to_owned(),
        };
        let most = if currency == Currency::JPY { 100 } else { 10_000 };
        let minor = rng.i64(2..=most);
        let money = |minor| Money::new(minor, currency).unwrap();
        let good = rng.u8(0..10) > 0;
        let returned = |minor: i64, part: u8| Event::Returned {
            event: format!("S{seed}-evt-{number}-r{part}"),
            reference: format!("R{part}"),
            original: reference.clone(),
            amount: money(minor),
        };
        let received = Event::Received {
            event: format!("S{seed}-evt-{number}"),
            reference: reference.clone(),
            account,
            amount: money(minor),
            good,
        };
        match rng.u8(0..100) {
            0..15 => all.extend([received, returned(minor, 0)]),
            15..30 => {
                let part = rng.i64(1..minor);
                all.extend([received, returned(part, 0), returned(minor - part, 1)]);
            }
            30..34 => all.extend([received, returned(rng.i64(1..minor), 0)]),
            34..36 => all.extend([received, returned(minor + 1, 0)]),
            36..38 => {
                let mut foreign = returned(minor, 0);
                let other = if currency == Currency::GBP { Currency::EUR } else { Currency::GBP };
                if let Event::Returned { amount, .. } = &mut foreign {
                    *amount = Money::new(minor, other).unwrap();
                }
                all.extend([received, foreign]);
            }
            38 => all.push(returned(minor, 0)),
            39..45 => {
                late.push(returned(minor, 0));
                all.push(received);
            }
            _ => all.push(received),
        }
    }
    (all, late)
}

/// Every place three times, in any order.
fn thrice(places: usize, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..3 * places).map(|place| place % places).collect();
    rng.shuffle(&mut order);
    order
}

/// To the gateway as they come, to the model in the order in which they were made.
async fn deliver_and_settle(world: &Arc<World>, model: &mut Model, all: &[Event], places: &[usize]) {
    deliver(world, all, places).await;
    settle(world).await;
    let places: BTreeSet<usize> = places.iter().copied().collect();
    model.play(places.into_iter().map(|place| &all[place]));
}

/// Posts the events at these places, each connection the next one that nobody has taken. Half of the deliveries come under
/// an event id of their own: they are known by their reference (R4).
async fn deliver(world: &Arc<World>, all: &[Event], places: &[usize]) {
    let fresh = |place: usize, event: &str| {
        if place.is_multiple_of(2) { event.to_owned() } else { format!("{event}-{}", tests::unique("again")) }
    };
    let deliveries = places.iter().enumerate().map(|(place, at)| match &all[*at] {
        Event::Received { event, reference, account, amount, good } => Delivery {
            event: fresh(place, event),
            body: funds(
                reference,
                account,
                &amount.to_string(),
                amount.currency().code(),
                if *good { "AMAZON PAYMENTS INC" } else { "SOMEBODY LTD" },
            ),
        },
        Event::Returned { event, reference, original, amount } => Delivery {
            event: fresh(place, event),
            body: json!({"type": "funds.returned", "data": {"reference": reference,
                "original_reference": original, "amount": amount.to_string(),
                "currency": amount.currency().code(), "reason": "AC04"}})
            .to_string()
            .into_bytes(),
        },
        Event::Withdrawn { .. } => unreachable!("no bank's event"),
    });
    let deliveries: Arc<Vec<Delivery>> = Arc::new(deliveries.collect());
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (world, deliveries, next) = (world.clone(), deliveries.clone(), next.clone());
        tasks.spawn(async move {
            while let Some(Delivery { event, body }) = deliveries.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut answer = world.event(event, body).await;
                while answer.status == 503 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    answer = world.event(event, body).await;
                }
                assert_eq!(answer.status, 200, "{event}: {answer:?}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

/// Waits until no reversal waits any more whose payment is there: those that came at the same moment are applied by
/// a sweep.
async fn settle(world: &World) {
    let begun = Instant::now();
    loop {
        let sql =
            "SELECT count(*) FROM reversals r WHERE state = 'waiting' AND EXISTS (SELECT FROM payments p
             WHERE p.shard = r.shard AND p.bank = r.bank AND p.reference = r.original_reference)";
        let missed = count(world, sql).await;
        if missed == 0 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{missed} reversals wait though their payment is there");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn count(world: &World, sql: &str) -> usize {
    let (client, connection) =
        tokio_postgres::connect(world.database_url(), tokio_postgres::NoTls).await.expect("its database");
    let driver = tokio::spawn(connection);
    let count: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    drop(client);
    driver.await.unwrap().unwrap();
    usize::try_from(count).unwrap()
}

/// All that is in the balances to be emptied, in portions below every limit.
async fn withdraw(world: &World, model: &mut Model) {
    for purse @ (merchant, currency) in EMPTIED {
        let mut left = model.available(purse);
        while left > 0 {
            let amount = Money::new(left.min(500_000), currency).unwrap();
            let from = world.merchant(merchant);
            let payee = from.payee("CNY");
            let answer = world.withdraw(from, payee, &amount.to_string(), currency.code(), "CNY").await;
            assert_eq!(answer.status, 201, "{answer:?}");
            model.play(&[Event::Withdrawn { merchant, amount }]);
            left -= amount.minor();
        }
    }
}

/// Balances and suspense, as merchants and operators see them.
async fn compare(world: &World, model: &Model, seed: u64) {
    let (mut books, mut expected) = (BTreeMap::new(), BTreeMap::new());
    let amount = |minor, currency| Money::new(minor, currency).unwrap().to_string();
    for merchant in 0..2 {
        let answer = world.public().get(&world.merchant(merchant).api_key, "/v1/balances").await;
        for currency in CURRENCIES {
            let row = row_of(&answer.json["data"], currency);
            let purse = (merchant, currency);
            let sides = [
                ("available", model.available(purse)),
                ("receivable", model.owed(purse)),
                ("in_review", model.in_review(purse)),
            ];
            for (side, minor) in sides {
                let place = format!("merchant {merchant}, {} {side}", currency.code());
                books.insert(place.clone(), row[side].as_str().unwrap_or_default().to_owned());
                expected.insert(place, amount(minor, currency));
            }
        }
    }
    let overview = world.look("/admin/v1/overview").await;
    for currency in CURRENCIES {
        let place = format!("suspense {}", currency.code());
        let row = row_of(&overview.json["suspense"], currency);
        books.insert(place.clone(), row["amount"].as_str().unwrap_or_default().to_owned());
        expected.insert(place, amount(model.suspense(currency), currency));
    }
    for (state, number) in [("waiting", model.waiting()), ("held", model.held())] {
        let sql = format!("SELECT count(*) FROM reversals WHERE state = '{state}'");
        books.insert(state.to_owned(), count(world, &sql).await.to_string());
        expected.insert(state.to_owned(), number.to_string());
    }
    assert_eq!(books, expected, "seed {seed}");
}

fn row_of(rows: &Value, currency: Currency) -> Value {
    let mut rows = rows.as_array().expect("a list").iter();
    rows.find(|row| row["currency"] == currency.code()).cloned().unwrap_or_default()
}

//! Withdrawals by the hundred or by the thousand, to payees of every behaviour, while the gateway with its worker and the
//! bank is killed with `kill -9` again and again: at the end the bank's journal and the ledger agree one to one.
//!
//! `SLUICE_STORM_WITHDRAWALS` and `SLUICE_STORM_KILLS` make it larger.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use fastrand::Rng;
use money::{Currency, Money};
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, unique};
use tokio::time::{Instant, sleep};

const WITHDRAWALS: usize = 400;
const KILLS: usize = 3;
const CLIENTS: usize = 24;
const CURRENCIES: [Currency; 4] = [Currency::USD, Currency::EUR, Currency::JPY, Currency::GBP];
/// How often the demo's bank is sent one reference at most.
const MAX_SENDS: i32 = 4;

/// The payees' last digits, how many of a hundred withdrawals go there, and where their payouts may end. Where a bank's
/// 503s or silence meet a kill, R27's bound may be reached: then people decide.
const BEHAVIOURS: [(&str, u32, &[&str]); 13] = [
    ("7777", 50, &["paid"]),
    ("0001", 6, &["failed"]),
    ("0002", 3, &["paid"]),
    ("0003", 6, &["returned"]),
    ("0004", 3, &["paid", "unknown"]),
    ("0005", 1, &["unknown"]),
    ("0006", 6, &["paid"]),
    ("77770011", 4, &["paid"]),
    ("77770012", 5, &["paid"]),
    ("77770013", 5, &["paid"]),
    ("77770014", 3, &["paid"]),
    ("77770015", 4, &["disputed"]),
    ("77770016", 4, &["returned"]),
];

/// A withdrawal to be ordered.
struct Order {
    merchant: usize,
    behaviour: usize,
    sell: Money,
    key: String,
    body: Value,
}

/// What the clients share: the gateway as it runs now, and what was answered first.
struct Storm {
    world: RwLock<Arc<World>>,
    orders: Vec<Order>,
    next: AtomicUsize,
    answered: Mutex<HashMap<usize, Answer>>,
}

impl Storm {
    fn world(&self) -> Arc<World> {
        self.world.read().unwrap().clone()
    }

    fn answers(&self) -> usize {
        self.answered.lock().unwrap().len()
    }

    /// The accepted withdrawals with the behaviours of their payees.
    fn accepted(&self) -> HashMap<String, usize> {
        let answered = self.answered.lock().unwrap();
        let accepted = answered.iter().filter(|(_, answer)| answer.status == 201);
        accepted
            .map(|(number, answer)| (answer.text_of("id").to_owned(), self.orders[*number].behaviour))
            .collect()
    }

    /// Who gets no answer, or a 503, knows nothing yet and repeats with the same key (R22).
    async fn client(&self) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(order) = self.orders.get(number) else { return };
            let answer = loop {
                let world = self.world();
                let answer = order.send(&world).await.filter(|answer| !matches!(answer.status, 503 | 409));
                match answer {
                    Some(answer) => break answer,
                    None => sleep(Duration::from_millis(50)).await,
                }
            };
            self.answered.lock().unwrap().insert(number, answer);
        }
    }
}

impl Order {
    async fn send(&self, world: &World) -> Option<Answer> {
        let merchant = world.merchant(self.merchant);
        let headers = [
            ("authorization", format!("Bearer {}", merchant.api_key)),
            ("idempotency-key", self.key.clone()),
        ];
        let body = self.body.to_string().into();
        world.public().try_send(hyper::Method::POST, "/v1/withdrawals", &headers, body).await
    }
}

/// What each merchant is paid of a currency, and the most that one order sells; minor units, within what the demo's
/// orders cover.
fn bounds(currency: Currency) -> (i64, i64) {
    if currency == Currency::JPY { (900_000, 800) } else { (90_000_000, 5_000) }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn merchant(world: &World, number: usize) -> &Merchant {
    world.merchant(number)
}

/// Every merchant has a payee of each behaviour, in renminbi and in dollars.
async fn payees(world: &World) -> HashMap<(usize, usize, &'static str), String> {
    let mut payees = HashMap::new();
    for owner in 0..2 {
        for (behaviour, (digits, ..)) in BEHAVIOURS.iter().enumerate() {
            for buy in ["CNY", "USD"] {
                let payee = world.new_payee(merchant(world, owner), buy, &format!("62220000{digits}")).await;
                payees.insert((owner, behaviour, buy), payee);
            }
        }
    }
    payees
}

/// One of forty asks for more than there can be.
fn asks_too_much(number: usize) -> bool {
    number % 40 == 39
}

async fn orders(world: &World, many: usize, rng: &mut Rng) -> Vec<Order> {
    let payees = payees(world).await;
    let chosen = |rng: &mut Rng| {
        let mut at = rng.u32(0..BEHAVIOURS.iter().map(|(_, share, _)| share).sum());
        BEHAVIOURS
            .iter()
            .position(|(_, share, _)| {
                let here = at < *share;
                at = at.saturating_sub(*share);
                here
            })
            .expect("a behaviour")
    };
    (0..many)
        .map(|number| {
            let (owner, behaviour) = (rng.usize(0..2), chosen(rng));
            let currency = CURRENCIES[rng.usize(0..4)];
            let (paid_in, most) = bounds(currency);
            let minor = if asks_too_much(number) { 10 * paid_in } else { rng.i64(200..=most) };
            let sell = Money::new(minor, currency).expect("an amount");
            let buy = if currency == Currency::USD && rng.bool() { "USD" } else { "CNY" };
            let body = json!({"payee_id": payees[&(owner, behaviour, buy)], "sell_currency": currency.code(),
                "sell_amount": sell.to_string(), "buy_currency": buy});
            Order { merchant: owner, behaviour, sell, key: unique("storm"), body }
        })
        .collect()
}

/// A payout as the database has it.
struct Row {
    amount: (String, String),
    status: String,
    sends: i32,
    needs_operator: bool,
    withdrawal: String,
}

async fn payouts(world: &World) -> BTreeMap<String, Row> {
    let sql = "SELECT id, withdrawal, amount_minor, currency, status, sends, needs_operator FROM payouts";
    let rows = world.database().await.query(sql, &[]).await.expect("payouts");
    let row = |row: &tokio_postgres::Row| {
        let currency = Currency::parse(row.get("currency")).expect("a currency");
        let amount = Money::new(row.get("amount_minor"), currency).expect("an amount");
        let made = Row {
            amount: (amount.to_string(), currency.code().to_owned()),
            status: row.get("status"),
            sends: row.get("sends"),
            needs_operator: row.get("needs_operator"),
            withdrawal: format!("wd_{}", row.get::<_, uuid::Uuid>("withdrawal").simple()),
        };
        (format!("po_{}", row.get::<_, uuid::Uuid>("id").simple()), made)
    };
    rows.iter().map(row).collect()
}

/// What the ledger says was paid: by payout, how often and how much.
async fn booked(world: &World) -> BTreeMap<String, (i64, String)> {
    let sql = "SELECT cause, currency, count(*) AS times, sum(amount)::bigint AS minor
               FROM transfers WHERE kind = 'payout_paid' GROUP BY cause, currency";
    let rows = world.database().await.query(sql, &[]).await.expect("transfers");
    let row = |row: &tokio_postgres::Row| {
        let currency = Currency::parse(row.get("currency")).expect("a currency");
        let amount = Money::new(row.get("minor"), currency).expect("an amount");
        (format!("po_{}", row.get::<_, uuid::Uuid>("cause").simple()), (row.get("times"), amount.to_string()))
    };
    rows.iter().map(row).collect()
}

/// The bank is healthy: all that can end by itself does, each where its payee's behaviour leads. Nothing is stuck except
/// what R27 leaves to people. How many ended where.
async fn settle(world: &World, storm: &Storm, patience: Duration) -> BTreeMap<(&'static str, String), usize> {
    let begun = Instant::now();
    loop {
        let (rows, accepted) = (payouts(world).await, storm.accepted());
        assert_eq!(
            rows.len(),
            accepted.len(),
            "a payout for each accepted withdrawal, whatever answers were lost"
        );
        let (mut ends, mut open) = (BTreeMap::new(), Vec::new());
        for (reference, row) in &rows {
            let (digits, _, possible) = BEHAVIOURS[accepted[&row.withdrawal]];
            let over = row.status != "unknown" || (row.needs_operator && row.sends >= MAX_SENDS);
            match over && possible.contains(&row.status.as_str()) {
                true => *ends.entry((digits, row.status.clone())).or_default() += 1,
                false => open.push(format!("{digits} {reference} is {}", row.status)),
            }
        }
        if open.is_empty() {
            return ends;
        }
        assert!(begun.elapsed() < patience, "stuck: {open:#?}");
        sleep(Duration::from_millis(500)).await;
    }
}

/// I4: each line of the journal is a payout of ours with that amount, nothing twice; what we call executed is in it; the
/// ledger has posted exactly what we call paid.
async fn journal_and_ledger_agree(world: &World) {
    let (rows, booked) = (payouts(world).await, booked(world).await);
    let mut executed = HashSet::new();
    for (reference, amount, currency) in world.executed().await {
        let row = rows.get(&reference).unwrap_or_else(|| panic!("{reference} is none of ours"));
        assert_eq!(row.amount, (amount, currency), "{reference}");
        assert!(executed.insert(reference.clone()), "{reference} was executed twice");
    }
    for (reference, row) in &rows {
        let went_out = matches!(row.status.as_str(), "paid" | "returned" | "disputed");
        assert_eq!(executed.contains(reference), went_out, "{reference} is {}", row.status);
        let expected = matches!(row.status.as_str(), "paid" | "returned").then(|| (1, row.amount.0.clone()));
        assert_eq!(booked.get(reference), expected.as_ref(), "{reference} is {}", row.status);
    }
    assert!(booked.keys().all(|reference| rows.contains_key(reference)));
}

/// R22, R24: every key gives its first answer again, and balances are what was paid in less what was accepted.
async fn answers_and_balances(world: &World, storm: &Storm) {
    let mut left: HashMap<(usize, Currency), i64> = HashMap::new();
    for (number, order) in storm.orders.iter().enumerate() {
        let first = storm.answered.lock().unwrap()[&number].clone();
        let again = order.send(world).await.expect("an answer");
        assert_eq!((again.status, again.replayed), (first.status, true), "{}", order.key);
        assert_eq!(again.text, first.text, "{}", order.key);
        let refused = asks_too_much(number);
        assert_eq!(
            first.refusal(),
            if refused { (422, "insufficient-funds") } else { (201, "") },
            "{first:?}"
        );
        if !refused {
            let currency = order.sell.currency();
            *left.entry((order.merchant, currency)).or_insert(bounds(currency).0) -= order.sell.minor();
        }
    }
    for ((owner, currency), minor) in left {
        let expected = Money::new(minor, currency).expect("an amount").to_string();
        let available = world.balance(merchant(world, owner), currency.code(), "available").await;
        assert_eq!(available, expected, "merchant {owner}, {currency}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i3_i4_i5_i8_every_behaviour_under_kill_9_ends_with_journal_and_ledger_agreeing() {
    let (many, kills) =
        (setting("SLUICE_STORM_WITHDRAWALS", WITHDRAWALS), setting("SLUICE_STORM_KILLS", KILLS));
    let seed = setting("SLUICE_STORM_SEED", 20_261_126) as u64;
    let mut rng = Rng::with_seed(seed);
    let begun = Instant::now();
    let (mut sluice, world) = Sluice::start().await;
    for owner in 0..2 {
        for currency in CURRENCIES {
            let amount = Money::new(bounds(currency).0, currency).expect("an amount");
            world.pay_in(merchant(&world, owner), &amount.to_string(), currency.code()).await;
        }
    }
    let orders = orders(&world, many, &mut rng).await;
    let storm = Arc::new(Storm {
        world: RwLock::new(Arc::new(world)),
        orders,
        next: AtomicUsize::new(0),
        answered: Mutex::default(),
    });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let storm = storm.clone();
            tokio::spawn(async move { storm.client().await })
        })
        .collect();
    let patience = Duration::from_secs(60) + Duration::from_millis(100) * u32::try_from(many).unwrap();
    for kill in 1..=kills {
        // Somewhere in the next part of the load; one time of three the database is killed too.
        let part = many / (kills + 1);
        let at = part * (kill - 1) + rng.usize(part / 2..=part);
        testkit::until(&format!("{at} answers"), patience, async || storm.answers() >= at).await;
        if kill % 3 == 0 {
            sluice.kill_postgres();
        }
        sluice.kill().await;
        let world = Arc::new(sluice.launch().await);
        *storm.world.write().unwrap() = world;
    }
    for client in clients {
        client.await.expect("a client ends");
    }
    let (world, ordered) = (storm.world(), begun.elapsed());
    let ends = settle(&world, &storm, patience).await;
    let settled = begun.elapsed();
    journal_and_ledger_agree(&world).await;
    answers_and_balances(&world, &storm).await;
    sluice.verify().await;
    eprintln!(
        "{many} withdrawals, {kills} kills, seed {seed}: all answered after {ordered:.1?}, settled after {settled:.1?}, \
         all keys replayed and all compared after {:.1?}; {ends:?}",
        begun.elapsed()
    );
    sluice.stop().await;
}

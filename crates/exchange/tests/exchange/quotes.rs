//! R17: one merchant, one use, until its time is over.

use std::sync::Arc;

use exchange::{
    Error, FixedSide, Market, Price, Quote, QuoteId, QuoteRefusal, QuoteState, RatePolicy, Terms,
    expire_quotes, exposure, get_quote, insert_quote, lock_quotes, price, rates_of,
};
use money::{Currency, FeeSchedule, Markup, Money};
use pg::{Connection, Shards};
use testkit::TestDb;
use testkit::somebody_waits;
use time::{Duration, OffsetDateTime};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{NOT_ALLOWED, cny, count, now, rate, refused, tell, usd, world};

const FEES: Terms = Terms { fees: FeeSchedule::share(3_000), markup: Markup::NONE };
const MERCHANT: Uuid = Uuid::from_u128(7);
const OTHER: Uuid = Uuid::from_u128(8);

fn quote_for(side: FixedSide, sell: Currency, buy: Currency, market: &Market, now: OffsetDateTime) -> Quote {
    let shard = Shards::new(16).of(&[MERCHANT.as_bytes()]);
    Quote {
        id: QuoteId::new(shard),
        merchant: MERCHANT,
        fixed_side: side.as_str().to_owned(),
        price: price(side, (sell, buy), market, FEES, now, &RatePolicy::of_age(Duration::minutes(15)))
            .unwrap(),
        expires_at: now + Duration::seconds(600),
        created_at: now,
        withdrawal: None,
    }
}

async fn market(db: &TestDb) -> Market {
    let now = now(db).await;
    tell(db, "harbour", &[rate(Currency::USD, "7.1000", "7.1300", now)]).await;
    rates_of(&db.pool.get().await.unwrap()).await.unwrap()
}

async fn keep(db: &TestDb, quote: &Quote) -> Result<(), Error> {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    insert_quote(&tx, quote).await?;
    tx.commit().await.unwrap();
    Ok(())
}

/// Keeps a quote of 1000.00 USD that `change` has touched.
async fn locked(db: &TestDb, change: impl FnOnce(&mut Quote)) -> QuoteId {
    let now = now(db).await;
    let side = FixedSide::Sell(usd("1000.00"));
    let mut quote = quote_for(side, Currency::USD, Currency::CNY, &market(db).await, now);
    change(&mut quote);
    keep(db, &quote).await.unwrap();
    quote.id
}

/// One withdrawal with this quote, as a batch runs it.
async fn withdraw(db: &TestDb, id: QuoteId, merchant: Uuid) -> Result<Uuid, QuoteRefusal> {
    use_it(&mut db.pool.get().await.unwrap(), id, merchant).await
}

async fn use_it(conn: &mut Connection, id: QuoteId, merchant: Uuid) -> Result<Uuid, QuoteRefusal> {
    let tx = conn.begin().await.unwrap();
    let mut quotes = lock_quotes(&tx, &[id]).await.unwrap();
    let now = tx.now().await.unwrap();
    let withdrawal = Uuid::now_v7();
    let taken = quotes.take(id, merchant, withdrawal, now);
    quotes.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    taken.map(|()| withdrawal)
}

async fn stored(db: &TestDb, id: QuoteId) -> (Quote, QuoteState) {
    let (quote, now) = get_quote(&db.pool.get().await.unwrap(), MERCHANT, id).await.unwrap().unwrap();
    let state = quote.state(now);
    (quote, state)
}

#[tokio::test]
async fn r17_a_quote_reads_back_as_it_was_locked() {
    let db = world().await;
    let market = market(&db).await;
    let (u, c, now) = (Currency::USD, Currency::CNY, now(&db).await);
    let conn = db.pool.get().await.unwrap();
    let cases = [
        (FixedSide::Sell(usd("1000.00")), u, c, "7078.70"),
        (FixedSide::Buy(cny("7100.00")), u, c, "7100.00"),
        (FixedSide::Sell(cny("100.00")), c, u, "13.98"),
        (FixedSide::Sell(usd("10.00")), u, u, "9.97"),
        (FixedSide::Sell(Money::new(999_999_999_999_999_999, c).unwrap()), c, c, "9969999999999999.99"),
    ];
    for (side, sell, buy, arrives) in cases {
        let quote = quote_for(side, sell, buy, &market, now);
        keep(&db, &quote).await.unwrap();
        let (read, at) = get_quote(&conn, MERCHANT, quote.id).await.unwrap().unwrap();
        assert_eq!(read, quote, "{side:?}");
        assert_eq!((read.price.buy.to_string().as_str(), read.state(at)), (arrives, QuoteState::Open));
        assert_eq!(get_quote(&conn, OTHER, quote.id).await.unwrap(), None, "another merchant's");
    }
    let unknown = QuoteId::new(Shards::new(16).of(&[MERCHANT.as_bytes()]));
    assert_eq!(get_quote(&conn, MERCHANT, unknown).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r17_a_quote_is_used_once_whoever_tries_at_the_same_time() {
    let db = Arc::new(world().await);
    let id = locked(&db, |_| {}).await;
    // As many as the pool has connections: all have theirs before anyone begins.
    let start = Arc::new(Barrier::new(8));
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (db, start) = (db.clone(), start.clone());
        tasks.spawn(async move {
            let mut conn = db.pool.get().await.unwrap();
            start.wait().await;
            use_it(&mut conn, id, MERCHANT).await
        });
    }
    let results = tasks.join_all().await;
    let winners: Vec<Uuid> = results.iter().filter_map(|result| result.ok()).collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    assert_eq!(results.iter().filter(|result| **result == Err(QuoteRefusal::Used)).count(), 7);
    let (quote, state) = stored(&db, id).await;
    assert_eq!((quote.withdrawal, state), (winners.first().copied(), QuoteState::Used));
}

#[tokio::test]
async fn r17_a_batch_that_is_rolled_back_leaves_the_quote_open() {
    let db = world().await;
    let id = locked(&db, |_| {}).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut quotes = lock_quotes(&tx, &[id]).await.unwrap();
    quotes.take(id, MERCHANT, Uuid::now_v7(), tx.now().await.unwrap()).unwrap();
    quotes.save(&tx).await.unwrap();
    drop(tx);
    drop(conn);
    assert_eq!(stored(&db, id).await.1, QuoteState::Open);
    assert!(withdraw(&db, id, MERCHANT).await.is_ok());
}

#[tokio::test]
async fn r17_looking_at_a_quote_or_refusing_it_does_not_use_it_up() {
    let db = world().await;
    let id = locked(&db, |_| {}).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut quotes = lock_quotes(&tx, &[id]).await.unwrap();
    let now = tx.now().await.unwrap();
    assert!(quotes.check(id, MERCHANT, now).is_ok());
    assert_eq!(quotes.take(id, OTHER, Uuid::now_v7(), now), Err(QuoteRefusal::NotFound));
    quotes.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stored(&db, id).await.1, QuoteState::Open);
}

#[tokio::test]
async fn r17_two_orders_of_one_batch_do_not_share_a_quote() {
    let db = world().await;
    let id = locked(&db, |_| {}).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    // Both orders name it, so the batch asks for it twice.
    let mut quotes = lock_quotes(&tx, &[id, id]).await.unwrap();
    let now = tx.now().await.unwrap();
    let first = Uuid::now_v7();
    assert_eq!(quotes.take(id, MERCHANT, first, now), Ok(()));
    assert_eq!(quotes.take(id, MERCHANT, Uuid::now_v7(), now), Err(QuoteRefusal::Used));
    quotes.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stored(&db, id).await.0.withdrawal, Some(first));
}

#[tokio::test]
async fn r17_why_a_quote_can_not_be_used() {
    let db = world().await;
    let open = locked(&db, |_| {}).await;
    let used = locked(&db, |_| {}).await;
    withdraw(&db, used, MERCHANT).await.unwrap();
    let over = locked(&db, |quote| quote.expires_at = quote.created_at).await;
    let unknown = QuoteId::new(open.shard());
    let table = [
        (used, MERCHANT, QuoteRefusal::Used),
        (over, MERCHANT, QuoteRefusal::Expired),
        (unknown, MERCHANT, QuoteRefusal::NotFound),
        // Nobody learns whether another merchant's quote exists, or how it stands.
        (open, OTHER, QuoteRefusal::NotFound),
        (used, OTHER, QuoteRefusal::NotFound),
        (over, OTHER, QuoteRefusal::NotFound),
    ];
    for (id, merchant, refusal) in table {
        assert_eq!(withdraw(&db, id, merchant).await, Err(refusal), "{id} by {merchant}");
    }
    assert_eq!(stored(&db, open).await.1, QuoteState::Open);
    assert_eq!(stored(&db, over).await.1, QuoteState::Expired);
}

#[tokio::test]
async fn r17_a_used_quote_stays_used_when_its_time_is_over() {
    let db = world().await;
    let id = locked(&db, |_| {}).await;
    withdraw(&db, id, MERCHANT).await.unwrap();
    let (quote, _) = stored(&db, id).await;
    assert_eq!(quote.state(quote.expires_at + Duration::DAY), QuoteState::Used);
}

/// Should the lock ever be forgotten, the write itself still refuses a second use.
#[tokio::test]
async fn r17_saving_a_quote_that_is_no_longer_open_voids_the_batch() {
    let db = world().await;
    let id = locked(&db, |_| {}).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut one = lock_quotes(&tx, &[id]).await.unwrap();
    let mut two = lock_quotes(&tx, &[id]).await.unwrap();
    one.take(id, MERCHANT, Uuid::now_v7(), now).unwrap();
    two.take(id, MERCHANT, Uuid::now_v7(), now).unwrap();
    one.save(&tx).await.unwrap();
    assert!(matches!(two.save(&tx).await, Err(Error::Unexpected(_))));
}

#[tokio::test]
async fn r17_who_comes_second_waits_and_sees_what_the_first_has_done() {
    let db = Arc::new(world().await);
    for first_commits in [true, false] {
        let id = locked(&db, |_| {}).await;
        let mut conn = db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut quotes = lock_quotes(&tx, &[id]).await.unwrap();
        quotes.take(id, MERCHANT, Uuid::now_v7(), tx.now().await.unwrap()).unwrap();
        let second = tokio::spawn({
            let db = db.clone();
            async move { withdraw(&db, id, MERCHANT).await }
        });
        somebody_waits(&db).await;
        quotes.save(&tx).await.unwrap();
        if first_commits {
            tx.commit().await.unwrap();
            assert_eq!(second.await.unwrap(), Err(QuoteRefusal::Used));
        } else {
            tx.rollback().await.unwrap();
            assert!(second.await.unwrap().is_ok());
        }
    }
}

/// The rows lie and are named the other way round than they must be locked: whoever waits for the first quote
/// must not hold the second.
#[tokio::test]
async fn r17_quotes_are_locked_in_the_order_of_their_ids() {
    let db = Arc::new(world().await);
    let now = now(&db).await;
    let market = market(&db).await;
    let quote = || quote_for(FixedSide::Sell(usd("1000.00")), Currency::USD, Currency::CNY, &market, now);
    let mut pair = [quote(), quote()];
    pair.sort_by_key(|quote| quote.id);
    let [low, high] = pair;
    for quote in [&high, &low] {
        keep(&db, quote).await.unwrap();
    }
    let (low, high) = (low.id, high.id);
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    lock_quotes(&tx, &[low]).await.unwrap();
    let other = tokio::spawn({
        let db = db.clone();
        async move {
            let mut conn = db.pool.get().await.unwrap();
            let tx = conn.begin().await.unwrap();
            lock_quotes(&tx, &[high, low]).await.map(|quotes| quotes.get(low).is_some())
        }
    });
    somebody_waits(&db).await;
    lock_quotes(&tx, &[high]).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(other.await.unwrap().unwrap());
}

type Change = fn(&mut Quote);

#[tokio::test]
async fn r17_a_promise_can_not_be_changed_or_be_contradictory() {
    let db = world().await;
    locked(&db, |_| {}).await;
    let forbidden = [
        "UPDATE quotes SET buy_minor = 1",
        "UPDATE quotes SET rate = 1",
        "UPDATE quotes SET expires_at = now()",
        "DELETE FROM quotes",
    ];
    for sql in forbidden {
        assert_eq!(refused(&db, sql).await.as_deref(), Some(NOT_ALLOWED), "{sql}");
    }
    let wrong: [(&str, Change); 3] = [
        ("quotes_sum", |quote| quote.price.fee = usd("2.99")),
        ("quotes_rate", |quote| quote.price.rate = None),
        ("quotes_rate", |quote| quote.price.rate_as_of = None),
    ];
    let (now, market) = (now(&db).await, market(&db).await);
    for (name, change) in wrong {
        let side = FixedSide::Sell(usd("1000.00"));
        let mut quote = quote_for(side, Currency::USD, Currency::CNY, &market, now);
        change(&mut quote);
        let refused = keep(&db, &quote).await;
        assert!(
            matches!(&refused, Err(Error::Database(pg::Error::Check { constraint })) if constraint == name),
            "{name}: {refused:?}"
        );
    }
}

/// By hand: two locks of 1000.00 USD for CNY, the fee of 3.00 taken off: 1994.00 USD for twice 7078.70 CNY. One that is used
/// or over counts no more; one without an exchange never did.
#[tokio::test]
async fn r17_open_locks_are_the_exposure_until_they_are_used_or_over() {
    let db = world().await;
    let used = locked(&db, |_| {}).await;
    locked(&db, |_| {}).await;
    locked(&db, |quote| quote.expires_at = quote.created_at).await;
    locked(&db, |quote| {
        let net = quote.price.net;
        quote.price = Price { rate: None, rate_as_of: None, buy: net, ..quote.price.clone() };
    })
    .await;
    let shown = async || {
        let all = exposure(&db.pool.get().await.unwrap()).await.unwrap();
        let pairs = all.iter().map(|one| {
            let (sell, buy) = (one.sell_minor.to_string(), one.buy_minor.to_string());
            format!("{} {sell}{} {buy}{}", one.quotes, one.sell.code(), one.buy.code())
        });
        pairs.collect::<Vec<String>>()
    };
    assert_eq!(shown().await, ["2 199400USD 1415740CNY"]);
    withdraw(&db, used, MERCHANT).await.unwrap();
    assert_eq!(shown().await, ["1 99700USD 707870CNY"]);
}

#[tokio::test]
async fn r17_what_is_over_is_marked_and_nothing_else() {
    let db = world().await;
    let long_over = locked(&db, |quote| quote.expires_at -= Duration::minutes(12)).await;
    let just_over = locked(&db, |quote| quote.expires_at = quote.created_at).await;
    let open = locked(&db, |_| {}).await;
    let conn = db.pool.get().await.unwrap();
    assert_eq!(expire_quotes(&conn, 10).await.unwrap(), 1);
    assert_eq!(expire_quotes(&conn, 10).await.unwrap(), 0);
    let marked = "SELECT count(*) FROM quotes WHERE state = 'expired'";
    assert_eq!(count(&db, marked).await, 1);
    for (id, state) in
        [(long_over, QuoteState::Expired), (just_over, QuoteState::Expired), (open, QuoteState::Open)]
    {
        assert_eq!(stored(&db, id).await.1, state, "{id}");
    }
    assert_eq!(withdraw(&db, long_over, MERCHANT).await, Err(QuoteRefusal::Expired));
}

#[tokio::test]
async fn r19_spread_and_premium_are_kept_with_the_quote() {
    let db = world().await;
    let id = locked(&db, |quote| {
        quote.price =
            Price { spread: cny("7.08"), premium: cny("1.42"), buy: cny("7070.20"), ..quote.price.clone() };
    })
    .await;
    let (quote, _) = stored(&db, id).await;
    assert_eq!((quote.price.spread, quote.price.premium), (cny("7.08"), cny("1.42")));
}

//! R16: which published rate is believed, and for how long.

use std::sync::Arc;

use exchange::{FixedSide, PricingError, PublishedRate, Terms, Verdict, current_rates, price, rates_of};
use money::{Currency, FeeSchedule, Markup};
use testkit::TestDb;
use testkit::somebody_waits;
use time::{Duration, OffsetDateTime};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::{NOT_ALLOWED, SECOND, count, now, policy, publish, rate, refused, tell, usd, world};

const FREE: Terms = Terms { fees: FeeSchedule::ZERO, markup: Markup::NONE };

/// Bid, ask and bank of the newest rate of a pair against the yuan.
async fn newest(db: &TestDb, base: Currency) -> Option<(String, String, String, OffsetDateTime)> {
    let market = rates_of(&db.pool.get().await.unwrap()).await.unwrap();
    let rate = market.pair(base, Currency::CNY)?;
    Some((rate.bid.to_string(), rate.ask.to_string(), rate.bank.clone(), rate.as_of))
}

#[tokio::test]
async fn r16_the_newest_as_of_wins_whenever_it_comes() {
    let db = world().await;
    let now = now(&db).await;
    let (u, j) = (Currency::USD, Currency::JPY);
    let messages: [(&str, PublishedRate, Verdict); 7] = [
        ("harbour", rate(u, "7.10", "7.13", now - SECOND * 10), Verdict::Current),
        ("harbour", rate(u, "7.11", "7.14", now - SECOND * 5), Verdict::Current),
        ("harbour", rate(u, "7.01", "7.02", now - SECOND * 7), Verdict::Outdated),
        ("harbour", rate(u, "7.03", "7.04", now - SECOND * 5), Verdict::Outdated),
        ("delta", rate(u, "7.02", "7.05", now - SECOND * 7), Verdict::Current),
        ("delta", rate(u, "7.0912345", "7.1234567", now - SECOND), Verdict::Current),
        ("harbour", rate(j, "0.047000", "0.047200", now - SECOND * 9), Verdict::Current),
    ];
    for (bank, published, verdict) in messages {
        assert_eq!(tell(&db, bank, std::slice::from_ref(&published)).await, [verdict], "{published:?}");
    }
    let dollar = ("7.0912345".to_owned(), "7.1234567".to_owned(), "delta".to_owned(), now - SECOND);
    assert_eq!(newest(&db, u).await, Some(dollar));
    let yen = ("0.047".to_owned(), "0.0472".to_owned(), "harbour".to_owned(), now - SECOND * 9);
    assert_eq!(newest(&db, j).await, Some(yen));
    assert_eq!(newest(&db, Currency::GBP).await, None);
    assert_eq!(
        count(&db, "SELECT count(*) FROM rates WHERE event IS NOT NULL").await,
        7,
        "all in the history"
    );
}

#[tokio::test]
async fn r16_what_is_ahead_of_the_clock_or_crossed_is_neither_used_nor_kept() {
    let db = world().await;
    let now = now(&db).await;
    let u = Currency::USD;
    let message = [
        rate(u, "7.10", "7.13", now + SECOND * 90),
        rate(Currency::EUR, "8.25", "8.24", now),
        rate(Currency::GBP, "9.40", "9.45", now + SECOND * 50),
    ];
    let verdicts = tell(&db, "harbour", &message).await;
    assert_eq!(verdicts, [Verdict::InTheFuture, Verdict::Crossed, Verdict::Current]);
    assert_eq!(newest(&db, u).await, None);
    assert_eq!(newest(&db, Currency::EUR).await, None);
    assert_eq!(count(&db, "SELECT count(*) FROM rates").await, 1);
    // It does not shut out a true one that comes after it.
    assert_eq!(tell(&db, "harbour", &[rate(u, "7.10", "7.13", now)]).await, [Verdict::Current]);
}

#[tokio::test]
async fn r16_one_slice_may_hold_a_pair_more_than_once() {
    let db = world().await;
    let now = now(&db).await;
    let at = |bid, seconds| rate(Currency::USD, bid, "7.50", now - SECOND * seconds);
    let verdicts = tell(&db, "harbour", &[at("7.10", 9), at("7.12", 3), at("7.11", 6)]).await;
    assert_eq!(verdicts, [Verdict::Current, Verdict::Current, Verdict::Outdated]);
    assert_eq!(newest(&db, Currency::USD).await.unwrap().0, "7.12");
    assert_eq!(count(&db, "SELECT count(*) FROM rates").await, 3);
    assert_eq!(tell(&db, "harbour", &[]).await, []);
}

#[tokio::test]
async fn r16_a_rate_that_was_read_grows_old_and_is_no_price() {
    let db = world().await;
    let now = now(&db).await;
    tell(&db, "harbour", &[rate(Currency::USD, "7.10", "7.13", now)]).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let market = current_rates(&tx).await.unwrap();
    let at = |moment| {
        let side = FixedSide::Sell(usd("10.00"));
        price(side, (Currency::USD, Currency::CNY), &market, FREE, moment, &policy())
    };
    let last = now + Duration::minutes(15);
    let sold = at(last).unwrap();
    assert_eq!((sold.buy.to_string().as_str(), sold.rate_as_of), ("71.00", Some(now)));
    assert_eq!(at(last + Duration::MICROSECOND), Err(PricingError::RateUnavailable));
}

#[tokio::test]
async fn r16_a_publication_that_is_rolled_back_leaves_no_trace() {
    let db = world().await;
    let now = now(&db).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    publish(&tx, "harbour", &[rate(Currency::USD, "7.10", "7.13", now)], now).await;
    tx.rollback().await.unwrap();
    assert_eq!(newest(&db, Currency::USD).await, None);
    assert_eq!(count(&db, "SELECT count(*) FROM rates").await, 0);
}

#[tokio::test]
async fn r16_an_older_rate_waits_for_a_newer_one_that_is_being_published() {
    let db = Arc::new(world().await);
    let now = now(&db).await;
    let at = |bid, seconds| rate(Currency::USD, bid, "7.50", now - SECOND * seconds);
    tell(&db, "harbour", &[at("7.10", 9)]).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    publish(&tx, "harbour", &[at("7.12", 1)], now).await;
    let older = tokio::spawn({
        let (db, older) = (db.clone(), at("7.11", 5));
        async move { tell(&db, "harbour", &[older]).await }
    });
    somebody_waits(&db).await;
    tx.commit().await.unwrap();
    assert_eq!(older.await.unwrap(), [Verdict::Outdated]);
    assert_eq!(newest(&db, Currency::USD).await.unwrap().0, "7.12");
}

/// The very first rates of a pair, where there is no row to lock yet.
#[tokio::test]
async fn r16_the_newer_of_two_first_rates_wins_whoever_commits_first() {
    // How many seconds ago the first and the second rate held.
    for (first, second) in [(1, 5), (5, 1)] {
        let db = Arc::new(world().await);
        let now = now(&db).await;
        let at = |seconds| rate(Currency::USD, &format!("7.1{seconds}"), "7.50", now - SECOND * seconds);
        let mut conn = db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        publish(&tx, "harbour", &[at(first)], now).await;
        let other = tokio::spawn({
            let (db, other) = (db.clone(), at(second));
            async move { tell(&db, "harbour", &[other]).await }
        });
        somebody_waits(&db).await;
        tx.commit().await.unwrap();
        other.await.unwrap();
        assert_eq!(newest(&db, Currency::USD).await.unwrap().0, "7.11", "{first} before {second}");
        assert_eq!(count(&db, "SELECT count(*) FROM rates").await, 2);
    }
}

/// The rows lie the other way round than they must be locked: who waits for the first pair must not hold the second.
#[tokio::test]
async fn r16_pairs_are_locked_in_their_order() {
    let db = Arc::new(world().await);
    let now = now(&db).await;
    let at = |base, seconds| rate(base, "7.10", "7.50", now - SECOND * seconds);
    for base in [Currency::USD, Currency::EUR] {
        tell(&db, "harbour", &[at(base, 9)]).await;
    }
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    // Already known times: the rows are locked, not written, so they stay where they lie.
    publish(&tx, "harbour", &[at(Currency::EUR, 9)], now).await;
    let other = tokio::spawn({
        let (db, both) = (db.clone(), [at(Currency::USD, 9), at(Currency::EUR, 9)]);
        async move { tell(&db, "harbour", &both).await }
    });
    somebody_waits(&db).await;
    publish(&tx, "harbour", &[at(Currency::USD, 9)], now).await;
    tx.commit().await.unwrap();
    assert_eq!(other.await.unwrap(), [Verdict::Outdated, Verdict::Outdated]);
}

/// Four banks tell 20 times each through two doors, in different orders of pairs, from the very first row on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r16_banks_that_publish_at_once_leave_the_newest() {
    const DOORS: i64 = 8;
    const TIMES: i64 = 20;
    let db = Arc::new(world().await);
    let now = now(&db).await;
    let start = Arc::new(Barrier::new(usize::try_from(DOORS).unwrap()));
    let mut tasks = JoinSet::new();
    for door in 0..DOORS {
        let (db, start) = (db.clone(), start.clone());
        tasks.spawn(async move {
            start.wait().await;
            for time in 0..TIMES {
                // Every (door, time) has a moment of its own; they come in no order.
                let ago = (time * 7 % TIMES) * DOORS + door;
                let bid = format!("7.{:04}", 9_999 - ago);
                let mut message = [Currency::USD, Currency::EUR, Currency::JPY]
                    .map(|base| rate(base, &bid, "9.00", now - Duration::milliseconds(ago)));
                let turn = usize::try_from(door + time).unwrap() % message.len();
                message.rotate_left(turn);
                tell(&db, &format!("bank{}", door % 4), &message).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for base in [Currency::USD, Currency::EUR, Currency::JPY] {
        let expected = ("7.9999".to_owned(), "9".to_owned(), "bank0".to_owned(), now);
        assert_eq!(newest(&db, base).await, Some(expected));
    }
    assert_eq!(count(&db, "SELECT count(*) FROM rates").await, 3 * DOORS * TIMES);
}

#[tokio::test]
async fn r16_the_history_can_not_be_rewritten() {
    let db = world().await;
    let now = now(&db).await;
    tell(&db, "harbour", &[rate(Currency::USD, "7.10", "7.13", now)]).await;
    for sql in [
        "UPDATE rates SET bid = 1",
        "UPDATE rates SET received_at = now()",
        "DELETE FROM rates",
        "TRUNCATE rates",
        "DELETE FROM current_rates",
    ] {
        assert_eq!(refused(&db, sql).await.as_deref(), Some(NOT_ALLOWED), "{sql}");
    }
}

//! R16: a rate that jumps waits for an operator, and its bank makes no price meanwhile.

use std::sync::Arc;

use exchange::{
    KeptRate, RateEvent, RateId, RateState, ReviewRefusal, Standing, Survey, Verdict, rate_history, rates_of,
};
use money::Currency;
use testkit::TestDb;
use testkit::somebody_waits;
use time::{Duration, OffsetDateTime};

use crate::world::{SECOND, now, policy, publish, rate, review, tell, tell_at, world};

const PAIR: (Currency, Currency) = (Currency::USD, Currency::CNY);
const BANK: &str = "harbour";

/// Yuan for a dollar at this moment.
async fn price_at(db: &TestDb, moment: OffsetDateTime) -> Option<String> {
    let market = rates_of(&db.pool.get().await.unwrap()).await.unwrap();
    market.rate_for(PAIR.0, PAIR.1, &policy(), moment).map(|(rate, _)| rate.to_string())
}

/// Publishes a bid with an ask of 0.03 more, so many seconds after `start`.
async fn bid(db: &TestDb, bid: &str, start: OffsetDateTime, seconds: i64) -> Verdict {
    let cents = bid.replace('.', "").parse::<u32>().unwrap() + 3;
    let ask = format!("{}.{:02}", cents / 100, cents % 100);
    let moment = start + SECOND * i32::try_from(seconds).unwrap();
    tell_at(db, BANK, &[rate(PAIR.0, bid, &ask, moment)], moment).await[0]
}

/// All that was published, the first first: bid and state.
async fn all(db: &TestDb) -> Vec<(String, RateState)> {
    let rows = kept(db).await;
    rows.into_iter().map(|rate| (rate.bid.to_string(), rate.state)).collect()
}

async fn kept(db: &TestDb) -> Vec<KeptRate> {
    let conn = db.pool.get().await.unwrap();
    let ever = (OffsetDateTime::UNIX_EPOCH, now(db).await + Duration::DAY);
    let mut rows = rate_history(&conn, PAIR, ever, None, 100).await.unwrap();
    rows.reverse();
    rows
}

async fn id_of(db: &TestDb, bid: &str) -> RateId {
    kept(db).await.into_iter().find(|rate| rate.bid.to_string() == bid).unwrap().id
}

async fn standing(db: &TestDb) -> (Standing, Option<String>, bool) {
    let survey = Survey::now(&db.pool.get().await.unwrap()).await.unwrap();
    let [source] = survey.sources.as_slice() else { panic!("{survey:?}") };
    let held = source.held(&policy(), survey.at).map(|rate| rate.bid.to_string());
    (source.standing(&policy(), survey.at), held, survey.prices(source, &policy()))
}

#[tokio::test]
async fn r16_what_jumps_waits_and_the_next_within_the_share_heals() {
    let db = world().await;
    let start = now(&db).await - SECOND * 30;
    assert_eq!(bid(&db, "7.10", start, 0).await, Verdict::Current, "the first has nothing to differ from");
    assert_eq!(standing(&db).await, (Standing::Fresh, None, true));
    assert_eq!(bid(&db, "7.90", start, 1).await, Verdict::Held);
    assert_eq!(price_at(&db, start + SECOND * 2).await, None, "not the old price, and not the new one");
    assert_eq!(standing(&db).await, (Standing::Held, Some("7.9".into()), false));
    // It came late: what the bank said at last is still the jump.
    assert_eq!(bid(&db, "7.11", start, 0).await, Verdict::Outdated);
    assert_eq!(price_at(&db, start + SECOND * 2).await, None);
    // Within a tenth of what waits, but not of what was accepted.
    assert_eq!(bid(&db, "7.91", start, 2).await, Verdict::Held);
    assert_eq!(standing(&db).await, (Standing::Held, Some("7.91".into()), false), "the newest waits");
    assert_eq!(bid(&db, "7.12", start, 3).await, Verdict::Current);
    assert_eq!(price_at(&db, start + SECOND * 3).await.as_deref(), Some("7.12"));
    assert_eq!(standing(&db).await, (Standing::Fresh, None, true));
    let expected = [
        ("7.1", RateState::Accepted),
        ("7.11", RateState::Outdated),
        ("7.9", RateState::Superseded),
        ("7.91", RateState::Superseded),
        ("7.12", RateState::Accepted),
    ];
    let mut found = all(&db).await;
    found[..2].sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, expected.map(|(bid, state)| (bid.to_owned(), state)));
}

#[tokio::test]
async fn r16_an_accepted_jump_is_the_price_and_what_later_ones_are_compared_with() {
    let db = world().await;
    let start = now(&db).await - SECOND * 30;
    bid(&db, "7.10", start, 0).await;
    bid(&db, "7.90", start, 1).await;
    bid(&db, "7.95", start, 2).await;
    let (older, newest) = (id_of(&db, "7.9").await, id_of(&db, "7.95").await);
    let moment = start + SECOND * 5;
    let superseded = Err(ReviewRefusal::NotHeld(RateState::Superseded));
    assert_eq!(review(&db, older, RateEvent::Accept, moment).await, superseded);
    assert_eq!(price_at(&db, moment).await, None, "a refusal changes nothing");
    assert_eq!(review(&db, newest, RateEvent::Accept, moment).await, Ok(()));
    assert_eq!(price_at(&db, moment).await.as_deref(), Some("7.95"));
    assert_eq!(standing(&db).await, (Standing::Fresh, None, true));
    let accepted = Err(ReviewRefusal::NotHeld(RateState::Accepted));
    for again in [RateEvent::Accept, RateEvent::Reject] {
        assert_eq!(review(&db, newest, again, moment).await, accepted);
    }
    assert_eq!(bid(&db, "8.50", start, 6).await, Verdict::Current, "a tenth of 7.95 is 0.795");
    assert_eq!(bid(&db, "7.10", start, 7).await, Verdict::Held, "the old price is the jump now");
    let none = RateId::from_uuid(uuid::Uuid::now_v7());
    assert_eq!(review(&db, none, RateEvent::Accept, moment).await, Err(ReviewRefusal::NotFound));
}

#[tokio::test]
async fn r16_after_a_rejected_one_the_bank_is_out_until_it_is_near_the_last_accepted() {
    let db = world().await;
    let start = now(&db).await - SECOND * 30;
    bid(&db, "7.10", start, 0).await;
    bid(&db, "9.00", start, 1).await;
    let id = id_of(&db, "9").await;
    let moment = start + SECOND * 2;
    assert_eq!(review(&db, id, RateEvent::Reject, moment).await, Ok(()));
    assert_eq!(standing(&db).await, (Standing::Rejected, None, false));
    assert_eq!(price_at(&db, moment).await, None, "7.10 is what it was before 9.00: no price of now");
    let rejected = Err(ReviewRefusal::NotHeld(RateState::Rejected));
    assert_eq!(review(&db, id, RateEvent::Accept, moment).await, rejected);
    assert_eq!(bid(&db, "8.90", start, 3).await, Verdict::Held, "near the rejected one is not near enough");
    assert_eq!(standing(&db).await, (Standing::Held, Some("8.9".into()), false));
    assert_eq!(bid(&db, "7.15", start, 4).await, Verdict::Current);
    assert_eq!(price_at(&db, start + SECOND * 4).await.as_deref(), Some("7.15"));
    let states: Vec<RateState> = all(&db).await.into_iter().map(|(_, state)| state).collect();
    let expected = [RateState::Accepted, RateState::Rejected, RateState::Superseded, RateState::Accepted];
    assert_eq!(states, expected);
}

#[tokio::test]
async fn r16_what_waited_too_long_can_only_be_rejected() {
    let db = world().await;
    let start = now(&db).await - Duration::minutes(20);
    bid(&db, "7.10", start, 0).await;
    bid(&db, "9.00", start, 1).await;
    let id = id_of(&db, "9").await;
    let last = start + SECOND + Duration::minutes(15);
    let late = last + Duration::MICROSECOND;
    assert_eq!(review(&db, id, RateEvent::Accept, late).await, Err(ReviewRefusal::TooOld));
    assert_eq!(standing(&db).await.0, Standing::Held, "it still waits");
    assert_eq!(review(&db, id, RateEvent::Accept, last).await, Ok(()));
    // And a baseline does not age: a jump against a rate of long ago is one.
    let later = last + Duration::weeks(1);
    let far = rate(PAIR.0, "7.10", "7.13", later);
    assert_eq!(tell_at(&db, BANK, &[far], later).await, [Verdict::Held]);
}

#[tokio::test]
async fn r16_another_bank_goes_on_while_one_waits() {
    let db = world().await;
    let start = now(&db).await - SECOND * 30;
    bid(&db, "7.10", start, 0).await;
    tell(&db, "delta", &[rate(PAIR.0, "7.05", "7.20", start)]).await;
    bid(&db, "9.00", start, 1).await;
    assert_eq!(price_at(&db, start + SECOND).await.as_deref(), Some("7.05"));
    // Another bank's word is no baseline for it.
    let jump = rate(PAIR.0, "9.01", "9.02", start + SECOND * 2);
    assert_eq!(tell(&db, "delta", &[jump]).await, [Verdict::Held]);
    assert_eq!(price_at(&db, start + SECOND * 3).await, None);
    assert_eq!(Survey::now(&db.pool.get().await.unwrap()).await.unwrap().held(), 2);
}

#[tokio::test]
async fn r16_one_slice_may_jump_and_heal() {
    let db = world().await;
    let now = now(&db).await;
    let at = |bid, ask, seconds| rate(PAIR.0, bid, ask, now - SECOND * seconds);
    let verdicts =
        tell(&db, BANK, &[at("7.10", "7.13", 9), at("9", "9.1", 6), at("7.12", "7.15", 3), at("5", "6", 1)])
            .await;
    assert_eq!(verdicts, [Verdict::Current, Verdict::Held, Verdict::Current, Verdict::Held]);
    let mut states: Vec<_> = all(&db).await;
    states.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("5", RateState::Held),
        ("7.1", RateState::Accepted),
        ("7.12", RateState::Accepted),
        ("9", RateState::Superseded),
    ];
    assert_eq!(states, expected.map(|(bid, state)| (bid.to_owned(), state)));
    assert_eq!(standing(&db).await, (Standing::Held, Some("5".into()), false));
}

/// Two gateways take in a bank's first two rates at once: whichever waits is judged by the other.
#[tokio::test]
async fn r16_a_first_rate_that_is_being_published_is_a_baseline_already() {
    let db = Arc::new(world().await);
    let now = now(&db).await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let first = [rate(PAIR.0, "7.10", "7.13", now - SECOND)];
    assert_eq!(publish(&tx, BANK, &first, now).await, [Verdict::Current]);
    let jump = tokio::spawn({
        let db = db.clone();
        async move { tell(&db, BANK, &[rate(PAIR.0, "9.10", "9.13", now)]).await }
    });
    somebody_waits(&db).await;
    tx.commit().await.unwrap();
    assert_eq!(jump.await.unwrap(), [Verdict::Held]);
}

/// An operator accepts at the moment at which the bank says something else.
#[tokio::test]
async fn r16_a_decision_waits_for_what_is_being_published() {
    let db = Arc::new(world().await);
    let start = now(&db).await - SECOND * 30;
    bid(&db, "7.10", start, 0).await;
    bid(&db, "9.00", start, 1).await;
    let id = id_of(&db, "9").await;
    let moment = start + SECOND * 2;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let healing = [rate(PAIR.0, "7.12", "7.15", moment)];
    assert_eq!(publish(&tx, BANK, &healing, moment).await, [Verdict::Current]);
    let decision = tokio::spawn({
        let db = db.clone();
        async move { review(&db, id, RateEvent::Accept, moment).await }
    });
    somebody_waits(&db).await;
    tx.commit().await.unwrap();
    assert_eq!(decision.await.unwrap(), Err(ReviewRefusal::NotHeld(RateState::Superseded)));
    assert_eq!(price_at(&db, moment).await.as_deref(), Some("7.12"));
}

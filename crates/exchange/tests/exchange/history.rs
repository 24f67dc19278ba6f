//! R16: what was the rate at that moment?

use exchange::{RateEvent, RatePolicy, Standing, Survey, Verdict, rate_history};
use money::Currency;
use testkit::TestDb;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::world::{SECOND, policy, rate, review, tell_at, world};

const PAIR: (Currency, Currency) = (Currency::USD, Currency::CNY);
const START: OffsetDateTime = datetime!(2026-11-23 14:00:00 UTC);

fn at(seconds: i32) -> OffsetDateTime {
    START + SECOND * seconds
}

/// Bid with an ask of a tenth more; `as_of` and receipt in seconds after the start.
async fn told(db: &TestDb, bank: &str, bid: &str, as_of: i32, received: i32) -> Verdict {
    let published = rate(PAIR.0, bid, &format!("{bid}9"), at(as_of));
    tell_at(db, bank, &[published], at(received)).await[0]
}

/// Of each bank: its bid, what it was good for, and whether it made the prices.
async fn seen(db: &TestDb, policy: &RatePolicy, seconds: i32) -> Vec<(String, String, Standing, bool)> {
    let survey = Survey::at(&db.pool.get().await.unwrap(), at(seconds)).await.unwrap();
    let mut seen: Vec<_> = survey
        .sources
        .iter()
        .map(|source| {
            let rate = &source.rate;
            let prices = survey.prices(source, policy);
            (rate.bank.clone(), rate.bid.to_string(), source.standing(policy, survey.at), prices)
        })
        .collect();
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    seen
}

#[tokio::test]
async fn r16_a_rate_counts_from_when_it_was_known() {
    let db = world().await;
    told(&db, "harbour", "7.1", -2, 0).await;
    told(&db, "harbour", "7.2", 5, 10).await;
    assert_eq!(told(&db, "harbour", "7.3", 1, 20).await, Verdict::Outdated);
    let one = |bid: &str| vec![("harbour".to_owned(), bid.to_owned(), Standing::Fresh, true)];
    assert_eq!(seen(&db, &policy(), -1).await, [], "nothing was known");
    assert_eq!(seen(&db, &policy(), 0).await, one("7.1"));
    assert_eq!(seen(&db, &policy(), 9).await, one("7.1"), "7.2 held already, but nobody here knew");
    assert_eq!(seen(&db, &policy(), 10).await, one("7.2"));
    assert_eq!(seen(&db, &policy(), 30).await, one("7.2"), "what came late was never used");
    let stale = vec![("harbour".to_owned(), "7.2".to_owned(), Standing::Stale, false)];
    assert_eq!(seen(&db, &policy(), 5 + 15 * 60 + 1).await, stale);
    // A bank's clock may be a minute ahead: what it says is used at once.
    told(&db, "harbour", "7.4", 1060, 1000).await;
    assert_eq!(seen(&db, &policy(), 1000).await, one("7.4"));
}

#[tokio::test]
async fn r16_a_held_rate_was_none_until_it_was_accepted() {
    let db = world().await;
    let harbour =
        |bid: &str, standing, prices| vec![("harbour".to_owned(), bid.to_owned(), standing, prices)];
    told(&db, "harbour", "7.1", 0, 0).await;
    assert_eq!(told(&db, "harbour", "8.1", 60, 60).await, Verdict::Held);
    let conn = db.pool.get().await.unwrap();
    let ever = (at(0), at(10_000));
    let first = rate_history(&conn, PAIR, ever, None, 1).await.unwrap()[0].id;
    assert_eq!(review(&db, first, RateEvent::Accept, at(120)).await, Ok(()));
    assert_eq!(told(&db, "harbour", "9.9", 180, 180).await, Verdict::Held);
    let second = rate_history(&conn, PAIR, ever, None, 1).await.unwrap()[0].id;
    assert_eq!(review(&db, second, RateEvent::Reject, at(240)).await, Ok(()));
    assert_eq!(told(&db, "harbour", "8.2", 300, 300).await, Verdict::Current);
    for (moment, expected) in [
        (59, harbour("7.1", Standing::Fresh, true)),
        (60, harbour("7.1", Standing::Held, false)),
        (119, harbour("7.1", Standing::Held, false)),
        (120, harbour("8.1", Standing::Fresh, true)),
        (179, harbour("8.1", Standing::Fresh, true)),
        (180, harbour("8.1", Standing::Held, false)),
        (239, harbour("8.1", Standing::Held, false)),
        (240, harbour("8.1", Standing::Rejected, false)),
        (299, harbour("8.1", Standing::Rejected, false)),
        (300, harbour("8.2", Standing::Fresh, true)),
    ] {
        assert_eq!(seen(&db, &policy(), moment).await, expected, "after {moment} s");
    }
}

#[tokio::test]
async fn r16_which_of_two_banks_made_the_price() {
    let db = world().await;
    let mut ordered = policy();
    let own = exchange::PairPolicy {
        sources: vec!["harbour".into(), "delta".into()],
        max_age: time::Duration::MINUTE,
        ..ordered.usual.clone()
    };
    ordered.pairs.insert(PAIR, own);
    told(&db, "harbour", "7.1", 0, 0).await;
    told(&db, "delta", "7.2", 30, 30).await;
    let both = |delta: Standing, harbour: Standing, prices: &str| {
        vec![
            ("delta".to_owned(), "7.2".to_owned(), delta, prices == "delta"),
            ("harbour".to_owned(), "7.1".to_owned(), harbour, prices == "harbour"),
        ]
    };
    use Standing::{Fresh, Stale};
    assert_eq!(
        seen(&db, &ordered, 60).await,
        both(Fresh, Fresh, "harbour"),
        "the first by order, not the newest"
    );
    assert_eq!(seen(&db, &ordered, 61).await, both(Fresh, Stale, "delta"));
    assert_eq!(seen(&db, &ordered, 91).await, both(Stale, Stale, "nobody"));
    assert_eq!(seen(&db, &policy(), 91).await, both(Fresh, Fresh, "delta"), "without order the newest");
}

#[tokio::test]
async fn r16_the_history_has_pages() {
    let db = world().await;
    // Two that came together, and one of another pair.
    for (second, bids) in [(0, vec!["7.1"]), (10, vec!["7.2", "7.3"]), (20, vec!["7.4"])] {
        let rates: Vec<_> = bids
            .iter()
            .enumerate()
            .map(|(place, bid)| rate(PAIR.0, bid, "7.5", at(second) + SECOND * i32::try_from(place).unwrap()))
            .collect();
        tell_at(&db, "harbour", &rates, at(second)).await;
    }
    tell_at(&db, "harbour", &[rate(Currency::EUR, "8.2", "8.3", at(10))], at(10)).await;
    let conn = db.pool.get().await.unwrap();
    let (mut bids, mut after) = (Vec::new(), None);
    loop {
        let page = rate_history(&conn, PAIR, (at(0), at(100)), after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        bids.extend(page.iter().map(|rate| rate.bid.to_string()));
    }
    assert_eq!(bids.len(), 4);
    assert_eq!((bids[0].as_str(), bids[3].as_str()), ("7.4", "7.1"), "{bids:?}");
    bids[1..3].sort();
    assert_eq!(bids[1..3], ["7.2", "7.3"]);
    let part = rate_history(&conn, PAIR, (at(10), at(20)), None, 9).await.unwrap();
    assert_eq!(part.len(), 2, "from the first moment on, to before the last");
}

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[exchange::MIGRATIONS]).await;
}

/// A database from before: one row for each pair, whichever bank's, and no word of what became of each rate.
#[tokio::test]
async fn what_was_published_before_each_bank_had_a_row_of_its_own_is_kept() {
    let first = pg::MigrationSet { owner: "exchange", migrations: &exchange::MIGRATIONS.migrations[..1] };
    let db = testkit::database(&[first]).await;
    let rows = "INSERT INTO rates (base, quote, as_of, bank, bid, ask, received_at) VALUES
        ('USD', 'CNY', '2026-11-23 14:00:00Z', 'harbour', 7.1, 7.2, '2026-11-23 14:00:01Z'),
        ('USD', 'CNY', '2026-11-23 14:00:20Z', 'delta', 7.3, 7.4, '2026-11-23 14:00:21Z'),
        ('USD', 'CNY', '2026-11-23 14:00:10Z', 'delta', 7.5, 7.6, '2026-11-23 14:00:22Z'),
        ('USD', 'CNY', '2026-11-23 14:00:15Z', 'harbour', 7.7, 7.8, '2026-11-23 14:00:23Z');
        INSERT INTO current_rates (base, quote, as_of, bank, bid, ask, received_at) VALUES
        ('USD', 'CNY', '2026-11-23 14:00:20Z', 'delta', 7.3, 7.4, '2026-11-23 14:00:21Z')";
    db.owner().get().await.unwrap().batch_execute(rows).await.unwrap();
    pg::migrate(&db.url, &pg::Tls::default(), &[exchange::MIGRATIONS]).await.unwrap();
    let both = |harbour: &str, delta: &str| {
        vec![
            ("delta".to_owned(), delta.to_owned(), Standing::Fresh, true),
            ("harbour".to_owned(), harbour.to_owned(), Standing::Fresh, false),
        ]
    };
    assert_eq!(seen(&db, &policy(), 22).await, both("7.1", "7.3"));
    assert_eq!(seen(&db, &policy(), 23).await, both("7.7", "7.3"));
    let conn = db.pool.get().await.unwrap();
    let all = rate_history(&conn, PAIR, (at(0), at(60)), None, 9).await.unwrap();
    let told: Vec<_> = all.iter().map(|rate| (rate.bid.to_string(), rate.state.as_str())).collect();
    let expected = [("7.7", "accepted"), ("7.5", "outdated"), ("7.3", "accepted"), ("7.1", "accepted")];
    assert_eq!(told, expected.map(|(bid, state)| (bid.to_owned(), state)));
    assert!(all.iter().all(|rate| rate.id.to_string().parse::<exchange::RateId>() == Ok(rate.id)));
    assert_eq!(told_now(&db, "7.6").await, Verdict::Current, "a tenth of 7.7 is 0.77");
    assert_eq!(told_now(&db, "7.2").await, Verdict::Current);
    assert_eq!(told_now(&db, "9").await, Verdict::Held);
}

async fn told_now(db: &TestDb, bid: &str) -> Verdict {
    let now = crate::world::now(db).await;
    tell_at(db, "harbour", &[rate(PAIR.0, bid, &format!("{bid}9"), now)], now).await[0]
}

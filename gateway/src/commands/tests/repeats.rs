//! Batches whose keys are thought to be new, and are not.

use std::collections::HashSet;

use super::world::{World, usd};
use crate::commands::Command;

const OTHERWISE: &str = "to be gone about otherwise";

impl World {
    /// Payments to an account that nobody knows, of 1.00, 1.01 and so on.
    fn arrivals(&self, count: i64) -> Vec<Command> {
        (0..count).map(|n| self.arrives("9990001", usd(100 + n)).1).collect()
    }

    async fn events(&self) -> (i64, i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM bank_events), (SELECT count(*) FROM payments),
                          (SELECT count(*) FROM bank_event_redeliveries)";
        let row = self.conn().await.query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1), row.get(2))
    }
}

#[tokio::test]
async fn r2_a_batch_that_wrongly_thinks_its_events_new_does_nothing_and_finds_them_the_next_time() {
    let world = World::new().await;
    let mut events = world.arrivals(70);
    let first = world.batch(&events).await;
    assert!(first.iter().all(|(status, _)| *status == 200), "{first:?}");
    let payments: HashSet<String> =
        first.iter().map(|(_, told)| told["outcomes"][0]["payment_id"].to_string()).collect();
    assert_eq!(payments.len(), 70);
    assert_eq!(world.events().await, (70, 70, 0));

    // One of seventy-one is new; each of the others is enough to be wrong.
    events.extend(world.arrivals(1));
    assert_eq!(world.try_batch(&events).await.unwrap_err(), OTHERWISE);
    assert_eq!(world.events().await, (70, 70, 0), "nothing of it was done");
    let again = world.try_batch(&events).await.unwrap();
    assert!(again[..70].iter().all(|reply| reply.replayed) && !again[70].replayed);
    let told = world.batch(&events).await;
    assert_eq!(told[..70], first, "each gets the first answer");
    assert_eq!(world.events().await, (71, 71, 70 + 71));
    world.verify().await;
}

/// While events come that are not new, batches look; they think so again after a while.
#[tokio::test]
async fn r2_who_was_wrong_looks_for_a_while() {
    let world = World::new().await;
    let events = world.arrivals(64);
    world.batch(&events).await;
    let mut wrong = Vec::new();
    for n in 0..400 {
        match world.try_batch(&events).await {
            Ok(replies) => assert!(replies.iter().all(|reply| reply.replayed)),
            Err(told) => {
                assert_eq!(told, OTHERWISE);
                wrong.push(n);
            }
        }
    }
    assert_eq!(wrong, [0, 129, 386], "128 look, then twice as many");
    assert_eq!(world.events().await, (64, 64, 397 * 64));
}

/// Few are looked for one by one, and never wrong.
#[tokio::test]
async fn r2_a_small_batch_finds_its_events_at_once() {
    let world = World::new().await;
    let events = world.arrivals(63);
    world.batch(&events).await;
    assert!(world.try_batch(&events).await.unwrap().iter().all(|reply| reply.replayed));
}

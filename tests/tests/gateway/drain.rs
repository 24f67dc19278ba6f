//! SIGTERM: not ready first, then what has begun finishes, then everything is stopped.

use std::time::{Duration, Instant};

use tests::{Sluice, funds, unique};

#[tokio::test]
async fn answers_under_way_finish_and_nothing_is_left_running() {
    let (mut sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1.00", "USD").await;
    let mut database = world.database().await;
    let block = database.transaction().await.unwrap();
    block.batch_execute("SELECT 1 FROM merchants FOR UPDATE").await.unwrap();
    let body = funds(&unique("REF"), merchant.account("USD"), "2.00", "USD", "AMAZON PAYMENTS INC");
    let event = unique("evt");
    let under_way = tokio::sync::Notify::new();
    let release = async {
        // Only when the event waits in the database is it certainly under way.
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        while block.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        under_way.notify_one();
        // SIGTERM is on its way. The event is given up after five seconds.
        let (asked, mut ready) = (Instant::now(), world.probe("/readyz").await);
        while !ready.contains("503") && asked.elapsed() < Duration::from_secs(4) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            ready = world.probe("/readyz").await;
        }
        block.rollback().await.unwrap();
        ready
    };
    let stop = async {
        under_way.notified().await;
        sluice.stop().await;
    };
    let (answer, ready, ()) = tokio::join!(world.event(&event, &body), release, stop);
    assert_eq!(answer.outcome(), ("credited", ""), "the answer under way is given");
    assert!(ready.contains("503"), "not ready while draining: {ready}");

    let world = sluice.launch().await;
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "3.00");
    let again = world.event(&event, &body).await;
    assert_eq!((again.text, again.replayed), (answer.text, true));
    sluice.verify().await;
}

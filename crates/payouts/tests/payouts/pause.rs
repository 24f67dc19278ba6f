//! Payouts to a bank that people have stopped.

use std::sync::Arc;
use std::time::Duration;

use payouts::{BankLink, PayoutState as S, Submit, Worker};

use crate::world::*;

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r31_a_paused_bank_is_sent_nothing_but_asked_and_goes_on_where_it_was() {
    let world = World::start().await;
    let (bank, other) = (FakeBank::new(Mood::Pays), FakeBank::new(Mood::Pays));
    // One is at the bank, and whoever sent it died before it could say so.
    let dying: Submit = Arc::new(|_, _| Box::pin(std::future::pending()));
    let links = vec![world.link("harbour", &bank)];
    let first = Worker::start(world.db.pool.clone(), links, open(), dying).unwrap();
    let sent = world.enqueue_at("harbour", 1).await;
    world.wait_for(&sent, S::Sent).await;
    testkit::until("the send at the bank", ms(60_000), async || bank.sends_of(sent[0]) == 1).await;
    first.shutdown(Duration::ZERO).await;

    let paused = BankLink { paused: true, ..world.link("harbour", &bank) };
    let worker = world.worker(vec![paused, world.link("meadow", &other)]);
    // More than fit into a claim, and due before the question about the one that was sent.
    let waiting = world.enqueue_at("harbour", 20).await;
    let others = world.enqueue_at("meadow", 2).await;
    worker.waker().wake();
    world.wait_for(&others, S::Paid).await;
    world.wait_for(&sent, S::Paid).await;
    assert_eq!(worker.states().iter().map(|state| state.paused).collect::<Vec<_>>(), [true, false]);
    for id in &waiting {
        assert_eq!((world.get(*id).await.state, bank.sends_of(*id)), (S::Queued, 0), "{id}");
    }

    assert!(worker.pause("harbour", false) && !worker.pause("harbour", false), "once it changes something");
    assert!(!worker.pause("nowhere", true));
    world.wait_for(&waiting, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    for id in sent.into_iter().chain(waiting) {
        assert_eq!((bank.sends_of(id), world.get(id).await.sends), (1, 1), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r31_what_is_claimed_when_a_bank_is_paused_is_not_sent_any_more() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let (claimed, was_claimed) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let goes_on = std::sync::Mutex::new(goes_on);
    let opened = open();
    let slow: payouts::Open = Arc::new(move |sealed, id| {
        let _first = claimed.send(());
        let _after = goes_on.lock().unwrap().recv();
        opened(sealed, id)
    });
    let links = vec![world.link("harbour", &bank)];
    let worker = Worker::start(world.db.pool.clone(), links, slow, world.submit()).unwrap();
    let ids = world.enqueue_at("harbour", 1).await;
    worker.waker().wake();
    tokio::task::block_in_place(|| was_claimed.recv_timeout(PATIENCE)).expect("it is claimed");
    assert!(worker.pause("harbour", true));
    drop(go_on);
    world.wait_for(&ids, S::Queued).await;
    tokio::time::sleep(ms(300)).await;
    assert_eq!((world.get(ids[0]).await.state, bank.sends_of(ids[0])), (S::Queued, 0));

    assert!(worker.pause("harbour", false));
    world.wait_for(&ids, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    assert_eq!((bank.sends_of(ids[0]), world.get(ids[0]).await.sends), (1, 1), "what was not sent is no try");
}

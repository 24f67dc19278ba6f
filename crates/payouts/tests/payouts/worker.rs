use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payouts::{BadPolicy, BankLink, BreakerState, JobKind, PayoutState as S, Source, Submit, Worker};
use pg::{Pool, PoolSettings};
use testkit::{Fault, FaultProxy};

use crate::world::*;

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_two_workers_send_each_payout_once() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let workers: Vec<Worker> = (0..2).map(|_| world.worker(vec![world.link("harbour", &bank)])).collect();
    let ids = world.enqueue_at("harbour", 60).await;
    workers.iter().for_each(|worker| worker.waker().wake());
    world.wait_for(&ids, S::Paid).await;
    for worker in workers {
        worker.shutdown(PATIENCE).await;
    }
    for id in ids {
        assert_eq!(bank.sends_of(id), 1, "{id}");
    }
    assert_eq!(world.count("SELECT count(*) FROM payout_jobs").await, 0);
    let sends = "SELECT count(*) FROM payout_evidence WHERE source = 'send'";
    assert_eq!(world.count(sends).await, 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r27_a_worker_that_slept_does_not_send() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let naps = Arc::new(AtomicUsize::new(1));
    let opened = open();
    let sleepy: payouts::Open = {
        let naps = naps.clone();
        Arc::new(move |sealed, id| {
            if naps.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                // Longer than half the lease, shorter than the lease: nobody else has taken the job.
                std::thread::sleep(ms(1_200));
            }
            opened(sealed, id)
        })
    };
    let links = vec![world.link("harbour", &bank)];
    let worker = Worker::start(world.db.pool.clone(), links, sleepy, world.submit()).unwrap();
    let ids = world.enqueue_at("harbour", 1).await;
    worker.waker().wake();
    world.wait_for(&ids, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    assert_eq!(bank.sends_of(ids[0]), 1);
    assert_eq!(world.get(ids[0]).await.sends, 1, "the first claim sent nothing");
    let conn = world.db.pool.get().await.unwrap();
    let evidence = payouts::evidence(&conn, ids[0]).await.unwrap();
    assert!(evidence.iter().any(|e| e.text == "not sent: the worker was late"), "{evidence:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r27_an_expired_lease_is_asked_about_and_never_sent_blindly() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    // It sends, and dies before it can say so.
    let dying: Submit = Arc::new(|_, _| Box::pin(std::future::pending()));
    let links = vec![world.link("harbour", &bank)];
    let first = Worker::start(world.db.pool.clone(), links, open(), dying).unwrap();
    let ids = world.enqueue_at("harbour", 3).await;
    world.wait_for(&ids, S::Sent).await;
    while bank.sends.lock().unwrap().len() < 3 {
        tokio::time::sleep(ms(5)).await;
    }
    first.shutdown(Duration::ZERO).await;

    let second = world.worker(vec![world.link("harbour", &bank)]);
    world.wait_for(&ids, S::Paid).await;
    second.shutdown(PATIENCE).await;
    for id in ids {
        assert_eq!((bank.sends_of(id), world.get(id).await.sends), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r27_a_lost_request_is_sent_again_after_settling_and_not_for_ever() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Loses);
    let worker = world.worker(vec![world.link("harbour", &bank)]);
    let ids = world.enqueue_at("harbour", 1).await;
    let found = async {
        while !world.get(ids[0]).await.needs_operator {
            tokio::time::sleep(ms(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.unwrap();
    worker.shutdown(PATIENCE).await;
    let payout = world.get(ids[0]).await;
    assert_eq!((payout.state, payout.sends, bank.sends_of(ids[0])), (S::Unknown, 3, 3));
    assert_eq!(world.count("SELECT count(*) FROM payout_jobs").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r27_done_and_never_answered_is_found_out() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Silent);
    let worker = world.worker(vec![world.link("harbour", &bank)]);
    let ids = world.enqueue_at("harbour", 2).await;
    world.wait_for(&ids, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    for id in ids {
        assert_eq!(bank.sends_of(id), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r32_a_frozen_merchants_payouts_stay() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let before = world.enqueue_at("harbour", 2).await;
    assert_eq!(world.freeze().await, 2);
    // Not held, as if the freeze had not seen it: the claim's own lock stops it.
    let after = world.enqueue_at("harbour", 1).await;
    let worker = world.worker(vec![world.link("harbour", &bank)]);
    world.a_later_one_is_paid("harbour").await;
    assert_eq!(bank.sends.lock().unwrap().len(), 1, "the later one alone");
    assert_eq!(world.get(before[0]).await.state, S::Held);
    assert_eq!(world.get(after[0]).await.state, S::Queued);

    assert_eq!(world.unfreeze().await, 2);
    world.wait_for(&before, S::Paid).await;
    world.wait_for(&after, S::Paid).await;
    worker.shutdown(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r32_a_claim_waits_for_a_freeze_that_is_not_committed() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut locked = merchants::lock(&tx, &[], &[world.merchant]).await.unwrap();
    let ids = world.enqueue_at("harbour", 1).await;
    let worker = world.worker(vec![world.link("harbour", &bank)]);
    testkit::somebody_waits(&world.db).await;
    let freeze = merchants::Freeze { reason: "test".into(), legal_reference: None, until: None };
    let now = tx.now().await.unwrap();
    assert!(locked.freeze(world.merchant, freeze, now));
    let owner = (world.merchant.shard(), world.merchant.uuid());
    let mut payouts = payouts::lock_queued_of_merchants(&tx, &[owner]).await.unwrap();
    assert_eq!(payouts.freeze(world.merchant.uuid()), 1);
    locked.save(&tx, now).await.unwrap();
    payouts.save(&tx, now).await.unwrap();
    tx.commit().await.unwrap();
    world.a_later_one_is_paid("harbour").await;
    assert_eq!((world.get(ids[0]).await.state, bank.sends_of(ids[0])), (S::Held, 0));
    worker.shutdown(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r31_a_bank_that_is_down_stops_no_other_and_loses_nothing() {
    let world = World::start().await;
    let (down, up) = (FakeBank::new(Mood::Down), FakeBank::new(Mood::Pays));
    let waiting = world.enqueue_at("harbour", 20).await;
    let worker = world.worker(vec![world.link("harbour", &down), world.link("meadow", &up)]);
    let others = world.enqueue_at("meadow", 20).await;
    world.wait_for(&others, S::Paid).await;
    let states = worker.states();
    assert_ne!(states[0].breaker, BreakerState::Closed, "{states:?}");
    assert_eq!(states[1].breaker, BreakerState::Closed);
    let conn = world.db.pool.get().await.unwrap();
    let counts = payouts::counts(&conn).await.unwrap();
    assert!(counts.iter().all(|count| count.bank == "harbour"), "{counts:?}");
    assert_eq!(counts.iter().map(|count| count.payouts).sum::<i64>(), 20);

    down.set(Mood::Pays);
    world.wait_for(&waiting, S::Paid).await;
    assert_eq!(worker.states()[0].breaker, BreakerState::Closed);
    worker.shutdown(PATIENCE).await;
    for id in waiting {
        assert_eq!((down.sends_of(id), world.get(id).await.sends), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i8_a_report_is_handed_over_until_it_is_taken() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let seen = Arc::new(AtomicUsize::new(0));
    let (inner, count) = (world.submit(), seen.clone());
    let submit: Submit = Arc::new(move |id, report| {
        if matches!(report.source, Source::Send { .. }) {
            count.fetch_add(1, Ordering::SeqCst);
        }
        inner(id, report)
    });
    world.closed.store(true, Ordering::SeqCst);
    let links = vec![world.link("harbour", &bank)];
    let worker = Worker::start(world.db.pool.clone(), links, open(), submit).unwrap();
    let ids = world.enqueue_at("harbour", 1).await;
    while seen.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(ms(5)).await;
    }
    world.closed.store(false, Ordering::SeqCst);
    world.wait_for(&ids, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    assert_eq!(bank.sends_of(ids[0]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_never_waits_for_a_lane() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let ids = world.enqueue_at("harbour", 2).await;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let locked = payouts::lock(&tx, &ids[..1]).await.unwrap();
    assert_eq!(locked.get(ids[0]).unwrap().job.unwrap().kind, JobKind::Send);
    let worker = world.worker(vec![world.link("harbour", &bank)]);
    world.wait_for(&ids[1..], S::Paid).await;
    assert_eq!(world.get(ids[0]).await.state, S::Queued);
    drop(tx);
    drop(conn);
    world.wait_for(&ids[..1], S::Paid).await;
    worker.shutdown(PATIENCE).await;
}

#[tokio::test]
async fn r27_a_policy_that_can_not_keep_it_does_not_start() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let link = world.link("harbour", &bank);
    let hasty = BankLink { policy: payouts::BankPolicy { settle: ms(600), ..policy() }, ..link };
    let refused = Worker::start(world.db.pool.clone(), vec![hasty], open(), world.submit()).unwrap_err();
    let why = "bank harbour: settle must be longer than lease and request_timeout together";
    assert_eq!(refused, BadPolicy(why.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r31_a_report_that_is_never_taken_stops_no_other_payout() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let ids = world.enqueue_at("harbour", 1).await;
    let (bad, inner) = (ids[0], world.submit());
    let submit: Submit = Arc::new(move |id, report| {
        if id == bad {
            return Box::pin(async { Err(payouts::NotTaken("it is never taken".into())) });
        }
        inner(id, report)
    });
    let links = vec![world.link("harbour", &bank)];
    let concurrency = u32::try_from(links[0].concurrency).unwrap();
    let worker = Worker::start(world.db.pool.clone(), links, open(), submit).unwrap();
    // Each lease that runs out has it claimed once more: as often as there are places, and twice again.
    tokio::time::sleep(policy().lease * (concurrency + 2)).await;
    assert!(worker.states()[0].busy <= 1, "{:?}", worker.states());

    let others = world.enqueue_at("harbour", 8).await;
    worker.waker().wake();
    world.wait_for(&others, S::Paid).await;
    worker.shutdown(Duration::from_millis(50)).await;
    assert_eq!((bank.sends_of(bad), world.get(bad).await.sends), (1, 1), "asked about, never sent again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r31_reports_that_wait_for_a_lane_leave_the_banks_places_free() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let (open_lanes, lanes) = tokio::sync::watch::channel(false);
    let inner = world.submit();
    let submit: Submit = Arc::new(move |id, report| {
        let (mut lanes, inner) = (lanes.clone(), inner.clone());
        Box::pin(async move {
            lanes.wait_for(|open| *open).await.map_err(|gone| payouts::NotTaken(gone.to_string()))?;
            inner(id, report).await
        })
    });
    let patient =
        payouts::BankPolicy { lease: Duration::from_secs(60), settle: Duration::from_secs(90), ..policy() };
    let link = BankLink { concurrency: 2, policy: patient, ..world.link("harbour", &bank) };
    let worker = Worker::start(world.db.pool.clone(), vec![link], open(), submit).unwrap();
    let ids = world.enqueue_at("harbour", 12).await;
    worker.waker().wake();
    let sends = || bank.sends.lock().unwrap().len();
    let claimed = async {
        while sends() < 8 {
            tokio::time::sleep(ms(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, claimed).await.expect("eight are sent while no report is taken");
    // Two places, and four payouts in hand for each: no more is claimed until a report is taken.
    tokio::time::sleep(ms(200)).await;
    assert_eq!((sends(), worker.states()[0].busy), (8, 8));

    open_lanes.send_replace(true);
    world.wait_for(&ids, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    for id in ids {
        assert_eq!((bank.sends_of(id), world.get(id).await.sends), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r27_a_claim_whose_commit_is_not_confirmed_sends_nothing() {
    for (fault, claims) in [(Fault::LoseAnswer, 2), (Fault::LoseCommit, 1)] {
        let world = World::start().await;
        let bank = FakeBank::new(Mood::Pays);
        let proxy = FaultProxy::start(&world.db).await;
        let pool = Pool::open(&proxy.url, PoolSettings::default()).unwrap();
        proxy.arm(fault);
        let links = vec![world.link("harbour", &bank)];
        let worker = Worker::start(pool, links, open(), world.submit()).unwrap();
        let ids = world.enqueue_at("harbour", 1).await;
        world.wait_for(&ids, S::Paid).await;
        worker.shutdown(PATIENCE).await;
        assert_eq!((proxy.struck(), bank.sends_of(ids[0])), (1, 1), "{fault:?}");
        assert_eq!(world.get(ids[0]).await.sends, 1, "{fault:?}: what was not sent is no try");
        // Where the claim was committed after all, it is given back at once, not when its lease runs out.
        let conn = world.db.pool.get().await.unwrap();
        let evidence = payouts::evidence(&conn, ids[0]).await.unwrap();
        let claimed = evidence.iter().filter(|line| line.text == "claimed for sending").count();
        assert_eq!(claimed, claims, "{fault:?}: {evidence:?}");
        let lost = "the lease of a send ran out; its outcome is unknown";
        assert!(evidence.iter().all(|line| line.text != lost), "{fault:?}: {evidence:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r31_no_more_calls_begin_than_the_bank_takes_and_no_claim_waits_for_one() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Pays);
    let slow = BankLink { max_per_second: 20, concurrency: 16, ..world.link("harbour", &bank) };
    let worker = world.worker(vec![slow]);
    assert_eq!(worker.states()[0].max_per_second, 20);
    let ids = world.enqueue_at("harbour", 20).await;
    worker.waker().wake();
    world.wait_for(&ids, S::Paid).await;
    worker.shutdown(PATIENCE).await;
    let calls = bank.calls.lock().unwrap().clone();
    assert!(calls.len() >= 40, "each is sent, and asked about: {}", calls.len());
    // Tasks may start late on a busy machine, so only half of a second is looked at; without a limit, all would be in it.
    for (at, call) in calls.iter().enumerate() {
        let within = calls[at..].iter().filter(|other| **other - *call < ms(500)).count();
        assert!(within <= 20, "{within} calls in one second");
    }
    for id in ids {
        assert_eq!((bank.sends_of(id), world.get(id).await.sends), (1, 1));
    }
    let lost = "SELECT count(*) FROM payout_evidence WHERE text LIKE '%ran out%' OR text LIKE '%was late%'";
    assert_eq!(world.count(lost).await, 0, "no lease ran while a job waited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r29_what_a_bank_tells_unasked_counts_and_contradictions_are_seen() {
    let world = World::start().await;
    let bank = FakeBank::new(Mood::Loses);
    let worker = world.worker(vec![world.link("harbour", &bank)]);
    let ids = world.enqueue_at("harbour", 2).await;
    testkit::until("both sends", ms(60_000), async || bank.sends.lock().unwrap().len() == 2).await;
    let failed = || bank::QueryOutcome::Failed { reason: "AC01".into() };
    let amount = world.get(ids[0]).await.amount;
    let paid =
        || bank::QueryOutcome::Paid { amount, amount_received: None, bank_reference: Some("B-7".into()) };
    bank.tell(ids[0], failed());
    bank.tell(ids[1], paid());
    world.wait_for(&ids[..1], S::Failed).await;
    world.wait_for(&ids[1..], S::Paid).await;
    bank.tell(ids[1], failed());
    bank.tell(ids[0], paid());
    world.wait_for(&ids[..1], S::Disputed).await;
    worker.shutdown(PATIENCE).await;
    let payout = world.get(ids[1]).await;
    assert_eq!((payout.state, payout.bank_reference.as_deref()), (S::Paid, Some("B-7")), "paid stays paid");
    let conn = world.db.pool.get().await.unwrap();
    let evidence = payouts::evidence(&conn, ids[1]).await.unwrap();
    let told = |text: &str| evidence.iter().any(|line| line.text == text);
    assert!(told("failed: AC01") && told("contradicts what is known; nothing was posted"), "{evidence:?}");
}

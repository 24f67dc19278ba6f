//! Lanes against real PostgreSQL.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use lanes::{BatchError, Lanes, Refused, Settings, Work};
use pg::{Connection, Migration, MigrationSet, Pool, PoolSettings, Tx};
use testkit::{Fault, FaultProxy, TestDb};
use tokio::sync::Semaphore;

const SETS: &[MigrationSet] = &[MigrationSet {
    owner: "lanes-test",
    migrations: &[Migration {
        version: 1,
        name: "done",
        sql: "CREATE TABLE done (key bigint PRIMARY KEY, transaction xid8 NOT NULL DEFAULT pg_current_xact_id());
              GRANT SELECT, INSERT ON done TO sluice_runtime;",
    }],
}];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cmd {
    /// Inserts its key, once.
    Do(i64),
    /// Makes PostgreSQL refuse the statement.
    Poison,
    /// The code notices that something is off.
    Off,
    /// The code does not even notice.
    Panic,
    /// Answers come one short.
    Mute,
    /// Fails and is committed all the same by careless code.
    Careless,
    /// Takes longer than a statement may.
    Slow,
    /// Kills its own connection.
    Kill,
    /// The same, and the code goes on as if nothing had happened.
    KillUnseen,
    /// The same, and it is committed all the same.
    KillCareless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    New,
    Known,
}

/// Inserts keys; waits for the gate before each batch.
struct Inserts {
    gate: Semaphore,
    batches: Mutex<Vec<usize>>,
    retries_left: AtomicUsize,
    /// So many batches want to be gone about otherwise.
    otherwise_left: AtomicUsize,
}

impl Work for Inserts {
    type Command = Cmd;
    type Answer = Answer;

    async fn run(&self, tx: &Tx<'_>, batch: &[&Cmd]) -> Result<Vec<Answer>, BatchError> {
        self.batches.lock().unwrap().push(batch.len());
        self.gate.acquire().await.unwrap().forget();
        let mut keys = Vec::new();
        for command in batch {
            match command {
                Cmd::Do(key) => keys.push(*key),
                Cmd::Poison => drop(tx.query("SELECT 1 / (random() * 0)::integer", &[]).await?),
                Cmd::Off => return Err(BatchError::Broken("off".into())),
                Cmd::Panic => panic!("told to"),
                Cmd::Mute => return Ok(Vec::new()),
                Cmd::Careless => drop(tx.query("SELECT 1 / (random() * 0)::integer", &[]).await.ok()),
                Cmd::Slow => drop(tx.query("SELECT pg_sleep(60)", &[]).await?),
                Cmd::Kill => {
                    let kill = "SET LOCAL ROLE NONE; SELECT pg_terminate_backend(pg_backend_pid())";
                    tx.batch_execute(kill).await?;
                }
                Cmd::KillUnseen | Cmd::KillCareless => {
                    let kill = "SET LOCAL ROLE NONE; SELECT pg_terminate_backend(pg_backend_pid())";
                    let _swallowed = tx.batch_execute(kill).await;
                }
            }
        }
        keys.sort_unstable();
        if self.otherwise_left.load(Ordering::SeqCst) > 0 {
            self.otherwise_left.fetch_sub(1, Ordering::SeqCst);
            tx.query("INSERT INTO done (key) SELECT unnest($1::bigint[])", &[&keys]).await?;
            return Err(BatchError::Otherwise);
        }
        if self.retries_left.load(Ordering::SeqCst) > 0 {
            self.retries_left.fetch_sub(1, Ordering::SeqCst);
            tx.batch_execute("DO $$ BEGIN RAISE EXCEPTION 'told to' USING ERRCODE = '40P01'; END $$").await?;
        }
        let insert =
            "INSERT INTO done (key) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING RETURNING key";
        let inserted = tx.query(insert, &[&keys]).await;
        let careless = [Cmd::Careless, Cmd::KillCareless].iter().any(|one| batch.contains(&one));
        let rows = if careless { inserted.unwrap_or_default() } else { inserted? };
        let new: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        let answer = |command: &&Cmd| match command {
            Cmd::Do(key) if new.contains(key) => Answer::New,
            _ => Answer::Known,
        };
        Ok(batch.iter().map(answer).collect())
    }
}

struct Bench {
    db: TestDb,
    work: Arc<Inserts>,
    lanes: Lanes<Inserts>,
}

const SETTINGS: Settings =
    Settings { queue: 64, batch_max: 16, deadline: Duration::from_secs(10), retries: 2 };

fn inserts(gate: usize) -> Arc<Inserts> {
    Arc::new(Inserts {
        gate: Semaphore::new(gate),
        batches: Mutex::default(),
        retries_left: AtomicUsize::new(0),
        otherwise_left: AtomicUsize::new(0),
    })
}

const OPEN: usize = Semaphore::MAX_PERMITS / 2;

async fn bench(gate: usize, settings: Settings) -> Bench {
    bench_of(1, gate, settings).await
}

async fn bench_of(lanes: usize, gate: usize, settings: Settings) -> Bench {
    let quick = PoolSettings { statement: Duration::from_millis(700), ..PoolSettings::default() };
    bench_with(lanes, gate, settings, quick).await
}

async fn bench_with(lanes: usize, gate: usize, settings: Settings, pool: PoolSettings) -> Bench {
    let db = testkit::database(SETS).await;
    let work = inserts(gate);
    let pool = PoolSettings { role: Some(pg::RUNTIME_ROLE), ..pool };
    let pools = (0..lanes).map(|_| Pool::open(&db.url, pool.clone()).unwrap()).collect();
    let lanes = Lanes::start(pools, work.clone(), settings).unwrap();
    Bench { db, work, lanes }
}

impl Bench {
    async fn keys(&self) -> Vec<i64> {
        let conn = self.db.pool.get().await.unwrap();
        let rows = conn.query("SELECT key FROM done ORDER BY key", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn until(&self, what: impl Fn(&Bench) -> bool) {
        while !what(self) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn batches(&self) -> Vec<usize> {
        self.work.batches.lock().unwrap().clone()
    }

    fn submit(
        &self,
        commands: impl IntoIterator<Item = Cmd>,
    ) -> impl Future<Output = Vec<Result<Answer, Refused>>> {
        join_all(commands.into_iter().map(|command| self.lanes.submit(0, command)))
    }

    /// In one batch, however late whoever submits them gets his turn: they wait behind a command that fails by itself once
    /// all of them are there, and leaves a batch of one behind. The gate must be shut, and is open afterwards.
    async fn submit_together<const N: usize>(&self, commands: [Cmd; N]) -> Vec<Result<Answer, Refused>> {
        let rest = async {
            self.until(|bench| bench.batches() == [1]).await;
            self.submit(commands).await
        };
        let open = async {
            self.until(|bench| bench.lanes.depths() == [N]).await;
            self.work.gate.add_permits(OPEN);
        };
        tokio::join!(self.lanes.submit(0, Cmd::Off), rest, open).1
    }
}

#[tokio::test]
async fn a_busy_lane_fills_batches_and_an_idle_one_does_not_wait() {
    let bench = bench(0, SETTINGS).await;
    let all = async {
        let (first, rest) = tokio::join!(bench.lanes.submit(0, Cmd::Do(0)), async {
            bench.until(|b| b.batches() == [1]).await;
            bench.submit((1..=20).map(Cmd::Do)).await
        });
        assert_eq!(first, Ok(Answer::New));
        assert!(rest.iter().all(|answer| *answer == Ok(Answer::New)));
    };
    let open = async {
        bench.until(|b| b.lanes.depths() == [20]).await;
        bench.work.gate.add_permits(3);
    };
    tokio::join!(all, open);
    assert_eq!(bench.batches(), [1, 16, 4]);
    assert_eq!(bench.keys().await, (0..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn batch_max_one_is_a_transaction_a_command() {
    let bench = bench(OPEN, Settings { batch_max: 1, ..SETTINGS }).await;
    let answers = bench.submit((0..10).map(Cmd::Do)).await;
    assert!(answers.iter().all(Result::is_ok));
    let conn = bench.db.pool.get().await.unwrap();
    let row = conn.query_one("SELECT count(DISTINCT transaction) FROM done", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 10);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let bench = bench(0, Settings { queue: 4, ..SETTINGS }).await;
    let (answers, ()) = tokio::join!(
        async {
            let (first, rest) = tokio::join!(bench.lanes.submit(0, Cmd::Do(0)), async {
                bench.until(|b| b.batches() == [1]).await;
                bench.submit((1..=6).map(Cmd::Do)).await
            });
            std::iter::once(first).chain(rest).collect::<Vec<_>>()
        },
        async {
            bench.until(|b| b.lanes.depths() == [4]).await;
            bench.work.gate.add_permits(2);
        }
    );
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Answer::New)).count(), 5);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refused::Full)).count(), 2);
}

#[tokio::test]
async fn one_bad_command_never_fails_its_neighbours() {
    for bad in [Cmd::Poison, Cmd::Off, Cmd::Panic, Cmd::Mute, Cmd::Careless] {
        let bench = bench(OPEN, SETTINGS).await;
        let mut commands: Vec<Cmd> = (0..13).map(Cmd::Do).collect();
        commands.insert(5, bad);
        commands.insert(9, bad);
        let answers = bench.submit(commands.iter().copied()).await;
        for (command, answer) in commands.iter().zip(answers) {
            match command {
                Cmd::Do(_) => assert_eq!(answer, Ok(Answer::New), "beside {bad:?}"),
                _ => assert!(matches!(answer, Err(Refused::Failed(_))), "{bad:?}: {answer:?}"),
            }
        }
        assert_eq!(bench.keys().await, (0..13).collect::<Vec<_>>(), "beside {bad:?}");
    }
}

#[tokio::test]
async fn commands_that_take_the_connection_along_are_found_too() {
    for bad in [Cmd::Slow, Cmd::Kill, Cmd::KillUnseen, Cmd::KillCareless] {
        let bench = bench(OPEN, Settings { retries: 0, deadline: Duration::from_secs(20), ..SETTINGS }).await;
        let answers = bench.submit([Cmd::Do(1), bad, Cmd::Do(2), Cmd::Do(3)]).await;
        assert!(matches!(answers[1], Err(Refused::Unavailable(_))), "{bad:?}: {answers:?}");
        for at in [0, 2, 3] {
            assert_eq!(answers[at], Ok(Answer::New), "beside {bad:?}");
        }
    }
}

/// Commands that insert these keys wait for as long as what is returned is not dropped.
async fn hold(bench: &Bench, keys: &[i64]) -> Connection {
    let conn = bench.db.owner().get().await.unwrap();
    conn.batch_execute("SET idle_in_transaction_session_timeout = 0; BEGIN").await.unwrap();
    conn.execute("INSERT INTO done (key) SELECT unnest($1::bigint[])", &[&keys]).await.unwrap();
    conn
}

#[tokio::test]
async fn who_waits_for_a_lock_that_is_never_given_back_takes_nobody_along() {
    let bench = bench_with(1, 0, Settings::default(), PoolSettings::default()).await;
    let blocked = [3, 100, 255];
    let holder = hold(&bench, &blocked).await;
    let began = Instant::now();
    let commands: [Cmd; 256] = std::array::from_fn(|key| Cmd::Do(i64::try_from(key).unwrap()));
    let together = async {
        let answers = bench.submit_together(commands).await;
        assert!(began.elapsed() < Settings::default().deadline, "{:?}", began.elapsed());
        answers
    };
    let behind = async {
        bench.until(|bench| bench.batches().contains(&256)).await;
        bench.submit((1000..1010).map(Cmd::Do)).await
    };
    let (answers, behind) = tokio::join!(together, behind);
    for (key, answer) in (0..).zip(answers) {
        if blocked.contains(&key) {
            assert!(matches!(answer, Err(Refused::Unavailable(_))), "{key}: {answer:?}");
        } else {
            assert_eq!(answer, Ok(Answer::New), "{key}");
        }
    }
    assert!(behind.iter().all(|answer| *answer == Ok(Answer::New)), "{behind:?}");
    assert_eq!(bench.batches()[..3], [1, 256, 128], "in halves at once");

    // It comes again, and others with it and behind it.
    let again = bench.submit([Cmd::Do(2000), Cmd::Do(100), Cmd::Do(2001)]).await;
    assert_eq!([&again[0], &again[2]], [&Ok(Answer::New); 2]);
    assert!(matches!(again[1], Err(Refused::Unavailable(_))), "{again:?}");
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(bench.lanes.submit(0, Cmd::Do(100)).await, Ok(Answer::New));
}

#[tokio::test]
async fn who_takes_too_long_is_found_before_its_neighbours_time_is_up() {
    // Two statements of it are longer than anybody waits.
    let settings = Settings { deadline: Duration::from_secs(8), ..Settings::default() };
    let statement = Duration::from_secs(4);
    let bench = bench_with(1, 0, settings, PoolSettings { statement, ..PoolSettings::default() }).await;
    let answers = bench.submit_together([Cmd::Do(1), Cmd::Do(2), Cmd::Slow, Cmd::Do(3)]).await;
    assert!(matches!(answers[2], Err(Refused::Unavailable(_))), "{answers:?}");
    for at in [0, 1, 3] {
        assert_eq!(answers[at], Ok(Answer::New), "{at}");
    }
    assert_eq!(bench.batches()[..3], [1, 4, 2], "in halves at once");
}

#[tokio::test]
async fn a_lock_that_is_given_back_in_time_is_waited_for() {
    let bench = bench_with(1, OPEN, Settings::default(), PoolSettings::default()).await;
    let holder = hold(&bench, &[1]).await;
    let release = async {
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        holder.batch_execute("ROLLBACK").await.unwrap();
    };
    let (answer, ()) = tokio::join!(bench.lanes.submit(0, Cmd::Do(1)), release);
    assert_eq!(answer, Ok(Answer::New));
    assert!(bench.batches().len() > 1, "it was tried again");
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let bench = bench(0, SETTINGS).await;
    bench.work.retries_left.store(2, Ordering::SeqCst);
    let answers = bench.submit_together([Cmd::Do(1), Cmd::Do(2)]).await;
    assert_eq!(answers, [Ok(Answer::New), Ok(Answer::New)]);
    assert_eq!(bench.batches(), [1, 2, 2, 2]);
}

#[tokio::test]
async fn a_deadlock_that_stays_ends_as_unavailable() {
    let bench = bench(OPEN, SETTINGS).await;
    bench.work.retries_left.store(1000, Ordering::SeqCst);
    let answers = bench.submit([Cmd::Do(1), Cmd::Do(2)]).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(Refused::Unavailable(_)))), "{answers:?}");
    assert!(bench.keys().await.is_empty());
}

#[tokio::test]
async fn what_the_work_goes_about_otherwise_is_tried_again_in_a_new_transaction() {
    let bench = bench(0, SETTINGS).await;
    bench.work.otherwise_left.store(2, Ordering::SeqCst);
    let answers = bench.submit_together([Cmd::Do(1), Cmd::Do(2)]).await;
    assert_eq!(answers, [Ok(Answer::New), Ok(Answer::New)]);
    assert_eq!(bench.batches(), [1, 2, 2, 2]);
    assert_eq!(bench.keys().await, [1, 2], "of what came before nothing is left");
}

#[tokio::test]
async fn what_the_work_always_wants_otherwise_ends_as_unavailable() {
    let bench = bench(OPEN, SETTINGS).await;
    bench.work.otherwise_left.store(1000, Ordering::SeqCst);
    let answers = bench.submit([Cmd::Do(1), Cmd::Do(2)]).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(Refused::Unavailable(_)))), "{answers:?}");
    assert!(bench.keys().await.is_empty());
}

#[tokio::test]
async fn a_lost_commit_runs_again_and_its_keys_find_out() {
    let db = testkit::database(SETS).await;
    let proxy = FaultProxy::start(&db).await;
    let settings = PoolSettings { statement: Duration::from_millis(300), ..PoolSettings::default() };
    let pool = Pool::open(&proxy.url, settings).unwrap();
    let work = inserts(OPEN);
    let lanes = Lanes::start(vec![pool], work.clone(), SETTINGS).unwrap();
    for (key, fault, expected) in [
        (1, Fault::LoseCommit, Answer::New),
        // Done the first time: the second try meets its own key.
        (2, Fault::LoseAnswer, Answer::Known),
        (3, Fault::KeepSilent, Answer::Known),
    ] {
        proxy.arm(fault);
        assert_eq!(lanes.submit(0, Cmd::Do(key)).await, Ok(expected), "{fault:?}");
    }
    assert_eq!(proxy.struck(), 3);
    assert_eq!(work.batches.lock().unwrap().len(), 6);
    let conn = db.pool.get().await.unwrap();
    let row = conn.query_one("SELECT array_agg(key ORDER BY key) FROM done", &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<i64>>(0), [1, 2, 3]);
}

#[tokio::test]
async fn while_the_first_lane_is_held_up_the_other_one_goes_on() {
    let bench = bench_of(2, OPEN, SETTINGS).await;
    let beside = async {
        bench.until(|b| !b.batches().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        bench.lanes.submit(1, Cmd::Do(1)).await
    };
    tokio::select! {
        slow = bench.lanes.submit(0, Cmd::Slow) => panic!("{slow:?} came first"),
        answer = beside => assert_eq!(answer, Ok(Answer::New)),
    }
}

#[tokio::test]
async fn broken_connections_lose_nothing() {
    let bench = bench_of(2, OPEN, Settings { batch_max: 4, queue: 1000, ..SETTINGS }).await;
    let submit = async {
        let answers = join_all((0..600).map(|key| bench.lanes.submit(key as usize, Cmd::Do(key)))).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    };
    let break_up = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(15)).await;
            testkit::break_connections(&bench.db).await;
        }
    };
    tokio::join!(submit, break_up);
    assert_eq!(bench.keys().await, (0..600).collect::<Vec<_>>());
}

#[tokio::test]
async fn without_a_database_the_deadline_ends_the_wait() {
    let pool = Pool::open("postgresql://x@/x?host=%2Fnowhere", PoolSettings::default()).unwrap();
    let settings = Settings { deadline: Duration::from_millis(400), ..SETTINGS };
    let lanes = Lanes::start(vec![pool], inserts(OPEN), settings).unwrap();
    let began = Instant::now();
    let answer = lanes.submit(0, Cmd::Do(1)).await;
    assert!(matches!(answer, Err(Refused::Unavailable(_))), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn what_waited_past_its_deadline_is_not_begun() {
    let bench = bench(0, Settings { deadline: Duration::from_secs(2), ..SETTINGS }).await;
    let (first, second) = tokio::join!(bench.lanes.submit(0, Cmd::Do(1)), async {
        bench.until(|b| b.batches() == [1]).await;
        bench.lanes.submit(0, Cmd::Do(2)).await
    });
    assert_eq!((first, second), (Err(Refused::TimedOut), Err(Refused::TimedOut)));
    bench.work.gate.add_permits(2);
    bench.lanes.drain().await;
    // The first was under way and is done, though nobody waited any more.
    assert_eq!(bench.keys().await, [1]);
}

#[tokio::test]
async fn a_caller_that_goes_leaves_its_command_behind() {
    let bench = bench(0, SETTINGS).await;
    tokio::time::timeout(Duration::from_millis(50), bench.lanes.submit(0, Cmd::Do(7))).await.unwrap_err();
    bench.work.gate.add_permits(1);
    bench.lanes.drain().await;
    assert_eq!(bench.keys().await, [7]);
}

#[tokio::test]
async fn answers_leave_after_the_commit_only() {
    let bench = bench(OPEN, SETTINGS).await;
    let conn = bench.db.pool.get().await.unwrap();
    for key in 0..50 {
        bench.lanes.submit(0, Cmd::Do(key)).await.unwrap();
        let seen = conn.query_opt("SELECT 1 FROM done WHERE key = $1", &[&key]).await.unwrap();
        assert!(seen.is_some(), "{key} was answered before anyone else could see it");
    }
}

#[tokio::test]
async fn draining_finishes_what_is_queued_and_takes_no_more() {
    let bench = bench(0, SETTINGS).await;
    let (answers, late) = tokio::join!(bench.submit((0..10).map(Cmd::Do)), async {
        bench.until(|b| !b.batches().is_empty()).await;
        let late = async {
            let late = bench.lanes.submit(0, Cmd::Do(99)).await;
            bench.work.gate.add_permits(10);
            late
        };
        // It takes no more from the moment on that it is asked to drain.
        let ((), late) = tokio::join!(biased; bench.lanes.drain(), late);
        late
    });
    assert!(answers.iter().all(|answer| *answer == Ok(Answer::New)), "{answers:?}");
    assert_eq!(late, Err(Refused::Draining));
    assert_eq!(bench.keys().await, (0..10).collect::<Vec<_>>());
}

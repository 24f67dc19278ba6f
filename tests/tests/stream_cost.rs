//! What the operators' event stream costs. Printed, not judged: `tests/README.md` says how to run it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tests::{Sluice, World};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const SPAN: Duration = Duration::from_secs(20);
/// Of /proc/PID/stat.
const TICKS_A_SECOND: f64 = 100.0;

/// What a process has used of the processors, in ticks.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
    after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

struct Figures {
    gateway: u64,
    postgres: u64,
    transactions: i64,
    messages: u64,
    bytes: u64,
}

#[derive(Default)]
struct Heard {
    messages: AtomicU64,
    bytes: AtomicU64,
}

async fn figures(sluice: &Sluice, database: &tokio_postgres::Client, heard: &Heard) -> Figures {
    let rows = database.query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()", &[]).await;
    let postgres = rows.unwrap().iter().map(|row| ticks(u32::try_from(row.get::<_, i32>(0)).unwrap())).sum();
    let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    Figures {
        gateway: ticks(sluice.pid()),
        postgres,
        transactions: database.query_one(sql, &[]).await.unwrap().get(0),
        messages: heard.messages.load(Ordering::Relaxed),
        bytes: heard.bytes.load(Ordering::Relaxed),
    }
}

async fn listener(world: &World, heard: Arc<Heard>) -> JoinHandle<()> {
    let mut stream = world.stream(&world.operator("viewer", 0).token, None).await.expect("a stream");
    tokio::spawn(async move {
        while let Some(event) = stream.next().await {
            heard.messages.fetch_add(1, Ordering::Relaxed);
            heard.bytes.fetch_add(event.data.to_string().len() as u64, Ordering::Relaxed);
        }
    })
}

#[tokio::test]
#[ignore = "prints figures for some minutes: see tests/README.md"]
async fn what_streams_cost() {
    println!("traffic  listeners  gateway CPU  PostgreSQL CPU  transactions/s  messages/s each  KiB/s each");
    for traffic in [0, 200] {
        let (sluice, world) = Sluice::start_busy(traffic, "[verification]\nevery_seconds = 0\n").await;
        let database = world.database().await;
        sleep(Duration::from_secs(5)).await;
        for listeners in [0, 1, 20, 0] {
            let heard = Arc::new(Heard::default());
            let mut tasks = Vec::new();
            for _ in 0..listeners {
                tasks.push(listener(&world, heard.clone()).await);
            }
            sleep(Duration::from_secs(2)).await;
            let (begun, before) = (Instant::now(), figures(&sluice, &database, &heard).await);
            sleep(SPAN).await;
            let after = figures(&sluice, &database, &heard).await;
            let seconds = begun.elapsed().as_secs_f64();
            let share = |before: u64, after: u64| {
                after.saturating_sub(before) as f64 / TICKS_A_SECOND / seconds * 100.0
            };
            let each =
                |before: u64, after: u64| (after - before) as f64 / seconds / f64::from(listeners.max(1));
            println!(
                "{traffic:7}  {listeners:9}  {:9.1} %  {:12.1} %  {:14.1}  {:15.1}  {:10.1}",
                share(before.gateway, after.gateway),
                share(before.postgres, after.postgres),
                (after.transactions - before.transactions) as f64 / seconds,
                each(before.messages, after.messages),
                each(before.bytes, after.bytes) / 1024.0,
            );
            tasks.iter().for_each(JoinHandle::abort);
        }
    }
}

//! What the console costs while much happens: measured when asked for, with the release builds.

use std::time::{Duration, Instant};

use tests::Sluice;

use super::terminal::{Tmux, console};

/// Payments a second.
const TRAFFIC: u32 = 500;
const LARGE: (u16, u16) = (160, 50);
const MEASURED: Duration = Duration::from_secs(60);
/// Shares of one core, and bytes.
const MOST_CPU: f64 = 0.10;
const MOST_MEMORY: u64 = 50 << 20;

/// Time on a processor so far, and memory in use.
fn usage(pid: u32) -> (Duration, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    // After the name, which is in brackets: the state, ten numbers, then user and system time in hundredths.
    let rest = stat.rsplit_once(')').expect("a name").1;
    let ticks =
        |at: usize| rest.split_whitespace().nth(at).and_then(|text| text.parse::<u64>().ok()).expect("ticks");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    (Duration::from_millis(10 * (ticks(11) + ticks(12))), kib << 10)
}

#[tokio::test]
#[ignore = "takes minutes: measures the release builds"]
async fn under_500_events_a_second_the_console_takes_less_than_a_tenth_of_a_core() {
    let Some(tmux) = Tmux::there() else { return };
    let (sluice, _world) = Sluice::start_busy(TRAFFIC, "").await;
    let pid_file = sluice.dir().join("console.pid");
    let inner = format!(
        "echo \\$\\$ >{}; exec {} --dev --var {}",
        pid_file.display(),
        console(),
        sluice.dir().display()
    );
    let terminal = tmux.open(&format!("sh -c \"{inner}\""), LARGE);
    terminal.see(&["LIVE"]);
    let pid: u32 = std::fs::read_to_string(&pid_file).expect("its id").trim().parse().expect("a number");
    let mut all = Vec::new();
    for (key, screen) in [("1", "overview"), ("2", "payouts"), ("6", "bank events"), ("8", "ledger")] {
        terminal.press(&[key]);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (began, (before, _)) = (Instant::now(), usage(pid));
        tokio::time::sleep(MEASURED).await;
        let (after, memory) = usage(pid);
        let share = (after - before).as_secs_f64() / began.elapsed().as_secs_f64();
        eprintln!("{screen}: {:.1} % of a core, at most {} KiB so far", 100.0 * share, memory >> 10);
        all.push((screen, share, memory));
    }
    terminal.see(&["LIVE"]);
    for (screen, share, memory) in all {
        assert!(share < MOST_CPU && memory < MOST_MEMORY, "{screen}: {share} of a core, {memory} bytes");
    }
}

//! PostgreSQL's own benchmark, which resembles TPC-B: what this machine does when each movement is a transaction.

use tokio::process::Command;

use crate::Fault;
use crate::stand::Stand;

const DATABASE: &str = "pgbench";
const CLIENTS: &str = "16";
const THREADS: &str = "2";

/// Makes its tables.
///
/// # Errors
/// What pgbench says; where there is none.
pub async fn prepare(stand: &Stand, scale: u32) -> Result<(), Fault> {
    stand.clear(DATABASE).await?;
    stand.client("postgres").await?.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
    let scale = scale.to_string();
    pgbench(stand, &["--initialize", "--quiet", "--scale", &scale]).await.map(drop)
}

/// Transactions in a second.
///
/// # Errors
/// What pgbench says.
pub async fn run(stand: &Stand, seconds: u64) -> Result<f64, Fault> {
    stand.client("postgres").await?.batch_execute("CHECKPOINT").await?;
    let seconds = seconds.to_string();
    let arguments = ["--client", CLIENTS, "--jobs", THREADS, "--time", &seconds, "--no-vacuum"];
    tps(&pgbench(stand, &arguments).await?).ok_or_else(|| "pgbench does not say its tps".into())
}

async fn pgbench(stand: &Stand, arguments: &[&str]) -> Result<String, Fault> {
    let program = stand.postgres_program("pgbench");
    let mut command = Command::new(&program);
    command.args(arguments).arg(stand.url(DATABASE));
    let output = command.output().await.map_err(|error| format!("{}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `tps = 2893.123456 (without initial connection time)`
fn tps(text: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix("tps = "))?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_figure_is_found() {
        let said = "latency average = 5.1 ms\ntps = 2893.125000 (without initial connection time)\n";
        assert_eq!(tps(said), Some(2893.125));
        assert_eq!(tps("tps: none"), None);
    }
}

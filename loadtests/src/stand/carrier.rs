//! The bank that carries payouts, as a process of its own: this program once more.

use std::net::SocketAddr;
use std::path::Path;

use tokio::process::{Child, Command};

use super::process;
use crate::Fault;
use crate::machine::Part;

/// Its journal's folder, in the stand's: what it was asked, and what it still has to tell.
pub const JOURNAL: &str = "load-bank";

/// A running bank; killed when dropped, which its journal survives.
pub struct Carrier {
    child: Child,
    /// Where it takes payouts.
    pub url: String,
}

impl Carrier {
    /// Starts it for a gateway that will listen at `gateway`.
    pub async fn start(dir: &Path, gateway: SocketAddr) -> Result<Carrier, Fault> {
        let (ready, log) = (dir.join("load-bank.url"), dir.join("load-bank.log"));
        std::fs::remove_file(&ready).ok();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bank").arg(dir).arg(format!("https://{gateway}")).arg(&ready);
        let mut child = process::spawn(command, &log)?;
        let there = || std::fs::read(&ready).is_ok_and(|url| !url.is_empty());
        process::until(&mut child, &log, there).await?;
        Ok(Carrier { child, url: std::fs::read_to_string(&ready)? })
    }

    /// Its process.
    pub fn part(&self) -> Result<Part, Fault> {
        Ok(Part::Process(self.child.id().ok_or("the bank has ended")?))
    }
}

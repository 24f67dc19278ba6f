//! A gateway under load: `sluice serve` as a process of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use tokio::process::{Child, Command};

use super::process;
use crate::Fault;
use crate::machine::Part;
use crate::wire::{Reuse, Target};

/// A running gateway; killed when dropped.
pub struct Gateway {
    child: Child,
    program: PathBuf,
    config: PathBuf,
    /// Banks and merchants.
    pub public: SocketAddr,
}

impl Gateway {
    pub(super) async fn start(program: &Path, config: PathBuf, log: &Path) -> Result<Gateway, Fault> {
        let [public, admin, metrics] = free_ports()?;
        let mut serve = Command::new(program);
        serve
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .env("SLUICE_PUBLIC_ADDR", public.to_string())
            .env("SLUICE_ADMIN_ADDR", admin.to_string())
            .env("SLUICE_METRICS_ADDR", metrics.to_string());
        let mut child = process::spawn(serve, log)?;
        process::until(&mut child, log, || TcpStream::connect(public).is_ok()).await?;
        Ok(Gateway { child, program: program.to_owned(), config, public })
    }

    /// The number of its process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pid(&self) -> Result<u32, Fault> {
        Ok(self.child.id().ok_or("the gateway has ended")?)
    }

    /// Its process, as something that costs.
    ///
    /// # Errors
    /// When it has ended.
    pub fn part(&self) -> Result<Part, Fault> {
        Ok(Part::Process(self.pid()?))
    }

    /// Its public listener.
    ///
    /// # Errors
    /// A CA file that can't be used.
    pub fn target(&self, ca: &Path, reuse: Reuse) -> Result<Target, Fault> {
        Target::new(self.public, ca, reuse)
    }

    /// SIGTERM, and waits until it has drained; then `sluice verify` over its book.
    ///
    /// # Errors
    /// When it stops otherwise than it should; what doesn't hold.
    pub async fn stop_and_verify(self) -> Result<String, Fault> {
        process::stop(self.child).await?;
        let verify = Command::new(&self.program).arg("verify").arg("--config").arg(&self.config).output();
        let output = verify.await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("sluice verify: {}", said.trim()).into());
        }
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(said.lines().next().unwrap_or_default().to_owned())
    }
}

/// Ports that were free a moment ago.
fn free_ports() -> Result<[SocketAddr; 3], Fault> {
    // All three at once, so that they differ.
    let listeners = [bind()?, bind()?, bind()?];
    let [a, b, c] = &listeners;
    Ok([a.local_addr()?, b.local_addr()?, c.local_addr()?])
}

fn bind() -> Result<TcpListener, Fault> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?)
}

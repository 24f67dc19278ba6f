//! A gateway under load: `sluice serve` as a process of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use tokio::process::{Child, Command};

use super::carrier::Carrier;
use super::process;
use crate::Fault;
use crate::machine::Part;
use crate::wire::{Protocol, Reuse, Target};

/// A running gateway; killed when dropped.
pub struct Gateway {
    child: Child,
    /// The bank that carries its payouts, if any runs.
    carrier: Option<Carrier>,
    /// Banks and merchants.
    pub public: SocketAddr,
}

impl Gateway {
    pub(super) async fn start(
        program: &Path,
        config: &Path,
        log: &Path,
        [public, admin, metrics]: [SocketAddr; 3],
        carrier: Option<Carrier>,
    ) -> Result<Gateway, Fault> {
        let mut serve = Command::new(program);
        serve
            .arg("serve")
            .arg("--config")
            .arg(config)
            .env("SLUICE_PUBLIC_ADDR", public.to_string())
            .env("SLUICE_ADMIN_ADDR", admin.to_string())
            .env("SLUICE_METRICS_ADDR", metrics.to_string());
        let mut child = process::spawn(serve, log)?;
        process::until(&mut child, log, || TcpStream::connect(public).is_ok()).await?;
        Ok(Gateway { child, carrier, public })
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

    /// The bank that carries its payouts, if any runs.
    ///
    /// # Errors
    /// When it has ended.
    pub fn carrier(&self) -> Result<Option<Part>, Fault> {
        self.carrier.as_ref().map(Carrier::part).transpose()
    }

    /// Its public listener.
    ///
    /// # Errors
    /// A CA file that can't be used.
    pub fn target(&self, ca: &Path, protocol: Protocol, reuse: Reuse) -> Result<Target, Fault> {
        Target::new(self.public, ca, protocol, reuse)
    }

    /// SIGTERM, and waits until it has drained.
    ///
    /// # Errors
    /// When it stops otherwise than it should.
    pub async fn stop(self) -> Result<(), Fault> {
        process::stop(self.child).await
    }
}

/// Ports that were free a moment ago.
pub(super) fn free_ports() -> Result<[SocketAddr; 3], Fault> {
    // All three at once, so that they differ.
    let listeners = [bind()?, bind()?, bind()?];
    let [a, b, c] = &listeners;
    Ok([a.local_addr()?, b.local_addr()?, c.local_addr()?])
}

fn bind() -> Result<TcpListener, Fault> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?)
}

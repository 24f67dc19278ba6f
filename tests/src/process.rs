//! The real binary, started, killed and stopped as a person would.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::world::World;

/// How long a start may take: initdb, migrations and recovery included, on a busy machine.
const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(60);

/// A running `sluice dev` in a folder of its own.
pub struct Sluice {
    folder: tempfile::TempDir,
    child: Option<Child>,
    /// Payments a second.
    traffic: u32,
}

impl Sluice {
    /// Starts quiet, in a new folder.
    pub async fn start() -> (Sluice, World) {
        Sluice::start_with("").await
    }

    /// The same with settings of its own laid over the demo's.
    pub async fn start_with(settings: &str) -> (Sluice, World) {
        Sluice::start_busy(0, settings).await
    }

    /// The same with so many payments a second, and withdrawals.
    pub async fn start_busy(traffic: u32, settings: &str) -> (Sluice, World) {
        let folder = tempfile::Builder::new().prefix("sluice-e2e-").tempdir().expect("a folder");
        if !settings.is_empty() {
            std::fs::write(folder.path().join("local.toml"), settings).expect("settings");
        }
        let mut sluice = Sluice { folder, child: None, traffic };
        let world = sluice.launch().await;
        (sluice, world)
    }

    /// Starts again on the same folder.
    pub async fn launch(&mut self) -> World {
        self.launch_at("127.0.0.1:0").await
    }

    /// The same, with operators' listener at this address.
    pub async fn launch_at(&mut self, admin: &str) -> World {
        assert!(self.child.is_none(), "it runs already");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.dir().join("e2e.log"))
            .expect("a log");
        // What an earlier run handed out is not true any more.
        let _ = std::fs::remove_file(self.dir().join("sandbox.json"));
        let any = "127.0.0.1:0";
        let child = Command::new(program())
            .args(["dev", "--traffic", &self.traffic.to_string(), "--var"])
            .arg(self.dir())
            .env("SLUICE_PUBLIC_ADDR", any)
            .env("SLUICE_ADMIN_ADDR", admin)
            .env("SLUICE_METRICS_ADDR", any)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
        let handout = self.dir().join("sandbox.json");
        let begun = Instant::now();
        while !handout.exists() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("its state"));
            assert!(ended.is_none(), "sluice dev ended: {ended:?}\n{}", self.log());
            assert!(begun.elapsed() < START, "sluice dev is not ready in time\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        World::read(&handout)
    }

    /// A second gateway on the same database: `sluice serve` with further configuration.
    pub async fn second(&self, world: &World, further: &str) -> Second {
        self.second_with(world, &format!("{}\n{further}", self.configuration())).await
    }

    /// The text of its configuration.
    pub fn configuration(&self) -> String {
        std::fs::read_to_string(self.dir().join("sluice.toml")).expect("the configuration")
    }

    /// A second gateway on the same database, with this configuration.
    pub async fn second_with(&self, world: &World, text: &str) -> Second {
        self.another("second", world, text).await
    }

    /// The same by a name of its own: there may be several.
    pub async fn another(&self, name: &str, world: &World, text: &str) -> Second {
        let [config, log] = ["toml", "log"].map(|ending| self.dir().join(format!("{name}.{ending}")));
        std::fs::write(&config, text).expect("written");
        let ports = free_ports();
        let [public, admin, metrics] = &ports;
        let world = world.at(
            &format!("https://{public}"),
            &format!("https://{admin}"),
            &format!("http://{metrics}/metrics"),
        );
        let mut second = Second { child: None, config, log, ports, world };
        second.launch().await;
        second
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir().join("e2e.log")).unwrap_or_default()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("it runs")
    }

    /// `kill -9`. PostgreSQL goes on.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().await.expect("killed");
    }

    /// `kill -9` of the private PostgreSQL's postmaster.
    pub fn kill_postgres(&self) {
        let pid = self.postmaster().expect("PostgreSQL runs");
        kill(pid, Signal::SIGKILL).expect("killed");
    }

    /// SIGTERM, and waits until it has drained; the exit code must be 0.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).expect("a process id");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("told to stop");
        let status =
            tokio::time::timeout(STOP, child.wait()).await.expect("it stops in time").expect("status");
        assert!(status.success(), "{status}\n{}", self.log());
        assert_eq!(self.postmaster(), None, "PostgreSQL is stopped with it");
    }

    /// `sluice verify`, with the heads that were written out so far: every invariant holds.
    pub async fn verify(&self) {
        let heads = self.dir().join("heads.log");
        let mut command = Command::new(program());
        command.arg("verify").arg("--config").arg(self.dir().join("sluice.toml"));
        if heads.exists() {
            command.arg("--head").arg(heads);
        }
        let output = command.output().await.expect("verify runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sluice verify: {text}");
    }

    fn postmaster(&self) -> Option<Pid> {
        let file = self.dir().join("pg/postgres/data/postmaster.pid");
        let text = std::fs::read_to_string(file).ok()?;
        text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
    }
}

impl Drop for Sluice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what sluice dev printed:\n{}", self.log());
        }
        if let Some(child) = &mut self.child {
            let _ = child.start_kill();
        }
        if let Some(pid) = self.postmaster() {
            let _ = kill(pid, Signal::SIGQUIT);
            // Its files are removed next: it must be gone.
            for _ in 0..100 {
                if kill(pid, None).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// A gateway beside the first one; killed when dropped.
pub struct Second {
    child: Option<Child>,
    config: PathBuf,
    log: PathBuf,
    ports: [String; 3],
    /// It, as its users see it.
    pub world: World,
}

impl Second {
    /// Starts it, also again after it was killed, at the same addresses.
    pub async fn launch(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let [public, admin, metrics] = &self.ports;
        let child = Command::new(program())
            .arg("serve")
            .arg("--config")
            .arg(&self.config)
            .env("SLUICE_PUBLIC_ADDR", public)
            .env("SLUICE_ADMIN_ADDR", admin)
            .env("SLUICE_METRICS_ADDR", metrics)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&self.log).expect("a log"))
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
        let begun = Instant::now();
        // Each is bound a moment after the one before.
        for port in self.ports.clone() {
            while tokio::net::TcpStream::connect(&port).await.is_err() {
                let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("its state"));
                assert!(ended.is_none(), "the second gateway ended: {ended:?}\n{}", self.log());
                assert!(begun.elapsed() < START, "the second gateway is not ready in time\n{}", self.log());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// SIGSTOP: it is there, and does nothing.
    pub fn stand_still(&self) {
        kill(self.pid(), Signal::SIGSTOP).expect("stopped");
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.child.take().expect("it runs").kill().await.expect("killed");
    }

    fn pid(&self) -> Pid {
        let pid = self.child.as_ref().and_then(Child::id).and_then(|id| i32::try_from(id).ok());
        Pid::from_raw(pid.expect("it runs"))
    }

    /// SIGHUP with another configuration; waits until it has said what came of it, and gives what it said.
    pub async fn reload(&self, text: &str) -> String {
        std::fs::write(&self.config, text).expect("written");
        let begun = Instant::now();
        // It answers a moment before it says so, and what it says of its start is not what is asked for.
        while !self.log().contains("\"serving\"") {
            assert!(begun.elapsed() < STOP, "no word of its start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let before = self.log().len();
        kill(self.pid(), Signal::SIGHUP).expect("told to reload");
        loop {
            let said = self.log().get(before..).unwrap_or_default().to_owned();
            if said.lines().any(|line| line.contains("reloaded")) && said.ends_with('\n') {
                return said;
            }
            assert!(begun.elapsed() < STOP, "no word of a reload: {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// Ports that were free a moment ago.
fn free_ports() -> [String; 3] {
    let listeners = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").to_string())
}

/// One run of the binary, to its end.
pub async fn run(arguments: &[&str], folder: &Path) -> std::process::Output {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.output().await.expect("the binary runs")
}

fn program() -> PathBuf {
    binary("sluice").expect("the binary `sluice`: build it first, cargo build -p gateway")
}

/// A binary that was built beside this test.
pub fn binary(name: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().expect("this test's path");
    test.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file())
}

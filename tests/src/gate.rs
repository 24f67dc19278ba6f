//! The way from one program to another, that can be shut: then it is as if the other were not there, or as if it hung.

use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch::{self, Receiver, Sender};

use crate::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    Hanging,
    Shut,
}

#[derive(Debug, Clone)]
enum Target {
    Tcp(String),
    Socket(PathBuf),
}

/// Forwards everything while it is open. It ends with its runtime.
pub struct Gate {
    /// Where it stands, as an `https` URL.
    pub url: String,
    /// The same as `127.0.0.1:PORT`.
    pub address: String,
    way: Sender<Way>,
}

impl Gate {
    /// Before the bank at this `https` URL, open.
    pub async fn before(url: &str) -> Gate {
        let target = url.strip_prefix("https://").expect("an https URL");
        Gate::start(Target::Tcp(target.to_owned())).await
    }

    /// Before the demo's database, open; and the demo's configuration for a gateway that reaches it that way.
    pub async fn before_database(world: &World, demo: &str) -> (Gate, String) {
        let folder = world.database_url().split("host=").nth(1).expect("a socket").replace("%2F", "/");
        let gate = Gate::start(Target::Socket(PathBuf::from(folder).join(".s.PGSQL.5432"))).await;
        let url = format!("url = {:?}", world.database_url());
        assert_eq!(demo.matches(&url).count(), 1, "{demo}");
        let gated = format!("url = \"postgresql://sluice@{}/sluice?sslmode=disable\"", gate.address);
        (gate, demo.replace(&url, &gated))
    }

    async fn start(target: Target) -> Gate {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (way, seen) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, target.clone(), seen.clone()));
            }
        });
        Gate { url: format!("https://{address}"), address, way }
    }

    /// Who is behind it is gone: what is connected breaks, and nobody is taken any more.
    pub fn shut(&self) {
        self.way.send_replace(Way::Shut);
    }

    /// Who is behind it hangs: connections stay and are taken, and nothing passes.
    pub fn hang(&self) {
        self.way.send_replace(Way::Hanging);
    }

    /// Who is behind it is back.
    pub fn open(&self) {
        self.way.send_replace(Way::Open);
    }
}

async fn forward(client: TcpStream, target: Target, way: Receiver<Way>) {
    let mut shut = way.clone();
    let through = async {
        match target {
            Target::Tcp(address) => match TcpStream::connect(address).await {
                Ok(server) => pass(client, server, way).await,
                Err(_) => drop(client),
            },
            Target::Socket(path) => match UnixStream::connect(path).await {
                Ok(server) => pass(client, server, way).await,
                Err(_) => drop(client),
            },
        }
    };
    tokio::select! {
        biased;
        _ = shut.wait_for(|way| *way == Way::Shut) => {}
        () = through => {}
    }
}

async fn pass(client: TcpStream, server: impl AsyncRead + AsyncWrite, way: Receiver<Way>) {
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    tokio::select! {
        () = pump(from_client, to_server, way.clone()) => {}
        () = pump(from_server, to_client, way) => {}
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut way: Receiver<Way>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Some(length) = from.read(&mut buffer).await.ok().filter(|length| *length > 0) {
        let open = way.wait_for(|way| *way == Way::Open).await.is_ok();
        if !open || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

//! Between a pool and the server: forwards everything, until a test wants something lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::database::{TestDb, server};

/// What the proxy does to the next COMMIT that it sees, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// Nothing.
    None = 0,
    /// The connection breaks before PostgreSQL sees the COMMIT: nothing was done.
    LoseCommit = 1,
    /// PostgreSQL commits, then the connection breaks before its answer: all was done.
    LoseAnswer = 2,
    /// PostgreSQL commits, and its answer never comes, while the connection stays.
    KeepSilent = 3,
}

/// A proxy before one database. It ends with its runtime.
#[derive(Debug)]
pub struct FaultProxy {
    /// The connection string that leads through it, with the rights of the migrations.
    pub url: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    fault: AtomicU8,
    struck: AtomicU64,
    socket: PathBuf,
}

impl FaultProxy {
    /// Stands before `db`.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn start(db: &TestDb) -> FaultProxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = server().await.socket().join(".s.PGSQL.5432");
        let state = Arc::new(State { fault: AtomicU8::new(0), struck: AtomicU64::new(0), socket });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, shared.clone()));
            }
        });
        FaultProxy { url: format!("postgresql://sluice@127.0.0.1:{port}/{}", db.name()), state }
    }

    /// Arms it for the next COMMIT.
    pub fn arm(&self, fault: Fault) {
        self.state.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// How often it has struck.
    pub fn struck(&self) -> u64 {
        self.state.struck.load(Ordering::SeqCst)
    }
}

async fn forward(mut client: TcpStream, state: Arc<State>) {
    let Ok(mut server) = UnixStream::connect(&state.socket).await else { return };
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Some(said) = some(&up, read) else { return };
                let fault = if is_commit(said) { state.strike() } else { Fault::None };
                if fault == Fault::LoseCommit || server.write_all(said).await.is_err() {
                    return;
                }
                if fault != Fault::None {
                    // PostgreSQL has committed when it answers.
                    server.readable().await.ok();
                    if fault == Fault::KeepSilent {
                        while client.read(&mut up).await.is_ok_and(|read| read > 0) {}
                    }
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Some(said) = some(&down, read) else { return };
                if client.write_all(said).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl State {
    fn strike(&self) -> Fault {
        let fault = match self.fault.swap(0, Ordering::SeqCst) {
            1 => Fault::LoseCommit,
            2 => Fault::LoseAnswer,
            3 => Fault::KeepSilent,
            _ => return Fault::None,
        };
        self.struck.fetch_add(1, Ordering::SeqCst);
        fault
    }
}

fn some(bytes: &[u8], read: std::io::Result<usize>) -> Option<&[u8]> {
    read.ok().filter(|read| *read > 0).map(|read| &bytes[..read])
}

/// A simple query, `Q`, its length, and the text.
fn is_commit(said: &[u8]) -> bool {
    said.windows(12).any(|window| window == b"Q\0\0\0\x0bCOMMIT\0")
}

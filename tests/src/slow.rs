//! A bank that takes its time: connections are accepted at once, answers come late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::{Instant, sleep_until};

/// Stands before a bank. Handshakes pass at once; what the bank answers to a request is kept back until so long after
/// the request. It ends with its runtime.
pub struct SlowBank {
    /// Where it stands.
    pub url: String,
    state: Arc<State>,
}

struct State {
    target: String,
    delay: Duration,
    slow: AtomicBool,
    waiting: AtomicUsize,
}

impl SlowBank {
    /// Before the bank at this `https` URL.
    pub async fn before(url: &str, delay: Duration) -> SlowBank {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let own = listener.local_addr().expect("an address");
        let target = url.strip_prefix("https://").expect("an https URL").to_owned();
        let (slow, waiting) = (AtomicBool::new(true), AtomicUsize::new(0));
        let state = Arc::new(State { target, delay, slow, waiting });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, shared.clone()));
            }
        });
        SlowBank { url: format!("https://{own}"), state }
    }

    /// How many requests wait for their answer.
    pub fn waiting(&self) -> usize {
        self.state.waiting.load(Ordering::Relaxed)
    }

    /// From now on it is as fast as the bank behind it; what waits already waits on.
    pub fn heal(&self) {
        self.state.slow.store(false, Ordering::Relaxed);
    }
}

async fn forward(client: TcpStream, state: Arc<State>) {
    let Ok(bank) = TcpStream::connect(&state.target).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_bank, to_bank) = bank.into_split();
    let (asked, due) = watch::channel(Instant::now());
    tokio::select! {
        () = ask(from_client, to_bank, &asked, &state) => {}
        () = answer(from_bank, to_client, &due, &state) => {}
    }
}

/// The client's first words are its half of the handshake; what comes later holds a request.
async fn ask(mut client: OwnedReadHalf, mut bank: OwnedWriteHalf, asked: &Sender<Instant>, state: &State) {
    let (mut buffer, mut said) = (vec![0; 16 * 1024], 0);
    while let Some(length) = client.read(&mut buffer).await.ok().filter(|length| *length > 0) {
        said += 1;
        if said > 1 && state.slow.load(Ordering::Relaxed) {
            asked.send_replace(Instant::now() + state.delay);
        }
        if bank.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

async fn answer(mut bank: OwnedReadHalf, mut client: OwnedWriteHalf, due: &Receiver<Instant>, state: &State) {
    let mut buffer = vec![0; 16 * 1024];
    while let Some(length) = bank.read(&mut buffer).await.ok().filter(|length| *length > 0) {
        let due = *due.borrow();
        if due > Instant::now() {
            state.waiting.fetch_add(1, Ordering::Relaxed);
            sleep_until(due).await;
            state.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if client.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

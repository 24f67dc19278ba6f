//! The way to a bank, that can be shut: then it is as if the bank were not there.

use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stands before a bank and forwards everything while it is open. Shut, it breaks what is connected and takes nobody
/// any more. It ends with its runtime.
pub struct Gate {
    /// Where it stands.
    pub url: String,
    open: Arc<watch::Sender<bool>>,
}

impl Gate {
    /// Before the bank at this `https` URL, open.
    pub async fn before(url: &str) -> Gate {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let own = listener.local_addr().expect("an address");
        let target = url.strip_prefix("https://").expect("an https URL").to_owned();
        let open = Arc::new(watch::channel(true).0);
        let shared = open.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, target.clone(), shared.subscribe()));
            }
        });
        Gate { url: format!("https://{own}"), open }
    }

    /// The bank is gone.
    pub fn shut(&self) {
        self.open.send_replace(false);
    }

    /// The bank is back.
    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn forward(mut client: TcpStream, target: String, mut open: watch::Receiver<bool>) {
    if !*open.borrow() {
        return;
    }
    let Ok(mut bank) = TcpStream::connect(target).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut bank) => {}
        _ = open.wait_for(|open| !open) => {}
    }
}

//! A gateway in this process, on ports of its own, with limits that a test can reach.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use privacy::Keyring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use testkit::TestDb;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::migrate;
use crate::route::Listener;
use crate::server::{Addresses, Server};

/// What should happen soon has happened by then, on any machine.
pub const SOON: Duration = Duration::from_secs(30);

/// Accepted of a bank, but never signed: the body is read before the signature is looked at.
pub const EVENTS: &str =
    "POST /v1/banks/alpha/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

pub struct World {
    pub at: Addresses,
    pub app: Arc<App>,
    pub stop: CancellationToken,
    pub served: JoinHandle<()>,
    root: CertificateDer<'static>,
    db: TestDb,
    limits: String,
    folder: TempDir,
}

impl World {
    /// Starts it; `limits` are lines of its `[server]`.
    pub async fn start(limits: &str) -> World {
        World::start_in(tempfile::tempdir().expect("a folder"), limits, "").await
    }

    /// The same in a folder that has files already, which further lines of the configuration name.
    pub async fn start_in(folder: TempDir, limits: &str, further: &str) -> World {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let write =
            |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
        write("server.pem", own.cert.pem());
        write("server.key", own.signing_key.serialize_pem());
        Keyring::generate(&folder.path().join("keys.toml")).expect("keys");
        let db = testkit::database(&migrate::SETS).await;
        let config =
            Config::parse(&text(&db.url, limits, further), folder.path()).expect("a right configuration");
        migrate::migrate(&config).await.expect("migrated");
        let server = Server::bind(&config.server).await.expect("ports");
        let at = server.addresses();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let app = Arc::new(App::open(config, metrics).await.expect("a gateway"));
        let stop = CancellationToken::new();
        let served = tokio::spawn(server.serve(app.clone(), stop.clone()));
        let (root, limits) = (own.cert.der().clone(), limits.to_owned());
        World { at, app, stop, served, root, db, limits, folder }
    }

    /// What it reads at a reload, with other further lines.
    pub fn config(&self, further: &str) -> Result<Config, String> {
        Config::parse(&text(&self.db.url, &self.limits, further), self.folder.path())
            .map_err(|errors| format!("{errors:?}"))
    }

    /// Where its files lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Who is trusted to be the server.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("a root");
        roots
    }

    /// A connection to the public listener that speaks `protocol`.
    pub async fn connect(&self, protocol: &str) -> TlsStream<TcpStream> {
        timeout(SOON, self.handshake(protocol)).await.expect("a handshake in time")
    }

    /// The same to another listener.
    pub async fn connect_to(&self, addr: SocketAddr, protocol: &str) -> TlsStream<TcpStream> {
        timeout(SOON, self.handshake_to(addr, protocol)).await.expect("a handshake in time")
    }

    /// A connection to the public listener, however long it takes.
    pub fn handshake(&self, protocol: &str) -> impl Future<Output = TlsStream<TcpStream>> + Send + 'static {
        self.handshake_to(self.at.public, protocol)
    }

    /// The same to another listener.
    pub fn handshake_to(
        &self,
        addr: SocketAddr,
        protocol: &str,
    ) -> impl Future<Output = TlsStream<TcpStream>> + Send + 'static {
        let connector = TlsConnector::from(Arc::new(self.trust(protocol)));
        async move {
            let tcp = TcpStream::connect(addr).await.expect("a connection");
            let name = ServerName::try_from("localhost").expect("a name");
            connector.connect(name, tcp).await.expect("TLS")
        }
    }

    fn trust(&self, protocol: &str) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(self.roots())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        config
    }

    /// Sends these bytes on a connection of their own, and reads until the server ends it.
    pub async fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect("http/1.1").await;
        stream.write_all(request).await.expect("sent");
        rest(&mut stream).await
    }

    /// `GET` on the metrics listener.
    pub async fn probe(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.at.metrics).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        rest(&mut stream).await
    }

    /// A request whose body is two bytes, of which one is there: it is under way until [`finish`] sends the other.
    pub async fn begin(&self) -> TlsStream<TcpStream> {
        self.begin_at(self.at.public).await
    }

    /// The same where the test itself listens.
    pub async fn begin_at(&self, addr: SocketAddr) -> TlsStream<TcpStream> {
        let mut stream = self.connect_to(addr, "http/1.1").await;
        let half = format!("{EVENTS}Content-Length: 2\r\n\r\n{{");
        let before = self.bodies_left();
        stream.write_all(half.as_bytes()).await.expect("sent");
        stream.flush().await.expect("sent");
        until("the request has begun", async || self.bodies_left() < before).await;
        stream
    }

    /// The head of an event that its bank has signed, whose connection ends with the answer.
    pub fn head_of_event(&self, id: &str, body: &str) -> String {
        let bank = self.app.config.bank("alpha").expect("the bank");
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let signer = bank.signer(None).expect("a signer");
        let headers = signer.headers(id, now, body.as_bytes()).expect("signed");
        let signed: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{EVENTS}{signed}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())
    }

    /// How many more may wait for their body.
    pub fn bodies_left(&self) -> usize {
        self.app.room.bodies(Listener::Public).expect("places").left()
    }

    /// Stops it, and waits until the last connection is gone.
    pub async fn end(self) {
        self.stop.cancel();
        timeout(SOON, self.served).await.expect("it stops in time").expect("no panic");
        self.app.engine.stop().await;
    }
}

fn text(url: &str, limits: &str, further: &str) -> String {
    format!(
        "environment = \"test\"\nkey_file = \"keys.toml\"\n[server]\n\
         public_addr = \"127.0.0.1:0\"\nadmin_addr = \"127.0.0.1:0\"\nmetrics_addr = \"127.0.0.1:0\"\n\
         tls_certificate = \"server.pem\"\ntls_key = \"server.key\"\n{limits}\n\
         [database]\nurl = {url:?}\npool_size = 2\n[lanes]\ncount = 1\n\
         [[banks]]\nid = \"alpha\"\n\
         keys = [{{ id = \"k1\", secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\" }}]\n{further}"
    )
}

/// Sends the second byte of a request that was begun, and reads until the server ends the connection.
pub async fn finish(mut stream: TlsStream<TcpStream>) -> String {
    stream.write_all(b"}").await.expect("sent");
    rest(&mut stream).await
}

/// What comes until the other side ends it, in whatever way.
pub async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = timeout(SOON, stream.read_to_end(&mut bytes)).await;
    drop(read.unwrap_or_else(|_| panic!("still open after {SOON:?}: {}", String::from_utf8_lossy(&bytes))));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for something.
pub async fn until(what: &str, reached: impl AsyncFn() -> bool) {
    let waiting = async {
        while !reached().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, waiting).await.unwrap_or_else(|_| panic!("{what}: not after {SOON:?}"));
}

/// Whether anyone listens there.
pub async fn listens(addr: SocketAddr) -> bool {
    TcpStream::connect(addr).await.is_ok()
}

//! An operator's event stream over real TLS, read line by line as the standard says.

use std::time::Duration;

use bank::https::client_tls;
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::world::World;

/// How long a stream may take to open.
const OPEN: Duration = Duration::from_secs(30);

/// An open stream.
pub struct EventStream {
    lines: Lines<BufReader<TlsStream<TcpStream>>>,
    /// The last id that came.
    pub last_id: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEvent {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl StreamEvent {
    /// Whether it says that this row changed.
    pub fn names(&self, kind: &str, id: &str) -> bool {
        self.data[kind].as_array().is_some_and(|ids| ids.iter().any(|named| named == id))
    }
}

impl World {
    /// A stream, from this id on if given; the status and the whole answer where it is refused.
    pub async fn stream(&self, token: &str, last_id: Option<&str>) -> Result<EventStream, (u16, String)> {
        timeout(OPEN, self.open_stream(token, last_id)).await.expect("an answer in time")
    }

    async fn open_stream(&self, token: &str, last_id: Option<&str>) -> Result<EventStream, (u16, String)> {
        let pem = std::fs::read(self.ca()).expect("the CA");
        let tls = TlsConnector::from(client_tls(&pem).expect("a CA"));
        let host = self.admin_url().strip_prefix("https://").expect("an https URL");
        let (name, _) = host.rsplit_once(':').expect("a port");
        let tcp = TcpStream::connect(host).await.expect("connected");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let mut stream = tls.connect(name, tcp).await.expect("TLS");
        // HTTP/1.0: the answer comes without chunks, and ends with the connection.
        let last = last_id.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let request = format!(
            "GET /admin/v1/stream HTTP/1.0\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n{last}\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("asked");
        let mut lines = BufReader::new(stream).lines();
        let status = lines.next_line().await.expect("answered").expect("a status");
        let status: u16 = status.split(' ').nth(1).expect("a status").parse().expect("a number");
        let mut head = String::new();
        while let Some(line) = lines.next_line().await.expect("a head").filter(|line| !line.is_empty()) {
            head.push_str(&line.to_ascii_lowercase());
            head.push('\n');
        }
        if status == 200 {
            assert!(head.contains("content-type: text/event-stream\n"), "{head}");
            return Ok(EventStream { lines, last_id: None });
        }
        let mut body = String::new();
        lines.into_inner().read_to_string(&mut body).await.expect("a body");
        Err((status, format!("{head}\n{body}")))
    }
}

impl EventStream {
    /// The next event; none when the stream has ended.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        let (mut name, mut id, mut data) = (String::new(), None, String::new());
        loop {
            // A server that is killed says no goodbye.
            let line = self.lines.next_line().await.ok().flatten()?;
            match line.split_once(": ").unwrap_or((line.as_str(), "")) {
                ("event", value) => name = value.to_owned(),
                ("id", value) => id = Some(value.to_owned()),
                ("data", value) => data = value.to_owned(),
                ("", _) if name.is_empty() => {}
                ("", _) => break,
                (":", _) => {}
                other => panic!("not a line of an event stream: {other:?}"),
            }
        }
        self.last_id = id.clone().or(self.last_id.take());
        let data = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
        Some(StreamEvent { name, id, data })
    }

    /// The first event that is like this, if it comes within that time.
    pub async fn find(
        &mut self,
        within: Duration,
        mut wanted: impl FnMut(&StreamEvent) -> bool,
    ) -> Option<StreamEvent> {
        let deadline = Instant::now() + within;
        while let Some(event) = timeout_at(deadline, self.next()).await.ok().flatten() {
            if wanted(&event) {
                return Some(event);
            }
        }
        None
    }

    /// Reads until the stream ends; false when it goes on for so long.
    pub async fn ends(&mut self, within: Duration) -> bool {
        let rest = async { while self.next().await.is_some() {} };
        timeout(within, rest).await.is_ok()
    }
}

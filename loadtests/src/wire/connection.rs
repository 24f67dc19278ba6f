//! One HTTP/1.1 connection: a request is written, its answer is read, the next one follows.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::Target;
use super::response::{self, Head};

/// TCP and TLS handshake together. Longer than a gateway takes that is busy with a thousand others.
const CONNECT: Duration = Duration::from_secs(20);
/// From the request to the whole answer; the gateway gives up before.
const ANSWER: Duration = Duration::from_secs(30);
/// Within it a connection tells that it was closed before.
const LOOK: Duration = Duration::from_millis(1);
/// Answers are smaller; a larger one gets the room it needs.
const ROOM: usize = 4096;

/// An answer to one request.
#[derive(Debug)]
pub struct Answer<'b> {
    /// What its head says.
    pub head: Head,
    /// Its body.
    pub body: &'b [u8],
}

/// A connection without a request on it.
pub struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects and finishes the TLS handshake.
    ///
    /// # Errors
    /// Also `TimedOut`.
    pub async fn open(target: &Target) -> io::Result<Connection> {
        let connect = async {
            let tcp = TcpStream::connect(target.addr).await?;
            tcp.set_nodelay(true)?;
            target.tls.connect(target.name.clone(), tcp).await
        };
        let stream = timeout(CONNECT, connect).await.map_err(|_| late("connecting"))??;
        Ok(Connection { stream, buffer: vec![0; ROOM] })
    }

    /// Writes one whole request and reads its answer. After an error the connection is of no more use.
    ///
    /// # Errors
    /// Also `TimedOut`, and `InvalidData` for what is no answer of the gateway.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        let head = timeout(ANSWER, self.send_and_read(request)).await.map_err(|_| late("an answer"))??;
        let body = &self.buffer[head.body.clone()];
        Ok(Answer { head, body })
    }

    async fn send_and_read(&mut self, request: &[u8]) -> io::Result<Head> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            filled += read;
            match response::parse(&self.buffer[..filled]) {
                Ok(None) => {}
                Ok(Some(head)) if head.body.end == filled => return Ok(head),
                Ok(Some(_)) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "more than one answer"));
                }
                Err(malformed) => return Err(io::Error::new(io::ErrorKind::InvalidData, malformed)),
            }
        }
    }

    /// Whether the server has neither closed it nor said anything: a look finds nothing to read.
    pub async fn is_open(&mut self) -> bool {
        timeout(LOOK, self.stream.read(&mut [0])).await.is_err()
    }

    /// Says goodbye, so that the server has nothing to wait for.
    pub async fn close(&mut self) {
        timeout(Duration::from_secs(1), self.stream.shutdown()).await.ok();
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("{what} took too long"))
}

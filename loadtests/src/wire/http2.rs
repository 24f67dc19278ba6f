//! HTTP/2 by hyper's client: several requests at once on one connection. It costs more for each request than our own
//! HTTP/1.1, so what is measured with it says more about how many streams a gateway takes than about its limit.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Target;
use super::response::Head;

const ANSWER: Duration = Duration::from_secs(30);

/// One connection; clones share it.
#[derive(Clone)]
pub struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Http2 {
    /// Connects and finishes both handshakes. It lives as long as the runtime or the last clone.
    ///
    /// # Errors
    /// Also a server that doesn't speak HTTP/2.
    pub async fn open(target: &Target) -> io::Result<Http2> {
        let tcp = TcpStream::connect(target.addr).await?;
        tcp.set_nodelay(true)?;
        let tls = target.tls.connect(target.name.clone(), tcp).await?;
        if tls.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the server doesn't speak HTTP/2"));
        }
        let (sender, connection) =
            handshake(TokioExecutor::new(), TokioIo::new(tls)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Http2 { sender, host: target.host.clone() })
    }

    /// Sends a request that was written for HTTP/1.1.
    ///
    /// # Errors
    /// No answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<(Head, Bytes)> {
        let request = translate(request, &self.host).ok_or(io::ErrorKind::InvalidInput)?;
        let exchange = async {
            self.sender.ready().await?;
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            Ok::<_, hyper::Error>((head, body.collect().await?.to_bytes()))
        };
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "an answer took too long");
        let (head, body) = timeout(ANSWER, exchange).await.map_err(late)?.map_err(io::Error::other)?;
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let said = Head {
            status: head.status.as_u16(),
            retry_after: text("retry-after").and_then(|seconds| seconds.parse().ok()),
            replayed: text("idempotency-replayed") == Some("true"),
            close: false,
            body: 0..body.len(),
        };
        Ok((said, body))
    }
}

/// The same request as HTTP/2 has it: the host is part of the target.
fn translate(request: &[u8], host: &str) -> Option<Request<Full<Bytes>>> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&request[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?, first.next()?);
    let mut translated = Request::builder().method(method).uri(format!("https://{host}{path}"));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name != "host") {
        translated = translated.header(name, value);
    }
    translated.body(Full::new(Bytes::copy_from_slice(&request[end + 4..]))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_everything_but_its_host_header() {
        let request = b"POST /v1/x?y=1 HTTP/1.1\r\nhost: a:1\r\nwebhook-id: b\r\ncontent-length: 2\r\n\r\n{}";
        let translated = translate(request, "a:1").unwrap();
        assert_eq!(
            (translated.method().as_str(), translated.uri().to_string()),
            ("POST", "https://a:1/v1/x?y=1".into())
        );
        assert_eq!(translated.headers().len(), 2);
        assert_eq!(translated.headers()["webhook-id"], "b");
        assert!(translate(b"GET / HTTP/1.1\r\n", "a:1").is_none());
    }
}

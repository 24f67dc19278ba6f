//! A mail server that speaks real SMTP over sockets and does what the receiver's name says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How connections to it are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// STARTTLS, and a login.
    StartTls,
    /// TLS from the first byte, and a login.
    Implicit,
    /// None.
    None,
}

/// An e-mail for which `.` was received, also where the answer was no.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its receiver.
    pub to: String,
    /// Headers and body.
    pub text: String,
}

impl Mail {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// What stands in it; base64 is decoded.
    pub fn body(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").unwrap().1;
        let lines: String = body.split_whitespace().collect();
        if self.header("Content-Transfer-Encoding") == Some("base64") {
            return String::from_utf8(STANDARD.decode(lines).unwrap()).unwrap();
        }
        body.to_owned()
    }
}

/// What the receiver's name says: `nobody`, `full`, `busy`, `hangs`, `drops`, `forgets`, `stays`; all others are ok.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Its certificate, PEM.
    pub ca: String,
    /// So many connections are turned away at the door.
    pub turned_away: Arc<AtomicUsize>,
    tls: MailTls,
    acceptor: Acceptor,
    mails: Arc<Mutex<Vec<Mail>>>,
    tries: Arc<Mutex<Vec<String>>>,
    logins: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

enum End {
    Closed,
    StartTls,
}

impl MailServer {
    /// Starts on a free port.
    pub async fn start(tls: MailTls) -> MailServer {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = MailServer {
            port: listener.local_addr().unwrap().port(),
            ca: made.cert.pem(),
            turned_away: Arc::default(),
            tls,
            acceptor: Acceptor(TlsAcceptor::from(Arc::new(config))),
            mails: Arc::default(),
            tries: Arc::default(),
            logins: Arc::default(),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        server
    }

    async fn serve(self, mut stream: tokio::net::TcpStream) {
        if self.tls == MailTls::Implicit {
            if let Ok(mut stream) = self.acceptor.0.accept(stream).await {
                let _ = self.session(&mut stream, true, true).await;
            }
            return;
        }
        let end = self.session(&mut stream, true, self.tls == MailTls::None).await;
        if matches!(end, Ok(End::StartTls))
            && let Ok(mut stream) = self.acceptor.0.accept(stream).await
        {
            let _ = self.session(&mut stream, false, true).await;
        }
    }

    async fn session<S>(&self, stream: &mut S, greets: bool, open: bool) -> std::io::Result<End>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut stream = BufReader::new(stream);
        let turns_away = |left: usize| left.checked_sub(1);
        if self.turned_away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, turns_away).is_ok() {
            stream.write_all(b"554 no service\r\n").await?;
            return Ok(End::Closed);
        }
        if greets {
            stream.write_all(b"220 mail.test ESMTP\r\n").await?;
        }
        let mut to = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(End::Closed);
            }
            let verb = line.split([' ', '\r']).next().unwrap_or_default().to_uppercase();
            let answer: &str = match verb.as_str() {
                "EHLO" if open => "250-mail.test\r\n250 AUTH PLAIN",
                "EHLO" => "250-mail.test\r\n250 STARTTLS",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await?;
                    return Ok(End::StartTls);
                }
                "AUTH" => {
                    self.logins.lock().unwrap().push(line.trim().to_owned());
                    "235 welcome"
                }
                _ if !open => "530 STARTTLS first",
                "MAIL" => "250 ok",
                "RCPT" => {
                    to = line.trim().trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                    let before = self.tries_of(&to);
                    self.tries.lock().unwrap().push(to.clone());
                    match to.split('@').next().unwrap() {
                        "nobody" => "550 no such user",
                        "full" if before < 2 => "452 mailbox full",
                        "busy" if before < 1 => "421 too busy",
                        "hangs" => {
                            tokio::time::sleep(std::time::Duration::from_secs(600)).await;
                            "250 ok"
                        }
                        _ => "250 ok",
                    }
                }
                "DATA" if to.starts_with("drops@") && self.tries_of(&to) < 2 => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut some = String::new();
                    stream.read_line(&mut some).await?;
                    return Ok(End::Closed);
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut text = String::new();
                    loop {
                        let mut line = String::new();
                        if stream.read_line(&mut line).await? == 0 {
                            return Ok(End::Closed);
                        }
                        if line == ".\r\n" {
                            break;
                        }
                        text.push_str(&line);
                    }
                    self.mails.lock().unwrap().push(Mail { to: to.clone(), text });
                    // Taken, but the answer is lost.
                    if to.starts_with("forgets@") && self.tries_of(&to) < 2 {
                        return Ok(End::Closed);
                    }
                    "250 queued"
                }
                // The e-mail is taken; only the goodbye is missing.
                "QUIT" if to.starts_with("stays@") => {
                    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
                    "221 bye"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    /// Every e-mail that was received.
    pub fn all(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    /// Attempts that named this receiver.
    pub fn tries_of(&self, to: &str) -> usize {
        self.tries.lock().unwrap().iter().filter(|one| *one == to).count()
    }

    /// What was received for a receiver.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        self.mails.lock().unwrap().iter().filter(|mail| mail.to == to).cloned().collect()
    }

    /// How many logged in.
    pub fn logins(&self) -> usize {
        self.logins.lock().unwrap().len()
    }
}

//! Sends one notice by e-mail: plain text, English and Chinese, over a connection of its own.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use merchants::MerchantId;
use pg::Pool;
use privacy::{Keyring, Sensitive};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::decide::Answer;
use crate::deliveries::Claimed;
use crate::letter;

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None: the server is this machine.
    None,
}

/// Where e-mails are handed in.
#[derive(Debug)]
pub struct SmtpSettings {
    /// Name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// User and password.
    pub login: Option<(String, Sensitive<String>)>,
    /// The sender: `Name <address>`, or the address.
    pub from: String,
}

/// How long a server may take to say goodbye, when it has the e-mail.
const GOODBYE: Duration = Duration::from_secs(1);

/// How e-mails are sent.
#[derive(Clone)]
pub struct EmailSender {
    host: String,
    port: u16,
    tls: Option<(SmtpTls, TlsParameters)>,
    login: Option<Credentials>,
    hello: ClientId,
    from: Mailbox,
    keyring: Arc<Keyring>,
    pool: Pool,
    timeout: Duration,
}

impl std::fmt::Debug for EmailSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmailSender").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Whether it can be the sender of e-mails: `Name <address>`, or an address.
pub fn is_sender(text: &str) -> bool {
    !text.contains(char::is_control) && text.parse::<Mailbox>().is_ok()
}

impl EmailSender {
    /// `roots` is a PEM text with the certificates that the server's leads to. `pool` is for merchants' addresses;
    /// `timeout` for one e-mail, from the merchant's address to the server's answer.
    ///
    /// # Errors
    /// In words: what of it can't be used.
    pub fn new(
        settings: SmtpSettings,
        roots: &[u8],
        keyring: Arc<Keyring>,
        pool: Pool,
        timeout: Duration,
    ) -> Result<EmailSender, String> {
        let from: Mailbox =
            settings.from.parse().map_err(|_| "the sender is no e-mail address".to_owned())?;
        let tls = match settings.tls {
            SmtpTls::None => None,
            tls => Some((tls, parameters(&settings.host, roots)?)),
        };
        let login = settings.login.map(|(user, password)| Credentials::new(user, password.reveal().clone()));
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let SmtpSettings { host, port, .. } = settings;
        Ok(EmailSender { host, port, tls, login, hello, from, keyring, pool, timeout })
    }

    /// One attempt.
    pub(crate) async fn send(&self, claimed: &Claimed) -> Answer {
        match tokio::time::timeout(self.timeout, self.attempt(claimed)).await {
            Ok(Ok(taken)) => taken,
            Ok(Err(not)) => not,
            Err(_) => failed("no answer in time"),
        }
    }

    async fn attempt(&self, claimed: &Claimed) -> Result<Answer, Answer> {
        let address = self.address(claimed).await?;
        let message = self
            .message(claimed, address)
            .ok_or_else(|| Answer::Refused("no message can be made of the notice".to_owned()))?;
        let mut connection = self.connect().await.map_err(|error| not_connected(&error))?;
        let sent = connection.send(message.envelope(), &message.formatted()).await;
        // The server has it or not; how it parts changes nothing.
        let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
        match sent {
            Ok(response) => Ok(Answer::Taken(format!("SMTP {}", response.code()))),
            Err(error) => Err(not_sent(error.status().map(u16::from))),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let (start, wrapper) = match &self.tls {
            None => (None, None),
            Some((SmtpTls::Implicit, parameters)) => (None, Some(parameters.clone())),
            Some((_, parameters)) => (Some(parameters.clone()), None),
        };
        let server = (self.host.as_str(), self.port);
        let limit = Some(self.timeout);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, limit, &self.hello, wrapper, None).await?;
        if let Some(parameters) = start {
            // An error where the server doesn't offer it: nothing is said in the clear.
            connection.starttls(parameters, &self.hello).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }

    async fn address(&self, claimed: &Claimed) -> Result<Address, Answer> {
        let unavailable = |_| failed("the merchant could not be looked up");
        let conn = self.pool.get().await.map_err(|_| failed("the merchant could not be looked up"))?;
        let id = MerchantId::from_uuid(claimed.merchant);
        let profile = merchants::merchant(&conn, &self.keyring, id).await.map_err(unavailable)?;
        let profile = profile.ok_or_else(|| Answer::Refused("there is no such merchant".to_owned()))?;
        // Parsed, not pasted: an address can't hold another header, nor a command another one.
        let text = profile.email.reveal();
        let address = (!text.contains(char::is_control)).then(|| text.parse().ok()).flatten();
        address.ok_or_else(|| Answer::Refused("the merchant's e-mail address is none".to_owned()))
    }

    fn message(&self, claimed: &Claimed, to: Address) -> Option<Message> {
        let letter = letter::of(claimed);
        let id = format!("<{}@{}>", claimed.notice, self.from.email.domain());
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(id))
            .date(claimed.created_at.into())
            .subject(letter.subject)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::Base64)
            .body(letter.body)
            .ok()
    }
}

fn parameters(host: &str, roots: &[u8]) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
    for certificate in CertificateDer::pem_slice_iter(roots).filter_map(Result::ok) {
        // Systems' files hold some that the library doesn't read.
        if RootCertStore::empty().add(certificate.clone()).is_ok()
            && let Ok(certificate) = Certificate::from_der(certificate.to_vec())
        {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build().map_err(|error| error.to_string())
}

fn failed(why: &str) -> Answer {
    Answer::Failed { why: why.to_owned(), retry_after: None, slow_down: false }
}

/// Before the e-mail was handed over, every refusal is about us or the server: it is mended, and the notice goes then.
/// The server's words are left out here and below: they may name the receiver.
fn not_connected(error: &SmtpError) -> Answer {
    let why = match error.status() {
        Some(code) => format!("SMTP {code} before the e-mail"),
        None if is_about_tls(error) => "the mail server's TLS can't be used".to_owned(),
        None => "no connection to the mail server".to_owned(),
    };
    Answer::Failed { why, retry_after: None, slow_down: true }
}

/// A handshake that fails is reported as a broken connection, with TLS's own error somewhere below.
fn is_about_tls(error: &SmtpError) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(this) = cause {
        let wrapped = this.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if this.is::<rustls::Error>() || wrapped.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = this.source();
    }
    error.is_tls()
}

/// 5xx is for ever, but where the server wants a login or other protection (RFC 4954).
fn not_sent(status: Option<u16>) -> Answer {
    match status {
        Some(code @ (421 | 530 | 534 | 535 | 538)) => {
            Answer::Failed { why: format!("SMTP {code}"), retry_after: None, slow_down: true }
        }
        Some(code @ 500..) => Answer::Refused(format!("SMTP {code}")),
        Some(code) => failed(&format!("SMTP {code}")),
        None => failed("the connection to the mail server broke"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_one_address_and_no_header() {
        for (text, right) in [
            ("notices@example.com", true),
            ("Sluice <notices@example.com>", true),
            ("notices", false),
            ("", false),
            ("a@example.com\r\nBcc: b@example.com", false),
            ("Sluice\r\nBcc: b@example.com <a@example.com>", false),
        ] {
            assert_eq!(is_sender(text), right, "{text:?}");
        }
    }

    #[test]
    fn each_status() {
        for (status, refused, slow) in [
            (Some(421), false, true),
            (Some(450), false, false),
            (Some(452), false, false),
            (Some(535), false, true),
            (Some(550), true, false),
            (Some(554), true, false),
            (None, false, false),
        ] {
            let answer = not_sent(status);
            assert_eq!(matches!(answer, Answer::Refused(_)), refused, "{status:?}");
            assert_eq!(matches!(answer, Answer::Failed { slow_down: true, .. }), slow, "{status:?}");
        }
    }
}

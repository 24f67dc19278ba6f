//! A bank's webhooks, signed as any bank's machine signs them.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use bank::signing::standard_webhooks::{Signer, SigningKey};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::statement;
use crate::Fault;

/// Payments are of 10.00 to 249.99.
const AMOUNTS: u64 = 24_000;

/// Writes the events of one bank, as requests.
#[derive(Debug)]
pub struct Bank {
    signer: Signer,
    /// Everything in front of the first header that changes.
    head: String,
    value_date: String,
    body: Vec<u8>,
}

/// One payment as the bank tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Payment<'a> {
    /// The event's id; the payment's reference is made of it.
    pub event_id: &'a str,
    /// Into this account.
    pub account: &'a str,
    /// Chooses the amount.
    pub serial: u64,
}

impl Bank {
    /// The bank of this id and secret, speaking to `host`.
    ///
    /// # Errors
    /// A secret that is none.
    pub fn new(id: &str, secret: &str, host: &str) -> Result<Bank, Fault> {
        let signer = Signer::new(vec![SigningKey::parse(secret)?]);
        let head = format!("POST /v1/banks/{id}/events HTTP/1.1\r\nhost: {host}\r\n");
        let value_date = OffsetDateTime::now_utc().date().to_string();
        Ok(Bank { signer, head, value_date, body: Vec::new() })
    }

    /// Appends a request that tells of this payment.
    ///
    /// # Errors
    /// An event id that can't be signed.
    pub fn payment(&mut self, payment: Payment<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.body_of(payment)?;
        self.post(payment.event_id, "application/json", out)
    }

    /// The body alone.
    ///
    /// # Errors
    /// None.
    pub fn body_of(&mut self, payment: Payment<'_>) -> Result<&[u8], Fault> {
        self.body.clear();
        let Payment { event_id, account, serial } = payment;
        let cents = 1000 + serial % AMOUNTS;
        write!(
            self.body,
            "{{\"type\":\"funds.received\",\"data\":{{\"reference\":\"R{event_id}\",\"account_number\":\"{account}\",\
             \"amount\":\"{}.{:02}\",\"currency\":\"USD\",\"value_date\":\"{}\",\
             \"remitter\":{{\"name\":\"AMAZON PAYMENTS INC\",\"account_number\":\"000123456789\"}},\
             \"remittance_information\":\"Settlement\",\"end_to_end_id\":\"E2E-{event_id}\"}}}}",
            cents / 100,
            cents % 100,
            self.value_date,
        )?;
        Ok(&self.body)
    }

    /// Appends a request with a camt.054 document.
    ///
    /// # Errors
    /// An event id that can't be signed.
    pub fn statement(&mut self, event_id: &str, account: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.body.clear();
        statement::write(event_id, account, &self.value_date, &mut self.body)?;
        self.post(event_id, "application/xml", out)
    }

    /// Appends a request with rates that let US dollars be exchanged into CNY.
    ///
    /// # Errors
    /// An event id that can't be signed.
    pub fn rates(&mut self, event_id: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.body.clear();
        let as_of = OffsetDateTime::now_utc().format(&Rfc3339)?;
        write!(
            self.body,
            "{{\"type\":\"rates.published\",\"data\":{{\"rates\":[{{\"base\":\"USD\",\"quote\":\"CNY\",\
             \"bid\":\"7.1000\",\"ask\":\"7.1300\"}}],\"as_of\":\"{as_of}\"}}}}"
        )?;
        self.post(event_id, "application/json", out)
    }

    /// Appends a request with the body that was written.
    fn post(&self, event_id: &str, content_type: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
        out.extend_from_slice(self.head.as_bytes());
        for (name, value) in self.signer.headers(event_id, now()?, &self.body)? {
            write!(out, "{name}: {value}\r\n")?;
        }
        write!(out, "content-type: {content_type}\r\ncontent-length: {}\r\n\r\n", self.body.len())?;
        out.extend_from_slice(&self.body);
        Ok(())
    }
}

fn now() -> Result<i64, Fault> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bank::Verifier;
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn what_is_written_verifies_and_is_understood() {
        let mut bank = Bank::new("sandbox", SECRET, "127.0.0.1:1").unwrap();
        let mut out = Vec::new();
        let payment = Payment { event_id: "run-1-7", account: "8336000007", serial: 23_999 };
        bank.payment(payment, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /v1/banks/sandbox/events HTTP/1.1\r\nhost: 127.0.0.1:1\r\n"),
            "{head}"
        );
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        let headers = head.lines().skip(1).map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| {
            (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap())
        });
        let verifier = Verifier::from_secrets(&[("k", SECRET)], Duration::from_secs(300)).unwrap();
        let verified = verifier.verify(&headers.collect(), body.as_bytes(), now().unwrap()).unwrap();
        assert_eq!(verified.event_id, "run-1-7");
        let Ok(bank::Event::FundsReceived(read)) = bank::event::parse(body.as_bytes()) else {
            panic!("{body}")
        };
        assert_eq!((read.reference.as_str(), read.account_number.as_str()), ("Rrun-1-7", "8336000007"));
        assert_eq!(read.amount.to_string(), "249.99");
    }
}

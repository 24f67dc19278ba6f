//! What merchants ask: withdrawals, each under a key of its own, and balances.

use std::io::Write as _;

use merchants::PayeeId;

use crate::Fault;

/// Small, so that no merchant runs dry.
const AMOUNT: &str = "1.00";

/// Writes merchants' requests.
#[derive(Debug)]
pub struct Merchants {
    host: String,
    body: Vec<u8>,
}

impl Merchants {
    /// Requests to `host`.
    pub fn new(host: &str) -> Merchants {
        Merchants { host: host.to_owned(), body: Vec::new() }
    }

    /// Appends a withdrawal of US dollars into CNY; `key` is its idempotency key and its client reference.
    ///
    /// # Errors
    /// None.
    pub fn withdrawal(
        &mut self,
        api_key: &str,
        payee: PayeeId,
        key: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        self.body.clear();
        write!(
            self.body,
            "{{\"payee_id\":\"{payee}\",\"sell_currency\":\"USD\",\"sell_amount\":\"{AMOUNT}\",\
             \"buy_currency\":\"CNY\",\"client_reference\":\"{key}\"}}"
        )?;
        write!(
            out,
            "POST /v1/withdrawals HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {api_key}\r\nidempotency-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.host,
            self.body.len()
        )?;
        out.extend_from_slice(&self.body);
        Ok(())
    }

    /// Appends a question for the balances.
    ///
    /// # Errors
    /// None.
    pub fn balances(&self, api_key: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
        let host = &self.host;
        Ok(write!(
            out,
            "GET /v1/balances HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {api_key}\r\n\r\n"
        )?)
    }
}

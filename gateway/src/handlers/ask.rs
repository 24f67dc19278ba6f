//! What a merchant asks for outside the lanes: keyed and answered in one transaction of its own (R22).

use hyper::Response;
use idempotency::{Answer as Kept, Request as Keyed};
use merchants::MerchantId;
use pg::Tx;

use super::{Answer, act};
use crate::body::Outgoing;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

/// One such request.
#[derive(Debug)]
pub struct Ask {
    pub merchant: MerchantId,
    keyed: Keyed,
    request_id: String,
}

impl Ask {
    /// Who asks, under which key.
    ///
    /// # Errors
    /// `unauthenticated`, `idempotency-key-missing`.
    pub fn read(request: &Request) -> Result<Ask, Refusal> {
        let merchant = request.caller.merchant()?;
        let keyed = request.keyed(merchant.shard(), &merchant.to_string())?;
        Ok(Ask { merchant, keyed, request_id: request.id.to_string() })
    }

    /// Claims the key; the answer that was given under it before, if there is one.
    ///
    /// # Errors
    /// `idempotency-key-reused`; the database's.
    pub async fn claim(&self, tx: &Tx<'_>) -> Result<Option<Response<Outgoing>>, Refusal> {
        Ok(act::claimed(tx, &self.keyed).await?.map(|answer| act::stored(answer, true)))
    }

    /// A refusal that is kept under the key.
    pub fn refused(&self, problem: Problem, detail: &str) -> Kept {
        act::refused(problem, detail, &self.request_id)
    }

    /// Keeps the answer under the key, commits, and answers.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish(self, tx: Tx<'_>, answer: Kept) -> Answer {
        act::finish(&self.keyed, tx, answer).await
    }
}

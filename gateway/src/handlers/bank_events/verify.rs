//! R1, first of all: is this request the bank's? Touches no database.

use bank::{Refusal as SignatureRefusal, Verified};
use time::OffsetDateTime;

use crate::live::Door;
use crate::problem::{Problem, Refusal};
use crate::request::Request;
use crate::server::NotTheBank;

/// Why a request is not taken for the bank's.
#[derive(Debug)]
pub enum NotVerified {
    Certificate(NotTheBank),
    Signature(SignatureRefusal),
}

/// The certificate of the connection where the bank has such, then the signature over the body.
///
/// # Errors
/// The first of the two that fails.
pub fn verify(door: &Door, request: &Request) -> Result<Verified, NotVerified> {
    if let Some(certificates) = &door.certificates {
        request.certificate.check(certificates).map_err(NotVerified::Certificate)?;
    }
    let now = OffsetDateTime::now_utc().unix_timestamp();
    door.verifier.verify(&request.headers, &request.body, now).map_err(NotVerified::Signature)
}

impl NotVerified {
    /// Its label in metrics, and the step that failed in a self-check.
    pub fn step(&self) -> &'static str {
        match self {
            NotVerified::Certificate(why) => why.name(),
            NotVerified::Signature(SignatureRefusal::MissingHeader(_)) => "missing_header",
            NotVerified::Signature(SignatureRefusal::MalformedHeader(_)) => "malformed_header",
            NotVerified::Signature(SignatureRefusal::BadSignature) => "bad_signature",
            NotVerified::Signature(SignatureRefusal::TimestampOutOfTolerance) => "timestamp",
        }
    }

    /// What the caller is told. A wrong certificate is not a wrong signature: who mends the one need not look at the
    /// other.
    pub fn refusal(&self) -> Refusal {
        match self {
            NotVerified::Certificate(why) => Refusal::new(Problem::Forbidden, why.to_string()),
            NotVerified::Signature(why @ SignatureRefusal::TimestampOutOfTolerance) => {
                Refusal::new(Problem::TimestampOutOfTolerance, why.to_string())
            }
            NotVerified::Signature(why) => Refusal::new(Problem::BadSignature, why.to_string()),
        }
    }
}

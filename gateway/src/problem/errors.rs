//! What the crates below can't do, as callers are told it: try again, or it is ours to mend.

use std::fmt::Display;

use super::{Problem, Refusal};

fn unavailable(error: &dyn Display) -> Refusal {
    let detail = "the database does not answer in time; try again";
    Refusal { cause: Some(error.to_string().into()), ..Refusal::new(Problem::LedgerUnavailable, detail) }
}

/// For what should never happen. The caller learns nothing of it; the log does, where it is answered.
pub fn internal(error: &dyn Display) -> Refusal {
    let detail = "an unexpected error; it was logged under this request's id";
    Refusal { cause: Some(error.to_string().into()), ..Refusal::new(Problem::Internal, detail) }
}

impl From<pg::Error> for Refusal {
    fn from(error: pg::Error) -> Refusal {
        if error.is_unavailable() || error.is_retryable() { unavailable(&error) } else { internal(&error) }
    }
}

impl From<merchants::Error> for Refusal {
    fn from(error: merchants::Error) -> Refusal {
        match error {
            merchants::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<exchange::Error> for Refusal {
    fn from(error: exchange::Error) -> Refusal {
        match error {
            exchange::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<ledger::Error> for Refusal {
    fn from(error: ledger::Error) -> Refusal {
        match error {
            ledger::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<deposits::Error> for Refusal {
    fn from(error: deposits::Error) -> Refusal {
        match error {
            deposits::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<withdrawals::Error> for Refusal {
    fn from(error: withdrawals::Error) -> Refusal {
        match error {
            withdrawals::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<payouts::Error> for Refusal {
    fn from(error: payouts::Error) -> Refusal {
        match error {
            payouts::Error::Database(error) => error.into(),
            payouts::Error::Withdrawals(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<vault::Error> for Refusal {
    fn from(error: vault::Error) -> Refusal {
        match error {
            vault::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<reconciliation::Error> for Refusal {
    fn from(error: reconciliation::Error) -> Refusal {
        match error {
            reconciliation::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<notifications::Error> for Refusal {
    fn from(error: notifications::Error) -> Refusal {
        match error {
            notifications::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<idempotency::Error> for Refusal {
    fn from(error: idempotency::Error) -> Refusal {
        match error {
            idempotency::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<changes::Error> for Refusal {
    fn from(error: changes::Error) -> Refusal {
        match error {
            changes::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<audit::Error> for Refusal {
    fn from(error: audit::Error) -> Refusal {
        match error {
            audit::Error::Database(error) => error.into(),
            other => internal(&other),
        }
    }
}

impl From<lanes::Refused> for Refusal {
    fn from(refused: lanes::Refused) -> Refusal {
        match refused {
            lanes::Refused::Full => Refusal::new(Problem::Overloaded, "too much is waiting; try again"),
            lanes::Refused::Draining => {
                Refusal::new(Problem::Overloaded, "this server is stopping; try again")
            }
            lanes::Refused::TimedOut | lanes::Refused::Unavailable(_) => unavailable(&refused),
            lanes::Refused::Failed(_) => internal(&refused),
        }
    }
}

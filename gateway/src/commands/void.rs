//! Why a batch is void: every domain's error on its way to the lane, which decides what to do about it.

use lanes::BatchError;

/// The batch can't go on. Refusals are answers; this is not one of them.
#[derive(Debug)]
pub(super) struct Void(pub BatchError);

impl Void {
    /// Something is not as the code left it.
    pub(super) fn unexpected(what: impl Into<String>) -> Void {
        Void(BatchError::Database(pg::Error::Broken(what.into())))
    }
}

impl From<pg::Error> for Void {
    fn from(error: pg::Error) -> Void {
        Void(BatchError::Database(error))
    }
}

impl From<vault::Error> for Void {
    fn from(error: vault::Error) -> Void {
        match error {
            vault::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<idempotency::Error> for Void {
    fn from(error: idempotency::Error) -> Void {
        match error {
            idempotency::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<deposits::Error> for Void {
    fn from(error: deposits::Error) -> Void {
        match error {
            deposits::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<merchants::Error> for Void {
    fn from(error: merchants::Error) -> Void {
        match error {
            merchants::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<exchange::Error> for Void {
    fn from(error: exchange::Error) -> Void {
        match error {
            exchange::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<withdrawals::Error> for Void {
    fn from(error: withdrawals::Error) -> Void {
        match error {
            withdrawals::Error::Database(error) => error.into(),
            withdrawals::Error::Ledger(error) => error.into(),
            withdrawals::Error::Merchants(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<payouts::Error> for Void {
    fn from(error: payouts::Error) -> Void {
        match error {
            payouts::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<changes::Error> for Void {
    fn from(error: changes::Error) -> Void {
        match error {
            changes::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<audit::Error> for Void {
    fn from(error: audit::Error) -> Void {
        match error {
            audit::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<reconciliation::Error> for Void {
    fn from(error: reconciliation::Error) -> Void {
        match error {
            reconciliation::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<notifications::Error> for Void {
    fn from(error: notifications::Error) -> Void {
        match error {
            notifications::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<ledger::Error> for Void {
    fn from(error: ledger::Error) -> Void {
        match error {
            ledger::Error::Database(error) => error.into(),
            other => Void(BatchError::Broken(Box::new(other))),
        }
    }
}

impl From<privacy::KeyError> for Void {
    fn from(error: privacy::KeyError) -> Void {
        Void(BatchError::Broken(Box::new(error)))
    }
}

impl From<serde_json::Error> for Void {
    fn from(error: serde_json::Error) -> Void {
        Void(BatchError::Broken(Box::new(error)))
    }
}

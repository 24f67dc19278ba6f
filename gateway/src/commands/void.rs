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

/// What became of statements that went side by side: the one that failed by itself, before those that failed since the
/// transaction was aborted already. What the lane does next depends on it.
pub(super) fn first_cause(results: impl IntoIterator<Item = Result<(), Void>>) -> Result<(), Void> {
    let mut consequence = Ok(());
    for result in results {
        match result {
            Ok(()) => {}
            Err(Void(BatchError::Database(pg::Error::Aborted))) => consequence = result,
            Err(cause) => return Err(cause),
        }
    }
    consequence
}

/// What two statements side by side found, or the cause why one of them failed.
pub(super) fn both<A, B>(first: Result<A, Void>, second: Result<B, Void>) -> Result<(A, B), Void> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (first, second) => {
            first_cause([first.map(drop), second.map(drop)])?;
            Err(Void::unexpected("a failure without a cause"))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_statements_side_by_side_the_one_that_failed_by_itself_is_told() {
        let aborted = || Err(Void::from(pg::Error::Aborted));
        let timeout = || Err(Void::from(pg::Error::Timeout));
        assert!(first_cause([Ok(()), Ok(())]).is_ok());
        for results in [[aborted(), timeout()], [timeout(), aborted()], [Ok(()), timeout()]] {
            let told = first_cause(results).unwrap_err();
            assert!(matches!(told.0, BatchError::Database(pg::Error::Timeout)), "{told:?}");
        }
        let told = first_cause([Ok(()), aborted()]).unwrap_err();
        assert!(matches!(told.0, BatchError::Database(pg::Error::Aborted)), "{told:?}");
    }
}

//! Why a batch is void: every domain's error on its way to the lane, which decides what to do about it.

use lanes::BatchError;

/// The batch can't go on. Refusals are answers; this is not one of them.
#[derive(Debug)]
pub(super) struct Void(pub BatchError);

impl Void {
    /// How likely it is no more than a consequence: what PostgreSQL says of a row never is, a lost connection may be (of a COPY
    /// that was refused behind the cause), an aborted transaction always.
    fn doubt(&self) -> u8 {
        match &self.0 {
            BatchError::Database(pg::Error::Aborted) => 3,
            BatchError::Database(error) if error.is_unavailable() => 2,
            BatchError::Database(error) if error.is_retryable() => 1,
            _ => 0,
        }
    }

    /// Something is not as the code left it.
    pub(super) fn unexpected(what: impl Into<String>) -> Void {
        Void(BatchError::Database(pg::Error::Broken(what.into())))
    }
}

/// What became of statements that went side by side: the one that failed by itself, before those that failed since the
/// transaction was aborted already. What the lane does next depends on it.
pub(super) fn first_cause(results: impl IntoIterator<Item = Result<(), Void>>) -> Result<(), Void> {
    match results.into_iter().filter_map(Result::err).min_by_key(Void::doubt) {
        Some(cause) => Err(cause),
        None => Ok(()),
    }
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
        // A connection that a refused COPY has cost is no more than a consequence of what it was refused for.
        let lost = || Err(Void::from(pg::Error::Unavailable("given up".into())));
        let broken = || Err(Void::unexpected("a row that the table refuses"));
        for results in [[lost(), broken()], [broken(), lost()], [aborted(), broken()]] {
            let told = first_cause(results).unwrap_err();
            assert!(matches!(told.0, BatchError::Database(pg::Error::Broken(_))), "{told:?}");
        }
        let told = first_cause([Ok(()), aborted()]).unwrap_err();
        assert!(matches!(told.0, BatchError::Database(pg::Error::Aborted)), "{told:?}");
    }
}

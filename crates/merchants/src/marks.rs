//! What one living merchant alone may have (R39): one merchant for each legal subject, e-mail address and mobile number.

use pg::Tx;

use crate::MerchantId;
use crate::error::Error;

/// What a mark is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    Email,
    Mobile,
    Document,
}

impl MarkKind {
    fn as_str(self) -> &'static str {
        match self {
            MarkKind::Email => "email",
            MarkKind::Mobile => "mobile",
            MarkKind::Document => "document",
        }
    }
}

/// Whose a mark is, once it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// The merchant's, since now; a closed one's before, or nobody's.
    Now,
    /// The merchant's, as before.
    Already,
    /// That of another one, who is not closed.
    Others,
}

/// Asks for a mark, and waits for whoever is taking the same one. A closed merchant's is free. Marks of several kinds are
/// asked for in the order of their kinds, so that nobody waits in a circle.
///
/// # Errors
/// The database's.
pub(crate) async fn claim(
    tx: &Tx<'_>,
    merchant: MerchantId,
    kind: MarkKind,
    index: &[u8; 32],
) -> Result<Claimed, Error> {
    let (index, merchant) = (index.as_slice(), merchant.uuid());
    let row = tx.query_opt(include_str!("sql/claim_mark.sql"), &[&kind.as_str(), &index, &merchant]).await?;
    Ok(match row.map(|row| row.get::<_, bool>("is_new")) {
        Some(true) => Claimed::Now,
        Some(false) => Claimed::Already,
        None => Claimed::Others,
    })
}

/// Gives back a mark that was claimed for nothing.
///
/// # Errors
/// The database's.
pub(crate) async fn release(
    tx: &Tx<'_>,
    merchant: MerchantId,
    kind: MarkKind,
    index: &[u8; 32],
) -> Result<(), Error> {
    let (index, merchant) = (index.as_slice(), merchant.uuid());
    tx.execute(include_str!("sql/release_mark.sql"), &[&kind.as_str(), &index, &merchant]).await?;
    Ok(())
}

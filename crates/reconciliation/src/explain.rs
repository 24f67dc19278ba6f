//! R44: what doesn't match is explained, by a person.

use pg::Tx;
use time::OffsetDateTime;

use crate::error::{Error, Refusal, expect_count};
use crate::line::{Line, LineId};
use crate::state::LineEvent;

/// Closes an open line with a reason; the line as it was and as it is.
///
/// # Errors
/// The database's; the inner one is an answer.
pub async fn explain(
    tx: &Tx<'_>,
    id: LineId,
    reason: &str,
    operator: &str,
    now: OffsetDateTime,
) -> Result<Result<(Line, Line), Refusal>, Error> {
    let (shard, uuid) = (id.shard().number(), id.uuid());
    let Some(row) = tx.query_opt(include_str!("sql/lock_line.sql"), &[&shard, &uuid]).await? else {
        return Ok(Err(Refusal::NotFound));
    };
    let before = Line::from_row(&row)?;
    let Some(state) = before.state.next(LineEvent::Explain) else {
        return Ok(Err(Refusal::IllegalTransition(before.state)));
    };
    let saved =
        tx.execute(include_str!("sql/explain.sql"), &[&shard, &uuid, &reason, &operator, &now]).await?;
    expect_count("lines explained", saved, 1)?;
    let after = Line {
        state,
        explanation: Some(reason.to_owned()),
        explained_by: Some(operator.to_owned()),
        settled_at: Some(now),
        ..before.clone()
    };
    Ok(Ok((before, after)))
}

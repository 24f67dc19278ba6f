//! How sweeps hand in what they found: together, and where that fails for good, each by itself, so that one that can't be
//! carried out stands in nobody's way.

use std::fmt::Display;

use lanes::Refused;

use super::NoReply;

const SKIPPED: &str = "sluice_sweep_skipped_total";

/// The counter of a sweep begins at zero: Prometheus doesn't see the first step of one that begins at one.
pub(super) fn begin(sweep: &'static str) {
    metrics::counter!(SKIPPED, "sweep" => sweep).increment(0);
}

/// Submits `ids` together. Of a command that fails for good each id is submitted by itself; whose command fails then is
/// passed over, logged and counted: the next round comes to it again.
///
/// # Errors
/// In words, where the lanes or the database could not carry it out now: the rest was not tried.
pub(super) async fn submit<I, A, F>(
    sweep: &'static str,
    ids: &[I],
    submit: impl Fn(Vec<I>) -> F,
) -> Result<(), String>
where
    I: Copy + Display,
    F: Future<Output = Result<A, NoReply>>,
{
    match submit(ids.to_vec()).await {
        Ok(_) => return Ok(()),
        Err(NoReply::Refused(Refused::Failed(why))) => {
            if let [only] = ids {
                pass_over(sweep, only, &why);
                return Ok(());
            }
        }
        Err(no) => return Err(format!("{} of them: {no:?}", ids.len())),
    }
    for id in ids {
        match submit(vec![*id]).await {
            Ok(_) => {}
            Err(NoReply::Refused(Refused::Failed(why))) => pass_over(sweep, id, &why),
            Err(no) => return Err(format!("{id}: {no:?}")),
        }
    }
    Ok(())
}

fn pass_over(sweep: &'static str, id: &impl Display, why: &str) {
    metrics::counter!(SKIPPED, "sweep" => sweep).increment(1);
    tracing::error!(sweep, %id, why, "can't be carried out: passed over until the next round");
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What was submitted, and what came of it, where these ids fail and that one meets a database that is away.
    async fn submitted(ids: &[u8], failing: &[u8], away: Option<u8>) -> (Vec<Vec<u8>>, bool) {
        let seen = RefCell::new(Vec::new());
        let done = submit("test", ids, |some: Vec<u8>| {
            let answer = if away.is_some_and(|away| some == [away]) {
                Err(NoReply::Refused(Refused::Unavailable("away".into())))
            } else if some.iter().any(|id| failing.contains(id)) {
                Err(NoReply::Refused(Refused::Failed("broken".into())))
            } else {
                Ok(())
            };
            seen.borrow_mut().push(some);
            std::future::ready(answer)
        });
        let done = done.await.is_ok();
        (seen.into_inner(), done)
    }

    #[tokio::test]
    async fn r7_one_that_fails_for_good_stands_in_nobody_s_way() {
        assert_eq!(submitted(&[1, 2, 3], &[], None).await, (vec![vec![1, 2, 3]], true), "together");
        let each = vec![vec![1, 2, 3], vec![1], vec![2], vec![3]];
        assert_eq!(submitted(&[1, 2, 3], &[1], None).await, (each.clone(), true), "those behind it, too");
        assert_eq!(submitted(&[1, 2, 3], &[1, 2, 3], None).await, (each, true));
        assert_eq!(submitted(&[1], &[1], None).await, (vec![vec![1]], true), "once");
    }

    #[tokio::test]
    async fn r7_while_the_database_is_away_nothing_is_passed_over() {
        assert_eq!(submitted(&[1], &[], Some(1)).await, (vec![vec![1]], false));
        let stopped = vec![vec![1, 2, 3], vec![1], vec![2]];
        assert_eq!(submitted(&[1, 2, 3], &[1], Some(2)).await, (stopped, false), "it is waited for");
    }
}

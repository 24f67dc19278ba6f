//! What one bank's part of the worker has in hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::{Claimed, Desk};
use crate::PayoutId;

/// The calls and reports under way at one bank.
#[derive(Default)]
pub(super) struct UnderWay {
    pub(super) tasks: JoinSet<()>,
    payouts: HashMap<PayoutId, AbortHandle>,
}

impl UnderWay {
    /// A payout is in hand once. Where it is claimed anew, its lease ran out, and nothing that an older report still says
    /// counts, or the bank tells it again: a report that is never taken must not fill what may be in hand (R31).
    pub(super) fn begin(&mut self, desk: &Arc<Desk>, claimed: Claimed) {
        let id = claimed.payout.id;
        let task = self.tasks.spawn(desk.clone().carry(claimed, Call::begin(desk)));
        if let Some(older) = self.payouts.insert(id, task).filter(|older| !older.is_finished()) {
            older.abort();
            tracing::error!(payout = %id, "a report was not taken before its lease ran out; the bank is asked again");
        }
    }

    /// How many, without those that are over.
    pub(super) fn count(&mut self) -> usize {
        while let Some(done) = self.tasks.try_join_next() {
            ended(done);
        }
        self.payouts.retain(|_, task| !task.is_finished());
        self.tasks.len()
    }

    pub(super) async fn finish(mut self) {
        while let Some(done) = self.tasks.join_next().await {
            ended(done);
        }
    }
}

pub(super) fn ended(done: Result<(), JoinError>) {
    if let Err(error) = done
        && !error.is_cancelled()
    {
        tracing::error!(%error, "a payout's call ended abnormally; its lease heals it");
    }
}

/// One of the bank's places: taken with the claim, free again once the bank has answered, or the task was given up.
pub(super) struct Call(Arc<Desk>);

impl Call {
    pub(super) fn begin(desk: &Arc<Desk>) -> Call {
        desk.calling.fetch_add(1, Ordering::Relaxed);
        Call(desk.clone())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.calling.fetch_sub(1, Ordering::Relaxed);
        self.0.wake.notify_one();
    }
}

//! One payout's life after it was accepted. Starts again where the journal says it was.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::sleep;

use crate::behaviour::{Behaviour, Step, returned_short};
use crate::book::Payout;
use crate::callbacks::report;
use crate::journal::{Record, Report, WriteError};
use crate::sandbox::Bank;

/// Starts it in the background. `reported` hears when the gateway has taken the first report.
/// `open` counts against the payouts that may be unfinished at once; a restart goes on with all there are.
pub(crate) fn start(
    bank: &Arc<Bank>,
    reference: String,
    reported: Option<oneshot::Sender<()>>,
    open: Option<OwnedSemaphorePermit>,
) {
    let working = bank.clone();
    bank.tasks.spawn(async move {
        let _open = open;
        tokio::select! {
            () = working.stopping.cancelled() => {}
            done = carry_out(&working, &reference, reported) => if let Err(error) = done {
                tracing::error!(reference, %error, "a payout stops here until the sandbox bank is started again");
            }
        }
    });
}

async fn carry_out(
    bank: &Bank,
    reference: &str,
    mut reported: Option<oneshot::Sender<()>>,
) -> Result<(), WriteError> {
    while let Some(payout) = bank.book.get(reference) {
        let Some(step) = payout.next_step() else { return Ok(()) };
        sleep(pause(bank, &payout, step)).await;
        let reference = reference.to_owned();
        match step {
            Step::Execute => {
                let executed_at = OffsetDateTime::now_utc();
                bank.record(Record::Executed { reference, executed_at }).await?;
            }
            Step::Fail => bank.record(Record::Failed { reference, reason: "AC01".into() }).await?,
            Step::Return => {
                let amount = returned_short(payout.amount).to_string();
                bank.record(Record::Returned { reference, amount, reason: "AC04".into() }).await?;
            }
            Step::Tell(told) => {
                report(bank, &payout, told).await?;
                if let Some(reported) = reported.take() {
                    let _ = reported.send(());
                }
            }
        }
    }
    Ok(())
}

/// How long the bank takes before a step.
fn pause(bank: &Bank, payout: &Payout, step: Step) -> Duration {
    match step {
        // One that reports before it answers can't wait for its answer.
        Step::Execute if payout.behaviour == Behaviour::ReportsTwice => Duration::ZERO,
        Step::Execute | Step::Fail => bank.timing.execute_after,
        Step::Return => bank.timing.return_after,
        Step::Tell(Report::PaidAgain | Report::ReturnedAgain | Report::Denied) => bank.timing.execute_after,
        Step::Tell(_) => Duration::ZERO,
    }
}

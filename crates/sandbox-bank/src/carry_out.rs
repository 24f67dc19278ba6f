//! One payout's life after it was accepted. Starts again where the journal says it was.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::sleep;

use crate::behaviour::{Behaviour, returned_short};
use crate::book::Status;
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
    reported: Option<oneshot::Sender<()>>,
) -> Result<(), WriteError> {
    let Some(payout) = bank.book.get(reference) else { return Ok(()) };
    let (reference_text, behaviour) = (payout.reference.clone(), payout.behaviour);
    if payout.status == Status::Accepted {
        // One that reports before it answers can't wait for its answer.
        if behaviour != Behaviour::ReportsTwice {
            sleep(bank.timing.execute_after).await;
        }
        bank.record(match behaviour {
            Behaviour::Fails => Record::Failed { reference: reference_text.clone(), reason: "AC01".into() },
            _ => {
                Record::Executed { reference: reference_text.clone(), executed_at: OffsetDateTime::now_utc() }
            }
        })
        .await?;
    }
    match behaviour {
        Behaviour::Silent => Ok(()),
        Behaviour::Fails => report(bank, reference, Report::Failed).await,
        Behaviour::Pays | Behaviour::BusyTwice | Behaviour::NeverArrives => {
            report(bank, reference, Report::Paid).await
        }
        Behaviour::ReportsTwice => {
            report(bank, reference, Report::Paid).await?;
            if let Some(reported) = reported {
                let _ = reported.send(());
            }
            sleep(bank.timing.execute_after).await;
            report(bank, reference, Report::PaidAgain).await
        }
        Behaviour::ReturnsShort => {
            report(bank, reference, Report::Paid).await?;
            if bank.book.get(reference).is_some_and(|payout| payout.status == Status::Paid) {
                sleep(bank.timing.return_after).await;
                let amount = returned_short(payout.amount).to_string();
                bank.record(Record::Returned { reference: reference_text, amount, reason: "AC04".into() })
                    .await?;
            }
            report(bank, reference, Report::Returned).await
        }
    }
}

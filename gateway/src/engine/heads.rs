//! The chains' heads, written to the log and to a file on a schedule: `sluice verify --head` proves by them that
//! no tail was cut.

use std::path::Path;
use std::sync::Arc;

use ledger::Head;
use pg::Pool;
use tokio::io::AsyncWriteExt;

use super::Engine;
use crate::config::Ledger;

pub(super) async fn write_out(engine: Arc<Engine>, reads: Pool, config: Ledger) {
    let mut last: Vec<Head> = Vec::new();
    while engine.pause(config.heads_interval_seconds.duration()).await {
        match heads(&reads).await {
            Ok(heads) if heads == last => {}
            Ok(heads) => {
                tracing::info!(heads = %text(&heads).trim_end().replace('\n', "; "), "ledger heads");
                let written = match &config.heads_file {
                    Some(file) => append(file, &heads).await,
                    None => Ok(()),
                };
                match written {
                    Ok(()) => last = heads,
                    Err(error) => tracing::error!(%error, "the ledger's heads could not be written out"),
                }
            }
            Err(error) => tracing::warn!(%error, "the ledger's heads could not be read"),
        }
    }
}

async fn heads(reads: &Pool) -> Result<Vec<Head>, ledger::Error> {
    let conn = reads.get().await?;
    ledger::heads(&conn).await
}

/// One line for each chain that has a seal.
fn text(heads: &[Head]) -> String {
    heads.iter().filter(|head| head.seq > 0).map(|head| format!("{head}\n")).collect()
}

async fn append(file: &Path, heads: &[Head]) -> std::io::Result<()> {
    let mut file = tokio::fs::OpenOptions::new().create(true).append(true).open(file).await?;
    file.write_all(text(heads).as_bytes()).await?;
    file.sync_data().await
}

//! A merchant's withdrawals, to read.

use std::collections::HashMap;

use ::withdrawals::{Withdrawal, WithdrawalId, WithdrawalState};
use hyper::StatusCode;
use merchants::PayeeId;
use pg::Connection;
use serde_json::Value;
use uuid::Uuid;

use super::{Answer, reply};
use crate::app::App;
use crate::commands::{PayeeView, payout_json, withdrawal_json};
use crate::problem::{Refusal, internal};
use crate::request::Request;

pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id: WithdrawalId = request.id_of("withdrawal")?;
    let mut conn = app.pool.get().await?;
    let found = ::withdrawals::get(&conn, merchant, id).await?;
    let row = found.ok_or_else(|| Refusal::not_found("withdrawal"))?;
    let rows = [row];
    let around = Around::read(app, &mut conn, &rows).await?;
    reply::json(StatusCode::OK, &around.render(&rows[0])?)
}

pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let query = request.query(&["limit", "cursor", "status"])?;
    let (page, before) = (query.page()?, query.cursor()?);
    let state = query
        .get("status")
        .map(|name| {
            WithdrawalState::parse(name)
                .ok_or_else(|| Refusal::field("status", "is not a status of withdrawals"))
        })
        .transpose()?;
    let mut conn = app.pool.get().await?;
    let rows = ::withdrawals::list(&conn, merchant, state, before, page.fetch()).await?;
    let around = Around::read(app, &mut conn, &rows).await?;
    reply::list(&page, rows, |row| row.id.to_string(), |row| around.render(row))
}

/// What is shown along with withdrawals, read for all of them at once.
pub(super) struct Around {
    payees: HashMap<PayeeId, PayeeView>,
    payouts: HashMap<Uuid, Vec<Value>>,
}

impl Around {
    pub(super) async fn read(
        app: &App,
        conn: &mut Connection,
        rows: &[Withdrawal],
    ) -> Result<Around, Refusal> {
        let ids: Vec<(pg::Shard, Uuid)> = rows.iter().map(|row| (row.id.shard(), row.id.uuid())).collect();
        let mut attempts: HashMap<Uuid, Vec<Value>> = HashMap::new();
        for payout in payouts::of_withdrawals(conn, &ids).await? {
            if let Some(withdrawal) = payout.withdrawal {
                attempts.entry(withdrawal).or_default().push(payout_json(&payout));
            }
        }
        let wanted: Vec<PayeeId> = rows.iter().map(|row| row.payee).collect();
        let tx = conn.begin_snapshot().await?;
        let found = merchants::payees(&tx, &wanted).await?;
        tx.commit().await?;
        let payees = found
            .into_iter()
            .map(|(id, payee)| Ok((id, PayeeView::new(&app.keyring, &payee)?)))
            .collect::<Result<_, Refusal>>()?;
        Ok(Around { payees, payouts: attempts })
    }

    pub(super) fn render(&self, row: &Withdrawal) -> Result<Value, Refusal> {
        let payee =
            self.payees.get(&row.payee).ok_or_else(|| internal(&format!("{} has no payee", row.id)))?;
        let attempts = self.payouts.get(&row.id.uuid()).map(Vec::as_slice).unwrap_or_default();
        Ok(withdrawal_json(row, payee, attempts))
    }
}

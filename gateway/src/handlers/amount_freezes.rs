//! Amounts that an authority stops (R32): what is in force, and letting go.

use hyper::StatusCode;
use merchants::{FreezeId, MerchantId};
use serde_json::{Value, json};

use super::{Answer, admin_actions, lane, reply};
use crate::app::App;
use crate::commands::{Action, Command, Operate, amount_freeze_json};
use crate::problem::Refusal;
use crate::request::Request;

/// `GET /admin/v1/merchants/{id}/amount-freezes`: all that are in force, they are few.
///
/// # Errors
/// The database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant: MerchantId = request.id_of("merchant")?;
    request.query(&[])?;
    let conn = app.pool.get().await?;
    let rows = merchants::amount_freezes(&conn, merchant).await?;
    let data: Vec<Value> = rows.iter().map(amount_freeze_json).collect();
    reply::json(StatusCode::OK, &json!({"data": data, "next_cursor": null, "has_more": false}))
}

/// `POST /admin/v1/amount-freezes/{id}/lift`: asks for a second person.
///
/// # Errors
/// What is wrong with the request; `not-found`; the lane's.
pub async fn lift(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let freeze: FreezeId = request.id_of("frozen amount")?;
    let reason = admin_actions::reason_of(&request)?;
    let conn = app.pool.get().await?;
    let merchant = merchants::merchant_of_freeze(&conn, freeze).await?;
    drop(conn);
    let merchant = merchant.ok_or_else(|| Refusal::not_found("frozen amount"))?;
    let action = Action::LiftAmountFreeze { freeze, merchant };
    let command = Operate { request: keyed, operator, reason, action, request_id: request.id.to_string() };
    lane::carry_out(app, Command::Operate(Box::new(command))).await
}

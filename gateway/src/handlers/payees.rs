//! To whom a merchant withdraws.

use hyper::StatusCode;
use merchants::{NewPayee, Payee, PayeeId, PayeeRequest, PayeeState};
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, reply};
use crate::app::App;
use crate::body;
use crate::commands::PayeeView;
use crate::problem::{FieldError, Refusal};
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    holder_name: String,
    country: String,
    currency: String,
    account_number: String,
    bank_code: Option<String>,
    bank_name: Option<String>,
}

pub async fn create(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let body: Body = body::parse(&request.body)?;
    let fields = PayeeRequest {
        holder_name: &body.holder_name,
        country: &body.country,
        currency: &body.currency,
        account_number: &body.account_number,
        bank_code: body.bank_code.as_deref(),
        bank_name: body.bank_name.as_deref(),
    };
    let new = NewPayee::check(&app.keyring, PayeeId::new(merchant.shard()), merchant, &fields)?.map_err(
        |errors| {
            Refusal::fields(
                errors.into_iter().map(|error| FieldError::new(error.field, error.message)).collect(),
            )
        },
    )?;
    let asked = app.engine.accounts_are_checked(new.currency());
    let payee = enter(app, if asked { new.to_be_asked_about() } else { new }).await?;
    let payee = match payee.state {
        PayeeState::Pending => app.engine.check_account(payee).await,
        PayeeState::Verified | PayeeState::Rejected => payee,
    };
    reply::json(StatusCode::CREATED, &render(app, &payee)?)
}

/// The connection goes back before any bank is asked.
async fn enter(app: &App, new: NewPayee) -> Result<Payee, Refusal> {
    let conn = app.pool.get().await?;
    merchants::create_payee(&conn, &new).await?.ok_or_else(|| Refusal::not_found("merchant"))
}

pub async fn show(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id: PayeeId = request.id_of("payee")?;
    let conn = app.pool.get().await?;
    let found = merchants::payee(&conn, merchant, id).await?.filter(|payee| !payee.is_deleted());
    reply::json(StatusCode::OK, &render(app, &found.ok_or_else(|| Refusal::not_found("payee"))?)?)
}

pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor()?);
    let conn = app.pool.get().await?;
    let rows = merchants::list_payees(&conn, merchant, after, page.fetch()).await?;
    reply::list(&page, rows, |payee| payee.id.to_string(), |payee| render(app, payee))
}

pub async fn delete(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    let id: PayeeId = request.id_of("payee")?;
    let conn = app.pool.get().await?;
    if merchants::delete_payee(&conn, merchant, id).await? {
        return Ok(reply::no_content());
    }
    Err(Refusal::not_found("payee"))
}

fn render(app: &App, payee: &Payee) -> Result<Value, Refusal> {
    Ok(PayeeView::new(&app.keyring, payee)?.json().clone())
}

//! Who the operator is; arming and disarming; and the door that lets no change through unarmed (R33).

use admin_api::{ArmRequest, CONSOLE_HEADER, DisarmRequest, Me};
use audit::{Armer, Arming, LONGEST_ARMING};
use hyper::{Response, StatusCode};
use idempotency::Claim;
use pg::Connection;

use super::{Answer, act, admin_actions, reply};
use crate::app::App;
use crate::body::{self, Outgoing};
use crate::caller::Caller;
use crate::commands::rfc3339;
use crate::config::Operator;
use crate::problem::{FieldError, Problem, Refusal};
use crate::request::Request;
use crate::route::Route;

/// `GET /admin/v1/me`.
///
/// # Errors
/// The database's.
pub async fn me(app: &App, request: &Request) -> Answer {
    request.query(&[])?;
    let operator = request.caller.operator()?;
    let conn = app.pool.get().await?;
    let arming = audit::arming(&conn, &operator.id, &operator.person).await?;
    answer(app, operator, arming.as_ref())
}

/// `POST /admin/v1/arm`. It takes no key: a repetition arms anew, from its own moment on, and is in the trail like the first.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn arm(app: &App, request: &Request) -> Answer {
    request.query(&[])?;
    let operator = request.caller.operator()?;
    let ArmRequest { minutes, reason } = body::parse(&request.body)?;
    let mut errors =
        admin_actions::check_reason(&reason).err().map_or_else(Vec::new, |refusal| refusal.errors);
    if !(1..=LONGEST_ARMING).contains(&minutes) {
        errors.push(FieldError::new("minutes", format!("must be 1 to {LONGEST_ARMING}")));
    }
    if !errors.is_empty() {
        return Err(Refusal::fields(errors));
    }
    let origin = request.peer.ip().to_string();
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    let arming = audit::arm(&tx, armer(operator, &origin), minutes, &reason).await?;
    tx.commit().await?;
    answer(app, operator, Some(&arming))
}

/// `POST /admin/v1/disarm`; unarmed, nothing happens.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn disarm(app: &App, request: &Request) -> Answer {
    request.query(&[])?;
    let operator = request.caller.operator()?;
    let DisarmRequest {} = body::parse(&request.body)?;
    let origin = request.peer.ip().to_string();
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    audit::disarm(&tx, armer(operator, &origin)).await?;
    tx.commit().await?;
    answer(app, operator, None)
}

fn armer<'a>(operator: &'a Operator, origin: &'a str) -> Armer<'a> {
    Armer { operator: &operator.id, person: &operator.person, origin }
}

fn answer(app: &App, operator: &Operator, arming: Option<&Arming>) -> Answer {
    let me = Me {
        operator_id: operator.id.clone(),
        person: operator.person.clone(),
        role: operator.role.as_str().to_owned(),
        environment: app.config.environment.clone(),
        must_arm: operator.must_arm,
        armed_until: arming.map(|arming| rfc3339(arming.until)),
        armed_reason: arming.map(|arming| arming.reason.clone()),
    };
    reply::json(StatusCode::OK, &me)
}

/// Lets a request through, unless it changes something, has to be armed, and its operator is not at this moment. A repetition
/// of what was carried out while it was armed is answered as the first time: it changes nothing any more, and whoever lost
/// that answer must learn it (R22).
///
/// # Errors
/// `not-armed`; the database's.
pub async fn guard(app: &App, request: &Request) -> Result<Option<Response<Outgoing>>, Refusal> {
    let Caller::Operator(operator) = &request.caller else { return Ok(None) };
    let asked = operator.must_arm || request.headers.contains_key(CONSOLE_HEADER);
    if !asked || !request.entry.needs_arming() {
        return Ok(None);
    }
    // On the heap: it would be part of every request's room otherwise.
    Box::pin(unless_armed(app, request, operator)).await
}

async fn unless_armed(
    app: &App,
    request: &Request,
    operator: &Operator,
) -> Result<Option<Response<Outgoing>>, Refusal> {
    let mut conn = app.pool.get().await?;
    if audit::arming(&conn, &operator.id, &operator.person).await?.is_some() {
        return Ok(None);
    }
    match answered_before(app, request, &mut conn).await? {
        Some(answer) => Ok(Some(answer)),
        None => Err(Refusal::new(Problem::NotArmed, "arm first: POST /admin/v1/arm")),
    }
}

/// What the same request was answered under its key. The key is claimed to wait for whoever is just committing it, and given
/// back. What unmasks and what copies a merchant's data shows it anew each time, what makes a user its key: their repetitions need
/// arming like the first.
async fn answered_before(
    app: &App,
    request: &Request,
    conn: &mut Connection,
) -> Result<Option<Response<Outgoing>>, Refusal> {
    if matches!(request.entry.route, Route::UnmaskEvent | Route::CopyMerchant | Route::CreateUser) {
        return Ok(None);
    }
    let Ok((_, keyed)) = admin_actions::who(app, request) else { return Ok(None) };
    let tx = conn.begin().await?;
    let claim = idempotency::claim(&tx, &[&keyed]).await?.into_iter().next();
    tx.rollback().await?;
    Ok(match claim {
        Some(Claim::Repeat(answer)) => Some(act::stored(answer, true)),
        Some(Claim::First | Claim::OtherRequest | Claim::SameAs(_)) | None => None,
    })
}

//! A merchant's users (R41): made by approvers, listed, frozen and deleted by operators. A new key is in one answer, and in its
//! repetitions.

use idempotency::Answer as Kept;
use merchants::{ApiKey, MerchantId, NewUser, NoUser, User, UserEvent, UserId};
use notifications::{Notice, NoticeKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::{Act, kept};
use super::{Answer, admin_actions, reply};
use crate::app::App;
use crate::body;
use crate::commands::rfc3339;
use crate::problem::{FieldError, Problem, Refusal};
use crate::request::Request;
use crate::route::Route;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    label: String,
    reason: String,
}

/// `POST /admin/v1/merchants/{id}/users`. What is kept under the idempotency key is sealed, so that a repetition gets the same
/// API key and nobody finds it in the database. The merchant is told, who may know nothing of it.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn create(app: &App, request: &Request) -> Answer {
    let merchant: MerchantId = request.id_of("merchant")?;
    let Body { label, reason } = body::parse(&request.body)?;
    let mut errors =
        admin_actions::check_reason(&reason).err().map_or_else(Vec::new, |refusal| refusal.errors);
    errors.extend(
        merchants::check_label(&label).err().map(|wrong| FieldError::new(wrong.field, wrong.message)),
    );
    if !errors.is_empty() {
        return Err(Refusal::fields(errors));
    }
    let act = Act::because(app, request, reason)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim_sealed(&tx, &app.keyring).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let key = ApiKey::generate()?;
    let new = NewUser { id: UserId::new(merchant.shard()), merchant, label: &label, key: &key };
    let answer = match merchants::create_user(&tx, &new).await? {
        Err(why) => refused(&act, why),
        Ok(user) => {
            let now = tx.now().await?;
            notifications::enqueue(&tx, &[told(&user)], app.engine.facts().emails, now).await?;
            let made = (None, Some(lasting(&user)));
            act.audit(&tx, now, "user.create", user.id.to_string(), made).await?;
            let mut answer = render(&user);
            answer["api_key"] = Value::from(key.reveal());
            kept(201, &answer)?
        }
    };
    let answer = act.finish_sealed(tx, answer, &app.keyring).await?;
    app.engine.wake_notices();
    Ok(answer)
}

/// What the merchant hears: neither the key nor what the user is called.
fn told(user: &User) -> Notice {
    let data = json!({
        "merchant_id": user.merchant.to_string(),
        "user_id": user.id.to_string(),
        "key_fingerprint": user.key_fingerprint,
    });
    Notice {
        shard: user.merchant.shard(),
        merchant: user.merchant.uuid(),
        kind: NoticeKind::UserCreated,
        subject: user.id.to_string(),
        data,
        due_at: None,
    }
}

/// `GET /admin/v1/merchants/{id}/users`: also deleted ones, oldest first; nothing of their keys but fingerprints.
///
/// # Errors
/// `not-found`; what is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let merchant: MerchantId = request.id_of("merchant")?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor::<UserId>()?);
    let conn = app.pool.get().await?;
    if merchants::merchant(&conn, &app.keyring, merchant).await?.is_none() {
        return Err(Refusal::not_found("merchant"));
    }
    let rows = merchants::list_users(&conn, merchant, after, page.fetch()).await?;
    reply::list(&page, rows, |user| user.id.to_string(), |user| Ok(render(user)))
}

/// `POST /admin/v1/users/{id}/freeze`, `…/unfreeze` and `…/delete`: from the commit on, for every request that comes. The answer is
/// kept for ever, and so is without the label.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn change(app: &App, request: &Request) -> Answer {
    let id: UserId = request.id_of("user")?;
    let (event, action) = match request.entry.route {
        Route::FreezeUser => (UserEvent::Freeze, "user.freeze"),
        Route::UnfreezeUser => (UserEvent::Unfreeze, "user.unfreeze"),
        _ => (UserEvent::Delete, "user.delete"),
    };
    let act = Act::read(app, request)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let answer = match merchants::change_user(&tx, id, event).await? {
        Err(why) => refused(&act, why),
        Ok((before, after)) => {
            let change = (Some(lasting(&before)), Some(lasting(&after)));
            act.audit(&tx, tx.now().await?, action, id.to_string(), change).await?;
            kept(200, &lasting(&after))?
        }
    };
    act.finish(tx, answer).await
}

fn refused(act: &Act, why: NoUser) -> Kept {
    match why {
        NoUser::NotFound => act.refused(Problem::NotFound, "there is no such merchant or user"),
        NoUser::MerchantClosed => act.refused(Problem::MerchantClosed, "the merchant is closed"),
        NoUser::TooMany => {
            let detail = format!(
                "a merchant has {} users at most; delete those that are not needed",
                merchants::MAX_USERS
            );
            act.refused(Problem::LimitExceeded, &detail)
        }
        NoUser::IllegalTransition(state) => {
            act.refused(Problem::IllegalTransition, &format!("the user is {}", state.as_str()))
        }
    }
}

/// For the trail and for kept answers, which are for ever: without the label, which may name a person (R38).
fn lasting(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "merchant_id": user.merchant.to_string(),
        "status": user.state.as_str(),
        "key_fingerprint": user.key_fingerprint,
    })
}

/// As operators see it.
pub(super) fn render(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "merchant_id": user.merchant.to_string(),
        "label": user.label,
        "status": user.state.as_str(),
        "key_fingerprint": user.key_fingerprint,
        "created_at": rfc3339(user.created_at),
    })
}

//! Where merchants want webhooks.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pg::{Connection, Tx};
use privacy::{Keyring, Sensitive};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::{DeliveryId, EndpointId, NoticeId};

/// Most endpoints of one merchant.
pub const MAX_ENDPOINTS: i64 = 16;

/// Whether an endpoint is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// Every notice goes there.
    Active,
    /// It answered 410. The merchant enters it again when it wants.
    Disabled,
    /// The merchant took it away.
    Deleted,
}

impl EndpointState {
    /// Its name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            EndpointState::Active => "active",
            EndpointState::Disabled => "disabled",
            EndpointState::Deleted => "deleted",
        }
    }

    /// The reverse of [`EndpointState::as_str`].
    pub fn parse(text: &str) -> Option<EndpointState> {
        [EndpointState::Active, EndpointState::Disabled, EndpointState::Deleted]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// An endpoint, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id, in the merchant's shard.
    pub id: EndpointId,
    /// Where.
    pub url: String,
    /// Whether it is used.
    pub state: EndpointState,
    /// When it was entered.
    pub created_at: OffsetDateTime,
}

/// Enters an endpoint with a new secret (`whsec_…`), which is shown here and never again. `url` was checked by
/// [`crate::target`]; `merchant` is a merchant's id. None: the merchant has [`MAX_ENDPOINTS`] already.
///
/// # Errors
/// The database's; randomness.
pub async fn create_endpoint(
    tx: &Tx<'_>,
    keyring: &Keyring,
    id: EndpointId,
    merchant: Uuid,
    url: &str,
) -> Result<Option<(Endpoint, Sensitive<String>)>, Error> {
    let secret = new_secret()?;
    let sealed = keyring
        .seal(secret.reveal().as_bytes(), &secret_context(id.uuid()))
        .map_err(|error| Error::Unexpected(error.to_string()))?;
    let now = tx.now().await?;
    // Two at once could both be the last: the merchant's endpoints are made one after the other.
    tx.query(include_str!("sql/lock_merchant.sql"), &[&merchant.to_string()]).await?;
    let parameters: [&(dyn pg::ToSql + Sync); 7] =
        [&id.shard(), &id.uuid(), &merchant, &url, &sealed, &now, &MAX_ENDPOINTS];
    let made = tx.execute(include_str!("sql/create_endpoint.sql"), &parameters).await?;
    let endpoint = Endpoint { id, url: url.to_owned(), state: EndpointState::Active, created_at: now };
    Ok((made == 1).then_some((endpoint, secret)))
}

fn new_secret() -> Result<Sensitive<String>, Error> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Unexpected("no randomness".to_owned()))?;
    Ok(Sensitive::new(format!("whsec_{}", STANDARD.encode(bytes))))
}

/// What a sealed secret is bound to.
pub(crate) fn secret_context(id: Uuid) -> Vec<u8> {
    [b"webhook_endpoints.secret\0".as_slice(), id.as_bytes()].concat()
}

/// A merchant's endpoints in the order in which they were entered, without deleted ones.
///
/// # Errors
/// The database's.
pub async fn list_endpoints(
    conn: &Connection,
    shard: pg::Shard,
    merchant: Uuid,
) -> Result<Vec<Endpoint>, Error> {
    let rows = conn.query(include_str!("sql/list_endpoints.sql"), &[&shard, &merchant]).await?;
    rows.iter().map(read).collect()
}

/// A row of endpoints.
pub(crate) fn read(row: &pg::Row) -> Result<Endpoint, Error> {
    let state = EndpointState::parse(row.get("state"));
    Ok(Endpoint {
        id: EndpointId::from_uuid(row.get("id")),
        url: row.get("url"),
        state: state.ok_or_else(|| Error::Unexpected("an endpoint's state".to_owned()))?,
        created_at: row.get("created_at"),
    })
}

/// Takes a merchant's endpoint away; false: it has no such endpoint. What is on its way there becomes a dead letter.
///
/// # Errors
/// The database's.
pub async fn delete_endpoint(conn: &Connection, merchant: Uuid, id: EndpointId) -> Result<bool, Error> {
    let deleted =
        conn.execute(include_str!("sql/delete_endpoint.sql"), &[&id.shard(), &id.uuid(), &merchant]).await?;
    Ok(deleted == 1)
}

/// Why no test is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTest {
    /// The merchant has no such active endpoint.
    NoSuchEndpoint,
    /// The last one has not arrived yet, and is not a minute old: so long until it is.
    OneUnderWay(Duration),
}

/// Sends `webhook.test` to one endpoint of a merchant, the next once that has arrived, or a minute later.
///
/// # Errors
/// The database's; the inner one says why not.
pub async fn enqueue_test(
    tx: &Tx<'_>,
    merchant: Uuid,
    id: EndpointId,
) -> Result<Result<NoticeId, NoTest>, Error> {
    let endpoint =
        tx.query_opt(include_str!("sql/lock_endpoint.sql"), &[&id.shard(), &id.uuid(), &merchant]).await?;
    let Some(endpoint) = endpoint else { return Ok(Err(NoTest::NoSuchEndpoint)) };
    let last: Option<Uuid> = endpoint.get("last_test");
    let under_way = tx.query_opt(include_str!("sql/test_under_way.sql"), &[&id.shard(), &last]).await?;
    if let Some(row) = under_way {
        let wait = Duration::try_from_secs_f64(row.get("seconds")).unwrap_or_default();
        return Ok(Err(NoTest::OneUnderWay(wait)));
    }
    let (notice, delivery) = (NoticeId::new(id.shard()), DeliveryId::new(id.shard()));
    let data = json!({"endpoint": id.to_string()}).to_string();
    let subject = id.to_string();
    let parameters: [&(dyn pg::ToSql + Sync); 6] =
        [&id.shard(), &notice.uuid(), &delivery.uuid(), &id.uuid(), &subject, &data];
    tx.execute(include_str!("sql/enqueue_test.sql"), &parameters).await?;
    Ok(Ok(notice))
}

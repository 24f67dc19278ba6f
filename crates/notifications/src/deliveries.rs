//! Rows of deliveries: made with notices, claimed, recorded.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use pg::{Connection, Shard, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::decide::Decision;
use crate::endpoints::EndpointState;
use crate::error::Error;
use crate::outbox::Notice;
use crate::state::{DeliveryEvent, DeliveryState};
use crate::{DeliveryId, NoticeId};

/// The destination of e-mails.
pub(crate) const EMAIL: Uuid = Uuid::nil();

/// The active endpoints of the merchants who are told something.
pub(crate) async fn active_endpoints(
    tx: &Tx<'_>,
    notices: &[Notice],
) -> Result<HashMap<Uuid, Vec<Uuid>>, Error> {
    let merchants: BTreeSet<(Shard, Uuid)> = notices.iter().map(|n| (n.shard, n.merchant)).collect();
    let (shards, ids): (Vec<Shard>, Vec<Uuid>) = merchants.into_iter().unzip();
    let mut active: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in tx.query(include_str!("sql/active_endpoints.sql"), &[&shards, &ids]).await? {
        active.entry(row.get("merchant")).or_default().push(row.get("id"));
    }
    Ok(active)
}

/// Deliveries to be written.
#[derive(Default)]
pub(crate) struct Targets {
    shards: Vec<Shard>,
    ids: Vec<Uuid>,
    notices: Vec<Uuid>,
    merchants: Vec<Uuid>,
    destinations: Vec<Uuid>,
}

impl Targets {
    pub fn add(&mut self, shard: Shard, notice: Uuid, merchant: Uuid, destination: Uuid) {
        self.shards.push(shard);
        self.ids.push(DeliveryId::new(shard).uuid());
        self.notices.push(notice);
        self.merchants.push(merchant);
        self.destinations.push(destination);
    }

    /// Writes them all, due at once.
    pub async fn insert(&self, tx: &Tx<'_>) -> Result<(), Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        tx.execute(
            include_str!("sql/insert_deliveries.sql"),
            &[&self.shards, &self.ids, &self.notices, &self.merchants, &self.destinations],
        )
        .await?;
        Ok(())
    }
}

/// A delivery that is due, seen without a lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub shard: Shard,
    pub id: Uuid,
    pub destination: Uuid,
}

/// At most `limit` due deliveries, the oldest first, at most `each` of one destination and none of `busy` ones: one
/// that doesn't answer can't fill what others wait for.
pub(crate) async fn due(
    conn: &Connection,
    busy: &[Uuid],
    each: usize,
    limit: usize,
) -> Result<Vec<Due>, Error> {
    let (each, limit) = (i64::try_from(each).unwrap_or(1), i64::try_from(limit).unwrap_or(1));
    let rows = conn.query(include_str!("sql/due.sql"), &[&busy, &each, &limit]).await?;
    let read = |row: &pg::Row| {
        Ok(Due { shard: shard(row)?, id: row.get("id"), destination: row.get("destination") })
    };
    rows.iter().map(read).collect()
}

/// A delivery under a worker's token, with all that is sent.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub shard: Shard,
    pub id: DeliveryId,
    pub notice: NoticeId,
    pub merchant: Uuid,
    pub destination: Uuid,
    /// Attempts that failed before.
    pub failed: u32,
    pub token: Uuid,
    pub event_type: String,
    pub subject: String,
    pub data: String,
    pub created_at: OffsetDateTime,
    /// Of a webhook.
    pub endpoint: Option<Destination>,
}

#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub url: String,
    pub secret_sealed: Vec<u8>,
    pub state: EndpointState,
}

/// Takes those that nobody else has taken, until the lease ends.
pub(crate) async fn claim(conn: &Connection, due: &[Due], lease: Duration) -> Result<Vec<Claimed>, Error> {
    let shards: Vec<Shard> = due.iter().map(|due| due.shard).collect();
    let ids: Vec<Uuid> = due.iter().map(|due| due.id).collect();
    let tokens: Vec<Uuid> = due.iter().map(|_| Uuid::now_v7()).collect();
    let lease = lease.as_secs_f64();
    let rows = conn.query(include_str!("sql/claim.sql"), &[&shards, &ids, &tokens, &lease]).await?;
    rows.iter().map(claimed).collect()
}

fn claimed(row: &pg::Row) -> Result<Claimed, Error> {
    let endpoint = match row.get::<_, Option<&str>>("endpoint_state") {
        None => None,
        Some(state) => Some(Destination {
            url: row.get("url"),
            secret_sealed: row.get("secret_sealed"),
            state: EndpointState::parse(state)
                .ok_or_else(|| Error::Unexpected(format!("the endpoint state {state}")))?,
        }),
    };
    Ok(Claimed {
        shard: shard(row)?,
        id: DeliveryId::from_uuid(row.get("id")),
        notice: NoticeId::from_uuid(row.get("notice")),
        merchant: row.get("merchant"),
        destination: row.get("destination"),
        failed: u32::try_from(row.get::<_, i32>("attempts")).unwrap_or_default(),
        token: row.get("token"),
        event_type: row.get("event_type"),
        subject: row.get("subject"),
        data: row.get("data"),
        created_at: row.get("created_at"),
        endpoint,
    })
}

/// Writes what came of an attempt, if the claim is still this one; false: the lease ran out and another has it.
pub(crate) async fn record(tx: &Tx<'_>, claimed: &Claimed, decision: &Decision) -> Result<bool, Error> {
    let next = DeliveryState::Pending.next(decision.event);
    let state = next.ok_or_else(|| Error::Unexpected(format!("{:?} while pending", decision.event)))?;
    let parameters: [&(dyn pg::ToSql + Sync); 6] = [
        &claimed.shard,
        &claimed.id.uuid(),
        &claimed.token,
        &state.as_str(),
        &decision.wait.as_secs_f64(),
        &decision.text,
    ];
    if tx.execute(include_str!("sql/record.sql"), &parameters).await? == 0 {
        return Ok(false);
    }
    if decision.event == DeliveryEvent::Taken {
        tx.execute(include_str!("sql/mark_told.sql"), &[&claimed.shard, &claimed.notice.uuid()]).await?;
    }
    if decision.disable {
        tx.execute(include_str!("sql/disable_endpoint.sql"), &[&claimed.shard, &claimed.destination]).await?;
    }
    Ok(true)
}

fn shard(row: &pg::Row) -> Result<Shard, Error> {
    let number: i16 = row.get("shard");
    Shard::new(number).ok_or_else(|| Error::Unexpected(format!("shard {number}")))
}

//! R32: the freezes that a merchant is under. Each stands for itself, whoever ordered it: none ends early because another one
//! does, and the merchant is frozen until the last of them has ended.

use pg::{Connection, Row, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::MerchantId;
use crate::error::Error;

/// What a freeze says (R32).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Why.
    pub reason: String,
    /// On whose order, where an authority gave one.
    pub legal_reference: Option<String>,
    /// When it is lifted by itself.
    pub until: Option<OffsetDateTime>,
}

/// A freeze in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// Its own mark: word for word the same again is another freeze.
    pub id: Uuid,
    /// What it says.
    pub freeze: Freeze,
    /// Since when.
    pub since: OffsetDateTime,
}

impl Frozen {
    fn is_over(&self, now: OffsetDateTime) -> bool {
        self.freeze.until.is_some_and(|until| until <= now)
    }
}

/// The freezes of one merchant in a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freezes {
    /// Oldest first.
    in_force: Vec<Frozen>,
    lifted: Vec<(Frozen, OffsetDateTime)>,
    new: Vec<Uuid>,
}

impl Freezes {
    /// Those in force, oldest first.
    pub fn in_force(&self) -> &[Frozen] {
        &self.in_force
    }

    /// The one that ends last: one without an end, else the one with the latest.
    pub fn last_to_end(&self) -> Option<&Frozen> {
        self.in_force.iter().max_by_key(|frozen| {
            let until = frozen.freeze.until;
            (until.is_none(), until)
        })
    }

    /// Another one, beside those that stand.
    pub(crate) fn add(&mut self, freeze: Freeze, now: OffsetDateTime) {
        let id = Uuid::now_v7();
        self.new.push(id);
        self.in_force.push(Frozen { id, freeze, since: now });
    }

    /// All of them end.
    pub(crate) fn lift_all(&mut self, now: OffsetDateTime) {
        self.lifted.extend(self.in_force.drain(..).map(|frozen| (frozen, now)));
    }

    /// Those whose time is over end; whether there were any.
    pub(crate) fn lift_over(&mut self, now: OffsetDateTime) -> bool {
        let (over, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.in_force).into_iter().partition(|frozen| frozen.is_over(now));
        self.in_force = left;
        let any = !over.is_empty();
        self.lifted.extend(over.into_iter().map(|frozen| (frozen, now)));
        any
    }

    /// Whether there is anything to write.
    pub(crate) fn changed(&self) -> bool {
        !self.new.is_empty() || !self.lifted.is_empty()
    }

    pub(crate) async fn save(&self, tx: &Tx<'_>, merchant: MerchantId) -> Result<(), Error> {
        let shard = merchant.shard().number();
        let standing = self.in_force.iter().map(|frozen| (frozen, None));
        let lifted = self.lifted.iter().map(|(frozen, at)| (frozen, Some(*at)));
        for (frozen, lifted_at) in standing.chain(lifted) {
            let Freeze { reason, legal_reference, until } = &frozen.freeze;
            if self.new.contains(&frozen.id) {
                let parameters: [&(dyn pg::ToSql + Sync); 8] = [
                    &shard,
                    &frozen.id,
                    &merchant.uuid(),
                    reason,
                    legal_reference,
                    until,
                    &frozen.since,
                    &lifted_at,
                ];
                tx.execute(include_str!("sql/insert_freeze.sql"), &parameters).await?;
            } else if lifted_at.is_some() {
                let parameters: [&(dyn pg::ToSql + Sync); 3] = [&shard, &frozen.id, &lifted_at];
                if tx.execute(include_str!("sql/lift_freeze.sql"), &parameters).await? != 1 {
                    return Err(Error::Unexpected(format!("a freeze of {merchant} was lifted meanwhile")));
                }
            }
        }
        Ok(())
    }
}

/// What is in force of these merchants, whose rows the caller has locked exclusively.
pub(crate) async fn load(tx: &Tx<'_>, merchants: &[MerchantId]) -> Result<Vec<(MerchantId, Frozen)>, Error> {
    if merchants.is_empty() {
        return Ok(Vec::new());
    }
    let (shards, ids) = keys(merchants);
    let rows = tx.query(include_str!("sql/freezes_in_force.sql"), &[&shards, &ids]).await?;
    Ok(rows.iter().map(read).collect())
}

/// A merchant's freezes that are in force, oldest first.
///
/// # Errors
/// The database's.
pub async fn freezes(conn: &Connection, merchant: MerchantId) -> Result<Vec<Frozen>, Error> {
    let (shards, ids) = keys(&[merchant]);
    let rows = conn.query(include_str!("sql/freezes_in_force.sql"), &[&shards, &ids]).await?;
    Ok(rows.iter().map(|row| read(row).1).collect())
}

impl FromIterator<Frozen> for Freezes {
    fn from_iter<I: IntoIterator<Item = Frozen>>(frozen: I) -> Freezes {
        Freezes { in_force: frozen.into_iter().collect(), ..Freezes::default() }
    }
}

fn keys(merchants: &[MerchantId]) -> (Vec<i16>, Vec<Uuid>) {
    merchants.iter().map(|id| (id.shard().number(), id.uuid())).unzip()
}

fn read(row: &Row) -> (MerchantId, Frozen) {
    let freeze = Freeze {
        reason: row.get("reason"),
        legal_reference: row.get("legal_reference"),
        until: row.get("until"),
    };
    let frozen = Frozen { id: row.get("id"), freeze, since: row.get("since") };
    (MerchantId::from_uuid(row.get("merchant")), frozen)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-27 08:00 UTC);

    /// Freezes that end so many hours from now, `None` of them never.
    fn under(ends: &[Option<i64>]) -> Freezes {
        let mut freezes = Freezes::default();
        for (at, end) in ends.iter().enumerate() {
            let until = end.map(|hours| NOW + Duration::hours(hours));
            freezes.add(Freeze { reason: at.to_string(), legal_reference: None, until }, NOW);
        }
        freezes
    }

    fn reasons<'f>(frozen: impl IntoIterator<Item = &'f Frozen>) -> Vec<&'f str> {
        frozen.into_iter().map(|frozen| frozen.freeze.reason.as_str()).collect()
    }

    /// Whatever the order in which they came, the last end counts, and each ends by its own.
    #[test]
    fn r32_no_freeze_ends_early_because_of_another() {
        // ends in hours; which ends last; those in force after 1, 2 and 3 hours
        type Row = (&'static [Option<i64>], &'static str, [&'static [&'static str]; 3]);
        let table: [Row; 8] = [
            (&[Some(1)], "0", [&[], &[], &[]]),
            (&[None], "0", [&["0"], &["0"], &["0"]]),
            (&[Some(1), Some(3)], "1", [&["1"], &["1"], &[]]),
            (&[Some(3), Some(1)], "0", [&["0"], &["0"], &[]]),
            (&[Some(1), None], "1", [&["1"], &["1"], &["1"]]),
            (&[None, Some(1)], "0", [&["0"], &["0"], &["0"]]),
            (&[Some(2), Some(1), Some(2)], "2", [&["0", "2"], &[], &[]]),
            (&[Some(3), None, Some(2)], "1", [&["0", "1", "2"], &["0", "1"], &["1"]]),
        ];
        for (ends, last, standing) in table {
            let mut freezes = under(ends);
            assert_eq!(reasons(freezes.last_to_end()), [last], "{ends:?}");
            assert!(!freezes.lift_over(NOW + Duration::minutes(59)), "{ends:?}");
            for (hours, expected) in (1..).zip(standing) {
                let before = freezes.in_force().len();
                assert_eq!(freezes.lift_over(NOW + Duration::hours(hours)), before > expected.len());
                assert_eq!(reasons(freezes.in_force()), expected, "{ends:?} after {hours}");
            }
        }
    }

    #[test]
    fn r32_an_end_by_two_persons_lifts_all_that_stand() {
        let mut freezes = under(&[None, Some(1)]);
        freezes.lift_all(NOW);
        assert_eq!((freezes.in_force().len(), freezes.lifted.len()), (0, 2));
        assert_eq!(freezes.last_to_end(), None);
    }
}

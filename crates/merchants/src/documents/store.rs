//! Documents' rows: as a batch holds them, as operators list them, as the clock looks for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pg::{Connection, Row, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::decide::{self, Aged, Lack};
use super::{Document, DocumentKind, NewDocument, Origin};
use crate::error::Error;
use crate::marks::{self, Claimed, MarkKind};
use crate::registry::MerchantKind;
use crate::{DocumentId, MerchantId};

/// Why a document is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddRefusal {
    /// A renewed one bears the number of the old one.
    OtherNumber,
    /// It is another merchant's, who is not closed.
    OthersNumber,
}

/// The documents in effect of the merchants of a batch. Whoever changes them holds the merchant's row exclusively.
#[derive(Debug, Default)]
pub struct Documents {
    subjects: BTreeMap<MerchantId, (MerchantKind, Option<Origin>)>,
    rows: Vec<Held>,
    claims: HashMap<DocumentId, (MerchantId, [u8; 32], Claimed)>,
}

#[derive(Debug)]
struct Held {
    row: Document,
    is_new: bool,
    is_changed: bool,
}

impl Documents {
    /// Reads what these merchants, whose rows the caller has locked exclusively, have; asks for the numbers of `new` ones.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn load(
        tx: &Tx<'_>,
        merchants: &[MerchantId],
        new: &[(MerchantId, &NewDocument)],
    ) -> Result<Documents, Error> {
        let mut documents = Documents::default();
        if merchants.is_empty() {
            return Ok(documents);
        }
        // A merchant may be named several times in a batch, and has its documents once.
        let merchants: BTreeSet<MerchantId> = merchants.iter().copied().collect();
        let shards: Vec<i16> = merchants.iter().map(|id| id.shard().number()).collect();
        let ids: Vec<Uuid> = merchants.iter().map(|id| id.uuid()).collect();
        for row in tx.query(include_str!("../sql/document_subjects.sql"), &[&shards, &ids]).await? {
            let id = MerchantId::from_uuid(row.get("id"));
            documents.subjects.insert(id, subject(&row, id)?);
        }
        for row in tx.query(include_str!("../sql/documents_in_effect.sql"), &[&shards, &ids]).await? {
            documents.rows.push(Held { row: read(&row)?, is_new: false, is_changed: false });
        }
        let mut marked: Vec<_> = new.iter().filter(|(id, new)| documents.names_one(*id, new.kind)).collect();
        marked.sort_by_key(|(_, new)| new.number_index);
        for (merchant, new) in marked {
            let claimed = marks::claim(tx, *merchant, MarkKind::Document, &new.number_index).await?;
            documents.claims.insert(new.id, (*merchant, new.number_index, claimed));
        }
        Ok(documents)
    }

    /// Whether a document's number may be one merchant's alone; false where there is no such merchant.
    fn names_one(&self, merchant: MerchantId, kind: DocumentKind) -> bool {
        self.subjects.get(&merchant).is_some_and(|(_, origin)| kind.names_one_subject(*origin))
    }

    /// Those in effect of one merchant.
    pub fn of(&self, merchant: MerchantId) -> Vec<&Document> {
        let rows = self.rows.iter().map(|held| &held.row);
        rows.filter(|row| row.merchant == merchant && row.replaced_at.is_none()).collect()
    }

    /// One that is in effect.
    pub fn get(&self, id: DocumentId) -> Option<&Document> {
        self.rows.iter().map(|held| &held.row).find(|row| row.id == id && row.replaced_at.is_none())
    }

    /// What stands in the way of a merchant's being active; of one from before, of which nobody wrote down where it is from,
    /// nothing is missing, since it was identified elsewhere.
    pub fn lack(&self, merchant: MerchantId, today: Date) -> Option<Lack> {
        let needed = match self.subjects.get(&merchant) {
            Some((kind, Some(origin))) => DocumentKind::needed(*kind, *origin),
            Some((_, None)) | None => &[],
        };
        decide::lack(needed, &self.of(merchant), today)
    }

    /// Puts a document in effect, in the place of the one of its kind.
    ///
    /// # Errors
    /// The refusal.
    pub fn add(
        &mut self,
        merchant: MerchantId,
        new: &NewDocument,
        now: OffsetDateTime,
    ) -> Result<(), AddRefusal> {
        if self.claims.get(&new.id).is_some_and(|(_, _, claimed)| *claimed == Claimed::Others) {
            return Err(AddRefusal::OthersNumber);
        }
        let keeps_its_number = self.names_one(merchant, new.kind);
        let same =
            |row: &Document| row.merchant == merchant && row.kind == new.kind && row.replaced_at.is_none();
        if let Some(old) = self.rows.iter_mut().find(|held| same(&held.row)) {
            if keeps_its_number && old.row.number_index != new.number_index {
                return Err(AddRefusal::OtherNumber);
            }
            old.row.replaced_at = Some(now);
            old.is_changed = true;
        }
        self.rows.push(Held { row: entered(merchant, new, now), is_new: true, is_changed: false });
        Ok(())
    }

    /// R40: what the day does to a merchant's documents, each once.
    pub fn age(&mut self, merchant: MerchantId, today: Date, now: OffsetDateTime) -> Aged {
        let aged = decide::aged(&self.of(merchant), today);
        for held in &mut self.rows {
            let (tells, lapses) = (aged.expiring.contains(&held.row.id), aged.expired.contains(&held.row.id));
            if tells {
                held.row.told_at = Some(now);
            }
            if lapses {
                held.row.lapsed_at = Some(now);
            }
            held.is_changed |= tells || lapses;
        }
        aged
    }

    /// Writes what was added and what changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        // What is replaced first: of each kind one is in effect.
        for Held { row, .. } in self.rows.iter().filter(|held| held.is_changed && !held.is_new) {
            let parameters: [&(dyn pg::ToSql + Sync); 5] =
                [&row.id.shard().number(), &row.id.uuid(), &row.told_at, &row.lapsed_at, &row.replaced_at];
            tx.execute(include_str!("../sql/save_document.sql"), &parameters).await?;
        }
        for held in self.rows.iter().filter(|held| held.is_new) {
            insert_row(tx, &held.row).await?;
        }
        for (merchant, index, claimed) in self.claims.values() {
            // By any of the batch's: of two with one number the first may be refused and the second be in effect.
            let of = |row: &Document| row.merchant == *merchant && row.number_index == *index;
            let added = self.rows.iter().any(|held| held.is_new && of(&held.row));
            if *claimed == Claimed::Now && !added {
                marks::release(tx, *merchant, MarkKind::Document, index).await?;
            }
        }
        Ok(())
    }
}

fn entered(merchant: MerchantId, new: &NewDocument, now: OffsetDateTime) -> Document {
    Document {
        id: new.id,
        merchant,
        kind: new.kind,
        expires_on: new.expires_on,
        added_at: now,
        told_at: None,
        lapsed_at: None,
        replaced_at: None,
        number_sealed: new.number_sealed.clone(),
        number_index: new.number_index,
    }
}

/// Enters a merchant's first document of its kind.
///
/// # Errors
/// The database's.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    merchant: MerchantId,
    new: &NewDocument,
    now: OffsetDateTime,
) -> Result<(), Error> {
    insert_row(tx, &entered(merchant, new, now)).await
}

async fn insert_row(tx: &Tx<'_>, row: &Document) -> Result<(), Error> {
    let parameters: [&(dyn pg::ToSql + Sync); 11] = [
        &row.id.shard().number(),
        &row.id.uuid(),
        &row.merchant.uuid(),
        &row.kind.as_str(),
        &row.number_sealed,
        &row.number_index.as_slice(),
        &row.expires_on,
        &row.added_at,
        &row.told_at,
        &row.lapsed_at,
        &row.replaced_at,
    ];
    tx.execute(include_str!("../sql/insert_document.sql"), &parameters).await?;
    Ok(())
}

/// A merchant's documents in effect.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn documents_of(conn: &Connection, merchant: MerchantId) -> Result<Vec<Document>, Error> {
    let (shards, ids) = (vec![merchant.shard().number()], vec![merchant.uuid()]);
    let rows = conn.query(include_str!("../sql/documents_in_effect.sql"), &[&shards, &ids]).await?;
    rows.iter().map(read).collect()
}

/// A merchant's documents, replaced ones among them, newest first, at most `limit`, after `after`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list_documents(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<DocumentId>,
    limit: i64,
) -> Result<Vec<Document>, Error> {
    let before = after.map_or(Uuid::max(), |id| id.uuid());
    let parameters: [&(dyn pg::ToSql + Sync); 4] =
        [&merchant.shard().number(), &merchant.uuid(), &before, &limit];
    conn.query(include_str!("../sql/list_documents.sql"), &parameters).await?.iter().map(read).collect()
}

/// Merchants, in the order of their ids from behind `after` on, one of whose documents has come near its end or over it, and
/// nobody has seen it yet.
///
/// # Errors
/// The database's.
pub async fn aging(
    conn: &Connection,
    today: Date,
    after: Option<MerchantId>,
    limit: i64,
) -> Result<Vec<MerchantId>, Error> {
    let soon = today.checked_add(time::Duration::days(super::TOLD_DAYS)).unwrap_or(Date::MAX);
    let after = after.map_or(Uuid::nil(), |id| id.uuid());
    let rows =
        conn.query(include_str!("../sql/aging_documents.sql"), &[&soon, &today, &after, &limit]).await?;
    Ok(rows.iter().map(|row| MerchantId::from_uuid(row.get::<_, Uuid>("merchant"))).collect())
}

/// Merchants that wait for an operator (R39).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reviews {
    /// How many.
    pub waiting: i64,
    /// How many of them longer than they should.
    pub overdue: i64,
    /// Since when the first of them does.
    pub oldest: Option<OffsetDateTime>,
}

/// How many merchants wait.
///
/// # Errors
/// The database's.
pub async fn reviews(conn: &Connection) -> Result<Reviews, Error> {
    let row = conn.query_one(include_str!("../sql/reviews.sql"), &[]).await?;
    Ok(Reviews { waiting: row.get("waiting"), overdue: row.get("overdue"), oldest: row.get("oldest") })
}

fn subject(row: &Row, id: MerchantId) -> Result<(MerchantKind, Option<Origin>), Error> {
    let unexpected = |what: &str| Error::Unexpected(format!("the {what} of {id}"));
    let kind = MerchantKind::parse(row.get("kind")).ok_or_else(|| unexpected("kind"))?;
    let origin = row.get::<_, Option<&str>>("origin").map(Origin::parse);
    Ok((kind, if origin == Some(None) { return Err(unexpected("origin")) } else { origin.flatten() }))
}

fn read(row: &Row) -> Result<Document, Error> {
    let id = DocumentId::from_uuid(row.get("id"));
    let unexpected = |what: &str| Error::Unexpected(format!("the {what} of {id}"));
    Ok(Document {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        kind: DocumentKind::parse(row.get("kind")).ok_or_else(|| unexpected("kind"))?,
        expires_on: row.get("expires_on"),
        added_at: row.get("added_at"),
        told_at: row.get("told_at"),
        lapsed_at: row.get("lapsed_at"),
        replaced_at: row.get("replaced_at"),
        number_sealed: row.get("number_sealed"),
        number_index: row
            .get::<_, &[u8]>("number_index")
            .try_into()
            .map_err(|_| unexpected("number's index"))?,
    })
}

//! What operators write down about a payment: added, never changed. A note may name persons, so it lies sealed.

use privacy::{Keyring, Sensitive};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::receipt::PaymentId;

/// Longest note, in characters. Callers check it: a longer one is an invalid request.
pub const MAX_NOTE: usize = 2_000;

/// A note to be.
#[derive(Debug)]
pub struct NewNote<'a> {
    /// About which payment. That it exists is the caller's to know.
    pub payment: PaymentId,
    /// The operator.
    pub author: &'a str,
    /// The words.
    pub text: &'a Sensitive<String>,
    /// The database's time.
    pub now: OffsetDateTime,
}

/// A note.
#[derive(Debug, Clone)]
pub struct Note {
    /// Its id.
    pub id: Uuid,
    /// The operator who wrote it.
    pub author: String,
    /// The words.
    pub text: Sensitive<String>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Adds a note; its id.
///
/// # Errors
/// The database's; `Details` when there is no key to seal with.
pub async fn add_note(tx: &pg::Tx<'_>, keyring: &Keyring, new: &NewNote<'_>) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    let sealed = keyring
        .seal(new.text.reveal().as_bytes(), &context(id))
        .map_err(|error| Error::Details(error.to_string()))?;
    let (shard, payment) = (new.payment.shard().number(), new.payment.uuid());
    tx.execute(include_str!("sql/insert_note.sql"), &[&shard, &payment, &id, &new.author, &sealed, &new.now])
        .await?;
    Ok(id)
}

/// The notes about a payment, oldest first, at most `limit`.
///
/// # Errors
/// The database's; `Details` when one can't be opened.
pub async fn notes(
    conn: &pg::Connection,
    keyring: &Keyring,
    payment: PaymentId,
    limit: i64,
) -> Result<Vec<Note>, Error> {
    let (shard, payment) = (payment.shard().number(), payment.uuid());
    let rows = conn.query(include_str!("sql/notes.sql"), &[&shard, &payment, &limit]).await?;
    rows.iter().map(|row| read(row, keyring)).collect()
}

fn read(row: &pg::Row, keyring: &Keyring) -> Result<Note, Error> {
    let (id, sealed): (Uuid, &[u8]) = (row.get("id"), row.get("text_sealed"));
    let opened = keyring.open(sealed, &context(id)).map_err(|error| Error::Details(error.to_string()))?;
    let text = String::from_utf8(opened).map_err(|_| Error::Details("a note that is not text".into()))?;
    Ok(Note { id, author: row.get("author"), text: Sensitive::new(text), created_at: row.get("created_at") })
}

fn context(id: Uuid) -> Vec<u8> {
    [b"payments.note".as_slice(), id.as_bytes()].concat()
}

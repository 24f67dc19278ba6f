//! Which key file a database was sealed with: no other one may be served with.

use std::collections::BTreeMap;

use pg::{Connection, Row};
use privacy::{KeyMark, Keyring, OpenError};

use crate::EventId;
use crate::delivery::context;

/// Why a key file is not the one of this database.
#[derive(Debug, thiserror::Error)]
pub enum NotItsKeys {
    /// Same name, other key.
    #[error(
        "{0} is not the one that this database was begun with: it is the key file of another installation"
    )]
    Other(String),
    /// It sealed what lies here.
    #[error(
        "{0} is not in it, with which a gateway has sealed here: it is another installation's key file, or an old copy"
    )]
    Missing(String),
    /// What lies here from before there were marks does not open.
    #[error(
        "it can't open what lies in this database ({0}): it is the key file of another installation, or an old copy"
    )]
    Closed(OpenError),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

type Marks = BTreeMap<String, Vec<u8>>;

/// Sees that these are the keys of this database, before anything is sealed or looked for with them, and marks those that are
/// new here. Of a file that is refused nothing is kept.
///
/// # Errors
/// [`NotItsKeys`], in words for whoever starts a gateway.
pub async fn admit_keys(conn: &mut Connection, keyring: &Keyring) -> Result<(), NotItsKeys> {
    let marks = keyring.marks();
    let known = read(&conn.query(include_str!("sql/key_marks.sql"), &[]).await?);
    compare(&known, marks)?;
    if known.is_empty() {
        opens_what_is_there(conn, keyring).await?;
    }
    if marks.iter().all(|mark| known.contains_key(&mark.name)) {
        return Ok(());
    }
    let names: Vec<&str> = marks.iter().map(|mark| &*mark.name).collect();
    let values: Vec<&[u8]> = marks.iter().map(|mark| &mark.mark[..]).collect();
    let tx = conn.begin().await?;
    tx.execute(include_str!("sql/insert_key_marks.sql"), &[&names, &values]).await?;
    // Another gateway may have been first meanwhile, with other keys: then nothing of these stays.
    let now = read(&tx.query(include_str!("sql/key_marks.sql"), &[]).await?);
    if let Err(not_its_keys) = compare(&now, marks) {
        tx.rollback().await?;
        return Err(not_its_keys);
    }
    Ok(tx.commit().await?)
}

fn read(rows: &[Row]) -> Marks {
    rows.iter().map(|row| (row.get("name"), row.get("mark"))).collect()
}

/// A key that is not known here is no fault: `sluice keys add` has made it.
fn compare(known: &Marks, file: &[KeyMark]) -> Result<(), NotItsKeys> {
    // Another key says more than one that is missing.
    for mark in file {
        if known.get(&mark.name).is_some_and(|known| known[..] != mark.mark) {
            return Err(NotItsKeys::Other(mark.name.clone()));
        }
    }
    match known.keys().find(|name| file.iter().all(|mark| mark.name != **name)) {
        Some(name) => Err(NotItsKeys::Missing(name.clone())),
        None => Ok(()),
    }
}

/// A database from before there were marks may have events in it.
async fn opens_what_is_there(conn: &Connection, keyring: &Keyring) -> Result<(), NotItsKeys> {
    let Some(row) = conn.query_opt(include_str!("sql/any_bytes.sql"), &[]).await? else { return Ok(()) };
    let id = EventId::from_uuid(row.get("id"));
    keyring.open(row.get("body_sealed"), &context("body", id)).map_err(NotItsKeys::Closed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(marks: &[(&str, u8)]) -> Vec<KeyMark> {
        marks.iter().map(|(name, mark)| KeyMark { name: (*name).to_owned(), mark: [*mark; 32] }).collect()
    }

    #[test]
    fn r36_which_files_are_those_of_a_database() {
        let known: Marks = file(&[("index_key", 0), ("key 1", 1), ("key 2", 2)])
            .into_iter()
            .map(|m| (m.name, m.mark.to_vec()))
            .collect();
        for (marks, says) in [
            (&[("key 1", 1), ("key 2", 2), ("index_key", 0)][..], ""),
            (&[("key 1", 1), ("key 2", 2), ("key 3", 3), ("index_key", 0)], ""),
            (&[("key 1", 1), ("key 2", 2), ("index_key", 9)], "index_key is not the one"),
            (&[("key 1", 9), ("key 2", 2), ("index_key", 0)], "key 1 is not the one"),
            (&[("key 1", 9), ("index_key", 9)], "key 1 is not the one"),
            (&[("key 1", 1), ("index_key", 0)], "key 2 is not in it"),
        ] {
            let said = compare(&known, &file(marks)).err().map(|why| why.to_string()).unwrap_or_default();
            assert!(said.starts_with(says) && said.is_empty() == says.is_empty(), "{marks:?}: {said}");
        }
        assert!(compare(&Marks::new(), &file(&[("key 1", 1), ("index_key", 0)])).is_ok(), "a new database");
    }
}

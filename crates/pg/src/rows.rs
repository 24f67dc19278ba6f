//! Rows for COPY, which costs the server half of what the same INSERT does: it plans nothing, takes each value as it
//! comes, and writes a page of rows into the log at once.

use bytes::{BufMut, Bytes, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type};

use crate::error::Error;

/// The format of PostgreSQL's binary COPY: signature, no flags, no extension
/// (<https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format").
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
const NULL: i32 = -1;

/// Rows on their way into a table, held in memory until [`crate::Tx::copy`] sends them: give it a batch, not a book.
#[derive(Debug)]
pub struct Copy {
    columns: &'static [Type],
    rows: BytesMut,
}

impl Copy {
    /// No rows yet; `columns` are the types of those that the statement names, in its order. PostgreSQL takes the
    /// bytes at their word, so they must be the table's.
    pub fn new(columns: &'static [Type]) -> Copy {
        Copy { columns, rows: BytesMut::from(HEADER) }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Broken`] when a value is not of its column's type, or their number is wrong.
    pub fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), Error> {
        let count = i16::try_from(values.len()).map_err(|_| broken("too many columns"))?;
        if values.len() != self.columns.len() {
            return Err(broken("a row that has not as many values as columns"));
        }
        self.rows.put_i16(count);
        for (value, column) in values.iter().zip(self.columns) {
            self.value(*value, column)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &(dyn ToSql + Sync), column: &Type) -> Result<(), Error> {
        let at = self.rows.len();
        self.rows.put_i32(NULL);
        let start = self.rows.len();
        let null =
            value.to_sql_checked(column, &mut self.rows).map_err(|error| broken(&error.to_string()))?;
        if let IsNull::No = null {
            let length =
                i32::try_from(self.rows.len() - start).map_err(|_| broken("a value beyond 2 GiB"))?;
            self.rows[at..start].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    pub(crate) fn into_bytes(mut self) -> Bytes {
        self.rows.put_i16(TRAILER);
        self.rows.freeze()
    }
}

fn broken(what: &str) -> Error {
    Error::Broken(format!("COPY: {what}"))
}

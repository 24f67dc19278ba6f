//! Rows for a table, on their way into it by INSERT where they are few and by COPY where they are many.
//!
//! COPY costs the server half of what the same INSERT does: it plans nothing, takes each value as it comes, and writes a page
//! of rows into the log at once. But nothing can be sent before PostgreSQL has said that it is ready for the rows, and nothing
//! behind them before they are sent. An INSERT waits for nobody, and others go beside it.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::error::Error;

/// The format of PostgreSQL's binary COPY: signature, no flags, no extension
/// (<https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format").
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
const NULL: i32 = -1;
/// Of a row: behind the number of its values the first one's length and, where that is a `smallint`, all of it.
const FIRST_VALUE: std::ops::Range<usize> = 2..8;
/// From so many rows on the cheaper rows are worth the waiting.
const MANY: usize = 16;

/// Rows on their way into a table, held in memory until [`crate::Tx::insert`] sends them: give it a batch, not a book.
#[derive(Debug)]
pub struct NewRows {
    columns: &'static [Type],
    /// Whether many of them go shard by shard.
    by_shard: bool,
    /// Where each begins.
    starts: Vec<usize>,
    rows: BytesMut,
}

impl NewRows {
    /// No rows yet; `columns` are the types of those that the statements name, in their order. PostgreSQL takes the
    /// bytes at their word, so they must be the table's.
    ///
    /// For a table whose key begins with the shard, which must be their first column: a shard has its own place in every
    /// index, and what goes there one after the other finds it at hand.
    pub fn new(columns: &'static [Type]) -> NewRows {
        NewRows { columns, by_shard: true, starts: Vec::new(), rows: BytesMut::from(HEADER) }
    }

    /// The same for a table whose key begins with an id, which grows with time: as they come they go to its end.
    pub fn in_time(columns: &'static [Type]) -> NewRows {
        NewRows { by_shard: false, ..NewRows::new(columns) }
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
        self.starts.push(self.rows.len());
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

    pub(crate) fn are_many(&self) -> bool {
        self.starts.len() >= MANY
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// For COPY: as they came, but shard by shard where that is how the table's key begins.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        if !self.by_shard {
            self.rows.put_i16(TRAILER);
            return self.rows.freeze();
        }
        let mut rows: Vec<&[u8]> = Vec::with_capacity(self.starts.len());
        let ends = self.starts.iter().skip(1).copied().chain([self.rows.len()]);
        rows.extend(self.starts.iter().zip(ends).filter_map(|(start, end)| self.rows.get(*start..end)));
        rows.sort_by_key(|row| row.get(FIRST_VALUE));
        let mut sorted = BytesMut::with_capacity(self.rows.len() + size_of::<i16>());
        sorted.put_slice(HEADER);
        rows.iter().for_each(|row| sorted.put_slice(row));
        sorted.put_i16(TRAILER);
        sorted.freeze()
    }

    /// For INSERT: an array for each column.
    pub(crate) fn into_arrays(self) -> Result<Vec<Array>, Error> {
        let count = i32::try_from(self.starts.len()).map_err(|_| broken("too many rows"))?;
        let start = |column: &Type| Array::new(column, count);
        let mut arrays: Vec<Array> = self.columns.iter().map(start).collect();
        let mut rows = self.rows.freeze();
        rows.advance(HEADER.len());
        for _ in 0..count {
            rows.try_get_i16().map_err(|_| broken("a row that is cut off"))?;
            for array in &mut arrays {
                array.take(&mut rows)?;
            }
        }
        Ok(arrays)
    }
}

/// A column's values as an array in PostgreSQL's binary format: each of them as in COPY.
#[derive(Debug)]
pub(crate) struct Array(BytesMut);

/// Where an array tells whether some of its values are null.
const HAS_NULLS: std::ops::Range<usize> = 4..8;

impl Array {
    fn new(column: &Type, count: i32) -> Array {
        let mut bytes = BytesMut::new();
        // One dimension, no nulls so far, of which type, how many, from 1 on.
        for number in [1, 0] {
            bytes.put_i32(number);
        }
        bytes.put_u32(column.oid());
        for number in [count, 1] {
            bytes.put_i32(number);
        }
        Array(bytes)
    }

    /// The next value of `rows`.
    fn take(&mut self, rows: &mut Bytes) -> Result<(), Error> {
        let length = rows.try_get_i32().map_err(|_| broken("a value that is cut off"))?;
        self.0.put_i32(length);
        if length == NULL {
            self.0[HAS_NULLS].copy_from_slice(&1_i32.to_be_bytes());
            return Ok(());
        }
        let length = usize::try_from(length).map_err(|_| broken("a value of less than nothing"))?;
        if rows.len() < length {
            return Err(broken("a value that is cut off"));
        }
        self.0.extend_from_slice(&rows.split_to(length));
        Ok(())
    }
}

impl ToSql for Array {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    /// PostgreSQL itself compares the type of the elements with what the statement says.
    fn accepts(column: &Type) -> bool {
        matches!(column.kind(), tokio_postgres::types::Kind::Array(_))
    }

    to_sql_checked!();
}

fn broken(what: &str) -> Error {
    Error::Broken(format!("new rows: {what}"))
}

//! Whether the runtime role has the rights that migrations gave it: in a dump that was restored before the role was there, every
//! GRANT has failed, and all else is as it was.

use crate::error::Error;
use crate::migrate::{MigrationSet, RUNTIME_ROLE};
use crate::pool::Connection;

/// The tables of `sets` of which [`RUNTIME_ROLE`] may not read one column, by name; all have a grant when their migrations have run.
///
/// # Errors
/// The database's.
pub async fn ungranted(conn: &Connection, sets: &[MigrationSet]) -> Result<Vec<String>, Error> {
    let tables: Vec<&str> =
        sets.iter().flat_map(|set| set.migrations).flat_map(|migration| created(migration.sql)).collect();
    let rows = conn.query(include_str!("sql/ungranted.sql"), &[&tables, &RUNTIME_ROLE]).await?;
    Ok(rows.iter().map(|row| row.get("name")).collect())
}

/// The tables that a migration makes; its partitions have their rights by the table that they belong to.
fn created(sql: &str) -> impl Iterator<Item = &str> {
    let named = sql.lines().filter_map(|line| line.trim_start().strip_prefix("CREATE TABLE "));
    named.filter(|rest| !rest.contains(" PARTITION OF ")).filter_map(|rest| rest.split([' ', '(']).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_and_partitions_are_not() {
        let sql = "-- CREATE TABLE none (\nCREATE TABLE one (n integer);\n  CREATE TABLE two(\n n integer\n);\n\
            CREATE TABLE one_1 PARTITION OF one DEFAULT;\nCREATE INDEX one_n ON one (n);\n";
        assert_eq!(created(sql).collect::<Vec<_>>(), ["one", "two"]);
    }
}

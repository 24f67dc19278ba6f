//! What a gateway's database is given besides its tables.

use tests::Sluice;

#[tokio::test]
async fn analyze_looks_at_little_of_every_table() {
    let (sluice, world) = Sluice::start().await;
    let sql =
        "SELECT count(*), count(*) FILTER (WHERE coalesce(a.attstattarget, -1) = -1) FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";
    let row = world.database().await.query_one(sql, &[]).await.expect("columns");
    let (all, forgotten): (i64, i64) = (row.get(0), row.get(1));
    assert!(all > 500 && forgotten == 0, "{forgotten} of {all} columns have PostgreSQL's own sample");
    sluice.verify().await;
}

//! Every SQL file is prepared against the migrated schema.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[tokio::test]
async fn every_statement_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[notifications::MIGRATIONS]).await;
}

//! The SQL files fit the schema.

#[tokio::test]
async fn sql_files_fit_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &gateway::MIGRATIONS).await;
}

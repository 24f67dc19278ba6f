//! SQL files fit the schema, and none lies about unused.

use std::path::{Path, PathBuf};

use pg::MigrationSet;
use tokio_postgres::NoTls;

use crate::database::database;

/// Prepares every `src/**/*.sql` of a crate against the schema of `sets`, and looks for the `include_str!` of each.
/// Call it with `env!("CARGO_MANIFEST_DIR")`.
///
/// # Panics
/// With all that is wrong.
pub async fn check_sql(crate_folder: &str, sets: &[MigrationSet]) {
    let db = database(sets).await;
    let (client, connection) = tokio_postgres::connect(&db.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let files = files(&Path::new(crate_folder).join("src"));
    let read = |extension: &str| {
        let with = files.iter().filter(move |file| file.extension().is_some_and(|found| found == extension));
        with.map(|file| (file, std::fs::read_to_string(file).unwrap())).collect::<Vec<_>>()
    };
    let code: String = read("rs").into_iter().map(|(_, text)| text).collect();
    let mut wrong = Vec::new();
    for (file, sql) in read("sql") {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if !code.contains(&format!("/{name}\")")) {
            wrong.push(format!("{}: not used", file.display()));
        }
        if let Err(error) = client.prepare(&sql).await {
            let why = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
            wrong.push(format!("{}: {why}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

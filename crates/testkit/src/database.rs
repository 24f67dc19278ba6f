//! A database for each test.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pg::server::{PrivateServer, ServerSettings};
use pg::{Connection, MigrationSet, Pool, PoolSettings, RUNTIME_ROLE, Tls};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A migrated database that no other test uses.
#[derive(Debug)]
pub struct TestDb {
    /// Its connection string, with the rights of the migrations.
    pub url: String,
    /// Connections with the rights of the running program.
    pub pool: Pool,
    name: String,
}

impl TestDb {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Connections with the rights of the migrations, and with time enough to fill tables.
    pub fn owner(&self) -> Pool {
        open(&self.url, patient())
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the failed test's database: {}", self.url);
        }
    }
}

/// The server that all tests share, started or taken over.
///
/// # Panics
/// When there is no PostgreSQL to start.
pub async fn server() -> &'static PrivateServer {
    static SERVER: OnceCell<PrivateServer> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            let settings = ServerSettings {
                max_connections: 300,
                shared_buffers_mib: 128,
                say: |_| {},
                ..ServerSettings::default()
            };
            let server = PrivateServer::start(&folder(), &settings).await.expect("the tests' PostgreSQL");
            drop_leftovers(server.url("postgres"));
            server
        })
        .await
}

/// A new database with `sets` in it.
///
/// # Panics
/// When it can't be had.
pub async fn database(sets: &[MigrationSet]) -> TestDb {
    let server = server().await;
    let name = format!("test_{}_{}", std::process::id(), Uuid::now_v7().simple());
    let admin = open(&server.url("postgres"), patient());
    let conn = admin.get().await.unwrap();
    let template = template(server, &conn, sets).await;
    conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
    let url = server.url(&name);
    let settings =
        PoolSettings { role: Some(RUNTIME_ROLE), wait: Duration::from_secs(10), ..Default::default() };
    TestDb { pool: open(&url, settings), url, name }
}

/// Ends every session of `db`, as the loss of the server would; how many there were.
///
/// # Panics
/// When the server can't be asked.
pub async fn break_connections(db: &TestDb) -> u64 {
    let admin = open(&server().await.url("postgres"), patient());
    let conn = admin.get().await.unwrap();
    conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1::text",
        &[&db.name],
    )
    .await
    .unwrap()
}

/// Waits until a session of `db` waits for another's lock.
///
/// # Panics
/// When none does for five seconds.
pub async fn somebody_waits(db: &TestDb) {
    let conn = db.owner().get().await.unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        if conn.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits for a lock");
}

/// The template of these migrations, built by the first who asks.
async fn template(server: &PrivateServer, conn: &Connection, sets: &[MigrationSet]) -> String {
    let mut hasher = DefaultHasher::new();
    // What `migrate` does besides.
    pg::SMALL_SAMPLES.hash(&mut hasher);
    for set in sets {
        for migration in set.migrations {
            (set.owner, migration.version, migration.name, migration.sql).hash(&mut hasher);
        }
    }
    let hash = hasher.finish();
    let template = format!("template_{hash:016x}");
    let key = hash.cast_signed();
    conn.query("SELECT pg_advisory_lock($1)", &[&key]).await.unwrap();
    let there = "SELECT 1 FROM pg_database WHERE datname = $1::text";
    if conn.query_opt(there, &[&template]).await.unwrap().is_none() {
        let building = format!("building_{hash:016x}");
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {building}")).await.unwrap();
        conn.batch_execute(&format!("CREATE DATABASE {building}")).await.unwrap();
        pg::migrate(&server.url(&building), &Tls::default(), sets).await.expect("the migrations");
        // The migrator's session may take a moment to go.
        let rename = format!("ALTER DATABASE {building} RENAME TO {template}");
        let mut attempts = 0;
        while let Err(error) = conn.batch_execute(&rename).await {
            attempts += 1;
            assert!(attempts < 100, "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    conn.query("SELECT pg_advisory_unlock($1)", &[&key]).await.unwrap();
    template
}

/// Whoever holds this advisory lock drops the leftovers: sessions that wait for the same one would pile up.
const LEFTOVERS: i64 = i64::from_be_bytes(*b"leftover");

/// Drops the databases of processes that are gone, without making anyone wait for it.
fn drop_leftovers(url: String) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let admin = open(&url, patient());
            let conn = admin.get().await?;
            if !conn.query_one("SELECT pg_try_advisory_lock($1)", &[&LEFTOVERS]).await?.get::<_, bool>(0) {
                return Ok(());
            }
            let names = "SELECT datname::text FROM pg_database WHERE datname LIKE 'test\\_%'";
            for row in conn.query(names, &[]).await? {
                let name: String = row.get(0);
                let pid = name.split('_').nth(1).unwrap_or_default();
                if !Path::new("/proc").join(pid).exists() {
                    conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.ok();
                }
            }
            Ok::<_, pg::Error>(())
        })
    });
}

fn open(url: &str, settings: PoolSettings) -> Pool {
    Pool::open(url, settings).unwrap()
}

/// Creating a database waits for the disk, and another process may be building the template.
fn patient() -> PoolSettings {
    let minute = Duration::from_secs(60);
    PoolSettings { size: 1, statement: minute, lock: minute, connect: minute, ..Default::default() }
}

fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("SLUICE_TEST_PG_DIR") {
        return PathBuf::from(folder);
    }
    let exe = std::env::current_exe().expect("the test's own path");
    // Cargo marks its target folder as not worth backing up.
    let target = exe.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let target =
        target.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    target.join("test-pg")
}

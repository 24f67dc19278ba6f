//! The private server against real PostgreSQL.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pg::server::{PrivateServer, ServerSettings};
use pg::{Pool, PoolSettings};

fn settings() -> ServerSettings {
    ServerSettings { shared_buffers_mib: 32, say: |_| {}, ..ServerSettings::default() }
}

/// A folder that any user can reach, removed at the end with whatever was put elsewhere for it.
struct Dir(PathBuf);

impl Dir {
    fn new(mode: u32, depth: &str) -> Dir {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("sluice-test-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(path.join(depth)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Dir(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        for inner in ["postgres", "long/postgres"] {
            if let Ok(home) = std::fs::canonicalize(self.0.join(inner)) {
                let pid = std::fs::read_to_string(home.join("data/postmaster.pid")).unwrap_or_default();
                if let Some(pid) = pid.lines().next() {
                    Command::new("kill").args(["-9", pid]).status().ok();
                }
                std::fs::remove_dir_all(home).ok();
            }
        }
        std::fs::remove_dir_all(&self.0).ok();
    }
}

async fn one(url: &str, sql: &'static str) -> i32 {
    let pool = Pool::open(url, PoolSettings::default()).unwrap();
    let value = pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0);
    pool.close();
    value
}

async fn run(url: &str, sql: &str) {
    let pool = Pool::open(url, PoolSettings::default()).unwrap();
    pool.get().await.unwrap().batch_execute(sql).await.unwrap();
}

fn postmaster_pid(server: &PrivateServer) -> String {
    let text = std::fs::read_to_string(server.home().join("data/postmaster.pid")).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn data_survive_stop_kill_and_a_forgotten_handle() {
    let dir = Dir::new(0o755, "");
    let server = PrivateServer::start(&dir.0, &settings()).await.unwrap();
    assert!(!server.was_running());
    assert!(server.create_database("sluice").await.unwrap());
    assert!(!server.create_database("sluice").await.unwrap());
    let url = server.url("sluice");
    run(&url, "CREATE TABLE t (i integer); INSERT INTO t VALUES (1)").await;
    assert_psql_accepts(server.binaries(), &url);

    // The owner is killed: nothing runs its destructors, and the server goes on.
    let pid = postmaster_pid(&server);
    std::mem::forget(server);
    let adopted = PrivateServer::start(&dir.0, &settings()).await.unwrap();
    assert!(adopted.was_running());
    assert_eq!(postmaster_pid(&adopted), pid);
    assert_eq!(one(&adopted.url("sluice"), "SELECT i FROM t").await, 1);

    // A clean stop, a new start.
    adopted.stop().await.unwrap();
    let again = PrivateServer::start(&dir.0, &settings()).await.unwrap();
    assert!(!again.was_running());
    assert_eq!(again.url("sluice"), url);
    run(&url, "INSERT INTO t VALUES (2)").await;

    // The server itself is killed: it recovers what was committed.
    assert!(Command::new("kill").args(["-9", &postmaster_pid(&again)]).status().unwrap().success());
    drop(again);
    let recovered = PrivateServer::start(&dir.0, &settings()).await.unwrap();
    assert!(!recovered.was_running());
    assert_eq!(one(&url, "SELECT sum(i)::integer FROM t").await, 3);

    // The number in its pid file now belongs to someone else.
    recovered.stop().await.unwrap();
    let data = dir.0.join("postgres/data");
    let stale = format!("{}\n{}\n1\n5432\n/nowhere\n\n", std::process::id(), data.display());
    std::fs::write(data.join("postmaster.pid"), stale).unwrap();
    let server = PrivateServer::start(&dir.0, &settings()).await.unwrap();
    assert_eq!(one(&url, "SELECT sum(i)::integer FROM t").await, 3);
    server.stop().await.unwrap();
}

fn assert_psql_accepts(binaries: &Path, url: &str) {
    let output = Command::new(binaries.join("psql")).args([url, "-Atc", "SELECT 40 + 2"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "42", "{output:?}");
}

#[tokio::test]
async fn several_starters_share_one_server_even_where_its_user_cannot_go() {
    // Root's server runs as someone else, who can't enter this folder; for others it is an ordinary one.
    let dir = Dir::new(0o700, "");
    let starts = (0..3).map(|_| async { PrivateServer::start(&dir.0, &settings()).await.unwrap() });
    let servers = futures_util::future::join_all(starts).await;
    assert_eq!(servers.iter().filter(|server| !server.was_running()).count(), 1);
    let elsewhere = std::fs::symlink_metadata(dir.0.join("postgres")).unwrap().is_symlink();
    assert_eq!(elsewhere, nix::unistd::geteuid().is_root());
    for server in &servers {
        assert_eq!(one(&server.url("postgres"), "SELECT 1").await, 1);
    }
    servers.into_iter().next().unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_a_short_one() {
    let depth = format!("long/{}", "x".repeat(90));
    let dir = Dir::new(0o755, &depth);
    let place = dir.0.join(&depth);
    let server = PrivateServer::start(&place, &settings()).await.unwrap();
    let url = server.url("postgres");
    assert!(url.contains("sluice-pg-"), "{url}");
    assert_eq!(one(&url, "SELECT 1").await, 1);
    server.stop().await.unwrap();
    let again = PrivateServer::start(&place, &settings()).await.unwrap();
    assert_eq!(again.url("postgres"), url);
    let socket = again.url("postgres");
    again.stop().await.unwrap();
    let folder = socket.split("host=").nth(1).unwrap().replace("%2F", "/");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let dir = Dir::new(0o755, "");
    std::os::unix::fs::symlink("/nowhere/at/all", dir.0.join("postgres")).unwrap();
    let refused = PrivateServer::start(&dir.0, &settings()).await.unwrap_err().to_string();
    assert!(refused.contains("remove the link to begin anew"), "{refused}");
}

#[tokio::test]
async fn terminal_signals_do_not_reach_the_server() {
    let dir = Dir::new(0o755, "");
    let server = PrivateServer::start(&dir.0, &settings()).await.unwrap();
    let pid: i32 = postmaster_pid(&server).parse().unwrap();
    let group = nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(pid))).unwrap();
    assert_ne!(group, nix::unistd::getpgrp());
    tokio::time::timeout(Duration::from_secs(30), server.stop()).await.unwrap().unwrap();
}

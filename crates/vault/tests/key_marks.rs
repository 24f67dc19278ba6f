//! Whose keys a database was sealed with, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::path::Path;

use futures_util::future::join_all;
use privacy::{Keyring, OpenError};
use vault::{NotItsKeys, admit_keys};
use world::{BODY, World, run};

async fn admit(world: &World, keyring: &Keyring) -> Result<(), NotItsKeys> {
    admit_keys(&mut world.db.pool.get().await.unwrap(), keyring).await
}

async fn marks(world: &World) -> i64 {
    world.count("SELECT count(*) FROM key_marks").await
}

/// A keyring, and the same after a key was added.
fn two(folder: &Path) -> (Keyring, Keyring) {
    let file = folder.join("keys");
    let before = Keyring::generate(&file).unwrap();
    Keyring::add(&file).unwrap();
    (before, Keyring::load(&file).unwrap())
}

#[tokio::test]
async fn r36_the_same_keys_come_again_and_may_get_more_but_never_lose_one_that_was_used() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let (before, after) = two(folder.path());
    for _ in 0..2 {
        admit(&world, &before).await.unwrap();
        assert_eq!(marks(&world).await, 2);
    }
    admit(&world, &after).await.unwrap();
    assert_eq!(marks(&world).await, 3);
    let refused = admit(&world, &before).await.unwrap_err();
    assert!(matches!(&refused, NotItsKeys::Missing(name) if name == "key 2"), "{refused}");
}

#[tokio::test]
async fn r4_other_keys_are_refused_and_leave_nothing() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let (_, others) = two(folder.path());
    admit(&world, &world.keyring).await.unwrap();
    let refused = admit(&world, &others).await.unwrap_err();
    assert!(matches!(&refused, NotItsKeys::Other(name) if name == "key 1"), "{refused}");
    assert_eq!(marks(&world).await, 2, "not its second key either");
    admit(&world, &world.keyring).await.unwrap();
}

#[tokio::test]
async fn r4_of_gateways_that_start_at_once_with_different_keys_only_one_kind_starts() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let (one, other) = (&world.keyring, &two(folder.path()).1);
    let starts = (0..6).map(|at| admit(&world, if at % 2 == 0 { one } else { other }));
    let started: Vec<bool> = join_all(starts).await.iter().map(Result::is_ok).collect();
    let (even, odd) = (started[0], started[1]);
    assert!(even != odd, "{started:?}");
    assert_eq!(started, [even, odd, even, odd, even, odd]);
    assert_eq!(marks(&world).await, if even { 2 } else { 3 });
}

#[tokio::test]
async fn r36_a_database_from_before_the_marks_is_opened_before_it_gets_any() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    run(&mut world.db.pool.get().await.unwrap(), &[&world.delivery("hb", "e1", BODY)]).await;
    let refused = admit(&world, &two(folder.path()).1).await.unwrap_err();
    assert!(matches!(refused, NotItsKeys::Closed(OpenError::Damaged)), "{refused}");
    assert_eq!(marks(&world).await, 0);
    admit(&world, &world.keyring).await.unwrap();
    assert_eq!(marks(&world).await, 2);
}

#[tokio::test]
async fn r36_marks_can_not_be_changed_by_the_program() {
    let world = World::new().await;
    admit(&world, &world.keyring).await.unwrap();
    let conn = world.db.pool.get().await.unwrap();
    for sql in ["UPDATE key_marks SET mark = mark", "DELETE FROM key_marks", "TRUNCATE key_marks"] {
        assert_eq!(conn.batch_execute(sql).await.unwrap_err().code(), Some("42501"), "{sql}");
    }
}

//! What is debited for withdrawals that are not final is one sum, and always theirs.

use withdrawals::{
    Error, Failure, Withdrawal, WithdrawalId, WithdrawalState as S, in_transit, lock, verify, write,
};

use crate::world::{World, usd};

/// Withdrawals of so many dollars, each its own.
async fn written(world: &World, dollars: &[i64]) -> Vec<Withdrawal> {
    let first = world.withdrawal().await;
    let of = |dollars: &i64| Withdrawal {
        id: WithdrawalId::new(world.merchant.shard()),
        client_reference: None,
        sell: usd(dollars * 100),
        fee: usd(0),
        net: usd(dollars * 100),
        ..first.clone()
    };
    let rows: Vec<Withdrawal> = dollars.iter().map(of).collect();
    world.insert(&rows.iter().collect::<Vec<_>>()).await;
    rows
}

async fn check(world: &World, dollars: i64) {
    let conn = world.conn().await;
    let expected = if dollars == 0 { vec![] } else { vec![usd(dollars * 100)] };
    assert_eq!(in_transit(&conn, world.merchant).await.unwrap(), expected);
    assert_eq!(verify(&conn).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn i2_a_batch_moves_it_once_by_all_that_it_changes() {
    let world = World::new().await;
    let rows = written(&world, &[10, 20, 40]).await;
    check(&world, 70).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let ids: Vec<WithdrawalId> = rows.iter().map(|row| row.id).collect();
    let mut held = lock(&tx, &ids).await.unwrap();
    assert!(held.payout_paid(ids[0], now));
    // Still in transit, as is what is new; what was refused at once never was.
    let failure = Failure { code: "AC01".into(), reason: "no such account".into() };
    assert!(held.payout_failed(ids[1], failure, now));
    let new = |state, minor| Withdrawal {
        id: WithdrawalId::new(world.merchant.shard()),
        state,
        sell: usd(minor),
        net: usd(minor),
        ..rows[0].clone()
    };
    let (comes, refused) = (new(S::Processing, 300), new(S::Refused, 9_900));
    write(&tx, &[&comes, &refused], &held, now).await.unwrap();
    tx.commit().await.unwrap();
    drop(conn);
    // 20 + 40 + 3.
    check(&world, 63).await;
}

#[tokio::test]
async fn i2_a_batch_that_is_undone_moves_nothing() {
    let world = World::new().await;
    let rows = written(&world, &[10]).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut held = lock(&tx, &[rows[0].id]).await.unwrap();
    assert!(held.payout_paid(rows[0].id, now));
    write(&tx, &[], &held, now).await.unwrap();
    tx.rollback().await.unwrap();
    drop(conn);
    check(&world, 10).await;
}

#[tokio::test]
async fn i2_less_than_nothing_stops_the_batch_and_what_disagrees_is_named() {
    let world = World::new().await;
    let rows = written(&world, &[10, 20]).await;
    let owner = world.db.owner().get().await.unwrap();
    owner.batch_execute("UPDATE in_transit SET minor = 1000 - 1").await.unwrap();
    let said = verify(&owner).await.unwrap();
    let merchant = world.merchant;
    assert_eq!(
        said,
        [format!("I2: in transit of {merchant} in USD: 999 minor units are kept, its withdrawals are 3000")]
    );
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut held = lock(&tx, &[rows[0].id]).await.unwrap();
    assert!(held.payout_paid(rows[0].id, now));
    let stopped = write(&tx, &[], &held, now).await;
    assert!(
        matches!(&stopped, Err(Error::Unexpected(why)) if why.contains("less than nothing")),
        "{stopped:?}"
    );
    tx.rollback().await.unwrap();
    owner.batch_execute("DELETE FROM in_transit").await.unwrap();
    assert_eq!(verify(&owner).await.unwrap().len(), 1);
}

/// A migration adds up what was there before the sums were.
#[tokio::test]
async fn i2_withdrawals_of_before_the_sums_are_counted() {
    let world = World::new().await;
    written(&world, &[10]).await;
    let row = "SELECT to_jsonb(w)::text FROM withdrawals w";
    let row: String = world.conn().await.query_one(row, &[]).await.unwrap().get(0);
    let all = withdrawals::MIGRATIONS;
    let before = pg::MigrationSet { owner: all.owner, migrations: &all.migrations[..7] };
    let db = testkit::database(&[exchange::MIGRATIONS, before]).await;
    let owner = db.owner().get().await.unwrap();
    let insert = "INSERT INTO withdrawals SELECT r.* FROM unnest($2::text[]) AS s, jsonb_populate_record(NULL::withdrawals, \
                  $1::text::jsonb || jsonb_build_object('id', gen_random_uuid(), 'status', s)) AS r";
    let states: Vec<&str> = S::ALL.into_iter().map(S::as_str).collect();
    assert_eq!(owner.execute(insert, &[&row, &states]).await.unwrap(), 7);
    let sets = [exchange::MIGRATIONS, all];
    pg::migrate(&db.url, &pg::Tls::default(), &sets).await.expect("the migration");
    // One of ten dollars in each state: four of them are not final.
    assert_eq!(in_transit(&owner, world.merchant).await.unwrap(), [usd(4_000)]);
    assert_eq!(verify(&owner).await.unwrap(), Vec::<String>::new());
}

//! What proofs came to is kept, and one is made at a time.

use std::time::Duration;

use ledger::{MadeBy, NewVerification, VerificationResult, claim_verification, last_verification};

use crate::world::World;

fn made(result: VerificationResult, broken: &[&str], report: &[&str]) -> NewVerification {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    NewVerification {
        made_by: MadeBy::Schedule,
        result,
        broken: texts(broken),
        report: texts(report),
        took: Duration::from_millis(42),
        seals: 2,
        transfers: 3,
        audit_entries: 4,
    }
}

#[tokio::test]
async fn the_last_proof_is_told_from_the_last_that_came_to_an_end() {
    let world = World::new().await;
    let conn = world.db.pool.get().await.unwrap();
    assert_eq!(last_verification(&conn, false).await.unwrap(), None);
    for new in [
        made(VerificationResult::Holds, &[], &[]),
        made(VerificationResult::Broken, &["I2", "I7"], &["I2: a", "I7: b"]),
        made(VerificationResult::Failed, &[], &["late"]),
    ] {
        ledger::record_verification(&conn, &new).await.unwrap();
        let last = last_verification(&conn, false).await.unwrap().expect("one");
        assert_eq!((last.result, last.broken), (new.result, new.broken));
        assert_eq!((last.took_ms, last.transfers), (42, 3));
        assert!(last.age < Duration::from_secs(60), "{:?}", last.age);
    }
    let finished = last_verification(&conn, true).await.unwrap().expect("one");
    assert_eq!((finished.result, finished.broken.len()), (VerificationResult::Broken, 2));
    // What contradicts itself is refused by the database; what was kept stays.
    for wrong in [
        made(VerificationResult::Holds, &["I2"], &["I2: a"]),
        made(VerificationResult::Broken, &[], &["I2: a"]),
        made(VerificationResult::Failed, &[], &[]),
    ] {
        ledger::record_verification(&conn, &wrong).await.expect_err("a contradiction");
    }
    conn.execute("DELETE FROM verifications", &[]).await.expect_err("append-only");
    conn.execute("UPDATE verifications SET result = 'holds'", &[]).await.expect_err("append-only");
}

#[tokio::test]
async fn a_long_report_is_cut() {
    let world = World::new().await;
    let conn = world.db.pool.get().await.unwrap();
    let report: Vec<String> = (0..500).map(|line| format!("I2: account {line}")).collect();
    let new = NewVerification { report, ..made(VerificationResult::Broken, &["I2"], &[]) };
    ledger::record_verification(&conn, &new).await.unwrap();
    let row = conn.query_one("SELECT cardinality(report) FROM verifications", &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 100);
}

#[tokio::test]
async fn one_proves_at_a_time_and_whoever_is_gone_gives_the_turn_up() {
    let world = World::new().await;
    let (mut first, mut second) = (world.db.pool.get().await.unwrap(), world.db.pool.get().await.unwrap());
    let turn = first.begin().await.unwrap();
    let pid: i32 = turn.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    assert!(claim_verification(&turn).await.unwrap());
    let other = second.begin().await.unwrap();
    assert!(!claim_verification(&other).await.unwrap());
    other.rollback().await.unwrap();
    // PostgreSQL clears away behind it.
    let holds =
        "SELECT backend_xmin IS NOT NULL OR backend_xid IS NOT NULL FROM pg_stat_activity WHERE pid = $1";
    let owner = world.owner.get().await.unwrap();
    assert!(!owner.query_one(holds, &[&pid]).await.unwrap().get::<_, bool>(0));
    turn.rollback().await.unwrap();
    let other = second.begin().await.unwrap();
    assert!(claim_verification(&other).await.unwrap());
}

//! The trail and approvals against a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use audit::{ApprovalEvent, ApprovalId, ApprovalState, DecideRefusal, Entry, NewApproval};
use time::OffsetDateTime;

async fn database() -> testkit::TestDb {
    testkit::database(&[audit::MIGRATIONS]).await
}

fn entry(subject: &str, at: OffsetDateTime) -> Entry {
    Entry {
        at,
        actor: "op_1".into(),
        person: "Ada".into(),
        origin: "127.0.0.1".into(),
        action: "freeze".into(),
        subject: subject.into(),
        reason: "because".into(),
        before: Some("{\"b\":1, \"a\":1.0}".into()),
        after: None,
        idempotency_key: Some("k".into()),
    }
}

async fn append(db: &testkit::TestDb, subjects: &[&str]) {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let entries: Vec<Entry> = subjects.iter().map(|subject| entry(subject, now)).collect();
    audit::append(&tx, &entries).await.unwrap();
    tx.commit().await.unwrap();
}

async fn breaches(db: &testkit::TestDb) -> Vec<String> {
    let conn = db.pool.get().await.unwrap();
    audit::verify(&conn).await.unwrap().breaches
}

#[tokio::test]
async fn r34_the_trail_is_chained_and_every_change_shows() {
    let db = database().await;
    append(&db, &["a", "b"]).await;
    append(&db, &["c"]).await;
    assert_eq!(breaches(&db).await, Vec::<String>::new());
    let rows = {
        let conn = db.pool.get().await.unwrap();
        audit::list(&conn, Some("b"), None, 10).await.unwrap()
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].seq, 2);

    for (damage, repair, finding) in [
        (
            "UPDATE audit_log SET reason = 'another' WHERE seq = 2",
            "UPDATE audit_log SET reason = 'because' WHERE seq = 2",
            "entry 2 was changed",
        ),
        (
            "UPDATE audit_log SET after = '' WHERE seq = 1",
            "UPDATE audit_log SET after = NULL WHERE seq = 1",
            "entry 1 was changed",
        ),
        ("UPDATE audit_head SET seq = 4", "UPDATE audit_head SET seq = 3", "head is not its last"),
        ("DELETE FROM audit_log WHERE seq = 2", "", "entry 3 follows 1"),
    ] {
        let owner = db.owner().get().await.unwrap();
        owner.batch_execute(damage).await.unwrap();
        let found = breaches(&db).await;
        assert!(found.iter().any(|breach| breach.contains(finding)), "{damage}: {found:?}");
        owner.batch_execute(repair).await.unwrap();
    }
}

#[tokio::test]
async fn r34_the_gateways_role_can_only_append() {
    let db = database().await;
    append(&db, &["a"]).await;
    let conn = db.pool.get().await.unwrap();
    for sql in ["UPDATE audit_log SET reason = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"] {
        assert!(conn.batch_execute(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn r34_concurrent_appends_leave_no_gap() {
    let db = database().await;
    let mut tasks = tokio::task::JoinSet::new();
    let db = std::sync::Arc::new(db);
    for _ in 0..20 {
        let db = db.clone();
        tasks.spawn(async move { append(&db, &["x", "y"]).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(breaches(&db).await, Vec::<String>::new());
    let conn = db.pool.get().await.unwrap();
    assert_eq!(audit::list(&conn, None, None, 100).await.unwrap().len(), 40);
}

#[tokio::test]
async fn r33_another_person_decides_once_and_in_time() {
    let db = database().await;
    let id = ApprovalId::new(pg::Shards::new(16).of(&[b"op"]));
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let new = NewApproval {
        id,
        action: "unfreeze".into(),
        subject: "mer_1".into(),
        request: "{}".into(),
        shown: "{}".into(),
        requested_by: "op_1".into(),
        requested_person: "Ada".into(),
        reason: "done".into(),
    };
    audit::open_approvals(&tx, &[new], now).await.unwrap();
    tx.commit().await.unwrap();

    let tx = conn.begin().await.unwrap();
    let mut approvals = audit::lock_approvals(&tx, &[id]).await.unwrap();
    let approve = ApprovalEvent::Approve;
    assert_eq!(approvals.decide(id, approve, ("op_9", "Ada"), "", now), Err(DecideRefusal::SamePerson));
    let late = now + time::Duration::hours(24);
    assert_eq!(approvals.decide(id, approve, ("op_2", "Bob"), "", late), Err(DecideRefusal::Expired));
    approvals.decide(id, approve, ("op_2", "Bob"), "fine", now).unwrap();
    let again = approvals.decide(id, approve, ("op_2", "Bob"), "", now);
    assert_eq!(again, Err(DecideRefusal::AlreadyDecided(ApprovalState::Approved)));
    approvals.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(audit::pending_count(&conn).await.unwrap(), 0);
}

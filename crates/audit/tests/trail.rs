//! The trail and approvals against a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use audit::{ApprovalEvent, ApprovalId, ApprovalState, DecideRefusal, Entry, Head, NewApproval};
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
    let now = db.pool.get().await.unwrap().query_one("SELECT now()", &[]).await.unwrap().get(0);
    write(db, &subjects.iter().map(|subject| entry(subject, now)).collect::<Vec<_>>()).await;
}

async fn write(db: &testkit::TestDb, entries: &[Entry]) {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    audit::append(&tx, entries).await.unwrap();
    tx.commit().await.unwrap();
}

async fn breaches(db: &testkit::TestDb) -> Vec<String> {
    breaches_with(db, &[]).await
}

async fn breaches_with(db: &testkit::TestDb, known: &[Head]) -> Vec<String> {
    let conn = db.pool.get().await.unwrap();
    audit::verify(&conn, known).await.unwrap().breaches
}

async fn head(db: &testkit::TestDb) -> Head {
    audit::head(&db.pool.get().await.unwrap()).await.unwrap()
}

/// What somebody with the rights of the database's owner could do.
async fn tamper(db: &testkit::TestDb, sql: &str) {
    db.owner().get().await.unwrap().batch_execute(sql).await.unwrap();
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

/// Takes the last entry away with everything that tells of it.
const CUT_TAIL: &str = "DELETE FROM audit_log WHERE seq = 3;
     UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_log WHERE seq = 2)";

/// Makes room for another trail, of which the program itself then makes the hashes: there is no key in them.
const EMPTY: &str =
    "TRUNCATE audit_log; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')";

#[tokio::test]
async fn r34_a_cut_tail_is_found_with_the_head_of_before() {
    let db = database().await;
    append(&db, &["a", "b", "c"]).await;
    let known = [head(&db).await];
    assert_eq!(breaches_with(&db, &known).await, Vec::<String>::new());
    tamper(&db, CUT_TAIL).await;
    // What is left fits together …
    assert_eq!(breaches(&db).await, Vec::<String>::new());
    // … but not with what was written out.
    let cut = "I7: the audit trail ends at 2, but 3 was written out";
    assert_eq!(breaches_with(&db, &known).await, [cut]);
    // Written anew, it is not the same; nor does it help that the new one was written out, too.
    append(&db, &["another"]).await;
    let other = "I7: audit entry 3 is not the one that was written out";
    assert_eq!(breaches_with(&db, &known).await, [other]);
    for both in [[known[0], head(&db).await], [head(&db).await, known[0]]] {
        assert_eq!(breaches_with(&db, &both).await, [other]);
    }
    append(&db, &["later"]).await;
    assert_eq!(breaches_with(&db, &[known[0], head(&db).await]).await, [other]);
    // Each entry is named once, however often it was written out.
    let strange = Head { hash: [1; 32], ..known[0] };
    assert_eq!(breaches_with(&db, &[known[0], known[0], strange]).await, [other]);
    tamper(&db, EMPTY).await;
    let gone = "I7: the audit trail ends at 0, but 3 was written out";
    assert_eq!(breaches_with(&db, &known).await, [gone]);
}

#[tokio::test]
async fn r34_a_trail_with_all_its_hashes_made_anew_is_found_with_the_heads_of_before() {
    let db = database().await;
    append(&db, &["a"]).await;
    let first = head(&db).await;
    append(&db, &["b", "c"]).await;
    let known = [first, head(&db).await];
    let mut rows = audit::list(&db.pool.get().await.unwrap(), None, None, 10).await.unwrap();
    rows.reverse();
    let mut entries: Vec<Entry> = rows.into_iter().map(|row| row.entry).collect();
    // The same entries are the same trail.
    tamper(&db, EMPTY).await;
    write(&db, &entries).await;
    assert_eq!(breaches_with(&db, &known).await, Vec::<String>::new());
    // One word in the second is another one from there on.
    tamper(&db, EMPTY).await;
    entries[1].reason = "another".into();
    write(&db, &entries).await;
    assert_eq!(breaches(&db).await, Vec::<String>::new());
    let found = breaches_with(&db, &known).await;
    assert_eq!(found, ["I7: audit entry 3 is not the one that was written out"]);
}

#[tokio::test]
async fn r34_an_entry_that_was_written_out_and_is_missing_in_the_middle_is_named() {
    let db = database().await;
    append(&db, &["a", "b"]).await;
    let known = [head(&db).await];
    append(&db, &["c"]).await;
    tamper(&db, "DELETE FROM audit_log WHERE seq = 2").await;
    let found = breaches_with(&db, &known).await;
    assert!(found.contains(&"I7: audit entry 2 was written out and is not there".to_owned()), "{found:?}");
}

/// An entry with a hash that nobody looks at.
fn forged(seq: i64) -> String {
    format!(
        "INSERT INTO audit_log (seq, at, actor, person, origin, action, subject, reason, hash)
         VALUES ({seq}, now(), 'op_9', 'Eve', 'x', 'freeze', 'a', 'because', decode(repeat('00', 32), 'hex'))"
    )
}

#[tokio::test]
async fn r34_no_entry_lies_before_the_first() {
    let db = database().await;
    append(&db, &["a", "b"]).await;
    let known = [head(&db).await];
    for seq in [0, -3] {
        let refused = db.owner().get().await.unwrap().batch_execute(&forged(seq)).await.unwrap_err();
        assert!(matches!(&refused, pg::Error::Check { constraint, .. } if constraint == "audit_log_first"));
    }
    // Whoever owns the table can take that away.
    tamper(&db, "ALTER TABLE audit_log DROP CONSTRAINT audit_log_first").await;
    for (seq, found) in [(0, 1), (-3, 2), (i64::MIN, 3)] {
        tamper(&db, &forged(seq)).await;
        let said = format!("I7: {found} audit entries lie before the first");
        assert_eq!(breaches_with(&db, &known).await, [said]);
    }
    tamper(&db, EMPTY).await;
    tamper(&db, &forged(-1)).await;
    assert_eq!(breaches(&db).await, ["I7: 1 audit entries lie before the first"]);
}

#[tokio::test]
async fn r34_a_head_that_is_gone_is_found_with_whatever_else_is_wrong() {
    let db = database().await;
    append(&db, &["a", "b"]).await;
    tamper(&db, "DELETE FROM audit_head; UPDATE audit_log SET reason = 'another' WHERE seq = 1").await;
    let found = breaches(&db).await;
    assert_eq!(found, ["I7: audit entry 1 was changed", "I7: the audit trail's head is not there"]);
}

#[tokio::test]
async fn r34_a_time_that_is_none_is_a_changed_entry() {
    let db = database().await;
    append(&db, &["a"]).await;
    tamper(&db, "UPDATE audit_log SET at = 'infinity'").await;
    assert_eq!(breaches(&db).await, ["I7: audit entry 1 was changed"]);
}

#[tokio::test]
async fn r34_where_the_trail_was_at_an_entry_is_read_off_it() {
    let db = database().await;
    let up_to = async |seq| audit::head_up_to(&db.pool.get().await.unwrap(), seq).await.unwrap();
    assert_eq!(up_to(9).await, Head::default());
    append(&db, &["a"]).await;
    let first = head(&db).await;
    append(&db, &["b"]).await;
    assert_eq!((up_to(0).await, up_to(1).await), (Head::default(), first));
    assert_eq!((up_to(2).await, up_to(9).await), (head(&db).await, head(&db).await));
}

#[tokio::test]
async fn r34_heads_of_before_lie_on_a_trail_that_went_on() {
    let db = database().await;
    let mut known = vec![head(&db).await];
    assert_eq!(breaches_with(&db, &known).await, Vec::<String>::new());
    // Ends before, at and behind a step of the walk, in any order and more than once.
    for entries in [999, 1, 1, 500] {
        append(&db, &vec!["x"; entries]).await;
        known.insert(0, head(&db).await);
        known.push(known[0]);
    }
    append(&db, &["later"]).await;
    assert_eq!(breaches_with(&db, &known).await, Vec::<String>::new());
    let conn = db.pool.get().await.unwrap();
    let report = audit::verify(&conn, &known).await.unwrap();
    assert_eq!((report.entries, report.head), (1_502, head(&db).await));
}

#[tokio::test]
async fn r34_a_head_lies_on_a_trail_that_goes_on_while_it_is_walked() {
    let db = database().await;
    let going_on = async {
        for _ in 0..100 {
            append(&db, &["x", "y", "z"]).await;
        }
    };
    let proving = async {
        let mut known = Vec::new();
        for _ in 0..20 {
            known.push(head(&db).await);
            assert_eq!(breaches_with(&db, &known).await, Vec::<String>::new());
        }
    };
    tokio::join!(going_on, proving);
}

#[tokio::test]
async fn r34_the_gateways_role_can_only_append() {
    let db = database().await;
    append(&db, &["a"]).await;
    let conn = db.pool.get().await.unwrap();
    for sql in ["UPDATE audit_log SET reason = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
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

//! Who may change something, and until when, against a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use audit::{Armer, Arming, Entry};
use testkit::TestDb;

const ADA: Armer<'_> = Armer { operator: "op_1", person: "Ada", origin: "10.0.0.7" };
/// The same person under another id.
const ADA_AGAIN: Armer<'_> = Armer { operator: "op_2", ..ADA };
/// Another person who got the id.
const BOB: Armer<'_> = Armer { person: "Bob", ..ADA };

async fn database() -> TestDb {
    testkit::database(&[audit::MIGRATIONS]).await
}

async fn arm(db: &TestDb, who: Armer<'_>, minutes: u32, reason: &str) -> Result<Arming, audit::Error> {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let arming = audit::arm(&tx, who, minutes, reason).await?;
    tx.commit().await.unwrap();
    Ok(arming)
}

async fn disarm(db: &TestDb, who: Armer<'_>) {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    audit::disarm(&tx, who).await.unwrap();
    tx.commit().await.unwrap();
}

async fn armed(db: &TestDb, who: Armer<'_>) -> Option<Arming> {
    let conn = db.pool.get().await.unwrap();
    audit::arming(&conn, who.operator, who.person).await.unwrap()
}

/// What the trail says, first to last; the chain must hold.
async fn trail(db: &TestDb) -> Vec<Entry> {
    let conn = db.pool.get().await.unwrap();
    assert_eq!(audit::verify(&conn, &[]).await.unwrap().breaches, Vec::<String>::new());
    let mut rows = audit::list(&conn, None, None, 100).await.unwrap();
    rows.reverse();
    rows.into_iter().map(|row| row.entry).collect()
}

#[tokio::test]
async fn r33_an_arming_is_its_operators_and_its_persons_alone() {
    let db = database().await;
    assert_eq!(armed(&db, ADA).await, None);
    let arming = arm(&db, ADA, 5, "stuck payouts").await.unwrap();
    assert_eq!(armed(&db, ADA).await, Some(arming.clone()));
    assert_eq!(arming.reason, "stuck payouts");
    assert_eq!(armed(&db, ADA_AGAIN).await, None, "another id");
    assert_eq!(armed(&db, BOB).await, None, "another person");
    let entries = trail(&db).await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.action.as_str(), entry.subject.as_str()), ("operator.arm", "op_1"));
    assert_eq!((entry.person.as_str(), entry.origin.as_str()), ("Ada", "10.0.0.7"));
    assert_eq!((entry.reason.as_str(), &entry.before), ("stuck payouts", &None));
    assert_eq!(arming.until - entry.at, time::Duration::minutes(5));
    assert!(entry.after.as_ref().unwrap().starts_with("{\"armed_until\":\"20"), "{entry:?}");
}

#[tokio::test]
async fn r33_arming_again_replaces_and_disarming_ends_at_once() {
    let db = database().await;
    arm(&db, ADA, 60, "long").await.unwrap();
    let second = arm(&db, ADA, 1, "short").await.unwrap();
    assert_eq!(armed(&db, ADA).await, Some(second), "the shorter one, though the longer is not over");
    arm(&db, ADA_AGAIN, 5, "another").await.unwrap();
    disarm(&db, ADA).await;
    assert_eq!(armed(&db, ADA).await, None);
    assert!(armed(&db, ADA_AGAIN).await.is_some(), "disarming is for oneself");
    disarm(&db, ADA).await;
    let entries = trail(&db).await;
    let actions: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    let expected = [
        ("operator.arm", "op_1"),
        ("operator.arm", "op_1"),
        ("operator.arm", "op_2"),
        ("operator.disarm", "op_1"),
    ];
    assert_eq!(actions, expected, "what changed nothing is not in the trail");
    assert_eq!(entries[1].before, entries[0].after, "what was replaced");
    assert_eq!((&entries[3].before, &entries[3].after), (&entries[1].after, &None));
}

#[tokio::test]
async fn r33_an_arming_ends_by_itself() {
    let db = database().await;
    arm(&db, ADA, 60, "night shift").await.unwrap();
    let owner = db.owner().get().await.unwrap();
    let back = |seconds: i32| {
        format!(
            "UPDATE armings SET armed_at = armed_at - interval '{seconds} seconds',
        armed_until = armed_until - interval '{seconds} seconds'"
        )
    };
    owner.batch_execute(&back(3590)).await.unwrap();
    assert!(armed(&db, ADA).await.is_some(), "ten seconds are left");
    owner.batch_execute(&back(10)).await.unwrap();
    assert_eq!(armed(&db, ADA).await, None);
    disarm(&db, ADA).await;
    assert_eq!(trail(&db).await.len(), 1, "what is over can't be ended");
}

#[tokio::test]
async fn r33_the_database_refuses_armings_that_are_too_long_or_for_no_reason() {
    let db = database().await;
    arm(&db, ADA, 60, "an hour").await.unwrap();
    assert!(arm(&db, ADA, 61, "more").await.is_err());
    assert!(arm(&db, ADA, 5, "").await.is_err());
    assert_eq!(armed(&db, ADA).await.unwrap().reason, "an hour", "a refusal leaves what there was");
    assert_eq!(trail(&db).await.len(), 1);
    let conn = db.pool.get().await.unwrap();
    let refused = conn.batch_execute("DELETE FROM armings").await.unwrap_err();
    assert_eq!(refused.code(), Some("42501"), "not with the gateway's rights: {refused}");
}

#[tokio::test]
async fn r33_two_first_armings_at_once_are_both_in_the_trail_and_one_holds() {
    let db = database().await;
    let (one, two) = tokio::join!(arm(&db, ADA, 5, "one"), arm(&db, ADA, 10, "two"));
    let (one, two) = (one.unwrap(), two.unwrap());
    let holds = armed(&db, ADA).await.unwrap();
    assert!(holds == one || holds == two, "{holds:?}");
    assert_eq!(trail(&db).await.len(), 2);
}

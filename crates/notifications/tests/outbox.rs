//! What is enqueued is there if and only if the money's transaction commits.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use notifications::{DeliveryId, MIGRATIONS, Notice, NoticeKind, enqueue};
use pg::{MigrationSet, Shard};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

fn notices(n: usize) -> Vec<Notice> {
    let notice = |at: usize| Notice {
        shard: Shard::new((at % 3) as i16).unwrap(),
        merchant: Uuid::now_v7(),
        kind: NoticeKind::ALL[at % NoticeKind::ALL.len()],
        subject: format!("pay_{at}"),
        data: json!({"status": "paid", "amount": "1.00"}),
        due_at: at.is_multiple_of(2).then(|| OffsetDateTime::UNIX_EPOCH + Duration::days(at as i64)),
    };
    (0..n).map(notice).collect()
}

#[tokio::test]
async fn r9_notices_live_and_die_with_the_transaction() {
    let db = testkit::database(&[MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();

    let tx = conn.begin().await.unwrap();
    enqueue(&tx, &notices(7), false, now).await.unwrap();
    tx.rollback().await.unwrap();
    let tx = conn.begin().await.unwrap();
    enqueue(&tx, &notices(5), false, now).await.unwrap();
    enqueue(&tx, &[], false, now).await.unwrap();
    tx.commit().await.unwrap();

    let rows = conn.query("SELECT * FROM outbox ORDER BY subject", &[]).await.unwrap();
    assert_eq!(rows.len(), 5);
    let types: Vec<String> = rows.iter().map(|row| row.get("event_type")).collect();
    let expected =
        ["payment.credited", "payment.in_review", "payment.returned", "payment.reversed", "withdrawal.paid"];
    assert_eq!(types, expected);
    assert_eq!(rows[0].get::<_, OffsetDateTime>("due_at"), OffsetDateTime::UNIX_EPOCH);
    assert_eq!(rows[1].get::<_, OffsetDateTime>("due_at"), now, "none means at once");
}

#[tokio::test]
async fn what_waited_to_be_routed_is_routed_by_the_migration() {
    let first = MigrationSet { owner: MIGRATIONS.owner, migrations: &MIGRATIONS.migrations[..1] };
    let db = testkit::database(&[first]).await;
    let conn = db.pool.get().await.unwrap();
    conn.batch_execute(include_str!("unrouted.sql")).await.unwrap();
    pg::migrate(&db.url, &pg::Tls::default(), &[MIGRATIONS]).await.unwrap();
    let sql = "SELECT notice, channel, destination, id FROM deliveries WHERE shard = 3 ORDER BY destination";
    let rows = conn.query(sql, &[]).await.unwrap();
    let made: Vec<(Uuid, &str, Uuid)> =
        rows.iter().map(|row| (row.get("notice"), row.get("channel"), row.get("destination"))).collect();
    let (waiting, endpoint) = (Uuid::from_u128(0x103), Uuid::from_u128(0xe03));
    assert_eq!(made, [(waiting, "email", Uuid::nil()), (waiting, "webhook", endpoint)]);
    for row in &rows {
        let id = DeliveryId::from_uuid(row.get("id"));
        assert_eq!((id.shard(), id.to_string().parse()), (Shard::new(3).unwrap(), Ok(id)), "{id}");
    }
}

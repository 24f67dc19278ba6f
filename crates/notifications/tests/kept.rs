//! What is kept of one merchant is found among everybody's, and nobody else's with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use notifications::{
    EndpointId, EndpointState, MIGRATIONS, Notice, NoticeKind, create_endpoint, delete_endpoint,
    endpoints_of, enqueue, notices_of,
};
use pg::Shard;
use privacy::Keyring;
use serde_json::json;
use uuid::Uuid;

/// More than one page looks at, twice over.
const ALL: usize = 12_000;
const OWN: usize = 100;

#[tokio::test]
async fn r38_every_notice_of_a_merchant_is_found_and_no_other() {
    let db = testkit::database(&[MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();
    let (shard, merchant, other) = (Shard::new(3).unwrap(), Uuid::now_v7(), Uuid::now_v7());
    let notice = |at: usize| Notice {
        shard,
        merchant: if at.is_multiple_of(OWN) { merchant } else { other },
        kind: NoticeKind::PaymentCredited,
        subject: format!("pay_{at}"),
        data: json!({"amount": "1.00", "at": at}),
        due_at: None,
    };
    let tx = conn.begin().await.unwrap();
    enqueue(&tx, &(0..ALL).map(notice).collect::<Vec<_>>(), false, now).await.unwrap();
    tx.commit().await.unwrap();

    let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = notices_of(&conn, shard, merchant, after, 50).await.unwrap();
        assert!(page.rows.len() <= 50);
        pages += 1;
        found.extend(page.rows);
        match page.last {
            None => break,
            Some(last) => after = Some(last.id),
        }
    }
    let mut subjects: Vec<&str> = found.iter().map(|notice| notice.subject.as_str()).collect();
    let mut expected: Vec<String> = (0..ALL).step_by(OWN).map(|at| format!("pay_{at}")).collect();
    subjects.sort_unstable();
    expected.sort_unstable();
    assert_eq!(subjects, expected);
    assert!(found.iter().all(|notice| notice.data["amount"] == "1.00" && notice.told_at.is_none()));
    assert!((3..=10).contains(&pages), "{pages} pages: none looks at all of them");
}

#[tokio::test]
async fn r38_endpoints_that_were_taken_away_are_kept_without_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
    let db = testkit::database(&[MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    let (shard, merchant, other) = (Shard::new(3).unwrap(), Uuid::now_v7(), Uuid::now_v7());
    let mut made = Vec::new();
    for (owner, url) in
        [(merchant, "https://a.example"), (other, "https://b.example"), (merchant, "https://c.example")]
    {
        let id = EndpointId::new(shard);
        let tx = conn.begin().await.unwrap();
        create_endpoint(&tx, &keyring, id, owner, url).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        made.push(id);
    }
    assert!(delete_endpoint(&conn, merchant, made[0]).await.unwrap());
    let page = endpoints_of(&conn, shard, merchant, None, 50).await.unwrap();
    let mut rows: Vec<_> = page.rows.iter().map(|row| (row.url.as_str(), row.state)).collect();
    rows.sort_unstable_by_key(|row| row.0);
    assert_eq!(
        rows,
        [("https://a.example", EndpointState::Deleted), ("https://c.example", EndpointState::Active)]
    );
    assert!(page.last.is_none());
}

//! The trail and approvals as operators list them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use audit::{
    ApprovalFilter, ApprovalId, ApprovalState as S, NewApproval, TrailFilter, list_approvals, list_trail,
};
use pg::{Connection, Shard};
use testkit::{TestDb, plan};

/// So many entries: of a thousand subjects, by three actors, of which one is rare.
async fn filled(count: u32) -> TestDb {
    let db = testkit::database(&[audit::MIGRATIONS]).await;
    let fill = format!(
        "INSERT INTO audit_log (seq, at, actor, person, origin, action, subject, reason, hash)
         SELECT n, now(), CASE WHEN n % 4001 = 5 THEN 'op_rare' WHEN n % 2 = 0 THEN 'gateway' ELSE 'op_1' END, 'Ada', 'x',
                CASE WHEN n % 3 = 0 THEN 'payout.hold' ELSE 'payment.credit' END, 's' || n % 1000, 'because',
                decode(repeat('00', 32), 'hex')
         FROM generate_series(1, {count}) AS n;
         ANALYZE audit_log"
    );
    db.owner().get().await.unwrap().batch_execute(&fill).await.unwrap();
    db
}

async fn pages(conn: &Connection, filter: TrailFilter<'_>, oldest_first: bool) -> Vec<i64> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = list_trail(conn, filter, oldest_first, after, 170).await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.seq));
        let Some(last) = page.last else { return seen };
        after = Some(last.seq);
    }
}

#[tokio::test]
async fn r34_the_trail_is_listed_by_subject_actor_and_action_in_both_directions() {
    let db = filled(12_000).await;
    let conn = db.pool.get().await.unwrap();
    let all = TrailFilter::default();
    for (filter, passes) in [
        (all, (|_| true) as fn(i64) -> bool),
        (TrailFilter { subject: Some("s7"), ..all }, |n| n % 1000 == 7),
        (TrailFilter { actor: Some("op_rare"), ..all }, |n| n % 4001 == 5),
        (TrailFilter { action: Some("payout.hold"), actor: Some("gateway"), ..all }, |n| {
            n % 3 == 0 && n % 2 == 0 && n % 4001 != 5
        }),
        (TrailFilter { subject: Some("s8"), action: Some("payout.hold"), ..all }, |n| {
            n % 1000 == 8 && n % 3 == 0
        }),
        (TrailFilter { actor: Some("nobody"), ..all }, |_| false),
    ] {
        let mut expected: Vec<i64> = (1..=12_000).filter(|n| passes(*n)).collect();
        assert!(pages(&conn, filter, true).await == expected, "{filter:?}");
        expected.reverse();
        assert!(pages(&conn, filter, false).await == expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_page_of_the_trail_goes_by_an_index_and_reads_no_more_among_many() {
    let db = filled(60_000).await;
    let conn = db.owner().get().await.unwrap();
    let look = include_str!("../src/sql/look.sql");
    for (oldest_first, place) in [(true, 0), (false, i64::MAX)] {
        for (filter, stretch, index, most) in [
            ("NULL, NULL, NULL", 51, "audit_log_pkey", 51),
            ("NULL, 'nobody', NULL", 5_000, "audit_log_pkey", 5_000),
            ("'s7', NULL, NULL", 51, "audit_by_subject", 51),
            ("'s7', NULL, 'payout.hold'", 5_000, "audit_by_subject", 60),
        ] {
            let parameters = format!("{filter}, {oldest_first}, {place}, {stretch}, 51");
            plan(&conn, look, &parameters).await.goes_by(&[index], most);
        }
    }
}

#[tokio::test]
async fn r33_approvals_are_listed_by_state_action_subject_and_operator() {
    let db = testkit::database(&[audit::MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    let mut ids = Vec::new();
    for (action, subject, by) in [
        ("payment.credit", "pay_1", "op_1"),
        ("payout.retry", "po_1", "op_2"),
        ("payment.credit", "pay_2", "op_1"),
    ] {
        // Ids of one millisecond have no order.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let id = ApprovalId::new(Shard::new(1).unwrap());
        let new = NewApproval {
            id,
            action: action.into(),
            subject: subject.into(),
            request: "{}".into(),
            shown: "{}".into(),
            requested_by: by.into(),
            requested_person: "Ada".into(),
            reason: "done".into(),
        };
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        audit::open_approvals(&tx, &[new], now).await.unwrap();
        tx.commit().await.unwrap();
        ids.push(id);
    }
    let late = "UPDATE approvals SET expires_at = now() WHERE requested_by = 'op_2'";
    db.owner().get().await.unwrap().batch_execute(late).await.unwrap();
    let all = ApprovalFilter::default();
    for (filter, expected) in [
        (all, &[0, 1, 2][..]),
        (ApprovalFilter { state: Some(S::Pending), ..all }, &[0, 2]),
        (ApprovalFilter { state: Some(S::Expired), ..all }, &[1]),
        (ApprovalFilter { state: Some(S::Approved), ..all }, &[]),
        (ApprovalFilter { action: Some("payment.credit"), ..all }, &[0, 2]),
        (ApprovalFilter { subject: Some("pay_2"), ..all }, &[2]),
        (ApprovalFilter { requested_by: Some("op_2"), ..all }, &[1]),
    ] {
        for size in [1, 2, 50] {
            for oldest_first in [true, false] {
                let (mut seen, mut after) = (Vec::new(), None);
                loop {
                    let page = list_approvals(&conn, filter, oldest_first, after, size).await.unwrap();
                    seen.extend(page.rows.iter().map(|row| ids.iter().position(|id| *id == row.id).unwrap()));
                    let Some(last) = page.last else { break };
                    after = Some(last.id);
                }
                let mut expected = expected.to_vec();
                if !oldest_first {
                    expected.reverse();
                }
                assert_eq!(seen, expected, "{filter:?} by {size}");
            }
        }
    }
}

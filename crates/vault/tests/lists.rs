//! Events as operators list them: right under every filter, and as quick among many as among few.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use pg::Connection;
use testkit::{TestDb, plan};
use uuid::Uuid;
use vault::{EventFilter, list};

/// So many events in sixteen shards: a tenth of a percent was not accepted, of which some came to more by a replay; one bank
/// is rare. And so many refused reuses that an index is worth its while.
async fn filled(count: u32) -> TestDb {
    let db = testkit::database(&[vault::MIGRATIONS]).await;
    let id = |n: &str, shard: &str| {
        format!(
            "(lpad(to_hex(1700000000000 + {n}), 12, '0') || '7' || left(md5({n}::text), 3) || '8' || right(md5({n}::text), 13)
                || lpad(to_hex({shard}), 2, '0'))::uuid"
        )
    };
    let fill = format!(
        "INSERT INTO bank_events (shard, id, bank, event_id, verdict, status, answer, key_id, received_at)
         SELECT n % 16, {}, CASE WHEN n % 5003 = 9 THEN 'quarry' ELSE 'harbour' END, 'e' || n,
                CASE n % 1000 WHEN 1 THEN 'malformed' WHEN 2 THEN 'invalid' WHEN 3 THEN 'ignored' ELSE 'accepted' END,
                200, '', 'key', now()
         FROM generate_series(1, {count}) AS n;
         INSERT INTO bank_event_later_answers (shard, id, turn, verdict, status, answer, answered_at)
         SELECT shard, id, 1, 'accepted', 200, '', now() FROM bank_events WHERE verdict = 'invalid' AND shard % 2 = 0;
         INSERT INTO bank_event_later_answers (shard, id, turn, verdict, status, answer, answered_at)
         SELECT n % 16, md5('other' || n)::uuid, 1, 'accepted', 200, '', now() FROM generate_series(1, 5000) AS n;
         INSERT INTO bank_event_conflicts (shard, id, bank, event_id, body_hash, body_sealed)
         SELECT n % 16, {}, 'harbour', 'e' || n, '', '' FROM generate_series(1, {count}, 100) AS n;
         ANALYZE bank_events; ANALYZE bank_event_conflicts; ANALYZE bank_event_later_answers",
        id("n", "n % 16"),
        id("(n + 100)", "n % 16"),
    );
    db.owner().get().await.unwrap().batch_execute(&fill).await.unwrap();
    db
}

async fn pages(
    conn: &Connection,
    bank: Option<&str>,
    verdict: Option<&str>,
    oldest_first: bool,
) -> Vec<Uuid> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (bank, verdict) = (bank.map(str::to_owned), verdict.map(str::to_owned));
        let filter = EventFilter { bank, verdict, after, oldest_first };
        let page = list(conn, &filter, 190).await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.id.uuid()));
        let Some(last) = page.last else { return seen };
        after = Some(last.id);
    }
}

#[tokio::test]
async fn events_are_listed_by_bank_and_by_what_they_came_to_in_both_directions() {
    let db = filled(24_000).await;
    let conn = db.pool.get().await.unwrap();
    let sql = "SELECT e.id, e.bank, coalesce(l.verdict, e.verdict) AS verdict
               FROM bank_events e LEFT JOIN bank_event_later_answers l ON l.shard = e.shard AND l.id = e.id
               UNION ALL SELECT id, bank, 'conflict' FROM bank_event_conflicts ORDER BY id";
    let all = conn.query(sql, &[]).await.unwrap();
    let filters =
        [None, Some("accepted"), Some("invalid"), Some("malformed"), Some("ignored"), Some("conflict")];
    for bank in [None, Some("quarry"), Some("nowhere")] {
        for verdict in filters {
            let passes = |row: &&pg::Row| {
                bank.is_none_or(|bank| bank == row.get::<_, &str>("bank"))
                    && verdict.is_none_or(|verdict| verdict == row.get::<_, &str>("verdict"))
            };
            let mut expected: Vec<Uuid> = all.iter().filter(passes).map(|row| row.get("id")).collect();
            for oldest_first in [true, false] {
                let seen = pages(&conn, bank, verdict, oldest_first).await;
                assert!(seen == expected, "{bank:?} {verdict:?}: {} of {}", seen.len(), expected.len());
                expected.reverse();
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_events_goes_by_an_index_and_reads_no_more_among_many() {
    let db = filled(60_000).await;
    let conn = db.owner().get().await.unwrap();
    let sql = include_str!("../src/sql/list.sql");
    let (start, end) = ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'");
    // 180 that were not accepted with what replays made of them, 600 refused reuses, and a page of 51 joined thrice.
    let few = 2 * 180 + 600 + 3 * 51;
    for (oldest_first, place) in [(true, start), (false, end)] {
        for (filter, stretch, not_accepted, index, most) in [
            ("NULL, NULL", 51, false, "bank_events_pkey", 2 * 51 + 3 * 51),
            ("'nowhere', NULL", 10_000, false, "bank_events_pkey", 10_000 + 600 + 60),
            ("NULL, 'malformed'", 1_000, true, "bank_events_not_accepted", few),
            ("NULL, 'conflict'", 1_000, true, "bank_event_conflicts_by_age", few),
        ] {
            let parameters = format!("{filter}, {oldest_first}, {place}, {stretch}, {not_accepted}, 51");
            plan(&conn, sql, &parameters).await.goes_by(&[index], most);
        }
    }
}

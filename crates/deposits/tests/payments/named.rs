//! Names that are no keys: of what a bank took back, and of what networks trace.

use deposits::{Receipt, named_by_uetr, reversals_named};
use testkit::plan;
use uuid::Uuid;

use crate::reversals::report;
use crate::world::{World, receipt, stray, usd};

#[tokio::test]
async fn r8_what_was_taken_back_is_found_by_its_own_reference_whether_its_payment_is_there_or_not() {
    let world = World::start().await;
    world.batch(&[receipt("A", usd(100))], &[report("BACK-1", "A", 40), report("BACK-2", "unseen", 7)]).await;
    let conn = world.db.pool.get().await.unwrap();
    for (reference, original, applied) in [("BACK-1", "A", true), ("BACK-2", "unseen", false)] {
        let found = reversals_named(&conn, reference, 20).await.unwrap();
        assert_eq!(found.len(), 1, "{reference}");
        assert_eq!((found[0].original_reference.as_str(), found[0].payment.is_some()), (original, applied));
    }
    for nothing in ["A", "back-1", "BACK"] {
        assert!(reversals_named(&conn, nothing, 20).await.unwrap().is_empty(), "{nothing}");
    }
}

#[tokio::test]
async fn r7_a_payment_that_waits_is_found_by_its_uetr() {
    let world = World::start().await;
    let uetr = Uuid::now_v7();
    let traced = |receipt: Receipt| Receipt { uetr: Some(uetr), ..receipt };
    world.take_in(&[traced(stray("A", usd(100))), stray("B", usd(7)), traced(receipt("C", usd(1)))]).await;
    let conn = world.db.pool.get().await.unwrap();
    let found = named_by_uetr(&conn, uetr, 20).await.unwrap();
    let references: Vec<&str> = found.iter().map(|payment| payment.reference.as_str()).collect();
    assert_eq!(references, ["A"], "what is credited is found by its reference only");
    assert!(named_by_uetr(&conn, Uuid::now_v7(), 20).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_search_by_such_a_name_reads_what_it_shows_among_many() {
    let db = testkit::database(&[deposits::MIGRATIONS]).await;
    let conn = db.owner().get().await.unwrap();
    let fill = "INSERT INTO payments (shard, id, bank, reference, position, account_index, merchant, merchant_shard, amount_minor,
                                      currency, status, reason, conflict, details_sealed, uetr, event, received_at)
                SELECT n % 16, md5(n::text)::uuid, 'harbour', 'r' || n, 0, decode(repeat('07', 32), 'hex'), md5('m')::uuid, 3,
                       100, 'USD', CASE WHEN n % 2 = 0 THEN 'in_review' ELSE 'credited' END, 'unknown_account', false, '',
                       CASE WHEN n % 3 = 0 THEN md5('u' || n)::uuid END, md5('e')::uuid, now()
                FROM generate_series(1, 20000) AS n;
                INSERT INTO reversals (shard, id, bank, reference, original_reference, position, amount_minor, currency, state,
                                       event, received_at)
                SELECT n % 16, md5(n::text)::uuid, 'harbour', CASE WHEN n % 20 = 0 THEN 'SAME' ELSE 'b' || n END, 'r' || n, 0, 100,
                       'USD', 'waiting', md5('e')::uuid, now()
                FROM generate_series(1, 20000) AS n;
                INSERT INTO reversal_keys (shard, bank, original_reference, reference, position, variant, reversal, amount_minor,
                                           currency)
                SELECT shard, bank, original_reference, reference, 0, '', id, amount_minor, currency FROM reversals;
                ANALYZE payments; ANALYZE reversals; ANALYZE reversal_keys";
    conn.batch_execute(fill).await.unwrap();
    fill_keys(&conn).await;
    let by_uetr = include_str!("../../src/sql/named_by_uetr.sql");
    for (uetr, most) in [("md5('u18')::uuid", 1), ("md5('u21')::uuid", 0)] {
        plan(&conn, by_uetr, &format!("{uetr}, 20")).await.goes_by(&["payments_by_uetr"], most);
    }
    let named = include_str!("../../src/sql/reversals_named.sql");
    for (reference, most) in [("b17", 1), ("SAME", 20), ("nothing", 0)] {
        let found = plan(&conn, named, &format!("'{reference}', 20")).await;
        found.goes_by(&["reversals_by_reference"], most);
    }
    // By the bank's reference, for which a key has a number.
    let (id, given) = ("'{019aadd2-6b7c-7d1e-8a6f-0123456789ab}'", format!("ARRAY[{}]", number_of("'r17'")));
    let keyed = &["payment_keys_pkey", "payments_pkey"];
    let originals = include_str!("../../src/sql/originals.sql");
    let parameters = format!("{id}, '{{1}}', {given}, '{{harbour}}', '{{r17}}'");
    plan(&conn, originals, &parameters).await.goes_by(keyed, 3);
    let booked = include_str!("../../src/sql/booked_under.sql");
    plan(&conn, booked, &format!("'{{1}}', {given}, '{{harbour}}', '{{r17}}'")).await.goes_by(keyed, 3);
    let back = include_str!("../../src/sql/taken_back_under.sql");
    for (references, most) in [("{r17,b18}", 4), ("{r17,SAME}", 2 + 101), ("{nothing,?}", 0)] {
        let found =
            plan(&conn, back, &format!("'{{1,1}}', '{{harbour,harbour}}', '{references}', 100")).await;
        found.goes_by(&["reversal_keys_pkey", "reversals_by_reference", "reversals_pkey"], most);
    }
    let waiting = include_str!("../../src/sql/waiting_reversals.sql");
    let parameters = "'-infinity', '00000000-0000-0000-0000-000000000000', 50";
    plan(&conn, waiting, parameters).await.goes_by(&["payment_keys_pkey"], 200);
}

/// What the keys of payments of this bank and this reference begin with, as SQL.
fn number_of(reference: &str) -> String {
    let text = |text: &str| {
        format!("int8send(octet_length(convert_to({text}, 'UTF8'))) || convert_to({text}, 'UTF8')")
    };
    let (bank, reference) = (text("'harbour'"), text(reference));
    format!("('x' || encode(substring(sha256({bank} || {reference}) FOR 8), 'hex'))::bit(64)::bigint")
}

async fn fill_keys(conn: &pg::Connection) {
    let number = number_of("p.reference");
    let fill = format!(
        "INSERT INTO payment_keys (shard, reference_key, key, payment, amount_minor, currency)
         SELECT p.shard, {number}, gen_random_uuid(), p.id, p.amount_minor, p.currency FROM payments p; ANALYZE payment_keys"
    );
    conn.batch_execute(&fill).await.unwrap();
}

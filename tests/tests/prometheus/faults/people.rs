//! Merchants who aren't told, payees whom no bank knows, and statements that nobody explains.

use std::sync::atomic::Ordering;

use serde_json::json;
use tests::{funds, unique};
use uuid::Uuid;

use super::Scene;
use crate::watch::Expected;

pub async fn prove(scene: &Scene) {
    tokio::join!(notices(scene), payee(scene), newcomer(scene), settlement(scene), statements(scene));
}

/// A merchant's endpoint fails until every attempt is made; mended, it gets what it missed.
async fn notices(scene: &Scene) {
    let (watch, world, merchant) = (&scene.watch, &scene.world, scene.world.merchant(1));
    let overdue =
        Expected { name: "SluiceNoticesOverdue", labels: &[], says: "their merchants had to have them: 1." };
    let given_up =
        Expected { name: "SluiceNoticesGivenUp", labels: &[], says: "were given up within 6 hours." };
    watch.silent(overdue).await;
    watch.silent(given_up).await;
    let hook = json!({"url": format!("{}/fails", scene.receiver.base)});
    let made = world.public().post(&merchant.api_key, "/v1/webhooks", None, &hook).await;
    assert_eq!(made.status, 201, "{made:?}");
    // Of a review a merchant is told at once.
    let strange = funds(&unique("odd"), merchant.account("USD"), "50.00", "USD", "SOMEBODY ELSE");
    assert_eq!(world.event(&unique("evt"), &strange).await.status, 200);
    watch.fires(given_up).await;
    watch.fires(overdue).await;
    scene.receiver.mended.store(true, Ordering::SeqCst);
    let dead = world.wait_for_row("/admin/v1/dead-letters", |row| row["channel"] == "webhook").await;
    let id = dead["id"].as_str().expect("an id");
    scene.act(&format!("/admin/v1/dead-letters/{id}/replay")).await;
    watch.ends(overdue).await;
    watch.ends(given_up).await;
}

/// The bank thinks about it, and is not asked again.
async fn payee(scene: &Scene) {
    let expected = Expected {
        name: "SluicePayeesGivenUp",
        labels: &[],
        says: "Payees without an answer of their bank, which is not asked again: 1.",
    };
    let (world, merchant) = (&scene.world, scene.world.merchant(0));
    scene.watch.silent(expected).await;
    let body = json!({"holder_name": merchant.name, "country": "CN", "currency": "CNY",
        "account_number": "6222020277770008", "bank_code": "102100099996", "bank_name": "A bank"});
    let made = world.public().post(&merchant.api_key, "/v1/payees", None, &body).await;
    assert_eq!((made.status, made.text_of("status")), (201, "pending"), "{made:?}");
    let payee = made.text_of("id");
    let id: Uuid = payee.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
    // As after its last question.
    let sql = "UPDATE payees SET check_at = NULL WHERE id = $1 AND state = 'pending'";
    assert_eq!(world.database().await.execute(sql, &[&id]).await.expect("given up"), 1);
    scene.watch.fires(expected).await;
    let headers = [("authorization", format!("Bearer {}", merchant.api_key))];
    let path = format!("/v1/payees/{payee}");
    let deleted = world.public().send(hyper::Method::DELETE, &path, &headers, Vec::new().into()).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    scene.watch.ends(expected).await;
}

/// A merchant comes in, and for two working days nobody looks at it.
async fn newcomer(scene: &Scene) {
    let expected = Expected {
        name: "SluiceMerchantsOverdue",
        labels: &[],
        says: "Merchants that should have been looked at by now: 1.",
    };
    let world = &scene.world;
    scene.watch.silent(expected).await;
    let body = json!({"kind": "individual", "origin": "other", "name": "Ana Silva", "email": "ana@example.com",
        "mobile": "+351912345678", "reason": "application 8",
        "documents": [{"kind": "passport", "number": "C01X00T47", "expires_on": "2046-01-31"}]});
    let made = world.act(world.operator("operator", 0), "/admin/v1/merchants", &body).await;
    assert_eq!((made.status, made.text_of("status")), (201, "pending"), "{made:?}");
    let merchant = made.text_of("id");
    let id: Uuid = merchant.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
    let sql = "UPDATE merchants SET review_due_at = now() - interval '1 minute' WHERE id = $1";
    assert_eq!(world.database().await.execute(sql, &[&id]).await.expect("overdue"), 1);
    scene.watch.fires(expected).await;
    scene.act(&format!("/admin/v1/merchants/{merchant}/activate")).await;
    scene.watch.ends(expected).await;
}

/// A merchant has a settlement looked for, and for two days nobody says what came of it.
async fn settlement(scene: &Scene) {
    let expected = Expected {
        name: "SluiceSettlementsInvestigated",
        labels: &[],
        says: "has been looked for since 2d 1h ",
    };
    let (world, merchant) = (&scene.world, scene.world.merchant(0));
    scene.watch.silent(expected).await;
    let accounts = world.public().get(&merchant.api_key, "/v1/receiving-accounts").await;
    let account = accounts.json["data"].as_array().into_iter().flatten().find(|row| row["currency"] == "USD");
    let account = &account.expect("an account in dollars")["id"];
    let sql = "SELECT (current_date - 20)::text";
    let day: String = world.database().await.query_one(sql, &[]).await.expect("a day").get(0);
    let body = json!({"receiving_account_id": account, "currency": "USD", "amount": "7000.00",
        "paid_on": day, "reference": unique("STL")});
    let made = world.order(merchant, "/v1/settlements", &unique("key"), &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let settlement = made.text_of("id");
    let asked = format!("/v1/settlements/{settlement}/investigate");
    let asked = world.order(merchant, &asked, &unique("key"), &json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    scene.ages("settlements", "asked_at", settlement, "49 hours").await;
    scene.watch.fires(expected).await;
    let found = json!({"finding": "not_found", "reason": "the platform has no such payment"});
    let close = format!("/admin/v1/settlements/{settlement}/close");
    let closed = world.act(world.operator("operator", 0), &close, &found).await;
    assert_eq!(closed.status, 200, "{closed:?}");
    scene.watch.ends(expected).await;
}

/// A statement of the bank's own account that doesn't add up, with two lines as a batch would keep them, so old: one is
/// looked at, and nothing in the book is meant; the other waits for its first look.
async fn statements(scene: &Scene) {
    let watch = &scene.watch;
    let open = Expected {
        name: "SluiceReconciliationLinesOpen",
        labels: &[("outcome", "unknown")],
        says: "with the outcome unknown is 2d 1h ",
    };
    let stuck = Expected { name: "SluiceReconciliationStuck", labels: &[], says: "A line has waited 2d 1h " };
    let unbalanced = Expected {
        name: "SluiceStatementUnbalanced",
        labels: &[],
        says: "such statements came within a day.",
    };
    for expected in [open, stuck, unbalanced] {
        watch.silent(expected).await;
    }
    let looked_at = line(scene, "now()").await;
    let waiting = line(scene, "now() + interval '1 day'").await;
    for expected in [open, stuck, unbalanced] {
        watch.fires(expected).await;
    }
    let sql = "UPDATE reconciliation_lines SET look_at = now() WHERE id = $1";
    scene.world.database().await.execute(sql, &[&waiting]).await.expect("looked at again");
    watch.ends(stuck).await;
    for id in [looked_at, waiting] {
        scene.act(&format!("/admin/v1/reconciliation/lines/rec_{}/explain", id.simple())).await;
    }
    watch.ends(open).await;
    watch.ends(unbalanced).await;
}

/// An id in shard 3.
fn id() -> Uuid {
    let mut bytes = Uuid::now_v7().into_bytes();
    bytes[15] = 3;
    Uuid::from_bytes(bytes)
}

/// A statement with one line that came 49 hours ago; the line's id.
async fn line(scene: &Scene, look_at: &str) -> Uuid {
    let (database, bank) = (scene.world.database().await, scene.world.bank());
    let (statement, line) = (id(), id());
    let sql = "INSERT INTO bank_statements (shard, id, bank, account, covers, number, currency, from_date, to_date,
                   opening_minor, closing_minor, difference, lines, digest, event, received_at)
               VALUES (3, $1, $2, sha256('own'), 'own_account', '7', 'USD', current_date - 10, current_date + 2,
                   0, 1, -1, 1, sha256(uuid_send($1::uuid)), $1, now())";
    database.batch_execute("BEGIN").await.expect("begun");
    database.execute(sql, &[&statement, &bank]).await.expect("a statement");
    let sql = format!(
        "INSERT INTO reconciliation_lines (shard, id, origin, bank, statement, position, amount_minor, currency,
             direction, reversal, refs, digest, state, outcome, received_at, look_at)
         VALUES (3, $1, 'bank', $2, $3, 0, 500, 'USD', 'credit', false, ARRAY[$4], sha256(uuid_send($1::uuid)), 'open',
             'new', now() - interval '49 hours', {look_at})"
    );
    database.execute(&sql, &[&line, &bank, &statement, &unique("HB")]).await.expect("a line");
    database.batch_execute("COMMIT").await.expect("there at once");
    line
}

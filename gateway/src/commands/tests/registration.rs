//! R39, R40: merchants are identified, and restricted while a document of theirs has expired.

use merchants::documents::{DocumentRequest, NewDocument, Origin, aging};
use merchants::{DocumentId, MerchantId, MerchantKind, MerchantState, Registration, RegistrationRequest};
use pg::Shard;
use serde_json::{Value, json};
use time::Date;

use super::world::{LAYOUT, World, approve, operate, usd};
use crate::commands::{Action, Command};

const MOBILE: &str = "+85291234567";

impl World {
    async fn today(&self) -> Date {
        self.facts().day(self.now().await)
    }

    /// A Hong Kong enterprise with a registration that lasts so many days from now on.
    async fn newcomer(&self, days: i64) -> MerchantId {
        let id = MerchantId::new(LAYOUT.shards.all().nth(4).unwrap());
        let (today, last) = (self.today().await, self.last_day(days).await);
        let documents = vec![DocumentRequest {
            kind: "business_registration",
            number: "12345678",
            expires_on: Some(&last),
        }];
        let request = RegistrationRequest {
            kind: "enterprise",
            origin: "hong_kong",
            name: "Harbour Lamps Ltd",
            email: "firm@example.com",
            mobile: MOBILE,
            documents,
        };
        let new = Registration::check(self.keyring(), id, &request, today).unwrap().unwrap();
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        new.enter(&tx, tx.now().await.unwrap(), None).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn last_day(&self, days: i64) -> String {
        (self.today().await + time::Duration::days(days)).to_string()
    }

    async fn document(&self, merchant: MerchantId, kind: &str, number: &str, days: Option<i64>) -> Command {
        let last = match days {
            Some(days) => Some(self.last_day(days).await),
            None => None,
        };
        let request = DocumentRequest { kind, number, expires_on: last.as_deref() };
        let of = (MerchantKind::Enterprise, Some(Origin::HongKong));
        let id = DocumentId::new(merchant.shard());
        let new = NewDocument::check(self.keyring(), id, of, &request, self.today().await).unwrap().unwrap();
        operate(Action::AddDocument { merchant, document: Box::new(new) })
    }

    /// So many days go by, for this merchant's documents.
    async fn days_go_by(&self, merchant: MerchantId, days: i32) {
        let conn = self.db.owner().get().await.unwrap();
        let sql = "UPDATE merchant_documents SET expires_on = expires_on - $1::int WHERE merchant = $2";
        conn.execute(sql, &[&days, &merchant.uuid()]).await.unwrap();
    }

    async fn age(&self) -> usize {
        let found = aging(&self.conn().await, self.today().await, None, 10).await.unwrap();
        let count = found.len();
        self.one(Command::AgeDocuments(found)).await;
        count
    }

    async fn state_of(&self, merchant: MerchantId) -> MerchantState {
        merchants::merchant(&self.conn().await, self.keyring(), merchant).await.unwrap().unwrap().state
    }

    /// What the merchant was told, oldest first: types and data.
    pub async fn told(&self, merchant: MerchantId) -> Vec<(String, Value)> {
        let sql = "SELECT event_type, data FROM outbox WHERE merchant = $1 ORDER BY created_at, id";
        let rows = self.db.owner().get().await.unwrap().query(sql, &[&merchant.uuid()]).await.unwrap();
        rows.iter().map(|row| (row.get(0), serde_json::from_str(row.get(1)).unwrap())).collect()
    }

    async fn told_types(&self, merchant: MerchantId) -> Vec<String> {
        self.told(merchant).await.into_iter().map(|(event_type, _)| event_type).collect()
    }

    async fn actions(&self, merchant: MerchantId) -> Vec<(String, String)> {
        self.trail(&merchant.to_string()).await
    }
}

fn activate(merchant: MerchantId) -> Command {
    operate(Action::ActivateMerchant { merchant })
}

fn pair(action: &str, actor: &str) -> (String, String) {
    (action.to_owned(), actor.to_owned())
}

#[tokio::test]
async fn r39_nobody_is_activated_while_a_document_is_missing_or_has_expired() {
    let world = World::new().await;
    let id = world.newcomer(90).await;
    let (status, problem) = world.one(activate(id)).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(problem["detail"], "the merchant's representative_identity is missing");

    let person = world.document(id, "representative_identity", "A1234563", None).await;
    let (status, shown) = world.one(person).await;
    assert_eq!((status, &shown["status"]), (200, &json!("pending")), "{shown}");
    world.days_go_by(id, 91).await;
    let (status, problem) = world.one(activate(id)).await;
    assert_eq!(
        (status, &problem["detail"]),
        (409, &json!("the merchant's business_registration has expired"))
    );
    // Expired while it waits: it is not active, so nothing is restricted.
    assert_eq!(world.age().await, 1);
    assert_eq!((world.state_of(id).await, world.age().await), (MerchantState::Pending, 0));

    let renewed = world.document(id, "business_registration", "12345678", Some(365)).await;
    let batch = [renewed, activate(id), activate(id)];
    let answers = world.batch(&batch).await;
    assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 200, 409], "{answers:?}");
    assert_eq!(world.state_of(id).await, MerchantState::Active);
    assert_eq!(world.told_types(id).await, ["merchant.activated"]);
    let trail = world.actions(id).await;
    assert_eq!(trail[2], pair("merchant.activate", "op_ada"), "{trail:?}");
    let nobody = MerchantId::new(Shard::new(5).unwrap());
    assert_eq!(world.one(activate(nobody)).await.0, 404);
}

#[tokio::test]
async fn r40_told_once_then_restricted_then_renewed() {
    let world = World::new().await;
    let id = world.newcomer(61).await;
    world.one(world.document(id, "representative_identity", "A1234563", None).await).await;
    assert_eq!(world.one(activate(id)).await.0, 200);
    assert_eq!(world.age().await, 0, "61 days before nobody is told");

    world.days_go_by(id, 1).await;
    assert_eq!((world.age().await, world.age().await), (1, 0), "60 days before, once");
    let (event_type, data) = world.told(id).await.pop().unwrap();
    let known = (event_type.as_str(), &data["kind"], &data["days_left"]);
    assert_eq!(known, ("merchant.document_expiring", &json!("business_registration"), &json!(60)), "{data}");

    world.days_go_by(id, 60).await;
    assert_eq!(world.age().await, 0, "on its last day it holds");
    world.days_go_by(id, 1).await;
    // Two gateways have seen it.
    world.batch(&[Command::AgeDocuments(vec![id]), Command::AgeDocuments(vec![id])]).await;
    assert_eq!((world.state_of(id).await, world.age().await), (MerchantState::Restricted, 0));

    // Another document changes nothing while this one is over.
    let person = world.document(id, "representative_identity", "B1234567", None).await;
    assert_eq!(world.one(person).await.1["status"], "restricted");
    let renewed = world.document(id, "business_registration", "12345678", Some(365)).await;
    assert_eq!(world.one(renewed).await.1["status"], "active");
    let types =
        ["activated", "document_expiring", "restricted", "activated"].map(|name| format!("merchant.{name}"));
    assert_eq!(world.told_types(id).await, types);
    let gateway: Vec<_> =
        world.actions(id).await.into_iter().filter(|(_, actor)| actor == "gateway").collect();
    assert_eq!(gateway, [pair("merchant.restrict", "gateway")], "once");
    let sql = "SELECT before || after FROM audit_log WHERE subject = $1 AND before IS NOT NULL";
    let rows = world.db.owner().get().await.unwrap().query(sql, &[&id.to_string()]).await.unwrap();
    for row in rows {
        let text: String = row.get(0);
        for personal in ["12345678", "A1234563", "Harbour", MOBILE] {
            assert!(!text.contains(personal), "{personal} in the trail: {text}");
        }
    }
}

#[tokio::test]
async fn r40_a_restricted_merchant_s_money_comes_in_and_does_not_leave() {
    let world = World::new().await;
    let id = world.merchant;
    world.pay_in(usd(10_000)).await;
    let (_, queued) = world.withdraw(usd(1_000)).await;
    // It is from before: nobody wrote down where it comes from, and its kind's documents are taken.
    world.one(world.document(id, "business_registration", "12345678", Some(1)).await).await;
    world.days_go_by(id, 2).await;
    world.age().await;
    assert_eq!(world.state_of(id).await, MerchantState::Restricted);
    let (status, problem) = world.try_withdraw(usd(1_000)).await;
    assert_eq!((status, &problem["code"]), (403, &json!("merchant-restricted")), "{problem}");
    let queued = world.payout(queued).await;
    assert_eq!(
        (queued.state, queued.held_by),
        (payouts::PayoutState::Queued, None),
        "what was queued is sent"
    );
    world.verify().await;
}

#[tokio::test]
async fn r40_what_expires_during_a_freeze_counts_at_its_end() {
    let world = World::new().await;
    let id = world.newcomer(1).await;
    world.one(world.document(id, "representative_identity", "A1234563", None).await).await;
    world.one(activate(id)).await;
    let freeze =
        || Action::FreezeMerchant { merchant: id, legal_reference: Some("7 O 12/26".into()), until: None };
    let unfreeze = Action::UnfreezeMerchant { merchant: id };
    world.one(operate(freeze())).await;
    // The second person is asked about this freeze, which the document doesn't change.
    let asked = world.ask(unfreeze.clone()).await;
    world.days_go_by(id, 2).await;
    world.age().await;
    assert_eq!(world.state_of(id).await, MerchantState::Frozen);
    let (status, done) = world.one(approve(asked)).await;
    assert_eq!((status, &done["result"]["status"]), (200, &json!("restricted")), "{done}");

    // Renewed while it is frozen: it comes back active.
    world.one(operate(freeze())).await;
    let renewed = world.document(id, "business_registration", "12345678", Some(365)).await;
    let (_, shown) = world.one(renewed).await;
    assert_eq!(
        (&shown["status"], &shown["status_before_freeze"]),
        (&json!("frozen"), &json!("active")),
        "{shown}"
    );
    assert_eq!(world.by_two(unfreeze).await.1["result"]["status"], "active");
}

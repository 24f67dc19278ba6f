//! R39, R40: how merchants come in, and what becomes of their documents, on a real PostgreSQL.

use merchants::documents::{AddRefusal, DocumentRequest, Documents, Lack, NewDocument, Origin, WrongField};
use merchants::documents::{DocumentKind, aging, list_documents, reviews};
use merchants::{
    DocumentId, MerchantId, MerchantKind, MerchantState, Registration, RegistrationRequest, freezes, lock,
    merchant,
};
use pg::Shard;
use testkit::somebody_waits;
use time::Date;
use time::macros::{date, datetime};

use crate::world::{World, freeze};

pub const CARD: &str = "11010519491231002X";
pub const MOBILE: &str = "+8613812345678";
const TODAY: Date = date!(2026 - 11 - 27);

fn document<'a>(kind: &'a str, number: &'a str, expires_on: Option<&'a str>) -> DocumentRequest<'a> {
    DocumentRequest { kind, number, expires_on }
}

pub fn li() -> RegistrationRequest<'static> {
    RegistrationRequest {
        kind: "individual",
        origin: "mainland",
        name: "Li Na",
        email: "li@example.com",
        mobile: MOBILE,
        documents: vec![document("resident_identity_card", CARD, Some("2036-01-31"))],
    }
}

fn firm() -> RegistrationRequest<'static> {
    RegistrationRequest {
        kind: "enterprise",
        origin: "hong_kong",
        name: "Harbour Lamps Ltd",
        email: "firm@example.com",
        mobile: "+85291234567",
        documents: vec![document("business_registration", "12345678", Some("2027-01-26"))],
    }
}

impl World {
    fn check(&self, request: &RegistrationRequest<'_>) -> Result<Registration, Vec<WrongField>> {
        let id = MerchantId::new(Shard::new(3).unwrap());
        Registration::check(&self.keyring, id, request, TODAY).unwrap()
    }

    pub async fn register(&self, request: &RegistrationRequest<'_>) -> Result<MerchantId, Vec<WrongField>> {
        let new = self.check(request)?;
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let due = datetime!(2026-12-01 16:00 UTC);
        let entered = new.enter(&tx, now, Some(due)).await.unwrap();
        match entered {
            Ok(()) => tx.commit().await.unwrap(),
            Err(_) => tx.rollback().await.unwrap(),
        }
        entered.map(|()| new.id)
    }

    async fn state(&self, id: MerchantId) -> MerchantState {
        merchant(&self.conn().await, &self.keyring, id).await.unwrap().unwrap().state
    }

    fn new_document(&self, id: MerchantId, request: &DocumentRequest<'_>) -> NewDocument {
        let firm = (MerchantKind::Enterprise, Some(Origin::HongKong));
        let person = (MerchantKind::Individual, Some(Origin::Mainland));
        let of = if request.kind == "resident_identity_card" { person } else { firm };
        let new = DocumentId::new(id.shard());
        NewDocument::check(&self.keyring, new, of, request, TODAY).unwrap().unwrap()
    }

    /// Adds a document in a transaction of its own.
    async fn add(&self, id: MerchantId, request: &DocumentRequest<'_>) -> Result<(), AddRefusal> {
        let new = self.new_document(id, request);
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        lock(&tx, &[], &[id]).await.unwrap();
        let mut documents = Documents::load(&tx, &[id], &[(id, &new)]).await.unwrap();
        let added = documents.add(id, &new, tx.now().await.unwrap());
        documents.save(&tx).await.unwrap();
        tx.commit().await.unwrap();
        added
    }

    async fn lack(&self, id: MerchantId, today: Date) -> Option<Lack> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let lack = Documents::load(&tx, &[id], &[]).await.unwrap().lack(id, today);
        tx.rollback().await.unwrap();
        lack
    }
}

fn fields(wrong: Result<impl std::fmt::Debug, Vec<WrongField>>) -> Vec<String> {
    wrong.unwrap_err().into_iter().map(|wrong| wrong.field).collect()
}

#[tokio::test]
async fn r39_what_is_wrong_with_a_registration_is_told_at_once() {
    let world = World::new().await;
    let (expired, future) = (Some("2026-11-26"), Some("2026-11-27"));
    let with = |documents| RegistrationRequest { documents, ..li() };
    let card = |number, expires_on| with(vec![document("resident_identity_card", number, expires_on)]);
    for (request, wrong) in [
        (RegistrationRequest { kind: "club", ..li() }, vec!["kind"]),
        (RegistrationRequest { origin: "moon", name: " ", ..li() }, vec!["origin", "name"]),
        (RegistrationRequest { name: "=HYPERLINK(\"http://x\")", ..li() }, vec!["name"]),
        (RegistrationRequest { name: "＠Lamps", ..li() }, vec!["name"]),
        (RegistrationRequest { email: "li", mobile: "138", ..li() }, vec!["email", "mobile"]),
        (with(vec![]), vec!["documents"]),
        (card(CARD, expired), vec!["documents[0].expires_on"]),
        (card(CARD, Some("2026-11-31")), vec!["documents[0].expires_on"]),
        (card("110105194912310021", future), vec!["documents[0].number"]),
        // Seventeen years old.
        (card("110105201001010029", None), vec!["documents[0].number"]),
        (with(vec![document("passport", "C01X00T47", Some("2030-01-01"))]), vec!["documents[0].kind"]),
        (
            RegistrationRequest {
                origin: "other",
                documents: vec![document("passport", "C01X00T47", None)],
                ..li()
            },
            vec!["documents[0].expires_on"],
        ),
        (with([li().documents, li().documents].concat()), vec!["documents"]),
    ] {
        assert_eq!(fields(world.check(&request)), wrong, "{request:?}");
    }
    // It holds on its last day.
    assert!(world.check(&card(CARD, future)).is_ok());
}

#[tokio::test]
async fn r39_one_merchant_for_each_address_mobile_number_and_legal_subject() {
    let world = World::new().await;
    let first = world.register(&li()).await.unwrap();
    assert_eq!(world.state(first).await, MerchantState::Active, "answered at once");
    let others = RegistrationRequest {
        email: "other@example.com",
        mobile: "+8613887654321",
        documents: vec![document("resident_identity_card", "110105199001010029", None)],
        ..li()
    };
    for (request, wrong) in [
        (RegistrationRequest { email: " LI@example.com", ..others.clone() }, "email"),
        (RegistrationRequest { mobile: MOBILE, ..others.clone() }, "mobile"),
        (RegistrationRequest { documents: li().documents, ..others.clone() }, "documents[0].number"),
    ] {
        assert_eq!(fields(world.register(&request).await), [wrong]);
    }
    world.register(&others).await.expect("nothing of a refused one was kept");
    // Once the first is closed, its marks are free.
    let owner = world.db.owner().get().await.unwrap();
    owner.execute("UPDATE merchants SET state = 'closed' WHERE id = $1", &[&first.uuid()]).await.unwrap();
    world.register(&li()).await.expect("a closed merchant's address is free");
    assert_eq!(fields(world.register(&li()).await), ["email", "mobile", "documents[0].number"]);
}

#[tokio::test]
async fn r30_who_comes_in_is_not_fully_verified_but_by_whoever_identified_it_elsewhere() {
    let world = World::new().await;
    let verified = async |id| {
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        let locked = lock(&tx, &[id], &[]).await.unwrap().get(id).unwrap().fully_verified;
        tx.rollback().await.unwrap();
        (locked, merchant(&conn, &world.keyring, id).await.unwrap().unwrap().fully_verified)
    };
    let li = world.register(&li()).await.unwrap();
    assert_eq!(verified(li).await, (false, false), "the limit before full verification holds");
    let identified = world.check(&firm()).unwrap().identified();
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    identified.enter(&tx, tx.now().await.unwrap(), None).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(verified(identified.id).await, (true, true));
}

#[tokio::test]
async fn r39_of_two_that_want_the_same_address_at_once_one_gets_it() {
    let world = World::new().await;
    let (one, other) = (world.check(&li()).unwrap(), world.check(&li()).unwrap());
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    one.enter(&tx, now, None).await.unwrap().unwrap();
    let second = async {
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        let entered = other.enter(&tx, now, None).await.unwrap();
        tx.rollback().await.unwrap();
        entered
    };
    let first = async {
        somebody_waits(&world.db).await;
        tx.commit().await.unwrap();
    };
    let (entered, ()) = tokio::join!(second, first);
    assert_eq!(fields(entered).first().map(String::as_str), Some("email"));
}

#[tokio::test]
async fn r39_others_wait_for_an_operator_with_what_is_missing() {
    let world = World::new().await;
    let id = world.register(&firm()).await.unwrap();
    let found = merchant(&world.conn().await, &world.keyring, id).await.unwrap().unwrap();
    assert_eq!((found.state, found.origin), (MerchantState::Pending, Some(Origin::HongKong)));
    assert_eq!(found.review_due_at, Some(datetime!(2026-12-01 16:00 UTC)));
    assert_eq!(found.mobile.unwrap().reveal(), "+85291234567");
    let waiting = reviews(&world.conn().await).await.unwrap();
    assert_eq!((waiting.waiting, waiting.oldest), (1, Some(found.created_at)));

    let person = DocumentKind::RepresentativeIdentity;
    assert_eq!(world.lack(id, TODAY).await, Some(Lack::Missing(person)));
    world.add(id, &document("representative_identity", "A1234563", None)).await.unwrap();
    assert_eq!(world.lack(id, TODAY).await, None);
    let expired = Some(Lack::Expired(DocumentKind::BusinessRegistration));
    assert_eq!(world.lack(id, date!(2027 - 01 - 27)).await, expired);
    assert_eq!(world.lack(id, date!(2027 - 01 - 26)).await, None, "on its last day it holds");
}

/// Hong Kong numbers its firms for good; elsewhere each country numbers them anew.
#[tokio::test]
async fn r39_one_merchant_for_each_firm_of_hong_kong() {
    let world = World::new().await;
    for (origin, once) in [("other", false), ("hong_kong", true)] {
        let firm = RegistrationRequest { origin, ..firm() };
        let firm = RegistrationRequest { email: "1@example.com", mobile: "+85291111111", ..firm };
        let first = world.register(&firm).await.unwrap();
        let again = RegistrationRequest { email: "2@example.com", mobile: "+85292222222", ..firm.clone() };
        let second = world.register(&again).await;
        if once {
            assert_eq!(fields(second), ["documents[0].number"]);
            let other = document("business_registration", "87654321", Some("2028-01-26"));
            assert_eq!(world.add(first, &other).await, Err(AddRefusal::OtherNumber));
        } else {
            let second = second.expect("two countries, one number");
            let owner = world.db.owner().get().await.unwrap();
            let close = "UPDATE merchants SET state = 'closed' WHERE id = ANY ($1)";
            owner.execute(close, &[&vec![first.uuid(), second.uuid()]]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn r40_a_renewed_document_takes_the_old_one_s_place() {
    let world = World::new().await;
    let (person, firm) = (world.register(&li()).await.unwrap(), world.register(&firm()).await.unwrap());
    let other = document("resident_identity_card", "110105199001010029", None);
    assert_eq!(world.add(person, &other).await, Err(AddRefusal::OtherNumber));
    world.add(person, &document("resident_identity_card", CARD, Some("2046-01-31"))).await.unwrap();
    world.add(firm, &document("business_registration", "12345678", Some("2028-01-26"))).await.unwrap();
    for (id, last) in [(person, date!(2046 - 01 - 31)), (firm, date!(2028 - 01 - 26))] {
        let all = list_documents(&world.conn().await, id, None, 10).await.unwrap();
        assert_eq!(all.len(), 2, "the old one stays");
        assert_eq!((all[0].expires_on, all[0].replaced_at), (Some(last), None));
        assert_eq!(all[1].replaced_at, Some(all[0].added_at));
    }
    // What was refused left no mark: somebody else may come with it.
    let request = RegistrationRequest {
        email: "other@example.com",
        mobile: "+8613887654321",
        documents: vec![other],
        ..li()
    };
    let second = world.register(&request).await.unwrap();
    // Nor did one that was a closed merchant's.
    let owner = world.db.owner().get().await.unwrap();
    owner.execute("UPDATE merchants SET state = 'closed' WHERE id = $1", &[&second.uuid()]).await.unwrap();
    assert_eq!(world.add(person, &request.documents[0]).await, Err(AddRefusal::OtherNumber));
    let second = world.register(&request).await.expect("it is free");
    // And nobody takes another one's, not as his first of the kind either.
    owner.execute("DELETE FROM merchant_documents WHERE merchant = $1", &[&second.uuid()]).await.unwrap();
    let taken = document("resident_identity_card", CARD, None);
    assert_eq!(world.add(second, &taken).await, Err(AddRefusal::OthersNumber));
}

/// Of two with one number in one batch the first may be refused, since it has expired, and the second be in effect.
#[tokio::test]
async fn r39_what_is_in_effect_keeps_its_mark_whatever_came_beside_it() {
    let world = World::new().await;
    let id = world.register(&firm()).await.unwrap();
    let owner = world.db.owner().get().await.unwrap();
    // As from a time without marks.
    owner.execute("DELETE FROM merchant_marks WHERE kind = 'document'", &[]).await.unwrap();
    let number = document("business_registration", "12345678", Some("2028-01-26"));
    let (refused, taken) = (world.new_document(id, &number), world.new_document(id, &number));
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    lock(&tx, &[], &[id]).await.unwrap();
    let mut documents = Documents::load(&tx, &[id], &[(id, &refused), (id, &taken)]).await.unwrap();
    documents.add(id, &taken, tx.now().await.unwrap()).unwrap();
    documents.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let again = RegistrationRequest { email: "2@example.com", mobile: "+85292222222", ..firm() };
    assert_eq!(fields(world.register(&again).await), ["documents[0].number"]);
}

#[tokio::test]
async fn r40_the_clock_finds_each_document_once() {
    let world = World::new().await;
    let id = world.register(&firm()).await.unwrap();
    let conn = world.conn().await;
    let found = async |today| aging(&conn, today, None, 10).await.unwrap();
    // It expires on 26 January: 60 days before is 27 November.
    assert_eq!(found(date!(2026 - 11 - 26)).await, []);
    assert_eq!(found(TODAY).await, [id]);
    assert_eq!(aging(&conn, TODAY, Some(id), 10).await.unwrap(), [], "behind it there is none");
    for (today, told, lapsed) in [(TODAY, 1, 0), (TODAY, 0, 0), (date!(2027 - 01 - 27), 0, 1)] {
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        lock(&tx, &[], &[id]).await.unwrap();
        let mut documents = Documents::load(&tx, &[id], &[]).await.unwrap();
        let aged = documents.age(id, today, tx.now().await.unwrap());
        assert_eq!((aged.expiring.len(), aged.expired.len()), (told, lapsed), "{today}");
        documents.save(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(found(date!(2027 - 01 - 27)).await, [], "it was seen");
}

#[tokio::test]
async fn r40_who_is_frozen_comes_back_as_its_documents_are_and_the_freeze_stays_as_old() {
    let world = World::new().await;
    let id = world.register(&li()).await.unwrap();
    let change = async |act: &dyn Fn(&mut merchants::Locked) -> bool| {
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        let mut locked = lock(&tx, &[], &[id]).await.unwrap();
        let done = act(&mut locked);
        locked.save(&tx, tx.now().await.unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        done
    };
    let now = world.now().await;
    assert!(change(&|locked| locked.freeze(id, freeze("court"), now)).await);
    let ordered = freezes(&world.conn().await, id).await.unwrap();
    assert!(change(&|locked| locked.restrict(id)).await);
    assert!(!change(&|locked| locked.restrict(id)).await, "once");
    assert_eq!(world.state(id).await, MerchantState::Frozen);
    assert_eq!(freezes(&world.conn().await, id).await.unwrap(), ordered, "it is the same freeze");
    assert!(change(&|locked| locked.unfreeze(id, now)).await);
    assert_eq!(world.state(id).await, MerchantState::Restricted);

    assert!(change(&|locked| locked.freeze(id, freeze("court"), now)).await);
    assert!(!change(&|locked| locked.activate(id)).await, "a freeze is not got round");
    assert!(change(&|locked| locked.renew(id)).await);
    assert!(change(&|locked| locked.unfreeze(id, now)).await);
    assert_eq!(world.state(id).await, MerchantState::Active);
}

/// A batch that adds a document to a merchant that is just made anonymous: each locks the merchant first, then its marks.
#[tokio::test]
async fn r38_who_is_made_anonymous_is_locked_before_its_marks() {
    let world = World::new().await;
    let id = world.register(&li()).await.unwrap();
    let owner = world.db.owner().get().await.unwrap();
    let close = "UPDATE merchants SET state = 'closed', closed_at = now() WHERE id = $1";
    owner.execute(close, &[&id.uuid()]).await.unwrap();
    let card = world.new_document(id, &li().documents[0]);
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    lock(&tx, &[], &[id]).await.unwrap();
    let forgets = async {
        let mut conn = world.db.owner().get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let forgotten = merchants::forget(&tx, &world.keyring, id).await;
        tx.commit().await.unwrap();
        forgotten
    };
    let adds = async {
        somebody_waits(&world.db).await;
        let claimed = Documents::load(&tx, &[id], &[(id, &card)]).await.map(drop);
        tx.commit().await.unwrap();
        claimed
    };
    let (forgotten, claimed) = tokio::join!(forgets, adds);
    claimed.expect("no deadlock");
    assert!(forgotten.expect("no deadlock"));
    let marks = "SELECT count(*) FROM merchant_marks WHERE merchant = $1";
    assert_eq!(owner.query_one(marks, &[&id.uuid()]).await.unwrap().get::<_, i64>(0), 0, "they are gone");
}

//! States under locks: what depends on a state, and what changes it.

use std::sync::Arc;

use merchants::{Freeze, MerchantFilter, MerchantId, MerchantState, expired_freezes, lock, merchant, search};
use testkit::somebody_waits;
use time::Duration;

use crate::world::{EMAIL, NAME, World, freeze};

#[tokio::test]
async fn r32_a_freeze_is_saved_and_unfreezing_leads_back() {
    let world = World::new().await;
    for before in
        [MerchantState::Active, MerchantState::Restricted, MerchantState::Closing, MerchantState::Pending]
    {
        let id = world.merchant(NAME, before).await;
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let until = now + Duration::DAY;
        let mut locked = lock(&tx, &[], &[id]).await.unwrap();
        let what =
            Freeze { reason: "order".into(), legal_reference: Some("(2026) 7".into()), until: Some(until) };
        assert!(locked.freeze(id, what, now));
        locked.save(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        let profile = merchant(&conn, &world.keyring, id).await.unwrap().unwrap();
        assert_eq!((profile.state, profile.frozen_reason.as_deref()), (MerchantState::Frozen, Some("order")));
        assert_eq!(profile.frozen_legal_reference.as_deref(), Some("(2026) 7"));
        assert_eq!(profile.frozen_until, Some(until));

        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let mut locked = lock(&tx, &[], &[id]).await.unwrap();
        assert_eq!(locked.get(id).unwrap().before_freeze, Some(before));
        assert!(locked.unfreeze(id, now));
        assert!(!locked.unfreeze(id, now), "not frozen any more");
        locked.save(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        let profile = merchant(&conn, &world.keyring, id).await.unwrap().unwrap();
        assert_eq!(profile.state, before);
        assert_eq!((profile.frozen_reason, profile.frozen_until), (None, None));
        assert_eq!(profile.updated_at, now);
    }
}

#[tokio::test]
async fn r32_only_what_is_locked_exclusively_can_be_frozen() {
    let world = World::new().await;
    let id = world.merchant(NAME, MerchantState::Active).await;
    let closed = world.merchant(NAME, MerchantState::Closed).await;
    let stranger = MerchantId::new(id.shard());
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut locked = lock(&tx, &[id], &[closed, stranger]).await.unwrap();
    assert!(!locked.freeze(id, freeze("shared"), now));
    assert!(!locked.freeze(closed, freeze("closed"), now));
    assert!(!locked.freeze(stranger, freeze("not there"), now));
    assert!(locked.get(stranger).is_none());
    assert_eq!(locked.iter().count(), 2);
}

#[tokio::test]
async fn r32_a_freeze_waits_for_what_depends_on_the_state() {
    let world = Arc::new(World::new().await);
    let id = world.merchant(NAME, MerchantState::Active).await;
    let (mut one, mut other) = (world.conn().await, world.conn().await);
    // Two that only read the state don't wait for each other.
    let first = one.begin().await.unwrap();
    let second = other.begin().await.unwrap();
    assert_eq!(lock(&first, &[id], &[]).await.unwrap().get(id).unwrap().state, MerchantState::Active);
    assert_eq!(lock(&second, &[id], &[]).await.unwrap().get(id).unwrap().state, MerchantState::Active);
    second.commit().await.unwrap();
    let freezer = tokio::spawn(frozen(world.clone(), id));
    somebody_waits(&world.db).await;
    assert!(!freezer.is_finished());
    first.commit().await.unwrap();
    freezer.await.unwrap();
    // From now on everybody sees it.
    let tx = one.begin().await.unwrap();
    assert_eq!(lock(&tx, &[id], &[]).await.unwrap().get(id).unwrap().state, MerchantState::Frozen);
}

async fn frozen(world: Arc<World>, id: MerchantId) {
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut locked = lock(&tx, &[], &[id]).await.unwrap();
    assert!(locked.freeze(id, freeze("late"), now));
    locked.save(&tx, now).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn r32_whoever_reads_the_state_waits_for_the_freeze_and_sees_it() {
    let world = Arc::new(World::new().await);
    let id = world.merchant(NAME, MerchantState::Active).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut locked = lock(&tx, &[], &[id]).await.unwrap();
    locked.freeze(id, freeze("first"), now);
    locked.save(&tx, now).await.unwrap();
    let reader = tokio::spawn({
        let world = world.clone();
        async move {
            let mut conn = world.conn().await;
            let tx = conn.begin().await.unwrap();
            lock(&tx, &[id], &[]).await.unwrap().get(id).unwrap().state
        }
    });
    somebody_waits(&world.db).await;
    tx.commit().await.unwrap();
    assert_eq!(reader.await.unwrap(), MerchantState::Frozen);
}

#[tokio::test]
async fn r32_batches_that_lock_in_other_orders_do_not_deadlock() {
    let world = Arc::new(World::new().await);
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(world.merchant(NAME, MerchantState::Active).await);
    }
    let tasks: Vec<_> = (0..12usize)
        .map(|task| {
            let (world, mut ids) = (world.clone(), ids.clone());
            tokio::spawn(async move {
                ids.rotate_left(task % 8);
                let (exclusive, share) = ids.split_at(task % 3);
                let mut conn = world.conn().await;
                let tx = conn.begin().await.unwrap();
                let locked = lock(&tx, share, exclusive).await.unwrap();
                assert_eq!(locked.iter().count(), 8);
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn r32_a_freeze_with_an_end_is_found_when_it_is_over() {
    let world = World::new().await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut ids = Vec::new();
    for until in [Some(now - Duration::SECOND), Some(now + Duration::HOUR), None] {
        let id = world.merchant(NAME, MerchantState::Active).await;
        let mut locked = lock(&tx, &[], &[id]).await.unwrap();
        assert!(locked.freeze(id, Freeze { until, ..freeze("for a while") }, now));
        locked.save(&tx, now).await.unwrap();
        ids.push(id);
    }
    tx.commit().await.unwrap();
    assert_eq!(expired_freezes(&conn, 10).await.unwrap(), [ids[0]]);
}

#[tokio::test]
async fn r32_the_clock_lifts_the_freeze_that_is_over_and_no_other_one() {
    let world = World::new().await;
    let now = world.now().await;
    let (past, future) = (now - Duration::SECOND, now + Duration::HOUR);
    for (until, over) in [(Some(past), true), (Some(now), true), (Some(future), false), (None, false)] {
        let id = world.merchant(NAME, MerchantState::Active).await;
        let frozen = Freeze { until, legal_reference: Some("7 O 12/26".into()), ..freeze("order") };
        frozen_by(&world, id, frozen.clone(), past).await;
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        for shared in [true, false] {
            let (share, exclusive) = if shared { (vec![id], vec![]) } else { (vec![], vec![id]) };
            let mut locked = lock(&tx, &share, &exclusive).await.unwrap();
            if !shared {
                let [row] = locked.get(id).unwrap().freezes.in_force() else { panic!("one freeze") };
                assert_eq!((&row.freeze, row.since), (&frozen, past));
            }
            assert_eq!(locked.lift_over(id, now), over && !shared, "{until:?}");
            let expected = if over && !shared { MerchantState::Active } else { MerchantState::Frozen };
            assert_eq!(locked.get(id).unwrap().state, expected, "{until:?}");
        }
    }
    let free = world.merchant(NAME, MerchantState::Active).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut locked = lock(&tx, &[], &[free]).await.unwrap();
    assert!(!locked.lift_over(free, now), "not frozen");
}

/// One batch lifts a freeze and freezes anew: the same state, and yet another freeze.
#[tokio::test]
async fn r32_a_freeze_that_follows_another_in_one_batch_is_the_one_that_stands() {
    let world = World::new().await;
    let id = world.merchant(NAME, MerchantState::Restricted).await;
    let first = world.now().await - Duration::HOUR;
    frozen_by(&world, id, Freeze { until: Some(first), ..freeze("a look") }, first).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let mut locked = lock(&tx, &[], &[id]).await.unwrap();
    assert!(locked.lift_over(id, now));
    let order = Freeze { legal_reference: Some("7 O 12/26".into()), ..freeze("court order") };
    assert!(locked.freeze(id, order.clone(), now));
    assert!(!locked.lift_over(id, now), "this one has no end");
    locked.save(&tx, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(expired_freezes(&conn, 10).await.unwrap(), []);
    let tx = conn.begin().await.unwrap();
    let locked = lock(&tx, &[], &[id]).await.unwrap();
    let row = locked.get(id).unwrap();
    assert_eq!((row.state, row.before_freeze), (MerchantState::Frozen, Some(MerchantState::Restricted)));
    let [row] = row.freezes.in_force() else { panic!("one freeze") };
    assert_eq!((&row.freeze, row.since), (&order, now));
}

/// The institution looks into a merchant for an hour; a court has it frozen for a day, and another one for a minute.
#[tokio::test]
async fn r32_each_of_several_freezes_ends_by_its_own_and_the_last_one_counts() {
    let world = World::new().await;
    let id = world.merchant(NAME, MerchantState::Active).await;
    let now = world.now().await;
    let until = |reason: &str, end: Duration| Freeze { until: Some(now + end), ..freeze(reason) };
    frozen_by(&world, id, until("a look", Duration::HOUR), now).await;
    frozen_by(&world, id, until("court", Duration::DAY), now).await;
    frozen_by(&world, id, until("tax", Duration::MINUTE), now).await;
    let conn = world.conn().await;
    for (end, lifted, standing, shown) in [
        (Duration::ZERO, false, vec!["a look", "court", "tax"], Some("court")),
        (Duration::MINUTE, true, vec!["a look", "court"], Some("court")),
        (Duration::HOUR, true, vec!["court"], Some("court")),
        (Duration::HOUR, false, vec!["court"], Some("court")),
        (Duration::DAY, true, vec![], None),
    ] {
        let mut conn_of_batch = world.conn().await;
        let tx = conn_of_batch.begin().await.unwrap();
        let mut locked = lock(&tx, &[], &[id]).await.unwrap();
        assert_eq!(locked.lift_over(id, now + end), lifted, "{end}");
        locked.save(&tx, now + end).await.unwrap();
        tx.commit().await.unwrap();
        let stand = merchants::freezes(&conn, id).await.unwrap();
        assert_eq!(stand.iter().map(|f| f.freeze.reason.as_str()).collect::<Vec<_>>(), standing, "{end}");
        let profile = merchant(&conn, &world.keyring, id).await.unwrap().unwrap();
        assert_eq!(profile.state == MerchantState::Frozen, shown.is_some(), "{end}");
        assert_eq!(profile.frozen_reason.as_deref(), shown, "the one that ends last: {end}");
    }
    let kept = "SELECT count(*) FROM merchant_freezes WHERE lifted_at IS NOT NULL";
    let kept: i64 = world.db.owner().get().await.unwrap().query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, 3, "none is forgotten");
}

async fn frozen_by(world: &World, id: MerchantId, freeze: Freeze, at: time::OffsetDateTime) {
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut locked = lock(&tx, &[], &[id]).await.unwrap();
    assert!(locked.freeze(id, freeze, at));
    locked.save(&tx, at).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn merchants_are_found_by_id_whole_name_and_address() {
    let world = World::new().await;
    let id = world.merchant(NAME, MerchantState::Active).await;
    let other = world.merchant("Somebody Else", MerchantState::Pending).await;
    let conn = world.conn().await;
    let listed = async |query: &str, state, oldest_first, after| {
        let filter = MerchantFilter { query, state };
        let page = search(&conn, &world.keyring, filter, oldest_first, after, 10).await.unwrap();
        assert!(page.last.is_none());
        page.rows.into_iter().map(|profile| profile.id).collect::<Vec<_>>()
    };
    let found = async |query: &str| listed(query, None, true, None).await;
    assert_eq!(found(&id.to_string()).await, [id]);
    assert_eq!(found("co trading BRIGHT shenzhen").await, [id]);
    assert_eq!(found("bright").await, []);
    assert_eq!(found(&EMAIL.to_uppercase()).await, [id, other]);
    assert_eq!(found(" ").await, [id, other]);
    assert_eq!(listed("", None, true, Some(id)).await, [other]);
    assert_eq!(listed("", None, false, None).await, [other, id]);
    assert_eq!(listed("", None, false, Some(other)).await, [id]);
    for query in ["", EMAIL] {
        assert_eq!(listed(query, Some(MerchantState::Active), true, None).await, [id]);
        assert_eq!(listed(query, Some(MerchantState::Pending), false, None).await, [other]);
        assert_eq!(listed(query, Some(MerchantState::Frozen), true, None).await, []);
    }
}

/// The plans that hold for any parameters: by an index, however many merchants there are.
#[tokio::test]
async fn a_page_of_merchants_goes_by_an_index_among_many() {
    let world = World::new().await;
    world.merchant(NAME, MerchantState::Active).await;
    let conn = world.db.owner().get().await.unwrap();
    conn.batch_execute(
        "CREATE TEMP TABLE one AS SELECT * FROM merchants;
         INSERT INTO merchants SELECT (r).* FROM generate_series(1, 20000) AS n, one, LATERAL jsonb_populate_record(
             NULL::merchants, to_jsonb(one) || jsonb_build_object('id', gen_random_uuid(), 'shard', n % 16,
                 'name_index', '\\x' || md5(n::text), 'email_index', '\\x' || md5(n::text),
                 'state', CASE WHEN n % 200 = 0 THEN 'restricted' ELSE 'active' END)) AS r;
         ANALYZE merchants",
    )
    .await
    .unwrap();
    let (start, end) = ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'");
    let list = include_str!("../../src/sql/list_merchants.sql");
    for (state, oldest_first, place, index) in [
        ("NULL", true, start, "merchants_by_age"),
        ("NULL", false, end, "merchants_by_age"),
        ("'active'", true, start, "merchants_by_age"),
        ("'restricted'", true, start, "merchants_not_active"),
        ("'frozen'", false, end, "merchants_not_active"),
    ] {
        let parameters = format!("{state}, {oldest_first}, {place}, 51");
        testkit::plan(&conn, list, &parameters).await.goes_by(&[index], 60);
    }
    let search = include_str!("../../src/sql/search_merchants.sql");
    let parameters =
        format!("NULL, '\\x00', '\\x{}', NULL, true, {start}, 51", "c4ca4238a0b923820dcc509a6f75849b");
    let indices = ["merchants_by_age", "merchants_by_name", "merchants_by_email"];
    testkit::plan(&conn, search, &parameters).await.goes_by(&indices, 3);
}

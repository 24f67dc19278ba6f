use payouts::{
    Cursor, Effect, Filter, Finding, Found, HeldBy, JobKind, PayoutState as S, Refusal, Report, Sort, Source,
    Truth, Wanted,
};
use uuid::Uuid;

use crate::world::*;

fn paid(payout: &payouts::Payout) -> Report {
    let finding = Finding::Paid {
        amount: payout.amount,
        amount_received: Some(payout.amount),
        bank_reference: Some("B-7".into()),
    };
    Report { source: Source::Callback, finding }
}

#[tokio::test]
async fn what_is_enqueued_is_read_back() {
    let world = World::start().await;
    let mut held = world.new_payout("harbour");
    held.held_by = Some(HeldBy::Freeze);
    let mut returning = world.new_payout("meadow");
    (returning.withdrawal, returning.payment, returning.merchant) = (None, Some(Uuid::now_v7()), None);
    let queued = world.new_payout("harbour");
    world.enqueue(&[held.clone(), returning.clone(), queued.clone()]).await;

    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let shard = queued.id.shard();
    let wanted = Wanted {
        ids: vec![queued.id],
        withdrawals: vec![(shard, queued.withdrawal.unwrap()), (shard, held.withdrawal.unwrap())],
        payments: vec![(shard, returning.payment.unwrap())],
        not_at_bank_of: vec![],
        judged: vec![],
    };
    let locked = payouts::lock_wanted(&tx, &wanted).await.unwrap();
    assert_eq!(locked.iter().count(), 3);
    let got = locked.of_withdrawal(queued.withdrawal.unwrap()).next().unwrap();
    assert_eq!((got.id, got.state, got.amount, got.attempt), (queued.id, S::Queued, queued.amount, 1));
    assert_eq!(got.job.unwrap().kind, JobKind::Send);
    let got = locked.get(held.id).unwrap();
    assert_eq!((got.state, got.held_by, got.job), (S::Held, Some(HeldBy::Freeze), None));
    let got = locked.of_payment(returning.payment.unwrap()).next().unwrap();
    assert_eq!((got.id, got.merchant, &*got.bank), (returning.id, None, "meadow"));
    let subjects = payouts::subjects(&tx, &[returning.id, payouts::PayoutId::new(shard)]).await.unwrap();
    assert_eq!(subjects.len(), 1);
    assert_eq!(subjects[&returning.id].payment, returning.payment);
    drop(tx);

    let read = payouts::of_withdrawals(&conn, &[(shard, queued.withdrawal.unwrap())]).await.unwrap();
    assert_eq!(read.iter().map(|p| p.id).collect::<Vec<_>>(), [queued.id]);
    let read = payouts::of_payments(&conn, &[(shard, returning.payment.unwrap())]).await.unwrap();
    assert_eq!(read.iter().map(|p| p.id).collect::<Vec<_>>(), [returning.id]);
}

#[tokio::test]
async fn r29_a_result_is_saved_with_its_evidence_and_repeated_without_effect() {
    let world = World::start().await;
    let ids = world.enqueue_at("harbour", 1).await;
    let conn = world.db.owner().get().await.unwrap();
    let sent = "UPDATE payouts SET status = 'sent', sends = 1, sent_at = now()";
    conn.execute(sent, &[]).await.unwrap();
    let report = paid(&world.get(ids[0]).await);
    assert_eq!(record(&world.db.pool, ids[0], &report).await.unwrap(), Some(Effect::Paid));
    assert_eq!(record(&world.db.pool, ids[0], &report).await.unwrap(), Some(Effect::Duplicate));
    let payout = world.get(ids[0]).await;
    assert_eq!((payout.state, payout.bank_reference.as_deref()), (S::Paid, Some("B-7")));
    assert_eq!(payout.amount_received, Some(payout.amount));
    assert_eq!(world.count("SELECT count(*) FROM payout_jobs").await, 0);
    let evidence = payouts::evidence(&conn, ids[0]).await.unwrap();
    let lines: Vec<_> = evidence.iter().map(|e| (e.source.as_str(), e.text.as_str())).collect();
    let line = ("callback", "1000.00 CNY paid, 1000.00 CNY arrived, bank reference B-7");
    assert_eq!(lines, [line, line]);
    let unknown = payouts::PayoutId::new(world.merchant.shard());
    assert_eq!(record(&world.db.pool, unknown, &report).await.unwrap(), None);
}

#[tokio::test]
async fn i6_a_status_that_changed_meanwhile_is_not_overwritten() {
    let world = World::start().await;
    let ids = world.enqueue_at("harbour", 1).await;
    let mut conn = world.db.owner().get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut locked = payouts::lock(&tx, &ids).await.unwrap();
    locked.hold(ids[0]).unwrap();
    tx.execute("UPDATE payouts SET status = 'failed'", &[]).await.unwrap();
    let now = tx.now().await.unwrap();
    assert!(matches!(locked.save(&tx, now).await, Err(payouts::Error::Unexpected(_))));
}

#[tokio::test]
async fn r33_an_operator_holds_and_releases() {
    let world = World::start().await;
    let ids = world.enqueue_at("harbour", 1).await;
    let mut conn = world.db.pool.get().await.unwrap();
    for (act, state, jobs) in [("hold", S::Held, 0), ("release", S::Queued, 1)] {
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let mut locked = payouts::lock(&tx, &ids).await.unwrap();
        match act {
            "hold" => locked.hold(ids[0]).unwrap(),
            _ => locked.release(ids[0], now).unwrap(),
        }
        assert!(locked.query_now(ids[0], now).is_err());
        assert_eq!(locked.hold(payouts::PayoutId::new(ids[0].shard())), Err(Refusal::NotFound));
        locked.save(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.get(ids[0]).await.state, state);
        assert_eq!(world.count("SELECT count(*) FROM payout_jobs").await, jobs);
    }
}

#[tokio::test]
async fn operators_see_unknown_ones_first_then_the_oldest() {
    let world = World::start().await;
    let mut expected = Vec::new();
    for _ in 0..6 {
        expected.extend(world.enqueue_at("harbour", 1).await);
    }
    let conn = world.db.owner().get().await.unwrap();
    for (place, status) in [(5, "unknown"), (4, "paid"), (0, "sent")] {
        let sql = "UPDATE payouts SET status = $2 WHERE id = $1";
        conn.execute(sql, &[&expected[place].uuid(), &status]).await.unwrap();
    }
    let expected = [5, 1, 2, 3, 0, 4].map(|place| expected[place]);
    for limit in 1..=7 {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = payouts::list(&conn, &Filter::default(), Sort::Urgency, cursor, limit).await.unwrap();
            seen.extend(page.rows.iter().map(|payout| payout.id));
            let Some(last) = page.last else { break };
            cursor = Some(Cursor::after(&last).to_string().parse().unwrap());
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }

    let counts = payouts::counts(&conn).await.unwrap();
    let shown: Vec<_> = counts.iter().map(|c| (c.state, c.payouts)).collect();
    assert_eq!(shown, [(S::Queued, 3), (S::Sent, 1), (S::Unknown, 1)]);
}

#[tokio::test]
async fn i7_evidence_and_terms_can_not_be_changed_at_run_time() {
    let world = World::start().await;
    world.enqueue_at("harbour", 1).await;
    let conn = world.db.pool.get().await.unwrap();
    for sql in [
        "UPDATE payouts SET amount_minor = 1",
        "UPDATE payouts SET beneficiary_sealed = ''",
        "DELETE FROM payouts",
        "UPDATE payout_evidence SET text = ''",
        "DELETE FROM payout_evidence",
    ] {
        let refused = conn.execute(sql, &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}

#[tokio::test]
async fn every_sql_file_fits_the_schema_and_is_used() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[merchants::MIGRATIONS, payouts::MIGRATIONS]).await;
}

/// Two persons find out that it was never executed.
async fn judge(world: &World, id: payouts::PayoutId) {
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let wanted = Wanted { ids: vec![id], judged: vec![id], ..Wanted::default() };
    let mut locked = payouts::lock_wanted(&tx, &wanted).await.unwrap();
    let now = tx.now().await.unwrap();
    let found = Found { truth: Truth::NeverExecuted, bank_reference: None, by: "op_bruno" };
    locked.resolve(id, &found, &policy(), now).unwrap();
    locked.save(&tx, now).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn r29_a_judgement_is_saved_with_what_was_heard_and_outlives_the_process() {
    let world = World::start().await;
    let id = world.enqueue_at("harbour", 1).await[0];
    let conn = world.db.owner().get().await.unwrap();
    conn.execute("UPDATE payouts SET status = 'sent', sends = 1, sent_at = now()", &[]).await.unwrap();
    let say = async |report: &Report| record(&world.db.pool, id, report).await.unwrap().unwrap();
    let finding = Finding::Failed { reason: "AC01".into(), amount: None, bank_reference: None };
    let refused = Report { source: Source::Callback, finding };
    let executed = paid(&world.get(id).await);
    assert_eq!((say(&refused).await, say(&executed).await), (Effect::Failed, Effect::Disputed));
    judge(&world, id).await;

    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let locked = payouts::lock(&tx, &[id]).await.unwrap();
    let judged = locked.get(id).unwrap().judged.clone().unwrap();
    let answers = ["1000.00 CNY paid, 1000.00 CNY arrived, bank reference B-7", "failed: AC01"];
    assert_eq!((judged.truth, judged.by.as_deref()), (Truth::NeverExecuted, Some("op_bruno")));
    assert_eq!(judged.answers.iter().map(String::as_str).collect::<Vec<_>>(), answers);
    drop(tx);

    assert_eq!((say(&executed).await, say(&refused).await), (Effect::Judged, Effect::Judged));
    assert_eq!(world.get(id).await.state, S::Failed);
    let mut other = executed.clone();
    if let Finding::Paid { bank_reference, .. } = &mut other.finding {
        *bank_reference = Some("B-8".into());
    }
    assert_eq!(say(&other).await, Effect::Disputed);
    judge(&world, id).await;
    assert_eq!((say(&executed).await, say(&other).await), (Effect::Judged, Effect::Judged));
    let called = world.count("SELECT count(*) FROM payouts WHERE needs_operator").await;
    assert_eq!((world.get(id).await.state, called), (S::Failed, 0));
}

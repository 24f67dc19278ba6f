//! All that was booked for one thing is found by when something happened to it, without an index on transfers.

use std::collections::BTreeSet;

use ledger::{Account, BookedTransfer, Journal, Movement, TransferKind as K, booked_for};
use money::Currency;
use pg::Shard;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::world::{LAYOUT, World, bank, in_suspense, merchant, paid_in, shard, usd, withdrawn};

impl World {
    /// One batch: its time, and the causes of its movements.
    async fn batch(&self, movements: &[(Movement, Uuid)]) -> OffsetDateTime {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let accounts: Vec<Account> = movements.iter().flat_map(|(movement, _)| movement.accounts()).collect();
        let mut journal = Journal::open(&tx, LAYOUT, &accounts).await.unwrap();
        let now = tx.now().await.unwrap();
        for (movement, cause) in movements {
            journal.post(movement, *cause).unwrap();
        }
        journal.write(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        now
    }

    async fn booked(&self, shards: &[Shard], at: &[OffsetDateTime], causes: &[Uuid]) -> Vec<BookedTransfer> {
        let conn = self.db.pool.get().await.unwrap();
        booked_for(&conn, LAYOUT, shards, at, causes, 100).await.unwrap()
    }
}

fn kinds(found: &[BookedTransfer]) -> Vec<(K, i64)> {
    found.iter().map(|one| (one.kind, one.amount.minor())).collect()
}

#[tokio::test]
async fn every_leg_of_a_thing_is_found_whosever_the_accounts_are_and_no_other_s() {
    let world = World::new().await;
    let (m, n) = (merchant(3), merchant(7));
    let [one, other, out] = [(); 3].map(|()| Uuid::now_v7());
    let pays_in = |m| (paid_in(m, 10_000), Uuid::now_v7());
    world.batch(&[pays_in(m), pays_in(n)]).await;
    // Shards 3 and 7 are sealed in one chain, by one seal.
    let ordered = world.batch(&[(withdrawn(m, 30, 970), one), (withdrawn(n, 1, 2), other)]).await;
    world.batch(&[pays_in(m)]).await;
    let paid = Movement::PayoutPaid { bank: bank(), shard: m.shard, amount: usd(970) };
    let paid = world.batch(&[(paid, out)]).await;

    let found = world.booked(&[m.shard], &[ordered, paid], &[one, out]).await;
    assert_eq!(kinds(&found), [(K::Fee, 30), (K::Withdrawal, 970), (K::PayoutPaid, 970)]);
    let clearing = Account::payout_clearing(m.shard, &bank(), Currency::USD).key();
    let legs: Vec<_> = found.iter().map(|one| (one.debit, one.credit)).collect();
    assert_eq!(
        legs,
        [
            (m.balance(Currency::USD).key(), Account::fees(m.shard, Currency::USD).key()),
            (m.balance(Currency::USD).key(), clearing),
            (clearing, Account::nostro(m.shard, &bank(), Currency::USD).key()),
        ]
    );
    assert_eq!(found.iter().map(|one| one.posted_at).collect::<BTreeSet<_>>(), [ordered, paid].into());
    let both = world.booked(&[m.shard, n.shard], &[ordered], &[one, other]).await;
    assert_eq!(kinds(&both), [(K::Fee, 30), (K::Withdrawal, 970), (K::Fee, 1), (K::Withdrawal, 2)]);

    let later = ordered + Duration::microseconds(1);
    for (shards, moments, causes) in [
        (&[m.shard][..], &[later][..], &[one][..]),
        (&[n.shard], &[ordered, paid], &[one, out]),
        (&[m.shard], &[paid], &[one]),
        (&[], &[ordered], &[one]),
        (&[m.shard], &[], &[one]),
        (&[m.shard], &[ordered], &[]),
    ] {
        assert_eq!(world.booked(shards, moments, causes).await, [], "{shards:?} {moments:?} {causes:?}");
    }
}

#[tokio::test]
async fn i1_what_passes_between_shards_is_found_in_both() {
    let world = World::new().await;
    let (m, payment) = (merchant(3), Uuid::now_v7());
    let arrived = world.batch(&[(in_suspense(5, 700), payment)]).await;
    let credit = Movement::ReviewCredit { shard: shard(5), merchant: m, amount: usd(700) };
    let credited = world.batch(&[(credit, payment)]).await;
    let found = world.booked(&[shard(5), m.shard], &[arrived, credited], &[payment]).await;
    assert_eq!(kinds(&found), [(K::Suspense, 700), (K::ReviewCredit, 700), (K::ReviewCredit, 700)]);
    assert_eq!(found.last().unwrap().debit.shard, shard(5));
    assert_eq!(found[1].credit, m.balance(Currency::USD).key());
}

/// Among 20,000 batches, each of which posted in each shard of its chain.
#[tokio::test]
async fn a_look_for_a_thing_reads_its_batches_and_no_others_among_many() {
    let world = World::new().await;
    let conn = world.owner.get().await.unwrap();
    let fill = "INSERT INTO seals (chain, seq, count, root, hash, sealed_at)
                SELECT c, n, 8, decode(repeat('07', 32), 'hex'), decode(repeat('07', 32), 'hex'),
                       '2026-01-01'::timestamptz + (n / 2) * interval '1 second'
                FROM generate_series(1, 20000) AS n, generate_series(0, 3) AS c;
                INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at)
                SELECT c + 4 * (p % 2), n, p, md5('d')::uuid, md5('c')::uuid, 1, 'USD', 'payment', md5(n || '.' || p)::uuid,
                       '2026-01-01'::timestamptz + (n / 2) * interval '1 second'
                FROM generate_series(1, 20000) AS n, generate_series(0, 0) AS c, generate_series(0, 7) AS p;
                ANALYZE seals; ANALYZE transfers";
    conn.batch_execute(fill).await.unwrap();
    let sql = include_str!("../../src/sql/posted_at.sql");
    let parameters = "ARRAY[0, 4], ARRAY[0, 0],
         ARRAY['2026-01-01 00:00:50+00', '2026-01-01 01:00:00+00', '2026-01-01 00:00:50.5+00']::timestamptz[],
         ARRAY[md5('100.1')::uuid, md5('101.2')::uuid, md5('500.1')::uuid], 500";
    // Two seals of each of two moments, for two shards, and four transfers in each.
    let most = 2 * 2 * 2 + 2 * 2 * 2 * 4;
    testkit::plan(&conn, sql, parameters).await.goes_by(&["seals_by_time", "transfers_pkey"], most);
}

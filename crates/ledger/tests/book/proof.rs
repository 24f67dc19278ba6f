//! The proof finds what somebody with all rights has changed, and the program's own role can't change it.

use ledger::{Head, Movement};

use crate::world::{World, in_suspense, merchant, paid_in, shard, usd, withdrawn};

async fn written() -> World {
    let world = World::new().await;
    for number in 0..4 {
        let m = merchant(number);
        world.post(&[paid_in(m, 10_000), withdrawn(m, 30, 970), in_suspense(number, 5)]).await.unwrap();
        world.post(&[paid_in(m, 500)]).await.unwrap();
    }
    world.check().await;
    world
}

/// What the proof says after `sql`.
async fn found_after(sql: &str) -> String {
    let world = written().await;
    world.tamper(sql).await;
    world.verify(&[]).await.breaches.join("\n")
}

#[tokio::test]
async fn i7_a_changed_transfer_is_found() {
    for change in [
        "amount = amount + 1",
        "cause = gen_random_uuid()",
        "kind = 'refund'",
        "owner = NULL",
        "posted_at = posted_at + interval '1 microsecond'",
        "debit_account = gen_random_uuid()",
        "currency = 'EUR'",
    ] {
        let sql = format!("UPDATE transfers SET {change} WHERE shard = 1 AND seq = 1 AND position = 0");
        let found = found_after(&sql).await;
        assert!(found.contains("I7: chain 1: the transfers of seal 1 were changed"), "{change}: {found}");
    }
}

#[tokio::test]
async fn i2_a_changed_amount_disagrees_with_the_counters() {
    let found = found_after("UPDATE transfers SET amount = amount + 1 WHERE shard = 1 AND seq = 2").await;
    assert_eq!(found.matches("I2: account").count(), 2, "{found}");
}

#[tokio::test]
async fn i7_a_removed_transfer_is_found() {
    let found = found_after("DELETE FROM transfers WHERE shard = 2 AND seq = 1 AND position = 1").await;
    assert!(found.contains("I7: chain 2: seal 1 counts 4 transfers, 3 are there"), "{found}");
    assert!(found.contains("I2: account"), "{found}");
}

#[tokio::test]
async fn i7_an_added_transfer_is_found() {
    let columns = "debit_account, credit_account, amount, currency, kind, cause, owner, posted_at";
    for (seq, position, says) in
        [(1, 9, "seal 1 counts 4 transfers, 5 are there"), (7, 0, "lie behind its end")]
    {
        let sql = format!(
            "INSERT INTO transfers (shard, seq, position, {columns}) SELECT shard, {seq}, {position}, {columns} \
             FROM transfers WHERE shard = 2 AND seq = 1 AND position = 0"
        );
        let found = found_after(&sql).await;
        assert!(found.contains(says), "{found}");
    }
}

#[tokio::test]
async fn i2_a_changed_balance_is_found() {
    let found =
        found_after("UPDATE accounts SET credits = credits + 1 WHERE shard = 3 AND kind = 'merchant'").await;
    assert!(found.contains("I1: USD: debits"), "{found}");
    assert!(found.contains("(merchant) in shard 3"), "{found}");
    // Balanced among themselves, but not with the transfers.
    let found =
        found_after("UPDATE accounts SET debits = debits + 1, credits = credits + 1 WHERE shard = 3").await;
    assert!(!found.contains("I1"), "{found}");
    assert!(found.contains("I2: account"), "{found}");
}

#[tokio::test]
async fn i7_a_seal_changed_with_its_transfers_is_found() {
    let found = found_after("UPDATE seals SET root = sha256('other') WHERE chain = 1 AND seq = 1").await;
    assert!(found.contains("I7: chain 1: seal 1 does not follow from the last"), "{found}");
    let found = found_after("DELETE FROM seals WHERE chain = 1 AND seq = 1").await;
    assert!(found.contains("I7: chain 1: seal 2 follows 0"), "{found}");
    let found = found_after("UPDATE chain_heads SET seq = 1 WHERE chain = 1").await;
    assert!(found.contains("I7: chain 1: the head is not the last seal"), "{found}");
}

/// Removes the last batch of chain 1 with everything that belongs to it, so that the rest fits together.
const CUT_TAIL: &str = "
    UPDATE accounts a SET
        debits = debits - coalesce((SELECT sum(amount) FROM transfers t
                                    WHERE t.shard = 1 AND t.seq = 2 AND t.debit_account = a.id), 0),
        credits = credits - coalesce((SELECT sum(amount) FROM transfers t
                                      WHERE t.shard = 1 AND t.seq = 2 AND t.credit_account = a.id), 0)
    WHERE a.shard = 1;
    DELETE FROM transfers WHERE shard = 1 AND seq = 2;
    DELETE FROM seals WHERE chain = 1 AND seq = 2;
    UPDATE chain_heads SET seq = 1, hash = (SELECT hash FROM seals WHERE chain = 1 AND seq = 1) WHERE chain = 1;
";

#[tokio::test]
async fn i7_a_cut_tail_is_found_with_the_heads_of_before() {
    let world = written().await;
    let known = world.heads().await;
    assert!(world.verify(&known).await.breaches.is_empty());
    world.tamper(CUT_TAIL).await;
    // Everything that is left fits together …
    world.check().await;
    // … but not with what was written out.
    let breaches = world.verify(&known).await.breaches;
    assert_eq!(breaches, ["I7: chain 1 ends at 1, but 2 was written out"]);
    // Written anew, it is not the same.
    world.post(&[paid_in(merchant(1), 500)]).await.unwrap();
    let breaches = world.verify(&known).await.breaches;
    assert_eq!(breaches, ["I7: chain 1: seal 2 is not the one that was written out"]);
    // Nor does it become so by being written out behind it.
    let both = [known, world.heads().await].concat();
    let breaches = world.verify(&both).await.breaches;
    assert_eq!(breaches, ["I7: chain 1: seal 2 is not the one that was written out"]);
}

/// Counters and transfers fit together all the same, but somebody else owns the balance, or nothing guards it any more.
#[tokio::test]
async fn i2_an_account_that_was_made_another_one_s_is_found() {
    let elsewhere = "is not what its row says: its kind, owner or currency was changed";
    let unguarded = "has another floor than its kind has";
    let other = format!("{:032x}", 4_711);
    for (change, of, says) in [
        (format!("owner = '{other}'"), "merchant", elsewhere),
        // The same merchant, as nobody looks for it.
        ("owner = (owner::uuid)::text".to_owned(), "merchant", elsewhere),
        ("owner = 'x'".to_owned(), "fees", elsewhere),
        ("owner = 'other'".to_owned(), "nostro", elsewhere),
        ("kind = 'exchange', floor = 'none'".to_owned(), "payout_clearing", elsewhere),
        ("kind = 'fees', floor = 'none'".to_owned(), "merchant", elsewhere),
        ("kind = 'payout_clearing'".to_owned(), "suspense", elsewhere),
        ("floor = 'none'".to_owned(), "payout_clearing", unguarded),
        ("floor = 'none'".to_owned(), "merchant", unguarded),
    ] {
        let found =
            found_after(&format!("UPDATE accounts SET {change} WHERE kind = '{of}' AND shard = 1")).await;
        assert_eq!(found.lines().filter(|line| line.ends_with(says)).count(), 1, "{change}: {found}");
        assert!(found.lines().all(|line| line.starts_with("I2: account ")), "{change}: {found}");
    }
    // One that nothing was ever posted to, in another currency.
    let empty = "INSERT INTO accounts (shard, id, kind, owner, currency, floor)
                 SELECT shard, gen_random_uuid(), kind, owner, 'EUR', floor FROM accounts WHERE kind = 'merchant' AND shard = 1";
    assert!(found_after(empty).await.ends_with(elsewhere));
}

/// A statement by dates looks for the seals of those days.
#[tokio::test]
async fn r42_i7_a_seal_that_was_moved_to_another_day_is_found() {
    for at in ["sealed_at - interval '1 day'", "sealed_at + interval '1 microsecond'", "'infinity'"] {
        let found =
            found_after(&format!("UPDATE seals SET sealed_at = {at} WHERE chain = 1 AND seq = 2")).await;
        assert_eq!(found, "I7: chain 1: seal 2 was not made when its transfers were posted", "{at}");
    }
    let found = found_after("UPDATE transfers SET posted_at = 'infinity' WHERE shard = 1 AND seq = 1").await;
    assert!(found.contains("I7: chain 1: the transfers of seal 1 were changed"), "{found}");
}

#[tokio::test]
async fn i7_where_a_chain_was_at_a_seal_is_read_off_it() {
    let world = written().await;
    let conn = world.db.pool.get().await.unwrap();
    let end = world.heads().await[1];
    assert_eq!(ledger::head_up_to(&conn, 1, end.seq).await.unwrap(), end);
    assert_eq!(ledger::head_up_to(&conn, 1, end.seq + 5).await.unwrap(), end);
    assert_eq!(ledger::head_up_to(&conn, 1, 1).await.unwrap().seq, 1);
    for (chain, seq) in [(1, 0), (9, 7)] {
        assert_eq!(
            ledger::head_up_to(&conn, chain, seq).await.unwrap(),
            Head { chain, seq: 0, hash: [0; 32] }
        );
    }
}

#[tokio::test]
async fn i7_heads_of_before_lie_on_a_chain_that_went_on() {
    let world = written().await;
    let known = world.heads().await;
    world.post(&[paid_in(merchant(1), 1), in_suspense(2, 1)]).await.unwrap();
    assert!(world.verify(&known).await.breaches.is_empty());
    let foreign = Head { chain: 9, ..known[0] };
    assert_eq!(world.verify(&[foreign]).await.breaches, ["I7: chain 9 is not in this book"]);
}

#[tokio::test]
async fn i7_the_program_s_role_can_t_change_the_book() {
    let world = written().await;
    let conn = world.db.pool.get().await.unwrap();
    for sql in [
        "UPDATE transfers SET amount = 1",
        "DELETE FROM transfers",
        "TRUNCATE transfers",
        "UPDATE seals SET count = 1",
        "DELETE FROM seals",
        "DELETE FROM accounts",
        "UPDATE accounts SET floor = 'none'",
        "UPDATE accounts SET currency = 'EUR'",
        "DELETE FROM chain_heads",
        "INSERT INTO chain_heads VALUES (9, 0, sha256(''))",
        "UPDATE ledger_layout SET shards = 1",
        "ALTER TABLE accounts DROP CONSTRAINT accounts_credit_floor",
    ] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
    world.check().await;
}

#[tokio::test]
async fn i2_the_database_refuses_a_balance_below_its_floor_by_itself() {
    let world = written().await;
    let conn = world.db.pool.get().await.unwrap();
    for kind in ["merchant", "suspense", "payout_clearing"] {
        let sql = format!("UPDATE accounts SET debits = credits + 1 WHERE kind = '{kind}'");
        let refused = conn.batch_execute(&sql).await.unwrap_err();
        assert!(
            matches!(&refused, pg::Error::Check { constraint, .. } if constraint == "accounts_credit_floor"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn i2_i7_a_book_is_proved_while_it_goes_on() {
    let world = written().await;
    let going_on = async {
        for round in 0..200 {
            let m = merchant(round % 4);
            world.post(&[paid_in(m, 10), withdrawn(m, 1, 3), in_suspense(round % 16, 5)]).await.unwrap();
            // From a shard of the next chain to the merchant's, so that money is between two chains.
            let next = (round + 1) % 16;
            world.post(&[in_suspense(next, 5)]).await.unwrap();
            let amount = usd(5);
            world.post(&[Movement::ReviewCredit { shard: shard(next), merchant: m, amount }]).await.unwrap();
        }
    };
    let proving = async {
        let mut last = 0;
        for _ in 0..20 {
            let report = world.check().await;
            assert!(report.transfers >= last, "{} after {last}", report.transfers);
            last = report.transfers;
        }
    };
    tokio::join!(going_on, proving);
    let report = world.check().await;
    // Eight seals and twenty transfers before. Of each round three movements are four transfers of one chain, the fourth is one
    // of the next, the last one of each.
    assert_eq!((report.seals, report.transfers), (8 + 200 * 4, 20 + 200 * 7));
}

#[tokio::test]
async fn i2_i7_rows_where_the_book_has_no_place_are_found() {
    let columns = "debit_account, credit_account, amount, currency, kind, cause, owner, posted_at";
    let copied = |place: &str| {
        format!(
            "INSERT INTO transfers (shard, seq, position, {columns}) SELECT {place}, 0, {columns} \
             FROM transfers WHERE shard = 2 AND seq = 1 AND position = 0"
        )
    };
    for (sql, says) in [
        (copied("2, 0"), "I7: chain 2: 1 transfers lie behind its end or before its first seal"),
        (copied("16, 1"), "I2: rows of shard 16, which is not in this book"),
        (
            "INSERT INTO accounts (shard, id, kind, owner, currency, floor, credits)
             SELECT 3, '00000000-0000-0000-0000-000000000000', 'fees', '', 'USD', 'none', 7"
                .to_owned(),
            "I2: account 00000000-0000-0000-0000-000000000000 (fees) in shard 3: debits 0 credits 7",
        ),
        ("UPDATE accounts SET kind = 'x' WHERE shard = 3 AND kind = 'fees'".to_owned(), "is of no kind"),
        (
            "UPDATE accounts SET shard = -1 WHERE shard = 3 AND kind = 'suspense'".to_owned(),
            "I2: rows of shard -1",
        ),
    ] {
        let found = found_after(&sql).await;
        assert!(found.contains(says), "{found}");
    }
}

/// The moment is as short as a few pages of the keys, and each step reads its own rows, whatever else is in the book.
#[tokio::test]
async fn i7_a_proof_reads_by_the_keys_and_nothing_twice() {
    let world = World::new().await;
    let conn = world.owner.get().await.unwrap();
    // One chain is far behind the others.
    let fill = "INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause,
                                       posted_at)
                SELECT s, n, 0, md5('d')::uuid, md5('c')::uuid, 1, 'USD', 'payment', md5(n || '')::uuid, now()
                FROM generate_series(0, 15) AS s, generate_series(1, CASE WHEN s % 4 = 0 THEN 50 ELSE 4000 END) AS n;
                INSERT INTO accounts (shard, id, kind, owner, currency, floor)
                SELECT n % 16, md5(n || '')::uuid, 'merchant', md5(n || ''), 'USD', 'credit' FROM generate_series(1, 32000) AS n;
                ANALYZE transfers; ANALYZE accounts";
    conn.batch_execute(fill).await.unwrap();
    let unsealed = include_str!("../../src/sql/unsealed_transfers.sql");
    for (shards, end) in [("0, 4, 8, 12", 50), ("1, 5, 9, 13", 4_000)] {
        let of = format!("ARRAY[{shards}]::smallint[], {end}");
        testkit::plan(&conn, unsealed, &of).await.goes_by(&["transfers_pkey"], 8);
    }
    let step = include_str!("../../src/sql/walk_transfers.sql");
    let of = "ARRAY[1, 5, 9, 13]::smallint[], 2000, 2100";
    testkit::plan(&conn, step, of).await.goes_by(&["transfers_pkey"], 400);
    let page = include_str!("../../src/sql/walk_accounts.sql");
    let from = "3, '80000000-0000-0000-0000-000000000000', 100";
    testkit::plan(&conn, page, from).await.goes_by(&["accounts_pkey"], 100);
    let strange = include_str!("../../src/sql/strange_shards.sql");
    testkit::plan(&conn, strange, "16").await.goes_by(&["accounts_pkey", "transfers_pkey"], 8);
}

//! Accounts and their transfers, as operators read them.

use ledger::{
    Account, AccountKind, AccountRow, StatementCursor, account, account_transfers, accounts_of,
    institution_accounts,
};
use money::Currency;

use crate::world::{World, bank, covered, in_suspense, merchant, ordered, paid_in, shard, store, taken_back};

/// Everything of an account, read `limit` at a time: kind, debit, minor units.
async fn all(world: &World, row: &AccountRow, limit: usize) -> Vec<(&'static str, bool, i64)> {
    let conn = world.db.pool.get().await.unwrap();
    let (mut found, mut after) = (Vec::new(), StatementCursor::NEWEST);
    loop {
        let page = account_transfers(&conn, row, after, limit).await.unwrap();
        assert!(page.transfers.len() <= limit);
        found.extend(page.transfers.iter().map(|t| (t.kind.as_str(), t.debit, t.amount.minor())));
        match page.next {
            Some(next) => after = next.to_string().parse().unwrap(),
            None => return found,
        }
    }
}

#[tokio::test]
async fn an_accounts_transfers_are_read_page_by_page_newest_first() {
    let world = World::new().await;
    let (m, other) = (merchant(3), merchant(19));
    let other = ledger::MerchantRef { shard: m.shard, ..other };
    for minor in 1..=5 {
        world.post(&[paid_in(m, minor), paid_in(other, 100 * minor)]).await.unwrap();
    }
    world.post(&[ordered(m, store(1), 9), covered(m, store(1), 4), taken_back(m, 15, 5)]).await.unwrap();
    let conn = world.db.pool.get().await.unwrap();
    let expected = |account: &Account| match account.kind() {
        AccountKind::Merchant => {
            vec![
                ("reversal", true, 15),
                ("payment", false, 5),
                ("payment", false, 4),
                ("payment", false, 3),
                ("payment", false, 2),
                ("payment", false, 1),
            ]
        }
        AccountKind::Receivable => vec![("reversal_owed", true, 5)],
        AccountKind::Evidence => vec![("evidence_used", true, 4), ("evidence_added", false, 9)],
        _ => (1..=5)
            .rev()
            .flat_map(|minor| [("payment", true, 100 * minor), ("payment", true, minor)])
            .collect(),
    };
    let nostro = Account::nostro(m.shard, &bank(), Currency::USD);
    for of in [
        m.balance(Currency::USD),
        m.receivable(Currency::USD),
        Account::evidence(m.shard, store(1), Currency::USD),
        nostro,
    ] {
        let row = account(&conn, of.key()).await.unwrap().unwrap();
        let mut wanted = expected(&of);
        if of.kind() == AccountKind::Nostro {
            wanted.splice(0..0, [("reversal_owed", false, 5), ("reversal", false, 15)]);
        }
        for limit in [1, 2, 100] {
            assert_eq!(all(&world, &row, limit).await, wanted, "{of}, {limit} at a time");
        }
    }
    let nowhere = Account::fees(m.shard, Currency::USD);
    assert_eq!(account(&conn, nowhere.key()).await.unwrap(), None);
}

#[tokio::test]
async fn operators_list_the_institutions_accounts_and_an_owners() {
    let world = World::new().await;
    let m = merchant(3);
    world
        .post(&[paid_in(m, 100), in_suspense(5, 7), in_suspense(3, 8), ordered(m, store(1), 9)])
        .await
        .unwrap();
    world.post(&[taken_back(m, 100, 5)]).await.unwrap();
    let conn = world.db.pool.get().await.unwrap();
    let mut rows = Vec::new();
    loop {
        let after = rows.last().map(|row: &AccountRow| row.key);
        let page = institution_accounts(&conn, None, None, after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.kind, row.key.shard.number(), row.owner.as_str(), row.balance_minor()))
        .collect();
    assert_eq!(
        found,
        [
            (AccountKind::EvidenceSource, 3, "", -9),
            (AccountKind::Nostro, 3, "hb", 3),
            (AccountKind::Nostro, 5, "hb", 7),
            (AccountKind::Suspense, 3, "", 8),
            (AccountKind::Suspense, 5, "", 7),
        ]
    );
    let suspense =
        institution_accounts(&conn, Some(AccountKind::Suspense), Some(Currency::USD), None, 9).await.unwrap();
    assert_eq!(suspense, rows[3..]);
    assert!(institution_accounts(&conn, None, Some(Currency::EUR), None, 9).await.unwrap().is_empty());
    let mut own = accounts_of(&conn, m.shard, m.id, None, 9).await.unwrap();
    own.sort_by_key(|row| row.kind);
    let own: Vec<_> = own.iter().map(|row| (row.kind, row.balance_minor())).collect();
    assert_eq!(own, [(AccountKind::Merchant, 0), (AccountKind::Receivable, 5)]);
    let of_store = accounts_of(&conn, m.shard, store(1), None, 9).await.unwrap();
    assert_eq!(
        (of_store.len(), of_store[0].kind, of_store[0].balance_minor()),
        (1, AccountKind::Evidence, 9)
    );
    assert!(accounts_of(&conn, shard(4), m.id, None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_read_looks_at_a_bounded_number_of_transfers_and_says_where_to_go_on() {
    let world = World::new().await;
    world.post(&[in_suspense(3, 1), in_suspense(3, 2)]).await.unwrap();
    let many = vec![paid_in(merchant(3), 1); 10_000];
    for _ in 0..5 {
        world.post(&many).await.unwrap();
    }
    let conn = world.db.pool.get().await.unwrap();
    let suspense = account(&conn, Account::suspense(shard(3), Currency::USD).key()).await.unwrap().unwrap();
    let first = account_transfers(&conn, &suspense, StatementCursor::NEWEST, 10).await.unwrap();
    assert!(first.transfers.is_empty());
    let second = account_transfers(&conn, &suspense, first.next.unwrap(), 10).await.unwrap();
    assert_eq!((second.transfers.len(), second.next), (2, None));
    assert_eq!(all(&world, &suspense, 1).await, [("suspense", false, 2), ("suspense", false, 1)]);
}

/// Ten thousand merchants, each with a balance and a receivable in two currencies.
#[tokio::test]
async fn what_a_merchant_holds_is_read_without_the_others() {
    let world = World::new().await;
    let conn = world.owner.get().await.unwrap();
    let fill = "INSERT INTO accounts (shard, id, kind, owner, currency, floor)
                SELECT 0, md5(k.kind || m || c)::uuid, k.kind, md5(m::text), c, k.floor
                FROM generate_series(1, 10000) AS m, unnest(ARRAY['USD', 'EUR']) AS c,
                     (VALUES ('merchant', 'credit'), ('receivable', 'debit')) AS k (kind, floor);
                ANALYZE accounts";
    conn.batch_execute(fill).await.unwrap();
    let sql = include_str!("../../src/sql/holdings.sql");
    testkit::plan(&conn, sql, "0, md5('77')").await.goes_by(&["accounts_of_owner"], 8);
}

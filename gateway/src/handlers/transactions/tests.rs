use http_body_util::BodyExt as _;
use merchants::{
    Jurisdiction, MerchantKind, MerchantState, NewMerchant, NewReceivingAccount, NewStore, StoreId,
};
use pg::{PoolSettings, RUNTIME_ROLE, Shard, Shards};
use privacy::Keyring;
use testkit::TestDb;

use super::*;

const LINES: i64 = 6_000;
const LAYOUT: Layout = Layout { shards: Shards::new(16), chains: 4 };

/// Each minute of January 2026 a line: three payments, then a fee. Three payments are eBay's, the others Amazon's.
struct World {
    db: TestDb,
    id: MerchantId,
}

impl World {
    async fn new() -> World {
        let db = testkit::database(&crate::migrate::SETS).await;
        let world = World { db, id: MerchantId::new(Shard::new(3).unwrap()) };
        let (amazon, ebay) = world.accounts().await;
        let fill = format!(
            "INSERT INTO seals (chain, seq, count, root, hash, sealed_at)
             SELECT 3, n, 1, decode(repeat('07', 32), 'hex'), decode(repeat('07', 32), 'hex'),
                    '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 minute'
             FROM generate_series(1, {LINES}) AS n;
             INSERT INTO transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause,
                                    owner, posted_at)
             SELECT 3, n, 0, md5('d')::uuid, md5('c')::uuid, n, 'USD',
                    CASE WHEN n % 4 = 0 THEN 'fee' ELSE 'payment' END,
                    (left(md5(n::text), 30) || lpad(to_hex(n % 16), 2, '0'))::uuid, '{owner}',
                    '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 minute'
             FROM generate_series(1, {LINES}) AS n;
             INSERT INTO payments (shard, id, bank, reference, position, account_index, account, merchant,
                                   merchant_shard, amount_minor, currency, status, conflict, details_sealed, event,
                                   received_at)
             SELECT seq % 16, cause, 'harbour', 'r' || seq, 0, decode(repeat('07', 32), 'hex'),
                    CASE WHEN seq % 2000 = 5 THEN '{ebay}' ELSE '{amazon}' END::uuid, owner, 3, amount, currency,
                    'credited', false, '', cause, posted_at
             FROM transfers WHERE kind = 'payment';
             ANALYZE",
            owner = world.id.uuid(),
            ebay = ebay.uuid(),
            amazon = amazon.uuid(),
        );
        world.as_owner(&fill).await;
        world
    }

    async fn accounts(&self) -> (ReceivingAccountId, ReceivingAccountId) {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
        let mut conn = self.db.pool.get().await.unwrap();
        let (kind, state) = (MerchantKind::Enterprise, MerchantState::Active);
        let new = NewMerchant { id: self.id, kind, state, name: "Bright", email: "owner@bright.example" };
        merchants::insert_merchant(&conn, &keyring, &new).await.unwrap();
        let mut accounts = Vec::new();
        for (platform, site, number) in [("amazon", "US", "1001"), ("ebay", "US", "1002"), ("etsy", "US", "")]
        {
            let (id, name) = (StoreId::new(self.id.shard()), "Lucky Shop");
            let new = NewStore { id, merchant: self.id, platform, site, name, authorised_until: None };
            merchants::insert_store(&conn, &new).await.unwrap();
            if number.is_empty() {
                continue;
            }
            let (currency, jurisdiction) = (Currency::USD, Jurisdiction::NorthAmerica);
            let (merchant, bank, stores) = (self.id, "harbour", &[id]);
            let new = NewReceivingAccount { merchant, bank, number, currency, jurisdiction, stores };
            merchants::insert_receiving_account(&mut conn, &keyring, LAYOUT.shards, &new).await.unwrap();
            let found = merchants::accounts_at(&conn, self.id, Some(platform), None).await.unwrap();
            accounts.extend(found);
        }
        (accounts[0], accounts[1])
    }

    async fn as_owner(&self, sql: &str) {
        self.db.owner().get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    async fn wanted(&self, query: &str) -> Wanted {
        let query = Query::parse(query, &["from", "to", "type", "platform", "site"]).unwrap();
        let conn = self.db.pool.get().await.unwrap();
        Wanted::of(&conn, LAYOUT, self.id, Asked::read(&query).unwrap()).await.unwrap()
    }

    /// The amounts, which are the minutes, of each page.
    async fn pages(&self, query: &str, limit: usize) -> Vec<Vec<i64>> {
        let (wanted, conn) = (self.wanted(query).await, self.db.pool.get().await.unwrap());
        let (mut pages, mut after) = (Vec::new(), StatementCursor::NEWEST);
        loop {
            let page = wanted.page(&conn, after, limit).await.unwrap();
            assert!(page.rows.len() <= limit, "{query}");
            pages.push(page.rows.iter().map(|line| line.amount.minor()).collect());
            let Some(last) = page.last else { return pages };
            assert!(last.cursor < after, "{query}: each page comes further");
            after = last.cursor;
        }
    }

    /// The lines of an export, without the first, which names the columns.
    async fn exported(&self, query: &str) -> Vec<String> {
        let wanted = self.wanted(query).await;
        let answer = export(&self.db.pool, &wanted, StatementCursor::NEWEST).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn r42_pages_and_export_of_a_platform_have_each_of_its_lines_once_newest_first() {
    let world = World::new().await;
    type Belongs = fn(i64) -> bool;
    let table: [(&str, Belongs); 7] = [
        ("", |_| true),
        ("type=fee", |n| n % 4 == 0),
        ("platform=amazon", |n| n % 4 != 0 && n % 2000 != 5),
        ("platform=ebay", |n| n % 2000 == 5),
        ("site=US", |n| n % 4 != 0),
        ("platform=ebay&from=2026-01-02&to=2026-01-03T12:00:00Z", |n| n == 2_005),
        ("platform=amazon&type=charge", |_| false),
    ];
    for (query, belongs) in table {
        let expected: Vec<i64> = (1..=LINES).rev().filter(|n| belongs(*n)).collect();
        for limit in [1_700, 200] {
            assert_eq!(world.pages(query, limit).await.concat(), expected, "{query}, {limit} at a time");
        }
        let exported = world.exported(query).await;
        assert_eq!(exported.len(), expected.len(), "{query}");
        let places: Vec<String> = expected.iter().map(|n| format!("3.{n}.0")).collect();
        assert!(exported.iter().zip(&places).all(|(line, place)| line.starts_with(place)), "{query}");
    }
    let rows: Vec<usize> = world.pages("platform=ebay", 200).await.iter().map(Vec::len).collect();
    assert_eq!(rows, [1, 1, 1, 0], "a page is short where one stretch of the statement has no more");
    assert_eq!(world.pages("platform=ebay", 1).await.concat(), [4_005, 2_005, 5]);
}

#[tokio::test]
async fn r42_where_no_account_collects_for_a_platform_nobody_looks_into_the_statement() {
    let world = World::new().await;
    world
        .as_owner("ALTER TABLE transfers RENAME TO elsewhere; ALTER TABLE seals RENAME TO elsewhere_too")
        .await;
    for query in [
        "platform=shopee",
        "platform=etsy&from=2026-01-02",
        "platform=amazon&site=DE&to=2026-01-02",
        "platform=amazon&type=fee",
        "site=US&type=withdrawal",
    ] {
        assert_eq!(world.pages(query, 50).await, [[] as [i64; 0]], "{query}");
        assert_eq!(world.exported(query).await, [] as [String; 0], "{query}");
    }
    let wanted = world.wanted("platform=amazon").await;
    let conn = world.db.pool.get().await.unwrap();
    assert!(
        wanted.page(&conn, StatementCursor::NEWEST, 50).await.is_err(),
        "who has an account is looked for"
    );
}

#[tokio::test]
async fn r42_an_export_lets_others_have_its_connection_between_its_stretches() {
    let world = World::new().await;
    let settings = PoolSettings { size: 1, role: Some(RUNTIME_ROLE), ..PoolSettings::default() };
    let pool = pg::Pool::open(&world.db.url, settings).unwrap();
    let wanted = world.wanted("").await;
    let busy = pool.get().await.unwrap();
    let order = std::sync::Mutex::new(Vec::new());
    let exporting = async {
        export(&pool, &wanted, StatementCursor::NEWEST).await.unwrap();
        order.lock().unwrap().push("export");
    };
    let login = async {
        drop(pool.get().await.unwrap());
        order.lock().unwrap().push("login");
    };
    // Both wait for the only connection, the export first.
    tokio::join!(biased; exporting, login, async { drop(busy) });
    assert_eq!(*order.lock().unwrap(), ["login", "export"]);
}

#[test]
fn every_kind_that_concerns_a_merchant_has_one_type() {
    let institution = [
        TransferKind::Suspense,
        TransferKind::ReviewReturn,
        TransferKind::ReviewReturnFailed,
        TransferKind::ExchangeBought,
        TransferKind::Spread,
        TransferKind::LockPremium,
        TransferKind::SpreadUndone,
        TransferKind::LockPremiumUndone,
        TransferKind::PayoutPaid,
        TransferKind::ExchangeUndone,
        TransferKind::CoverSold,
        TransferKind::CoverBought,
        TransferKind::SuspenseReversed,
        TransferKind::EvidenceAdded,
        TransferKind::EvidenceUsed,
        TransferKind::EvidenceReleased,
    ];
    for kind in TransferKind::ALL {
        assert_eq!(type_of(kind) == "other", institution.contains(&kind), "{kind:?}");
    }
}

//! What a batch costs as keys grow: `SLUICE_KEYS=1000000,2000000,5000000,10000000` names the numbers at which it is
//! measured; without it a few thousand, so that it stays true. Prints a line for each.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use idempotency::{Answer, Claim, MIGRATIONS, Request, claim, record, request_hash};
use pg::{Connection, Pool, PoolSettings, Shard};
use testkit::TestDb;
use uuid::Uuid;

/// Merchants, in all shards.
const SCOPES: u64 = 5_000;
const SHARDS: u64 = 16;
/// Keys in one batch.
const BATCH: usize = 256;
/// Batches of each kind that are timed.
const ROUNDS: usize = 60;
/// Rows that one statement fills in.
const FILL: i64 = 250_000;
/// An answer to a withdrawal is about so long.
const BODY: usize = 1_000;

fn scope(number: u64) -> String {
    format!("mer_{:032x}", number % SCOPES)
}

/// Bytes without any order.
fn random() -> Uuid {
    let hash = request_hash("", "", Uuid::now_v7().as_bytes());
    Uuid::from_slice(&hash[..16]).unwrap()
}

/// Any merchant's key, as a client makes it: random.
fn request(number: u64) -> Request {
    Request {
        shard: Shard::new(i16::try_from(number % SCOPES % SHARDS).unwrap()).unwrap(),
        scope: Arc::from(scope(number)),
        key: random().to_string(),
        hash: request_hash("POST", "/v1/withdrawals", &number.to_be_bytes()),
        id: Uuid::now_v7(),
    }
}

fn batch(seed: u64) -> Vec<Request> {
    (0..BATCH as u64).map(|number| request(seed.wrapping_mul(7_919).wrapping_add(number * 104_729))).collect()
}

fn answer() -> Answer {
    // As little compressible as JSON with ids and amounts.
    let body = (0..BODY / 36 + 1).map(|_| random().to_string()).collect::<String>();
    Answer { status: 201, body: body.into_bytes()[..BODY].to_vec() }
}

/// Keys and answers as the program leaves them: keys in any order, ids in the order of time.
const FILL_KEYS: &str = "
    INSERT INTO idempotency_keys (shard, digest, scope, key, id, request_hash)
    SELECT (n % 5000 % 16)::smallint,
           encode(substring(sha256(convert_to(scope || chr(31) || key, 'UTF8')) FOR 16), 'hex')::uuid,
           scope, key, id, sha256(n::text::bytea)
    FROM (SELECT n, 'mer_' || lpad(to_hex(n % 5000), 32, '0') AS scope, gen_random_uuid()::text AS key,
                 (lpad(to_hex(1767225600000 + n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid AS id
          FROM generate_series($1::bigint, $2::bigint) AS n) AS made";
const FILL_ANSWERS: &str = "
    INSERT INTO idempotency_answers (shard, id, status, body)
    SELECT (n % 5000 % 16)::smallint,
           (lpad(to_hex(1767225600000 + n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid, 201,
           decode(repeat(md5(n::text), 2) || repeat('ab', $3::integer - 32), 'hex')
    FROM generate_series($1::bigint, $2::bigint) AS n";

async fn fill(pool: &Pool, from: i64, to: i64) {
    let conn = pool.get().await.unwrap();
    let mut at = from;
    while at < to {
        let last = (at + FILL).min(to) - 1;
        conn.execute(FILL_KEYS, &[&at, &last]).await.unwrap();
        conn.execute(FILL_ANSWERS, &[&at, &last, &i32::try_from(BODY).unwrap()]).await.unwrap();
        at = last + 1;
    }
    conn.batch_execute("VACUUM (ANALYZE) idempotency_keys").await.unwrap();
    conn.batch_execute("VACUUM (ANALYZE) idempotency_answers").await.unwrap();
    conn.batch_execute("CHECKPOINT").await.unwrap();
}

/// One batch in one transaction; how long it took, COMMIT and all.
async fn carried_out(conn: &mut Connection, requests: &[Request], first: bool) -> Duration {
    let begun = Instant::now();
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, &requests.iter().collect::<Vec<_>>()).await.unwrap();
    let answers = claims.iter().zip(requests).filter(|(claim, _)| **claim == Claim::First);
    let answers: Vec<(&Request, Answer)> = answers.map(|(_, request)| (request, answer())).collect();
    assert_eq!(answers.len(), if first { requests.len() } else { 0 });
    record(&tx, &answers).await.unwrap();
    tx.commit().await.unwrap();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Medians of a batch of new keys with their answers, of the same once more, and of a single repeat.
async fn measure(db: &TestDb, seed: u64) -> [Duration; 3] {
    let mut conn = db.pool.get().await.unwrap();
    let (mut new, mut again, mut one) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS as u64 {
        let requests = batch(seed + round);
        new.push(carried_out(&mut conn, &requests, true).await);
        let repeats: Vec<Request> =
            requests.iter().map(|first| Request { id: Uuid::now_v7(), ..first.clone() }).collect();
        again.push(carried_out(&mut conn, &repeats, false).await);
        one.push(carried_out(&mut conn, &repeats[..1], false).await);
    }
    [median(new), median(again), median(one)]
}

async fn size(pool: &Pool, table: &str) -> (i64, i64) {
    let sql = "SELECT sum(pg_table_size(inhrelid))::bigint, sum(pg_indexes_size(inhrelid))::bigint
               FROM pg_inherits WHERE inhparent = $1::text::regclass";
    let row = pool.get().await.unwrap().query_one(sql, &[&table]).await.unwrap();
    (row.get::<_, i64>(0) >> 20, row.get::<_, i64>(1) >> 20)
}

#[tokio::test]
async fn r22_a_batch_costs_little_more_as_keys_grow() {
    let db = testkit::database(&[MIGRATIONS]).await;
    let asked = std::env::var("SLUICE_KEYS").unwrap_or_else(|_| "2000,4000".to_owned());
    let numbers: Vec<i64> = asked.split(',').map(|number| number.parse().expect("a number")).collect();
    let patient = Duration::from_secs(600);
    let settings = PoolSettings {
        statement: patient,
        idle_in_transaction: patient,
        lock: patient,
        ..Default::default()
    };
    let owner = Pool::open(&db.url, settings).unwrap();
    let (mut filled, mut medians) = (0, Vec::new());
    for number in numbers {
        fill(&owner, filled, number).await;
        filled = number;
        let measured = measure(&db, number.unsigned_abs()).await;
        let [new, again, one] = measured;
        let (keys, answers) =
            (size(&owner, "idempotency_keys").await, size(&owner, "idempotency_answers").await);
        eprintln!(
            "{number} keys ({} MiB and {} MiB of index; answers {} MiB and {} MiB): {BATCH} new {new:.1?}, \
             {BATCH} repeats {again:.1?}, one repeat {one:.1?}",
            keys.0, keys.1, answers.0, answers.1
        );
        medians.push(new);
    }
    // Ten times the keys are one more page on the way down a tree; what is lost besides are caches.
    let (first, last) = (medians[0], medians[medians.len() - 1]);
    assert!(last <= first * 5 + Duration::from_millis(50), "{medians:?}");
}

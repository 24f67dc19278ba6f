-- Keys of requests that nobody will repeat, with their answers, spread over all shards.
WITH keys AS (
    INSERT INTO idempotency_keys (shard, digest, scope, key, id, request_hash)
    SELECT number % l.shards, gen_random_uuid(), 'mer_' || replace(gen_random_uuid()::text, '-', ''),
           'old-' || gen_random_uuid(),
           -- A UUIDv7 of this moment, so that the answer lies in this year.
           (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
               || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
           sha256(int8send(number))
    FROM generate_series(1, $1::bigint) AS number, ledger_layout l
    RETURNING shard, id
)
INSERT INTO idempotency_answers (shard, id, status, body)
SELECT shard, id, 201, convert_to('{"id":"wd_' || repeat('0', 32) || '","status":"paid"}', 'UTF8') FROM keys

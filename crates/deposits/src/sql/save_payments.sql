-- Only from the status and the reversed amount that were loaded under the lock.
WITH changed AS MATERIALIZED (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[],
                         $8::smallint[], $9::timestamptz[], $10::bigint[], $11::bigint[])
        AS c (shard, id, loaded, status, reason, account, merchant, merchant_shard, decided_at, loaded_reversed,
              reversed_minor)
)
UPDATE payments p
SET status = c.status, reason = c.reason, account = c.account, merchant = c.merchant,
    merchant_shard = c.merchant_shard, decided_at = c.decided_at, reversed_minor = c.reversed_minor
FROM changed c
WHERE p.shard = c.shard AND p.id = c.id AND p.status = c.loaded AND p.reversed_minor = c.loaded_reversed

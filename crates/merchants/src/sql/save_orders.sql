-- Only from what was read under the lock of the store's evidence account.
WITH changed AS MATERIALIZED (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[])
        AS c (shard, store, order_id, loaded, covered)
)
UPDATE orders o
SET covered_minor = c.covered, is_open = c.covered < o.amount_minor
FROM changed c
WHERE o.shard = c.shard AND o.store = c.store AND o.order_id = c.order_id AND o.covered_minor = c.loaded

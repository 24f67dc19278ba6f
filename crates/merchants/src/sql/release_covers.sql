WITH changed AS MATERIALIZED (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[])
        AS c (shard, payment, store, order_id, loaded, released)
)
UPDATE order_covers o
SET released_minor = c.released
FROM changed c
WHERE o.shard = c.shard AND o.payment = c.payment AND o.store = c.store AND o.order_id = c.order_id
  AND o.released_minor = c.loaded

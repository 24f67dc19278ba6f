INSERT INTO orders (shard, store, order_id, amount_minor, currency, ordered_at)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[])

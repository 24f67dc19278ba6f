INSERT INTO orders (shard, store, order_id, amount_minor, currency, ordered_at)
SELECT $1, $2, o.* FROM unnest($3::text[], $4::bigint[], $5::text[], $6::timestamptz[]) AS o
ON CONFLICT DO NOTHING

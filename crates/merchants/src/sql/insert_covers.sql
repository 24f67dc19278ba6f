INSERT INTO order_covers (shard, payment, store, order_id, currency, ordered_at, minor, released_minor)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
                     $7::bigint[], $8::bigint[])

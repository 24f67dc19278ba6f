INSERT INTO pair_positions AS p (shard, sold_currency, bought_currency, sold_minor, bought_minor)
SELECT m.shard, m.sold_currency, m.bought_currency, m.sold_minor, m.bought_minor
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
     AS m (shard, sold_currency, bought_currency, sold_minor, bought_minor)
ORDER BY m.shard, m.sold_currency COLLATE "C", m.bought_currency COLLATE "C"
ON CONFLICT (shard, sold_currency, bought_currency) DO UPDATE
SET sold_minor = p.sold_minor + EXCLUDED.sold_minor, bought_minor = p.bought_minor + EXCLUDED.bought_minor

SELECT r.merchant, r.sell_currency, sum(r.free_minor) AS reserved_minor
FROM fee_reservations r
JOIN (SELECT DISTINCT * FROM unnest($1::smallint[], $2::uuid[], $3::text[])) AS wanted (shard, merchant, sell_currency)
  ON r.shard = wanted.shard AND r.merchant = wanted.merchant AND r.sell_currency = wanted.sell_currency
WHERE NOT r.used AND r.expires_at > $4
GROUP BY r.merchant, r.sell_currency

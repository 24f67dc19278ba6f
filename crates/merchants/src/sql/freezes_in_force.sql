SELECT f.id, f.merchant, f.reason, f.legal_reference, f.until, f.since
FROM merchant_freezes f
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, merchant)
  ON f.shard = wanted.shard AND f.merchant = wanted.merchant
WHERE f.lifted_at IS NULL
ORDER BY f.since, f.id

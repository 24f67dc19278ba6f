SELECT f.id, f.merchant, f.currency, f.amount_minor, f.reason, f.legal_reference, f.until, f.created_at, f.lifted_at
FROM amount_freezes f
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, merchant)
  ON f.shard = wanted.shard AND f.merchant = wanted.merchant
WHERE f.lifted_at IS NULL
ORDER BY f.created_at, f.id

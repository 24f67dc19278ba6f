SELECT d.id, d.merchant, d.kind, d.expires_on, d.added_at, d.told_at, d.lapsed_at, d.replaced_at, d.number_sealed,
       d.number_index
FROM merchant_documents d
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON d.shard = wanted.shard AND d.merchant = wanted.id
WHERE d.replaced_at IS NULL
ORDER BY d.id

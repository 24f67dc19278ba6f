SELECT shard, id, kind, owner, currency, debits, credits, created_at FROM accounts
WHERE kind NOT IN ('merchant', 'receivable', 'evidence')
  AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR currency = $5) AND (kind, shard, id) > ($1, $2, $3)
ORDER BY kind, shard, id
LIMIT $6

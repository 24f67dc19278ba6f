SELECT shard, id, kind, owner, currency, debits, credits, created_at FROM accounts
WHERE shard = $1 AND owner = $2 AND kind IN ('merchant', 'receivable', 'evidence') AND id > $3
ORDER BY id
LIMIT $4

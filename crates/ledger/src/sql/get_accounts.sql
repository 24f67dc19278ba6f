SELECT shard, id, kind, owner, currency, debits, credits, created_at FROM accounts
WHERE shard = $1 AND id = ANY ($2::uuid[])

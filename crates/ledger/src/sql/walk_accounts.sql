SELECT id, kind, owner, currency, floor, debits, credits
FROM accounts WHERE shard = $1 AND id >= $2 ORDER BY id LIMIT $3

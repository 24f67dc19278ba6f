SELECT shard, seq, position, debit_account, credit_account, amount, currency, kind, cause, owner, posted_at
FROM transfers
WHERE shard = ANY ($1::smallint[]) AND seq > $2 AND seq <= $3
ORDER BY seq, position

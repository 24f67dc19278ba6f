SELECT id, bank, reference, account_index, amount_minor, currency, received_at
FROM payments
WHERE shard = $1 AND id > $2 AND id < $3 AND received_at >= $4 AND received_at < $5
ORDER BY id
LIMIT $6

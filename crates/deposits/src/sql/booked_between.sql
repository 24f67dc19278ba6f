SELECT id, bank, reference, account_index, amount_minor, currency, received_at
FROM payments
WHERE id > $1 AND id < $2 AND received_at >= $3 AND received_at < $4
ORDER BY id
LIMIT $5

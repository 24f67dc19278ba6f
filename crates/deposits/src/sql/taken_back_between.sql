SELECT id, bank, account_index, reference, original_reference, position, amount_minor, currency, reason,
       state, hold, payment, covered_minor, owed_minor, event, received_at, applied_at
FROM reversals
WHERE shard = $1 AND id > $2 AND id < $3 AND state = 'applied'
ORDER BY id
LIMIT $4

SELECT id, bank, account_index, reference, original_reference, position, amount_minor, currency, reason, state, hold,
       payment, covered_minor, owed_minor, event, received_at, applied_at
FROM reversals
WHERE state = $1 AND (received_at, id) > ($2, $3)
ORDER BY received_at, id
LIMIT $4

SELECT id, bank, account_index, reference, original_reference, position, amount_minor, currency, reason, state, hold,
       payment, covered_minor, owed_minor, event, received_at, applied_at
FROM reversals
WHERE reference = $1
ORDER BY id
LIMIT $2

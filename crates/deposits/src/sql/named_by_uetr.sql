SELECT id, bank, reference, position, account_index, account, merchant, amount_minor, currency, status, reason, conflict,
       sum_mismatch, reversed_minor, details_sealed, uetr, value_date, event, received_at, decided_at
FROM payments
WHERE uetr = $1 AND status <> 'credited'
ORDER BY id
LIMIT $2

-- $1 is any status but 'credited': the queue's index serves these.
SELECT id, bank, reference, position, account_index, account, merchant, amount_minor, currency, status, reason, conflict,
       sum_mismatch, reversed_minor, details_sealed, uetr, value_date, event, received_at, decided_at
FROM payments
WHERE status = $1 AND status <> 'credited' AND (received_at, id) > ($2, $3)
ORDER BY received_at, id
LIMIT $4

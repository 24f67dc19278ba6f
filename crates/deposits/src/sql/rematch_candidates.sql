SELECT id, bank, account_index, merchant, amount_minor - reversed_minor AS amount_minor, currency, reason, received_at
FROM payments
WHERE status = 'in_review' AND reason = ANY ($1::text[]) AND (received_at, id) > ($2, $3)
ORDER BY received_at, id
LIMIT $4

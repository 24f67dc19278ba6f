SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at, p.settled_at
FROM payouts p
WHERE p.shard = $1 AND p.id > $2 AND p.id < $3 AND p.status IN ('paid', 'returned')
ORDER BY p.id
LIMIT $4

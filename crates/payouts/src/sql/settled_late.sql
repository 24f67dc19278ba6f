-- The condition is that of the index.
SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency,
       p.beneficiary_sealed, p.status, p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason,
       p.sends, p.queries, p.delays, p.needs_operator, p.created_at, p.sent_at, p.updated_at, p.settled_at
FROM payouts p
WHERE p.settled_at - p.created_at > interval '3 days' AND (p.settled_at, p.id) > ($1, $2) AND p.settled_at < $3
  AND p.status IN ('paid', 'returned')
ORDER BY p.settled_at, p.id
LIMIT $4

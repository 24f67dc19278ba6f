SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at, p.settled_at
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id)
JOIN payouts p ON p.shard = wanted.shard AND p.id = wanted.id
ORDER BY p.shard, p.id

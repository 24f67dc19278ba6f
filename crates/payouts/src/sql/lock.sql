SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at, p.judged_as, p.judged_by, p.judged_at, p.judged_answers,
       p.disputed_from
FROM payouts p
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON p.shard = wanted.shard AND p.id = wanted.id
ORDER BY p.shard, p.id
FOR NO KEY UPDATE OF p

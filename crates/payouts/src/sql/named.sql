SELECT p.id, p.withdrawal, p.payment, p.merchant, p.bank, p.attempt, p.amount_minor, p.currency, p.beneficiary_sealed, p.status,
       p.held_by, p.bank_reference, p.amount_received_minor, p.returned_minor, p.reason, p.sends, p.queries, p.delays,
       p.needs_operator, p.created_at, p.sent_at, p.updated_at
FROM (
    SELECT shard, payout FROM payout_references WHERE reference = $1 ORDER BY shard, payout LIMIT $2
) AS r
JOIN payouts p ON p.shard = r.shard AND p.id = r.payout
ORDER BY r.shard, r.payout

SELECT r.id, r.bank, r.account_index, r.reference, r.original_reference, r.position, r.amount_minor, r.currency, r.reason,
       r.state, r.hold, r.payment, r.covered_minor, r.owed_minor, r.event, r.received_at, r.applied_at
FROM reversals r
JOIN unnest($1::smallint[], $2::uuid[]) AS w (shard, payment) ON r.shard = w.shard AND r.payment = w.payment
ORDER BY r.received_at, r.id

SELECT r.id, r.bank, r.account_index, r.reference, r.original_reference, r.position, r.amount_minor, r.currency, r.reason,
       r.state, r.hold, r.payment, r.covered_minor, r.owed_minor, r.event, r.received_at, r.applied_at
FROM unnest($1::smallint[], $2::text[], $3::text[]) AS wanted (shard, bank, reference)
JOIN reversal_keys k ON k.shard = wanted.shard AND k.bank = wanted.bank AND k.original_reference = wanted.reference
JOIN reversals r ON r.shard = k.shard AND r.id = k.reversal
ORDER BY r.shard, r.id

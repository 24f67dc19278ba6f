SELECT p.id, p.bank, p.reference, p.account_index, p.amount_minor, p.currency, p.received_at
FROM unnest($1::smallint[], $2::text[], $3::text[]) AS wanted (shard, bank, reference)
JOIN payment_keys k ON k.shard = wanted.shard AND k.bank = wanted.bank AND k.reference = wanted.reference
JOIN payments p ON p.shard = k.shard AND p.id = k.payment
ORDER BY p.shard, p.id

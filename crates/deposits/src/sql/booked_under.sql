SELECT p.id, p.bank, p.reference, p.account_index, p.amount_minor, p.currency, p.received_at
FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[]) AS wanted (shard, reference_key, bank, reference)
JOIN payment_keys k ON k.shard = wanted.shard AND k.reference_key = wanted.reference_key
JOIN payments p ON p.shard = k.shard AND p.id = k.payment AND p.bank = wanted.bank AND p.reference = wanted.reference
ORDER BY p.shard, p.id

SELECT w.reversal, p.id AS payment, p.account_index, p.position, p.currency, p.status,
       p.amount_minor - p.reversed_minor AS amount_minor
FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::text[], $5::text[])
    AS w (reversal, shard, reference_key, bank, reference)
JOIN payment_keys k ON k.shard = w.shard AND k.reference_key = w.reference_key
JOIN payments p ON p.shard = k.shard AND p.id = k.payment AND p.bank = w.bank AND p.reference = w.reference

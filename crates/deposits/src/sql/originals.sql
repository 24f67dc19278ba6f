-- What is left of each; of what went back to its remitter nothing.
SELECT w.reversal, p.id AS payment, p.account_index, p.position, p.currency, p.status,
       CASE WHEN p.status = 'returned' THEN 0 ELSE p.amount_minor - p.reversed_minor END AS amount_minor
FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::text[], $5::text[])
    AS w (reversal, shard, reference_key, bank, reference)
JOIN payment_keys k ON k.shard = w.shard AND k.reference_key = w.reference_key
JOIN payments p ON p.shard = k.shard AND p.id = k.payment AND p.bank = w.bank AND p.reference = w.reference

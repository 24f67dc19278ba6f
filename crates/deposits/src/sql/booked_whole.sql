-- What entries of these references were booked as whole: since their transactions didn't sum up to them, or, maybe, since they
-- had none.
SELECT p.bank, p.reference, p.account_index, p.amount_minor, p.currency, p.sum_mismatch
FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[]) AS w (shard, reference_key, bank, reference)
JOIN payment_keys k ON k.shard = w.shard AND k.reference_key = w.reference_key
JOIN payments p ON p.shard = k.shard AND p.id = k.payment AND p.bank = w.bank AND p.reference = w.reference
WHERE p.sum_mismatch OR p.position = 0

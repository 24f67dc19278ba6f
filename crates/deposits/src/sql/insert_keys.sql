-- Waits for whoever is still inserting the same key; sorted, so that two batches wait in one direction only.
INSERT INTO payment_keys (shard, reference_key, key, payment, amount_minor, currency)
SELECT k.*
FROM unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[])
    AS k (shard, reference_key, key, payment, amount_minor, currency)
ORDER BY k.shard, k.reference_key, k.key
ON CONFLICT DO NOTHING
RETURNING payment

-- Waits for whoever is still inserting the same key; sorted, so that two batches wait in one direction only.
INSERT INTO payment_keys (shard, bank, account_index, reference, position, variant, payment, amount_minor, currency)
SELECT k.*
FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::text[], $5::integer[], $6::text[], $7::uuid[], $8::bigint[],
            $9::text[]) AS k (shard, bank, account_index, reference, position, variant, payment, amount_minor, currency)
ORDER BY k.shard, k.bank COLLATE "C", k.account_index, k.reference COLLATE "C", k.position, k.variant COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING payment

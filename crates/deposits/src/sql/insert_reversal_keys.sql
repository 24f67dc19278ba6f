-- Waits for whoever is still inserting the same key; sorted, so that two batches wait in one direction only.
INSERT INTO reversal_keys (shard, bank, original_reference, reference, position, variant, reversal, amount_minor, currency)
SELECT k.*
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::uuid[], $8::bigint[],
            $9::text[])
    AS k (shard, bank, original_reference, reference, position, variant, reversal, amount_minor, currency)
ORDER BY k.shard, k.bank COLLATE "C", k.original_reference COLLATE "C", k.reference COLLATE "C", k.position,
         k.variant COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING reversal

-- The account is the one that the holder named, if any: its reversal was stored with its key.
SELECT w.place, k.reversal, r.account_index, k.amount_minor, k.currency
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[])
    WITH ORDINALITY AS w (shard, bank, original_reference, reference, position, variant, place)
JOIN reversal_keys k ON (k.shard, k.bank, k.original_reference, k.reference, k.position, k.variant)
                      = (w.shard, w.bank, w.original_reference, w.reference, w.position, w.variant)
LEFT JOIN reversals r ON r.shard = k.shard AND r.id = k.reversal

SELECT k.shard, k.bank, k.account_index, k.reference, k.position, k.variant, k.payment, k.amount_minor, k.currency
FROM payment_keys k
JOIN unnest($1::smallint[], $2::text[], $3::bytea[], $4::text[], $5::integer[], $6::text[])
    AS w (shard, bank, account_index, reference, position, variant)
    ON (k.shard, k.bank, k.account_index, k.reference, k.position, k.variant)
     = (w.shard, w.bank, w.account_index, w.reference, w.position, w.variant)

SELECT k.shard, k.reference_key, k.key, k.payment, k.amount_minor, k.currency
FROM payment_keys k
JOIN unnest($1::smallint[], $2::bigint[], $3::uuid[]) AS w (shard, reference_key, key)
    ON (k.shard, k.reference_key, k.key) = (w.shard, w.reference_key, w.key)

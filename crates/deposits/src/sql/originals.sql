SELECT w.reversal, k.payment, k.account_index, k.position
FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[]) AS w (reversal, shard, bank, reference)
JOIN payment_keys k ON k.shard = w.shard AND k.bank = w.bank AND k.reference = w.reference

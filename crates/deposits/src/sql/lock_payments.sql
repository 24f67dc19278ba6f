SELECT p.id, p.bank, p.reference, p.position, p.account_index, p.account, p.merchant, p.amount_minor, p.currency,
       p.status, p.reason, p.conflict, p.sum_mismatch, p.reversed_minor, p.details_sealed, p.uetr, p.value_date, p.event, p.received_at,
       p.decided_at
FROM payments p
JOIN unnest($1::smallint[], $2::uuid[]) AS w (shard, id) ON p.shard = w.shard AND p.id = w.id
ORDER BY p.shard, p.id
FOR NO KEY UPDATE OF p

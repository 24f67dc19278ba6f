SELECT p.id, p.bank, p.reference, p.position, p.account_index, p.account, p.merchant, p.amount_minor, p.currency, p.status, p.reason,
       p.conflict, p.sum_mismatch, p.reversed_minor, p.details_sealed, p.uetr, p.value_date, p.event, p.received_at, p.decided_at
FROM (SELECT DISTINCT shard, id FROM unnest($1::smallint[], $2::uuid[]) AS u (shard, id)) AS w
JOIN payments p ON p.shard = w.shard AND p.id = w.id
ORDER BY p.shard, p.id

-- Which payouts these withdrawals ($1, $2), payments ($3, $4) and frozen or unfrozen merchants ($5, $6) have.
SELECT p.id
FROM payouts p
JOIN unnest($1::smallint[], $2::uuid[]) AS w (shard, id) ON p.shard = w.shard AND p.withdrawal = w.id
UNION
SELECT p.id
FROM payouts p
JOIN unnest($3::smallint[], $4::uuid[]) AS r (shard, id) ON p.shard = r.shard AND p.payment = r.id
UNION
SELECT p.id
FROM payouts p
JOIN unnest($5::smallint[], $6::uuid[]) AS m (shard, id) ON p.shard = m.shard AND p.merchant = m.id
WHERE p.status IN ('queued', 'held')

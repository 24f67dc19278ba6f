INSERT INTO settlements (shard, id, merchant, account, store, amount_minor, currency, reference, paid_on, due_at, state, created_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'announced', $11
WHERE (SELECT count(*) FROM settlements
       WHERE shard = $1 AND merchant = $3 AND state IN ('announced', 'investigating') AND paid_on > $13) < $12
ON CONFLICT (shard, merchant, account, reference) DO NOTHING

SELECT DISTINCT w.merchant
FROM withdrawals w
JOIN unnest($1::smallint[], $2::uuid[]) AS i (shard, id) ON w.shard = i.shard AND w.id = i.id

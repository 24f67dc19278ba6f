SELECT shard, merchant, array_agg(id ORDER BY id) AS ids, array_agg(seen ORDER BY id) AS seen, min(paid_on) AS since
FROM settlements
WHERE state IN ('announced', 'investigating') AND (shard, merchant) > ($1, $2) AND paid_on > $3
GROUP BY shard, merchant
ORDER BY shard, merchant
LIMIT $4

SELECT shard, merchant, seq, position
FROM settlement_marks
WHERE (shard, merchant) > ($1, $2)
ORDER BY shard, merchant
LIMIT $3

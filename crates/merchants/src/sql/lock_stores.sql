SELECT s.id, s.merchant
FROM stores s
JOIN unnest($1::smallint[], $2::uuid[]) AS w (shard, id) ON s.shard = w.shard AND s.id = w.id
ORDER BY s.shard, s.id
FOR NO KEY UPDATE OF s

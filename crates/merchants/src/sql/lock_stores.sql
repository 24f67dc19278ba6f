-- A store is early where less than `$3` of its merchant's were made before it: ids grow with time.
SELECT s.id, s.merchant,
       NOT EXISTS (
           SELECT FROM stores o
           WHERE o.shard = s.shard AND o.merchant = s.merchant AND o.id < s.id
           OFFSET $3::bigint - 1
       ) AS is_early
FROM stores s
JOIN unnest($1::smallint[], $2::uuid[]) AS w (shard, id) ON s.shard = w.shard AND s.id = w.id
ORDER BY s.shard, s.id
FOR NO KEY UPDATE OF s

-- The first and the last shards of which there are rows, where the book doesn't have them: the ends of two keys.
SELECT DISTINCT e.shard
FROM (VALUES ((SELECT min(shard) FROM accounts)), ((SELECT max(shard) FROM accounts)),
             ((SELECT min(shard) FROM transfers)), ((SELECT max(shard) FROM transfers))) AS e (shard)
WHERE e.shard < 0 OR e.shard >= $1
ORDER BY e.shard
